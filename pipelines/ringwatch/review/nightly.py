"""Puts together what a night publishes. In: what score judged and what was published before. Out: rows of the store."""

from datetime import date

import pandas as pd

from ringwatch.review import identity, lifecycle
from ringwatch.store.bands import bands
from ringwatch.store.contents import content_hashes
from ringwatch.store.records import Candidates, History, Nightly, Thresholds

CONTEXT = "context"
RING = ["ring_id", "event", "related", "flagged", "probability", "low", "high", "band", "kind", "size", "joined"]
RING += ["departed", "bits", "summary", "content_hash", "fingerprint"]
MEMBER = ["ring_id", "account_id", "probability", "role"]
EVIDENCE = ["ring_id", "position", "facet", "reason", "direction", "observed", "expected", "bits", "members"]
EVIDENCE += ["identifiers", "text"]


def nightly(day: date, judged: Candidates, history: History, thresholds: Thresholds) -> Nightly:
    """Return what `day` publishes: the flagged candidates under lasting ids, and the rings that left since."""
    flagged = judged.rings[_flagged(judged, history, thresholds)]
    members = judged.members[judged.members["candidate"].isin(flagged["candidate"])]
    evidence = judged.evidence[judged.evidence["candidate"].isin(flagged["candidate"])]
    lineage = lifecycle.trace(day, members[["candidate", "account_id"]], history)
    ids = lineage.ids
    members = _members(members, ids)
    rings = _rings(flagged, members, lineage, history)
    return Nightly(rings, members, _evidence(evidence, ids), lineage.replaced)


def _flagged(judged: Candidates, history: History, thresholds: Thresholds) -> pd.Series:
    """Whether each of the judged candidates is flagged. Two thresholds keep a ring near the first from flickering."""
    rings = judged.rings
    active = history.rings.loc[history.rings["active"], "ring_id"]
    last_night = history.members[history.members["ring_id"].isin(active)]
    known = identity.matches(last_night, judged.members[["candidate", "account_id"]])["candidate"]
    threshold = rings["candidate"].isin(known).map({True: thresholds.keep, False: thresholds.flag}).astype(float)
    size = rings["candidate"].map(judged.members.groupby("candidate").size()).fillna(0)
    return (rings["kind"] != CONTEXT) & (rings["probability"] >= threshold) & (size >= thresholds.min_size)


def _members(members: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    named = members.assign(ring_id=members["candidate"].map(ids["ring_id"]))
    return named[MEMBER].sort_values(["ring_id", "account_id"], ignore_index=True)


def _rings(flagged: pd.DataFrame, members: pd.DataFrame, lineage: lifecycle.Lineage, history: History) -> pd.DataFrame:
    tonight = flagged.join(lineage.ids, on="candidate")
    tonight = tonight.assign(size=tonight["ring_id"].map(members.groupby("ring_id").size()), flagged=True)
    tonight = tonight.join(lifecycle.events(tonight, lineage, history))
    before = tonight["ring_id"].map(history.rings.set_index("ring_id")["band"])
    tonight["band"] = bands(tonight["probability"], before)
    tonight["content_hash"] = tonight["ring_id"].map(content_hashes(tonight, members))
    left = lifecycle.farewells(lineage, history).assign(flagged=False, size=0, joined=0)
    rows = [*tonight.reindex(columns=RING).to_dict("records"), *left.reindex(columns=RING).to_dict("records")]
    return pd.DataFrame(rows, columns=RING).sort_values("ring_id", ignore_index=True)


def _evidence(evidence: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    """Reasons under ring ids, the weightiest of a ring first."""
    named = evidence.assign(ring_id=evidence["candidate"].map(ids["ring_id"]), weight=evidence["bits"].abs())
    named = named.sort_values(
        ["ring_id", "weight", "facet", "reason", "text"], ascending=[True, False, True, True, True], ignore_index=True
    )
    identifiers = named["identifiers"].map(list)
    return named.assign(position=named.groupby("ring_id").cumcount() + 1, identifiers=identifiers)[EVIDENCE]
