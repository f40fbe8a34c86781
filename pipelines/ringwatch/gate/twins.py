"""Rows of a feed seen together, across its files: which say again what another said, and which contradict each other.

DuckDB works on the typed rows on disk within a memory limit: first it narrows the rows down to those whose key occurs
more than once, by a hash, then it compares these by 128-bit digests of their key and of all they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch import duck
from ringwatch.gate.typed import BURIED, PLACE
from ringwatch.model import ACCOUNT_KEY, Feed

Flags = npt.NDArray[np.bool_]

# What DuckDB may have. It works out of core, so that little does for ordinary feeds of any size, and much for those in
# which millions of rows repeat each other. With much from the start, two million rows would be a second faster.
_LITTLE, _MUCH = "32MB", "1GB"

_ROWS = "FROM read_parquet($path, file_row_number = true, hive_partitioning = false)"

# Rows without a whole key have no twin: they are refused for what they lack. Nor have those of erased accounts.
_TWINS = """
WITH feed AS (SELECT *, file_row_number AS _row {rows} WHERE {whole}),
often AS (SELECT hash({key}) AS _hash FROM feed GROUP BY _hash HAVING count(*) > 1),
digested AS (
  SELECT md5_number({key_text}) AS _key, md5_number({row_text}) AS _said, _row
  FROM feed SEMI JOIN often ON hash({key}) = _hash
),
"""

_FOUND = """
first AS (SELECT _key, _said, min(_row) AS _first FROM digested GROUP BY _key, _said),
said AS (SELECT *, count(*) OVER (PARTITION BY _key) > 1 AS _contradicted FROM first)
SELECT _row AS row, _row <> _first AS again, _contradicted AND _row = _first AS contradicts
FROM digested JOIN said USING (_key, _said)
WHERE _row <> _first OR _contradicted
"""

_DIGESTS = """
SELECT unhex(md5({key_text})) AS _key, unhex(md5({row_text})) AS _said, _row FROM feed WHERE {whole}
"""

_STRANGERS = f"""
SELECT _row AS row
FROM (SELECT {ACCOUNT_KEY}, file_row_number AS _row {_ROWS})
ANTI JOIN (SELECT {ACCOUNT_KEY} FROM read_parquet($accounts, hive_partitioning = false)) USING ({ACCOUNT_KEY})
"""


@dataclass(frozen=True)
class Twins:
    """For each row of the typed file: whether it repeats an earlier one, and whether it contradicts another."""

    again: Flags
    contradicts: Flags


def find(path: Path, feed: Feed, rows: int) -> Twins:
    """Compare the `rows` rows in the Parquet file `path` by the key of `feed`."""
    query = _TWINS.format(rows=_ROWS, **_words(feed, pq.read_schema(path).names)) + _FOUND
    found = _answer(path, query, {"path": duck.verbatim(path)})
    return Twins(_flags(found["row"][found["again"]], rows), _flags(found["row"][found["contradicts"]], rows))


def digests(rows: pa.Table, feed: Feed, places: pa.Array) -> pa.Table:
    """Return the columns _key, _said (16 bytes) and _row, the place that is given of each of these typed rows.

    Rows that can have no twin are left out.
    """
    query = _DIGESTS.format(**_words(feed, rows.column_names))
    with duck.connect(memory_limit=_MUCH, threads="1") as connection:
        connection.register("feed", rows.append_column("_row", places))
        return connection.sql(query).to_arrow_table()


def among(digested: Iterable[pa.RecordBatch], folder: Path) -> Iterator[pa.RecordBatch]:
    """Yield row, again and contradicts of rows that are either, of digests among which are all of the same keys.

    What DuckDB does not hold in memory goes into `folder`.
    """
    with duck.connect(folder / "digests.duckdb", memory_limit=_MUCH, threads="1") as connection:
        connection.execute("CREATE TABLE digested (_key BLOB, _said BLOB, _row BIGINT)")
        for batch in digested:
            connection.register("more", pa.Table.from_batches([batch]))
            connection.execute("INSERT INTO digested SELECT _key, _said, _row FROM more")
        yield from connection.sql(f"WITH {_FOUND}").to_arrow_reader()


def strangers(path: Path, accounts: Iterable[Path], rows: int) -> Flags:
    """Return for each row whether its account is one that none of the files `accounts` names."""
    parameters = {"path": duck.verbatim(path), "accounts": [duck.verbatim(file) for file in accounts]}
    return _flags(_answer(path, _STRANGERS, parameters)["row"], rows)


def _words(feed: Feed, names: Iterable[str]) -> dict[str, str]:
    """What statements say of the key and the columns of a feed, of which typed rows have these names."""
    required = [name for name in feed.key if feed.columns[name].required] or ["1"]
    key = [f'"{name}"' for name in feed.key]
    return {
        "whole": " AND ".join([f'NOT "{BURIED}"', *(f"{name} IS NOT NULL" for name in required)]),
        "key": ", ".join(key),
        "key_text": _text(key),
        "row_text": _text(f'"{name}"' for name in names if name not in PLACE),
    }


def _answer(path: Path, query: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of the answer, worked out with little memory where that is enough."""
    try:
        return _within(_LITTLE, path, query, parameters)
    except duckdb.OutOfMemoryException:
        return _within(_MUCH, path, query, parameters)


def _within(memory: str, path: Path, query: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """One thread, for each has buffers of its own."""
    spill = str(path.parent / "spill")
    with duck.connect(memory_limit=memory, threads="1", temp_directory=spill) as connection:
        return dict(connection.execute(query, parameters).fetchnumpy())


def _text(columns: Iterable[str]) -> str:
    """SQL of a text that two rows share only when all columns are equal: each value behind its length."""
    return " || ".join(f"coalesce(strlen({name}::VARCHAR) || ':' || {name}::VARCHAR, '-')" for name in columns)


def _flags(positions: npt.NDArray[np.int64], rows: int) -> Flags:
    flags = np.zeros(rows, dtype=bool)
    flags[positions] = True
    return flags
