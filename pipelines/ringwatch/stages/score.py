"""score: candidates in; disjoint groups, each with probability, kind and the reasons that add up to it, out.

How groups are judged is in `groups.py`; the bits are those of the scorecard for the feeds of the deployment.
"""

from __future__ import annotations

from contextlib import ExitStack
from time import perf_counter

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.days.durable import replacing
from ringwatch.days.in_use import feeds_in_use
from ringwatch.errors import UsageError
from ringwatch.night import Night, Report
from ringwatch.review import adjustments
from ringwatch.score import features, groups, scorecard
from ringwatch.score.depth import Depth
from ringwatch.score.tables import TABLES
from ringwatch.spark.shards import opened
from ringwatch.window.each import Shards

# Fewer feeds with what accounts do than this leave one kind of evidence, which is weak alone.
FEW_FEEDS = 2


def run(night: Night) -> Report:
    """Write `scored/`: all disjoint groups, also those that are no rings. Raises UsageError without candidates."""
    started = perf_counter()
    candidates = _candidates(night)
    used = feeds_in_use(night).used
    folder = night.settings.scorecards or scorecard.FOLDER
    card = scorecard.load(used, folder)
    version, adjustment = adjustments.in_use(night.files.adjustments)
    with opened(night) as shards:
        rules = groups.Rules(card, night.settings.min_ring_size, adjustment)
        tables, depth = _judged(night, shards, candidates, rules)
    _write(night, tables)
    counts = _counts(night, candidates, tables) | {"adjustment": version, "unlike_percent": depth.percent}
    seconds = {"score": perf_counter() - started}
    known = scorecard.known_feeds(used, folder)
    feeds = {"used": used, "scorecard": known}
    return Report("score", night.day, counts, seconds, (*_warnings(known), *_unfamiliar(depth)), feeds)


def _judged(night: Night, shards: Shards, candidates: pd.DataFrame, rules: groups.Rules) -> groups.Judged:
    """Judge shard by shard."""
    many, number = shards.count, shards.of(candidates["account_id"])
    given = [(candidates[number == one], rules) for one in range(1, many + 1)]
    settled, likely = [], 0
    for found in shards.answers(groups.settle if many == 1 else groups.settle_without_measures, given):
        settled.append(found)
        likely += int((found.odds > 0).sum())
        night.tell(f"score: {len(settled):,} of {many:,} shards judged, {likely:,} likely rings so far")
    tonight = groups.tonight(settled, rules.card)
    parts = []
    for part in shards.answers(groups.tell, [(one, tonight, rules) for one in settled]):
        parts.append(part)
        night.tell(f"score: {len(parts):,} of {many:,} shards explained")
    return groups.Judged(groups.merge(parts), tonight.near)


def _candidates(night: Night) -> pd.DataFrame:
    path = night.files.candidates(night.day)
    if not path.is_file():
        raise UsageError(f"{path} is missing; run `ringwatch detect --day {night.day}` first")
    return pd.read_parquet(path)


def _write(night: Night, tables: dict[str, pd.DataFrame]) -> None:
    """Write all tables, or leave those that were there."""
    with ExitStack() as whole:
        for name, schema in TABLES.items():
            path = whole.enter_context(replacing(night.files.scored(night.day, name)))
            table = pa.Table.from_pandas(tables[name], schema, preserve_index=False)
            pq.write_table(table.replace_schema_metadata(), path)  # what pandas noted differs with how they were made


def _counts(night: Night, candidates: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    rings = tables["rings"]
    counts = {
        "candidates": candidates["candidate"].nunique(),
        "groups": len(rings),
        "members": len(tables["members"]),
        "evidence": len(tables["evidence"]),
        "likely": int((rings["probability"] >= night.settings.flag_probability).sum()),
    }
    return counts | {f"kinds.{kind}": int(count) for kind, count in rings["kind"].value_counts().sort_index().items()}


def _warnings(known: tuple[str, ...]) -> tuple[str, ...]:
    doing = [feed for feed in known if feed != "accounts"]
    if len(doing) >= FEW_FEEDS:
        return ()
    told = " and ".join(known)
    return (f"confidence is low, and few rings will be found: of what was delivered, the scorecard knows {told} only",)


def _unfamiliar(depth: Depth) -> tuple[str, ...]:
    if not depth.beyond:
        return ()
    topics = "; ".join(features.TOPICS[name] for name in depth.features)
    told = f"groups here are unlike all that the scorecard was made from ({depth.distance:.2f}; it is sure up to"
    return (f"{told} {depth.limit:.2f}), so probabilities are told with caution. They differ most in this: {topics}",)
