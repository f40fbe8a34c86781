"""Values that stand for several kinds of identifier, as "no data" for devices and instruments: no identifier at all.

Here they are told, once a night; that they link nobody, also when they stand for one kind on one day and for another on
another, is seen to where the window is shared out (`window/sharing.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ringwatch import duck
from ringwatch.model import Model

_FOUND = """
SELECT name, list(DISTINCT place ORDER BY place) AS places, count(*) AS found FROM ({rows})
WHERE name IS NOT NULL AND NOT regexp_full_match(name, '[0-9]+')
GROUP BY name HAVING count(DISTINCT kind) > 1 ORDER BY found DESC, name
"""

_SHOWN = 3


def told(model: Model, clean: dict[str, Path]) -> Iterator[str]:
    """Yield what to say of such values in the `clean` files of a day, given by feed."""
    rows = [
        f"SELECT '{label}' AS kind, '{feed}.{column}' AS place, {column} AS name "
        f"FROM read_parquet(${feed}, hive_partitioning = false)"
        for label, sources in model.kinds(tuple(clean)).items()
        for feed, column, _ in sources
    ]
    if not rows:
        return
    paths = {feed: duck.verbatim(path) for feed, path in clean.items() if any(f"${feed}," in row for row in rows)}
    with duck.connect() as connection:
        found = connection.execute(_FOUND.format(rows=" UNION ALL ".join(rows)), paths).fetchall()
    for name, places, count in found[:_SHOWN]:
        yield (
            f"{_word(name)} stands for different kinds of identifier ({', '.join(places)}) in {count:,} rows: it "
            "identifies nothing and links no accounts"
        )
    if more := found[_SHOWN:]:
        rows_of_more = sum(count for *_, count in more)
        yield (
            f"{len(more):,} more values stand for different kinds of identifier in {rows_of_more:,} rows: "
            "they identify nothing and link no accounts"
        )


def _word(name: str) -> str:
    """The value, unless it may be an identifier after all: these are not in messages."""
    return f"the value {name!r}" if re.fullmatch(r"[^0-9]{1,30}", name) else "one and the same value"
