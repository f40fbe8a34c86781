"""detect: what accounts share in the window in; groups of accounts that are worth judging out, from several lanes.

Rings that were flagged last night are candidates again, so that they are judged as they were beside what is found anew.
Beside them, for people to look at: accounts that are like these rings (`watch.py`).

The lanes are in `candidates.py`. The links go to the engine straight from the clean days, as link wrote them into the
graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import pandas as pd

from ringwatch.days.durable import replacing
from ringwatch.days.gathering import Gathering, gathering
from ringwatch.night import Night, Report
from ringwatch.search import engine, shard
from ringwatch.spark.shards import opened
from ringwatch.window import sharing
from ringwatch.window.each import Shards

_COUNTS = """
SELECT count(DISTINCT candidate) AS candidates, count(DISTINCT account_id) AS accounts,
  (SELECT count(*) FROM watched) AS watched
FROM candidates
"""
_LANES = """
SELECT lane, count(*) FROM (SELECT DISTINCT candidate, unnest(string_split(lane, '+')) AS lane FROM candidates)
GROUP BY lane ORDER BY lane
"""


def run(night: Night) -> Report:
    """Write `candidates.parquet`: candidate, account_id, lane (several joined by +), stability; and `watch.parquet`."""
    started = perf_counter()
    rings = sharing.last_night(night)
    with opened(night) as shards, gathering(night, shard.FOUND) as found:
        read = perf_counter()
        left_out = shard.left_out(shards, rings, night.settings)
        for part in _parts(night, shards, rings, left_out):
            found.add("candidates", part.candidates)
            found.add("watched", part.watched)
        with replacing(night.files.candidates(night.day)) as new, replacing(night.files.watch(night.day)) as new_watch:
            found.write("candidates", new, "candidate, account_id")
            found.write("watched", new_watch, "similarity DESC, place", without="place")
        counts = _counts(found)
    seconds = {"read": read - started, "lanes": perf_counter() - read}
    return Report("detect", night.day, counts, seconds, _warnings(left_out.similar))


def _parts(night: Night, shards: Shards, rings: pd.DataFrame, left_out: shard.LeftOut) -> Iterator[shard.Found]:
    """Yield what is found in each shard."""
    given = engine.of(night), shard.without_secrets(night.settings), rings, left_out
    # What GDS works out is asked for from here, since one server answers.
    here, groups, many = night.settings.engine == "gds", 0, shards.count
    for done, found in enumerate(shards.answers(shard.look, [given] * many, here), start=1):
        groups += found.candidates["candidate"].nunique()
        if many > 1:
            night.tell(f"detect: {done:,} of {many:,} shards done, {groups:,} candidates so far")
        yield found


def _counts(found: Gathering) -> dict[str, int]:
    counts: dict[str, int] = found.connection.sql(_COUNTS).to_arrow_table().to_pylist()[0]
    lanes = {f"lanes.{lane}": count for lane, count in found.connection.sql(_LANES).fetchall()}
    return counts | lanes


def _warnings(left_out: float) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (f"node similarity left out identifiers of {left_out:g} bits and less, to stay within its pair budget",)
