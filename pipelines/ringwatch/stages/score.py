"""score: candidates in; disjoint groups, each with probability, kind and the reasons that add up to it, out.

How groups are judged is in `groups.py`; the bits are those of the scorecard for the feeds of the deployment.
"""

from __future__ import annotations

from contextlib import ExitStack
from time import perf_counter

from ringwatch import duck
from ringwatch.days.durable import replacing
from ringwatch.days.gathering import Gathering, gathering
from ringwatch.days.in_use import feeds_in_use
from ringwatch.errors import UsageError
from ringwatch.night import Night, Report
from ringwatch.review import adjustments
from ringwatch.score import features, groups, notes, scorecard
from ringwatch.score.depth import Depth
from ringwatch.score.tables import ORDERS, TABLES
from ringwatch.spark.shards import opened
from ringwatch.spool import Spool
from ringwatch.window.each import Shards

# Fewer feeds with what accounts do than this leave one kind of evidence, which is weak alone.
FEW_FEEDS = 2


_COUNTS = """
SELECT count(*) AS groups, (SELECT count(*) FROM members) AS members, (SELECT count(*) FROM evidence) AS evidence,
  count(*) FILTER (probability >= $flag_probability) AS likely
FROM rings
"""
_KINDS = "SELECT kind, count(*) FROM rings GROUP BY kind ORDER BY kind"


def run(night: Night) -> Report:
    """Write `scored/`: all disjoint groups, also those that are no rings. Raises UsageError without candidates."""
    started = perf_counter()
    candidates = night.files.candidates(night.day)
    if not candidates.is_file():
        raise UsageError(f"{candidates} is missing; run `ringwatch detect --day {night.day}` first")
    used = feeds_in_use(night).used
    folder = night.settings.scorecards or scorecard.FOLDER
    card = scorecard.load(used, folder)
    version, adjustment = adjustments.in_use(night.files.adjustments)
    with gathering(night, TABLES) as tables:
        with opened(night) as shards:
            rules = groups.Rules(card, night.settings.min_ring_size, adjustment)
            depth = _judge(night, shards, rules, tables)
        with ExitStack() as whole:  # all tables, or those that were there
            for name, order in ORDERS.items():
                new = whole.enter_context(replacing(night.files.scored(night.day, name)))
                tables.write(name, new, ", ".join(order))
        counts = _counts(night, tables) | {"adjustment": version, "unlike_percent": depth.percent}
    seconds = {"score": perf_counter() - started}
    known = scorecard.known_feeds(used, folder)
    feeds = {"used": used, "scorecard": known}
    return Report("score", night.day, counts, seconds, (*_warnings(known), *_unfamiliar(depth)), feeds)


def _judge(night: Night, shards: Shards, rules: groups.Rules, tables: Gathering) -> Depth:
    """Judge shard by shard; what is not needed of the others meanwhile is on the disk."""
    many, spill = shards.count, night.files.spill
    outlooks: list[groups.Outlook] = []
    likely = 0
    with Spool[groups.Settled](spill) as settled, Spool[notes.Compared](spill) as compared:
        given = ((mine, rules) for mine in shards.apart(night.files.candidates(night.day)))
        for found in shards.answers(groups.settle if many == 1 else groups.settle_without_measures, given):
            settled.add(found)
            outlooks.append(found.outlook)
            likely += int((found.outlook.odds > 0).sum())
            _tell(night, many, f"{len(outlooks):,} of {many:,} shards judged, {likely:,} likely rings so far")
        tonight = groups.tonight(outlooks, rules.card)
        told = shards.answers(groups.tell, ((one, tonight, rules) for one in settled))
        for done, part in enumerate(told, start=1):
            for name, rows in part.tables.items():
                tables.add(name, rows)
            compared.add(part.compared)
            _tell(night, many, f"{done:,} of {many:,} shards explained")
        tables.add("evidence", notes.look_alikes(compared))
    return tonight.near


def _tell(night: Night, shards: int, so_far: str) -> None:
    if shards > 1:
        night.tell(f"score: {so_far}")


def _counts(night: Night, tables: Gathering) -> dict[str, int]:
    found = duck.read_parquet(tables.connection, night.files.candidates(night.day))
    ((candidates,),) = found.aggregate("count(DISTINCT candidate)").fetchall()
    asked = {"flag_probability": night.settings.flag_probability}
    counts: dict[str, int] = tables.connection.sql(_COUNTS, params=asked).to_arrow_table().to_pylist()[0]
    kinds = {f"kinds.{kind}": count for kind, count in tables.connection.sql(_KINDS).fetchall()}
    return {"candidates": candidates} | counts | kinds


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
