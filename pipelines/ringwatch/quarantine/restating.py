"""What a day that is judged again does to its quarantine: nothing that was decided on is undone without a word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.gate import tombstones
from ringwatch.model import ACCOUNT_KEY
from ringwatch.night import Night
from ringwatch.quarantine import shelf
from ringwatch.store.records import LedgerEntry

_AUTHOR = "validate"
_BACK = (
    "{feed}: {rows:,} rows that were not in quarantine any more are there again, as they were delivered; if a "
    "corrected file was replayed, replay it again"
)


@dataclass(frozen=True)
class Restated:
    """discarded_again: by feed, held rows that were discarded before and so are in quarantine; warnings for people."""

    discarded_again: dict[str, int]
    warnings: tuple[str, ...]


def restate(night: Night, staged: Path, entries: Iterable[LedgerEntry]) -> Restated:
    """Take over to the newly judged day in `staged` what was discarded before of the same delivery; log what left.

    `entries` are those of the new delivery.
    """
    arrived = {entry.feed: entry.sha256 for entry in entries}
    before = {entry.feed: entry.sha256 for entry in night.store.deliveries.of(night.day)}
    same = {feed: before[feed] == arrived.get(feed) for feed in before}
    said = [_restate_refused(night, feed, staged, same[feed]) for feed in before]
    again = {feed: _restate_waiting(night, feed, staged, same[feed]) for feed in before}
    return Restated(again, tuple(words for words in said if words))


def _restate_refused(night: Night, feed: str, staged: Path, same: bool) -> str | None:
    old, new = night.files.quarantine(night.day, feed), staged / "quarantine" / f"{feed}.parquet"
    was, now = _places(_read(old)), _places(_read(new))
    _log(night, feed, was[~was.index.isin(now.index)], same)
    if not same:
        return None
    _discard_again(new, was["discarded"].dropna())
    back = int((~now.index.isin(was.index)).sum())
    return _BACK.format(feed=feed, rows=back) if back else None


def _restate_waiting(night: Night, feed: str, staged: Path, same: bool) -> int:
    """Discard held rows again; return how many. One whose account is known by now counts as clean and is logged."""
    was = _read(night.files.quarantine(night.day, feed)).dropna(subset="waited_for")
    held, quarantine = (staged / part / f"{feed}.parquet" for part in ("held", "quarantine"))
    now = _waited_for(night, held) if same and len(was) else pd.Series(dtype="str")
    _log(night, feed, was[~was["waited_for"].isin(now)], same)
    again = now.isin(was["waited_for"])
    if again.any():
        said = was.drop_duplicates("waited_for").set_index("waited_for").loc[now[again]].reset_index()
        pq.write_table(pa.concat_tables([pq.read_table(quarantine), shelf.quarantined(said)]), quarantine)
        pq.write_table(pq.read_table(held).filter(pa.array(~again)), held)
        if again.all():
            held.unlink()
    return int(again.sum())


def _log(night: Night, feed: str, left: pd.DataFrame, same: bool) -> None:
    why = "the rules of today let them pass" if same else "the day was delivered again"
    rows = left.assign(day=night.day, feed=feed)
    night.store.quarantine.record(shelf.handled(night, "replayed" if same else "restated", rows), _AUTHOR, why)


def _read(path: Path) -> pd.DataFrame:
    """Return file, row, rule, discarded, waited_for of the rows in quarantine."""
    columns = ["file", "row", "rule", "discarded", "waited_for"]
    there = [name for name in columns if path.is_file() and name in pq.read_schema(path).names]
    rows = pd.read_parquet(path, columns=there) if there else pd.DataFrame()
    return rows.reindex(columns=columns).astype({"row": "Int64"})


def _places(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that have a place, by file and row."""
    rows = rows.dropna(subset="row")
    return rows.set_axis(pd.MultiIndex.from_arrays([rows["file"], rows["row"]], names=[None, None]))


def _waited_for(night: Night, held: Path) -> pd.Series:
    """Return the token of the account of each held row."""
    if not held.is_file():
        return pd.Series(dtype="str")
    accounts = pq.read_table(held, columns=[ACCOUNT_KEY])[ACCOUNT_KEY].combine_chunks()
    return pd.Series(tombstones.waited_for(night.settings.home, accounts).to_pylist(), dtype="str")


def _discard_again(path: Path, discarded: pd.Series) -> None:
    if discarded.empty:
        return
    rows = pd.read_parquet(path)
    places = pd.MultiIndex.from_arrays([rows["file"], rows["row"].astype("Int64")])
    again = places.isin(discarded.index)
    rows.loc[again, "discarded"] = discarded.reindex(places[again]).to_numpy()
    rows.loc[again, "values"] = None
    pq.write_table(shelf.quarantined(rows), path)
