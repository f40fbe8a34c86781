"""detect: what accounts share in the window in; groups of accounts that are worth judging out, from several lanes.

Rings that were flagged last night are candidates again, so that they are judged as they were beside what is found anew.
Beside them, for people to look at: accounts that are like these rings (`watch.py`).

The lanes are in `candidates.py`. The links go to GDS straight from the clean days, as link wrote them into the graph.
"""

from __future__ import annotations

from time import perf_counter

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.days.durable import replacing
from ringwatch.night import Night, Report
from ringwatch.search import candidates, engine, watch
from ringwatch.window import sharing


def run(night: Night) -> Report:
    """Write `candidates.parquet`: candidate, account_id, lane (several joined by +), stability; and `watch.parquet`."""
    settings = night.settings
    started = perf_counter()
    rings = _last_night(night)
    with sharing.open_sharing(night) as connection:
        shared = candidates.read(connection, settings.link_min_bits)
        read = perf_counter()
        found, left_out = candidates.find(engine.of(night), shared, settings, rings=rings)
        grouped = perf_counter()
        least = watch.compared_from(shared.uses, shared.accounts, rings, settings)
        watched = watch.look(connection, engine.of(night), shared.uses, rings, least)
    with replacing(night.files.candidates(night.day)) as new, replacing(night.files.watch(night.day)) as new_watch:
        found.to_parquet(new, index=False)
        pq.write_table(pa.Table.from_pandas(watched, watch.WATCH, preserve_index=False), new_watch)
    seconds = {"read": read - started, "lanes": grouped - read, "watch": perf_counter() - grouped}
    return Report("detect", night.day, _counts(found) | {"watched": len(watched)}, seconds, _warnings(left_out))


def _last_night(night: Night) -> pd.DataFrame:
    """Return ring_id, account_id of the rings that were flagged on the last published day before this night."""
    history = night.store.published.history(night.day)
    active = history.rings.loc[history.rings["active"].astype(bool), "ring_id"]
    return history.members[history.members["ring_id"].isin(active)]


def _counts(found: pd.DataFrame) -> dict[str, int]:
    lanes = found.drop_duplicates("candidate")["lane"].str.split("+", regex=False).explode().value_counts().sort_index()
    counts = {"candidates": found["candidate"].nunique(), "accounts": found["account_id"].nunique()}
    return counts | {f"lanes.{lane}": int(count) for lane, count in lanes.items()}


def _warnings(left_out: float) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (f"node similarity left out identifiers of {left_out:g} bits and less, to stay within its pair budget",)
