"""Publish: what score left of a day becomes the rings that people and consumers see.

In: `scored/` of the day, what was published on earlier days, the number of accounts in the graph. Out: the day in the
review store, written in one transaction after an audit, and its rings in Neo4j.

What a day says is made from days before it alone, so an old day can be published again while later ones are: its own
rows are replaced, later days keep theirs, stays of members and canonical ids follow from all of them, and the graph
goes on showing the newest day. Later days take up the correction when they are published again, oldest first. Ids alone
also look at what the day had up to now, at later days and at withdrawn rings, so that a ring stays what it was.
"""

import json
import time
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from ringwatch.days.history import open_history, window_start
from ringwatch.days.in_use import feeds_in_use
from ringwatch.errors import UsageError, Withheld
from ringwatch.night import Night, Report
from ringwatch.outside import seen_by_partners, tell
from ringwatch.resources import cypher
from ringwatch.review.audit import objections
from ringwatch.review.effects import Terms, heed
from ringwatch.review.harm import harm
from ringwatch.review.nightly import RING, nightly
from ringwatch.score.frames import STRONG_CAP
from ringwatch.score.tables import TABLES
from ringwatch.store.erasure import ERASED_PREFIX
from ringwatch.store.records import Candidates, Nightly, Publication, Sample, Thresholds
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
    """Publish the day. Raises Withheld, with nothing visible changed, when the audit objects."""
    started = time.perf_counter()
    settings, day = night.settings, night.day
    judged = Candidates(**{table: _scored(night, table) for table in TABLES})
    judged = seen_by_partners(night, judged)
    with night.store.reading() as doors:
        history, decisions = doors.published.history(day), doors.verdicts.decisions(day)
    heeded = heed(judged, decisions, day, Terms(settings.review_seed_days, settings.review_release_days))
    thresholds = Thresholds(settings.flag_probability, settings.keep_probability, settings.min_ring_size)
    reviewed = {row["ring_id"] for row in decisions.rows if row["subject"] == "ring"}
    made = nightly(day, heeded, history, thresholds, strong_facets(night), reviewed, settings.review_sample)
    rings = _with_harm(night, made)
    accounts = night.graph.read(cypher("publish/count_accounts"))[0]["accounts"]
    _audit(night, rings, accounts)
    publication = night.store.published.publish(day, rings, accounts, history.last_run, settings.feeds)
    published = time.perf_counter()
    missing = _mirror(night, day, rings) if publication.newest else 0
    seconds = {"store": published - started, "graph": time.perf_counter() - published}
    warnings = (*_warnings(night, rings, publication, missing), *tell(night))
    cleared = len(judged.rings) - len(heeded.rings)
    counts = _counts(judged, rings, publication) | ({"cleared": cleared} if cleared else {})
    return Report("publish", day, counts, seconds, warnings)


def strong_facets(night: Night) -> frozenset[str]:
    """Return the facets of which one identifier ties accounts for good: cards and devices, not addresses."""
    every = (relationship.evidence for _, _, relationship in night.model.relationships())
    return frozenset(evidence.facet for evidence in every if evidence and evidence.cap_bits >= STRONG_CAP)


def _scored(night: Night, table: str) -> pd.DataFrame:
    path = night.files.scored(night.day, table)
    try:
        return pd.read_parquet(path, columns=TABLES[table].names)
    except FileNotFoundError:
        raise UsageError(f"{path} is missing; run `ringwatch score --day {night.day}` first") from None
    except ValueError as error:
        raise UsageError(f"{path} is not what score writes ({error}); run score of {night.day} again") from None


def _with_harm(night: Night, rings: Nightly) -> Nightly:
    """Add what is at stake, by the clean files of the window."""
    asked = rings.sample
    if rings.flagged.empty and asked is None:
        return rings
    both = (rings.flagged, rings.members) if asked is None else _stacked(rings, asked)
    with open_history(night, window_start(night), night.day) as connection:
        found = harm(connection, feeds_in_use(night).used, *both, night.day, night.settings.harm_weights)
    flagged = found["ring_id"].isin(rings.flagged["ring_id"])
    return replace(rings, harm=found[flagged].reset_index(drop=True), sample=asked and _harmed(asked, found))


def _stacked(rings: Nightly, asked: Sample) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ring_id, probability and ring_id, account_id, probability of flagged rings and sampled groups."""
    ring, member = ["ring_id", "probability"], ["ring_id", "account_id", "probability"]
    return (
        pd.concat([rings.flagged[ring], asked.rings[ring]], ignore_index=True),
        pd.concat([rings.members[member], asked.members[member]], ignore_index=True),
    )


def _harmed(asked: Sample, found: pd.DataFrame) -> Sample:
    """The sampled groups with their figures: as JSON, since no consumer reads them."""
    figures = json.loads(found.set_index("ring_id").to_json(orient="index"))
    return replace(asked, rings=asked.rings.assign(harm=asked.rings["ring_id"].map(figures)))


def _audit(night: Night, rings: Nightly, accounts: int) -> None:
    found = objections(rings, accounts, night.settings.max_flagged_share)
    if found:
        reason = "; ".join(found)
        night.store.published.withhold(night.day, rings, accounts, reason, night.settings.feeds)
        raise Withheld(f"{night.day} is withheld and what was published before stays visible: {reason}")


def show(night: Night) -> Report:
    """Show the rings of the newest published day, whichever that is, in a graph that has none: nothing is published."""
    started = time.perf_counter()
    day = max(night.store.published.days(), default=None)
    found = night.store.published.rings(day) if day else []
    rings = pd.DataFrame(found, columns=None if found else RING).sort_values("ring_id", ignore_index=True)
    day = day or night.day
    shown = Nightly(rings, night.store.published.stays(), evidence=pd.DataFrame())
    missing = _mirror(night, day, shown)
    counts = {"rings": len(shown.flagged), "members": len(shown.members) - missing}
    return Report("publish", day, counts, {"graph": time.perf_counter() - started}, _incomplete(day, missing))


def roll_back(night: Night, why: str) -> Report:
    """Take the day back, the newest that is published, and show the one before it. Raises UsageError if it is not."""
    done = night.store.published.roll_back(night.day, why)
    shown = show(night)
    counts = shown.counts | {"changes": done.changes, "withdrawn": done.withdrawn}
    return Report("publish", night.day, counts, shown.seconds, (*shown.warnings, *tell(night)))


def _mirror(night: Night, day: date, rings: Nightly) -> int:
    """Show the newest state in the graph, new before old goes.

    Returns how many members it has no account for, those apart that were erased.

    The store is published by then: a graph that fails here catches up when publish runs again.
    """
    graph, rows = night.graph, night.settings.batch_rows
    state = {"content": rings.content, "day": day}
    graph.write(cypher("publish/constrain_rings"))
    shown = rings.flagged[["ring_id", "probability", "kind", "size", "event", "summary"]]
    graph.write_frame(cypher("publish/write_rings"), shown, rows, **state)
    _mirror_members(night.on(day), state)
    graph.write(cypher("publish/delete_stale_members"), **state)
    graph.write(cypher("publish/delete_stale_rings"), **state)
    mirrored: int = graph.read(cypher("publish/count_members"), content=rings.content)[0]["members"]
    erased = int(rings.members["account_id"].str.startswith(ERASED_PREFIX).sum())
    return len(rings.members) - erased - mirrored


def _mirror_members(night: Night, state: dict[str, Any]) -> None:
    """Show who is and was in the rings, when members were active and whom they paid."""
    graph, rows = night.graph, night.settings.batch_rows
    stays = night.store.published.stays()
    did = dealings(night, stays["account_id"])
    hours = [did.active_hours.get(account) for account in stays["account_id"]]
    stays = stays.assign(active_hours=pd.Series(hours, stays.index, dtype=object))
    former = night.store.published.former(window_start(night))
    graph.write_frame(cypher("publish/write_members"), pa.Table.from_pandas(stays, _MEMBERS), rows, **state)
    graph.write_frame(cypher("publish/write_former_members"), former, rows, **state)
    graph.write_frame(cypher("publish/write_payments"), did.payments, rows, **state)


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


def _warnings(night: Night, rings: Nightly, publication: Publication, missing: int) -> tuple[str, ...]:
    found = {
        "no candidate was flagged": rings.flagged.empty,
        **dict.fromkeys(_incomplete(night.day, missing), True),
        "later days are published and stay as they are, also in the graph; "
        "publish them again, oldest first, to take this up": not publication.newest,
    }
    return tuple(warning for warning, holds in found.items() if holds)


def _incomplete(day: date, missing: int) -> tuple[str, ...]:
    if not missing:
        return ()
    return (f"{missing:,} members have no account in the graph; run `ringwatch load` of {day} again",)
