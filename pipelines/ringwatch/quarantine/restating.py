"""What a day that is judged again does to its quarantine: nothing that was decided on is undone without a word."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.gate.sorting import QUARANTINE
from ringwatch.night import Night
from ringwatch.quarantine import shelf
from ringwatch.review.records import LedgerEntry

_AUTHOR = "validate"
_BACK = (
    "{feed}: {rows:,} rows that were not in quarantine any more are there again, as they were delivered; if a "
    "corrected file was replayed, replay it again"
)


def restate(night: Night, staged: Path, entries: Iterable[LedgerEntry]) -> tuple[str, ...]:
    """Take over to the newly judged day in `staged` what was discarded before of the same delivery; log what left.

    `entries` are those of the new delivery. Returns what to say of rows that were replayed and are back.
    """
    arrived = {entry.feed: entry.sha256 for entry in entries}
    before = {entry.feed: entry.sha256 for entry in night.store.entries(night.day)}
    said = [_restate(night, feed, staged, before[feed] == arrived.get(feed)) for feed in before]
    return tuple(words for words in said if words)


def _restate(night: Night, feed: str, staged: Path, same: bool) -> str | None:
    old, new = night.files.quarantine(night.day, feed), staged / "quarantine" / f"{feed}.parquet"
    was, now = (_places(path).assign(day=night.day, feed=feed) for path in (old, new))
    left = was[~was.index.isin(now.index)]
    why = "the rules of today let them pass" if same else "the day was delivered again"
    night.store.log_quarantine(shelf.handled(night, "replayed" if same else "restated", left), _AUTHOR, why)
    if not same:
        return None
    _discard_again(new, was["discarded"].dropna())
    back = int((~now.index.isin(was.index)).sum())
    return _BACK.format(feed=feed, rows=back) if back else None


def _places(path: Path) -> pd.DataFrame:
    """Return file, row, rule, discarded of the rows in quarantine that have a place, by file and row."""
    columns = ["file", "row", "rule", "discarded"]
    rows = pd.read_parquet(path, columns=columns) if path.is_file() else pd.DataFrame(columns=columns)
    rows = rows.dropna(subset="row").astype({"row": "Int64"})
    return rows.set_axis(pd.MultiIndex.from_arrays([rows["file"], rows["row"]], names=[None, None]))


def _discard_again(path: Path, discarded: pd.Series) -> None:
    if discarded.empty:
        return
    rows = pd.read_parquet(path)
    places = pd.MultiIndex.from_arrays([rows["file"], rows["row"].astype("Int64")])
    again = places.isin(discarded.index)
    rows.loc[again, "discarded"] = discarded.reindex(places[again]).to_numpy()
    rows.loc[again, "values"] = None
    pq.write_table(pa.Table.from_pandas(rows, QUARANTINE, preserve_index=False), path)
