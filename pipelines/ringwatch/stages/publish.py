"""Publish: what score left of a day becomes the rings that people and consumers see.

In: `scored/` of the day, what was published on earlier days, the number of known accounts. Out: the day in the review
store, written in one transaction after the audit and the guardrails, and its rings in Neo4j, with their neighbourhoods
where the graph holds no more than these (setting `graph_holds`).

What a day says is made from days before it alone, so an old day can be published again while later ones are: its own
rows are replaced, later days keep theirs, stays of members and canonical ids follow from all of them, and the graph
goes on showing the newest day. Later days that do not follow from it any more are named in the report; `ringwatch
republish` runs them again, oldest first. Ids alone also look at what the day had up to now, at later days and at
withdrawn rings, so that a ring stays what it was.
"""

import time
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from ringwatch import canaries
from ringwatch.days import run_report
from ringwatch.days.history import window_start
from ringwatch.edition import Edition, edition, frame, scored
from ringwatch.errors import Withheld
from ringwatch.loading.bring import Tally
from ringwatch.neighbourhoods import bringing_flagged, known_accounts
from ringwatch.night import Night, Report
from ringwatch.outside import tell
from ringwatch.resources import cypher
from ringwatch.review import guardrails
from ringwatch.review.audit import objections
from ringwatch.review.nightly import RING
from ringwatch.spark import shards
from ringwatch.store.erasure import ERASED_PREFIX
from ringwatch.store.records import Candidates, Nightly, Publication, Released
from ringwatch.usual import usual
from ringwatch.window.dealings import dealings

_MEMBERS = pa.schema(
    [
        ("account_id", pa.string()),
        ("ring_id", pa.string()),
        ("probability", pa.float64()),
        ("role", pa.string()),
        ("since", pa.date32()),
        ("active_hours", pa.list_(pa.int64())),
    ]
)


def run(night: Night) -> Report:
    """Publish the day. Raises Withheld, with nothing visible changed, when a guardrail or the audit objects."""
    began = time.perf_counter()
    decayed = canaries.look(night)
    looked = time.perf_counter() - began
    made = edition(night, scored(night))
    accounts = known_accounts(night)
    unsound = objections(made.rings)
    doubtful = guardrails.objections(made.rings, usual(night, made, accounts), night.settings)
    if unsound or doubtful:
        raise _withheld(night, made, accounts, unsound, doubtful)
    report = _publish(night, made, accounts)
    shards.forget(night)
    return replace(report, seconds={"canaries": looked} | report.seconds, warnings=(*decayed, *report.warnings))


def release(night: Night, run_id: int, author: str, why: str) -> Report:
    """Publish a withheld run as it was judged, for the day of the night; no guardrail is asked.

    Once it is published this changes nothing. Raises Withheld when it is unsound, UsageError when it is not withheld.
    """
    if published := night.store.nights.released_day(run_id):
        return replace(show(night.on(published)), warnings=(f"run {run_id} is published for {published} already",))
    day, judged = night.store.nights.withheld(run_id, frame)
    night = night.on(day)
    made = edition(night, judged)
    if unsound := objections(made.rings):
        raise Withheld(f"run {run_id} cannot be released: {'; '.join(unsound)}")
    accounts = known_accounts(night)
    return _publish(night, made, accounts, Released(run_id, author, why))


def _publish(night: Night, made: Edition, accounts: int, released: Released | None = None) -> Report:
    started = time.perf_counter()
    rings, day = made.rings, night.day
    feeds, last_run = night.settings.feeds, made.history.last_run
    publication = night.store.published.publish(day, rings, accounts, last_run, feeds, released)
    published = time.perf_counter()
    brought = Tally()
    missing = _mirror(night, rings, accounts, brought) if publication.newest else 0
    seconds = {"store": published - started, "graph": time.perf_counter() - published}
    warnings = (*_warnings(night, rings, missing), *tell(night))
    counts = _counts(made.judged, rings, publication) | ({"cleared": made.cleared} if made.cleared else {})
    return Report("publish", day, counts | _into_graph(brought), seconds, warnings)


def _withheld(night: Night, made: Edition, accounts: int, unsound: list[str], doubtful: list[str]) -> Withheld:
    """Note the night and what was judged in it, in the run report, too."""
    day, rings, reason = night.day, made.rings, "; ".join([*unsound, *doubtful])
    judged = None if unsound else made.judged
    run_id = night.store.published.withhold(day, rings, accounts, reason, night.settings.feeds, judged)
    counts = {"withheld_run": run_id, "rings": len(rings.flagged), "members": len(rings.members)}
    warnings = tuple(f"withheld: {objection}" for objection in (*unsound, *doubtful))
    run_report.add(night, Report("publish", day, counts, warnings=warnings))
    then = "" if unsound else f" `ringwatch publish --release {run_id} --why ...` publishes it all the same"
    return Withheld(f"{day} is withheld and what was published before stays visible: {reason}.{then}")


def show(night: Night) -> Report:
    """Show the rings of the newest published day, whichever that is, in a graph that has none: nothing is published."""
    started = time.perf_counter()
    day = max(night.store.published.days(), default=None)
    found = night.store.published.rings(day) if day else []
    rings = pd.DataFrame(found, columns=None if found else RING).sort_values("ring_id", ignore_index=True)
    day = day or night.day
    shown = Nightly(rings, night.store.published.stays(), evidence=pd.DataFrame())
    brought = Tally()
    missing = _mirror(night.on(day), shown, known_accounts(night.on(day)), brought)
    counts = {"rings": len(shown.flagged), "members": len(shown.members) - missing} | _into_graph(brought)
    return Report("publish", day, counts, {"graph": time.perf_counter() - started}, _incomplete(day, missing))


def roll_back(night: Night, why: str, author: str) -> Report:
    """Take back all published days after that of the night, and show that day. Raises UsageError if it is not one."""
    done = night.store.published.roll_back(night.day, why, author)
    shown = show(night)
    counts = shown.counts | {"days": len(done.days), "changes": done.changes, "withdrawn": done.withdrawn}
    return Report("publish", night.day, counts, shown.seconds, (*shown.warnings, *tell(night)))


def _mirror(night: Night, rings: Nightly, accounts: int, brought: Tally) -> int:
    """Show the newest state in the graph, which is that of the night, new before old goes.

    accounts: all that are known. Returns how many members the graph has no account for, those apart that were erased.
    The store is published by then: a graph that fails here catches up when publish runs again.
    """
    graph, rows = night.graph, night.settings.batch_rows
    state = {"content": rings.content, "day": night.day}
    stays, former = night.store.published.stays(), night.store.published.former(window_start(night))
    with bringing_flagged(night, [*stays["account_id"], *former["account_id"]], brought):
        graph.write(cypher("publish/constrain_rings"))
        shown = rings.flagged[["ring_id", "probability", "kind", "size", "event", "summary"]]
        graph.write_frame(cypher("publish/write_rings"), shown, rows, accounts=accounts, **state)
        graph.write_frame(cypher("publish/write_former_members"), former, rows, **state)
        _mirror_members(night, stays, state)
        graph.write(cypher("publish/delete_stale_members"), **state)
        graph.write(cypher("publish/delete_stale_rings"), **state)
    mirrored: int = graph.read(cypher("publish/count_members"), content=rings.content)[0]["members"]
    erased = int(rings.members["account_id"].str.startswith(ERASED_PREFIX).sum())
    return len(rings.members) - erased - mirrored


def _mirror_members(night: Night, stays: pd.DataFrame, state: dict[str, Any]) -> None:
    """Show who is in the rings, when members were active and whom they paid."""
    graph, rows = night.graph, night.settings.batch_rows
    did = dealings(night, stays["account_id"])
    hours = [did.active_hours.get(account) for account in stays["account_id"]]
    stays = stays.assign(active_hours=pd.Series(hours, stays.index, dtype=object))
    graph.write_frame(cypher("publish/write_members"), pa.Table.from_pandas(stays, _MEMBERS), rows, **state)
    graph.write_frame(cypher("publish/write_payments"), did.payments, rows, **state)


def _into_graph(brought: Tally) -> dict[str, int]:
    """What was brought into a graph of flagged neighbourhoods, in words that counts of rings do not have."""
    return {f"graph.{what}": rows for what, rows in brought.rows.items()}


def _counts(judged: Candidates, rings: Nightly, publication: Publication) -> dict[str, int]:
    counts = {
        "candidates": len(judged.rings),
        "rings": len(rings.flagged),
        "members": len(rings.members),
        "evidence": len(rings.evidence),
        "changes": publication.changes,
        "restatement": publication.restatement,
        "withdrawn": publication.withdrawn,
    }
    events = rings.rings["event"].value_counts().sort_index()
    sampled = {"sampled": len(rings.sample.rings)} if rings.sample else {}
    return counts | sampled | {f"events.{event}": int(count) for event, count in events.items()}


def _warnings(night: Night, rings: Nightly, missing: int) -> tuple[str, ...]:
    found = ["no candidate was flagged"] if rings.flagged.empty else []
    if stale := night.store.nights.stale(night.day):
        days = f"{stale[0]} is" if len(stale) == 1 else f"{stale[0]} to {stale[-1]}, {len(stale)} nights, are"
        found.append(f"{days} out of date by this; run `ringwatch republish --from {stale[0]}`")
    return (*found, *_incomplete(night.day, missing))


def _incomplete(day: date, missing: int) -> tuple[str, ...]:
    if not missing:
        return ()
    return (f"{missing:,} members have no account in the graph; run `ringwatch load` of {day} again",)
