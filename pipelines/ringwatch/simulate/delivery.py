"""What arrives of what happened: columns that a deployment does not have, and history that comes in one drop.

Feeds of days go in as they were drawn, folders of days come out as they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from ringwatch.simulate.climate import Climate, Gap

# What the values of a feed's columns are about: of one thing either all or none are known.
_ABOUT = {"accounts": "account_id", "payments": "instrument", "devices": "device", "ips": "ip", "usage": "account_id"}

Feeds = dict[str, pa.Table]


def arrivals(climate: Climate, drawn: Iterable[Feeds], days: int) -> Iterator[tuple[int, Feeds]]:
    """Yield each day with the feeds that come on it: its own, or on the last day those of all."""
    poorer = (_without(climate.gaps, feeds) for feeds in drawn)
    if climate.one_drop:
        yield days - 1, _together(list(poorer))
    else:
        yield from enumerate(poorer)


def _without(gaps: tuple[Gap, ...], feeds: Feeds) -> Feeds:
    """Return `feeds` with the values that are not known missing, and without the columns that are left out."""
    found = dict(feeds)
    for gap in gaps:
        if gap.feed in found:
            found[gap.feed] = _leave_out(found[gap.feed], gap)
    return found


def _leave_out(table: pa.Table, gap: Gap) -> pa.Table:
    if not gap.known and not gap.empty:
        return table.drop_columns([gap.column])
    column = table.schema.get_field_index(gap.column)
    values = table.column(column)
    known = pa.array(_known(table[_ABOUT[gap.feed]], gap))
    return table.set_column(column, gap.column, pa.compute.if_else(known, values, pa.nulls(len(values), values.type)))


def _known(about: pa.ChunkedArray, gap: Gap) -> np.ndarray:
    """Draw, the same on every day, of which things the column is known."""
    things = about.to_pandas().fillna("").to_numpy(dtype=object)
    number = pd.util.hash_array(things, hash_key=f"{gap.column:16.16}")
    return np.asarray(number % 1000 < round(gap.known * 1000))


def _together(days: list[Feeds]) -> Feeds:
    """Return all rows of the days: of accounts what was said at last, of usage, which has no times, the sums."""
    feeds = {feed: pa.concat_tables([day[feed] for day in days]).combine_chunks() for feed in days[0]}
    return feeds | {feed: merge(feeds[feed]) for feed, merge in _MERGED.items() if feed in feeds}


def _last_word(accounts: pa.Table) -> pa.Table:
    last = ~accounts["account_id"].to_pandas().duplicated(keep="last").to_numpy()
    return accounts.filter(pa.array(last))


def _sums(usage: pa.Table) -> pa.Table:
    """One row per account, capability and template: sums, and all hours in which the account was active."""
    key = [name for name in ("account_id", "capability", "template") if name in usage.column_names]
    codes, first = _groups(usage.select(key))
    order = np.argsort(codes, kind="stable")
    begins = np.flatnonzero(np.diff(codes[order], prepend=-1))
    summed = {
        name: pa.array(how.reduceat(usage[name].to_numpy()[order], begins))
        for name, how in _SUMS.items()
        if name in usage.column_names and not usage[name].null_count
    }
    rows = usage.take(pa.array(first))
    return pa.table({name: summed.get(name, rows[name]) for name in usage.column_names})


def _groups(keys: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's group, numbered by first appearance, and the first row of each."""
    frame = keys.to_pandas().fillna("")
    codes = frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy()
    return codes, np.flatnonzero(~frame.duplicated().to_numpy())


_SUMS = {"exchanges": np.add, "tokens": np.add, "active_hours": np.bitwise_or}
_MERGED = {"accounts": _last_word, "usage": _sums}
