"""detect: what accounts share in the window in; groups of accounts that are worth judging out, from several lanes.

Beside them, for people to look at: accounts that are like the rings flagged before this night (`watch.py`).

The lanes are in `candidates.py`. The links go to GDS straight from the clean days, as link wrote them into the graph.
"""

from __future__ import annotations

from time import perf_counter

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.detection import candidates, sharing, watch
from ringwatch.night import Night, Report


def run(night: Night) -> Report:
    """Write `candidates.parquet`: candidate, account_id, lane (several joined by +), stability; and `watch.parquet`."""
    settings = night.settings
    started = perf_counter()
    with sharing.open_sharing(night) as connection:
        shared = candidates.read(connection, settings.link_min_bits)
        read = perf_counter()
        found, left_out = candidates.find(night.graph, shared, settings)
        grouped = perf_counter()
        watched = _watch(night, connection, shared.uses)
    path = night.files.candidates(night.day)
    path.parent.mkdir(parents=True, exist_ok=True)
    found.to_parquet(path, index=False)
    seconds = {"read": read - started, "lanes": grouped - read, "watch": perf_counter() - grouped}
    return Report("detect", night.day, _counts(found) | {"watched": watched}, seconds, _warnings(left_out))


def _watch(night: Night, connection: duckdb.DuckDBPyConnection, uses: pd.DataFrame) -> int:
    """Write `watch.parquet` and return how many accounts are in it."""
    history = night.store.history(night.day)
    active = history.rings.loc[history.rings["active"].astype(bool), "ring_id"]
    members = history.members[history.members["ring_id"].isin(active)]
    found, _ = watch.look(connection, night.graph, uses, members, night.settings)
    path = night.files.watch(night.day)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(found, watch.WATCH, preserve_index=False), path)
    return len(found)


def _counts(found: pd.DataFrame) -> dict[str, int]:
    lanes = found.drop_duplicates("candidate")["lane"].str.split("+", regex=False).explode().value_counts().sort_index()
    counts = {"candidates": found["candidate"].nunique(), "accounts": found["account_id"].nunique()}
    return counts | {f"lanes.{lane}": int(count) for lane, count in lanes.items()}


def _warnings(left_out: float) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (f"node similarity left out identifiers of {left_out:g} bits and less, to stay within its pair budget",)
