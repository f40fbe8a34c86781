"""Rows in quarantine, of all days: which there are, why, and how they leave: never without a word in the log.

To them belong held rows whose account no accounts feed has named within the grace window: they have no rule, file and
place of their own, since they broke none, and stay in the held files until they are discarded.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringwatch import duck, sheets
from ringwatch.days import history
from ringwatch.days.amend import amending, replace_table
from ringwatch.errors import UsageError
from ringwatch.gate import tombstones
from ringwatch.gate.quarantined import QUARANTINE
from ringwatch.model import ACCOUNT_KEY
from ringwatch.night import Night
from ringwatch.store.records import Handled

MASK = "•••"
COLUMNS = ["day", "feed", "file", "row", "line", "rule", "values", "discarded"]

_ALL = """
SELECT CAST(parse_path(filename)[-3] AS DATE) AS day, parse_filename(filename, true) AS feed,
  file, "row", line, rule, "values", discarded
FROM read_parquet($paths, union_by_name = true, filename = true, hive_partitioning = false)
"""

# A row that breaks several rules counts for each of them.
_BY_RULE = """
WITH refused AS (
  SELECT parse_filename(filename, true) AS feed, unnest(string_split(rule, '; ')) AS rule,
    {'file': file, 'row': "row", 'line': line, 'values': "values"} AS place
  FROM read_parquet($paths, filename = true, hive_partitioning = false)
)
SELECT feed, rule, count(*) AS "rows", arg_min(place, (place.file, place.row), $first) AS places
FROM refused GROUP BY feed, rule ORDER BY feed, "rows" DESC, rule
"""

_AS_JSON = 'SELECT day, CAST(to_json(waiting) AS VARCHAR) AS "values" FROM waiting'


@dataclass(frozen=True)
class Which:
    """Which rows are meant; what is None does not matter.

    until: the last day; rule: a part of the rule's words, in any case.
    """

    day: date | None = None
    feed: str | None = None
    rule: str | None = None
    file: str | None = None
    row: int | None = None
    until: date | None = None

    def of(self, rows: pd.DataFrame) -> pd.Series:
        """Return for each of the rows whether it is meant."""
        meant = pd.Series(True, index=rows.index)
        for name in ("day", "feed", "file", "row"):
            if getattr(self, name) is not None:
                meant &= (rows[name] == getattr(self, name)).fillna(False)
        if self.until is not None:
            meant &= rows["day"] <= self.until
        if self.rule is not None:
            meant &= rows["rule"].str.contains(self.rule, case=False, regex=False)
        return meant


def found(night: Night, which: Which) -> pd.DataFrame:
    """Return the rows that are meant, sorted by day, feed, file, row.

    Columns: day, feed, file, row, rule, values (the row as JSON, None once it was discarded), discarded (why).
    """
    waiting = [_waiting(night, feed, rows) for feed, rows in history.waited_in_vain(night)]
    rows = pd.concat([_refused(night, which), *waiting], ignore_index=True)
    return rows[which.of(rows)].sort_values(["day", "feed", "file", "row"], ignore_index=True)


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return day, feed, rule, rows, discarded (how many of them were) of what `found` returned."""
    counts = rows.assign(discarded=rows["discarded"].notna()).groupby(["day", "feed", "rule"])["discarded"]
    return counts.agg(rows="size", discarded="sum").reset_index()


def by_rule(folder: Path, first: int) -> list[dict[str, Any]]:
    """Return feed, rule, rows and places of the refused rows in a day's `folder`: how many rows break each rule.

    places: file, row, line and values of the `first` of them, by file and row.
    """
    paths = [duck.verbatim(path) for path in sorted((folder / "quarantine").glob("*.parquet"))]
    if not paths:
        return []
    with duck.connect() as connection:
        rules = connection.sql(_BY_RULE, params={"paths": paths, "first": first}).to_arrow_table()
    return list(rules.to_pylist())


def masked(values: pd.Series) -> pd.Series:
    """Return rows as JSON that shows which values are there, but not what they are."""
    return values.map(_mask, na_action="ignore")


def reveal(night: Night, rows: pd.DataFrame, author: str) -> None:
    """Put in the log that somebody was shown these rows."""
    night.store.quarantine.record(list(handled(night, "revealed", rows)), author)


def write_sheet(rows: pd.DataFrame, path: Path) -> None:
    """Write rows as a CSV file that its owner can correct and hand to `replay.correct`, with the rule of each.

    A spreadsheet runs none of its cells as a formula (`sheets.py`).
    Raises UsageError when they are not of one feed and day, or have no place in a file.
    """
    if len(rows[["day", "feed"]].drop_duplicates()) != 1 or rows["row"].isna().any():
        raise UsageError("a file for correction holds rows of one feed and day: say which with --feed and --day")
    values = pd.DataFrame([json.loads(text or "{}") for text in rows["values"]])
    places = rows[["file", "row", "rule"]].reset_index(drop=True).rename(columns="_{}".format)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as sheet:
        sheets.neutral(places.join(values)).to_csv(sheet, index=False)


def discard(night: Night, which: Which, why: str, author: str) -> int:
    """Take the values of the rows that are meant, for ever, and return how many they were; the rows stay counted."""
    rows = found(night, which)
    rows = rows[rows["discarded"].isna()]
    for (day, feed), of_file in groups(rows, "day", "feed"):
        _discard(night.on(day), feed, of_file, why, author)
    return len(rows)


def handled(night: Night, action: str, rows: pd.DataFrame) -> Iterator[Handled]:
    """Yield what is logged of rows: an entry for each day, feed, file and rule."""
    for (day, feed, file, rule), group in groups(rows, "day", "feed", "file", "rule"):
        sha256 = {entry.feed: entry.sha256 for entry in night.store.deliveries.of(day)}.get(feed)
        places = spans(group["row"].dropna().astype(int))
        yield Handled(action, day, feed, None if pd.isna(file) else file, rule, len(group), places, sha256)


def spans(numbers: Iterable[int]) -> str | None:
    """Return numbers as people write them: `3, 7-12`; None when there are none."""
    ordered = pd.Series(sorted(numbers), dtype="int64")
    runs = ordered.groupby((ordered.diff() != 1).cumsum()).agg(["min", "max"])
    texts = [str(low) if low == high else f"{low}-{high}" for low, high in runs.itertuples(index=False)]
    return ", ".join(texts) or None


def quarantined(rows: pd.DataFrame) -> pa.Table:
    """Return rows as a table of QUARANTINE; columns that are lacking are empty."""
    return pa.Table.from_pandas(rows.reindex(columns=QUARANTINE.names), QUARANTINE, preserve_index=False)


def groups(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Yield the values of the columns, and the rows that have them."""
    groups: Any = rows.groupby(list(columns), dropna=False)
    yield from groups


def _refused(night: Night, which: Which) -> pd.DataFrame:
    narrow = f"{which.day or '*'}/quarantine/{which.feed or '*'}.parquet"
    paths = [duck.verbatim(path) for path in sorted((night.files.home / "days").glob(narrow))]
    if not paths:
        return pd.DataFrame(columns=COLUMNS)
    with duck.connect() as connection:
        table = connection.sql(_ALL, params={"paths": paths}).to_arrow_table()
    return _frame(table)


def _waiting(night: Night, feed: str, rows: pa.Table) -> pd.DataFrame:
    with duck.connect() as connection:
        connection.register("waiting", rows)
        texts = connection.sql(_AS_JSON).to_arrow_table()
    return _frame(texts).assign(feed=feed, rule=_in_vain(night)).reindex(columns=COLUMNS)


def _in_vain(night: Night) -> str:
    return f"account_id was not named within {night.settings.held_days} days"


def _frame(table: pa.Table) -> pd.DataFrame:
    """As pandas, places as integers that may be missing."""
    rows: pd.DataFrame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return rows


def _mask(text: str) -> str:
    shown = {name: None if value is None else MASK for name, value in json.loads(text).items()}
    return json.dumps(shown, ensure_ascii=False)


def _discard(night: Night, feed: str, rows: pd.DataFrame, why: str, author: str) -> None:
    """Discard `rows` of one file of the night's day."""
    refused = pd.read_parquet(night.files.quarantine(night.day, feed))
    placed = rows.dropna(subset="row")
    places = list(zip(placed["file"], placed["row"], strict=True))
    meant = pd.MultiIndex.from_frame(refused[["file", "row"]]).isin(places)
    refused.loc[meant, ["values", "discarded"]] = None, why
    waited = rows[rows["row"].isna()]
    accounts = pa.array(waited["values"].map(lambda text: json.loads(text)[ACCOUNT_KEY]), pa.string())
    with amending(night) as new:
        if len(waited):
            _take_out(night, feed, accounts, new)
        waited_for = tombstones.waited_for(night.settings.home, accounts).to_pylist()
        gone = waited.assign(values=None, discarded=why, waited_for=waited_for).reindex(columns=QUARANTINE.names)
        rest = pd.concat([refused, gone], ignore_index=True) if len(gone) else refused
        replace_table(new, "quarantine", feed, quarantined(rest))
        night.store.quarantine.record(list(handled(night, "discarded", rows)), author, why)


def _take_out(night: Night, feed: str, accounts: Any, new: Path) -> None:
    """Write the held file of the night's day without the rows of these accounts."""
    held = pq.read_table(night.files.held(night.day, feed))
    left = held.filter(pc.invert(pc.is_in(held[ACCOUNT_KEY], accounts)))
    replace_table(new, "held", feed, left)
