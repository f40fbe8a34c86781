"""Puts together what a night publishes. In: what score judged and what was published before. Out: rows of the store."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

import pandas as pd

from ringwatch.review import identity, lifecycle, sampling
from ringwatch.store.bands import bands
from ringwatch.store.contents import content_hashes
from ringwatch.store.records import Candidates, History, Nightly, Sample, Thresholds

CONTEXT = "context"
RING = ["ring_id", "event", "related", "flagged", "probability", "low", "high", "band", "kind", "size", "joined"]
RING += ["departed", "bits", "summary", "content_hash", "fingerprint"]
MEMBER = ["ring_id", "account_id", "probability", "role"]
EVIDENCE = ["ring_id", "position", "facet", "reason", "direction", "observed", "expected", "bits", "members"]
EVIDENCE += ["identifiers", "text"]


def nightly(
    day: date,
    judged: Candidates,
    history: History,
    thresholds: Thresholds,
    strong: Collection[str] = (),
    reviewed: Collection[str] = (),
    asked: int = 0,
) -> Nightly:
    """Return what `day` publishes: the flagged candidates under lasting ids, and the rings that left since.

    strong: facets by which a ring is known again when none of its accounts is; reviewed: rings somebody decided on;
    asked: groups below the threshold that reviewers are asked about.
    """
    size = judged.rings["candidate"].map(judged.members.groupby("candidate").size()).fillna(0)
    large = size >= thresholds.min_size
    is_flagged = _flagged(judged, history, thresholds) & large
    flagged = judged.rings[is_flagged]
    members = judged.members[judged.members["candidate"].isin(flagged["candidate"])]
    evidence = judged.evidence[judged.evidence["candidate"].isin(flagged["candidate"])]
    weighed = members[["candidate", "account_id"]].assign(weight=members["probability"].astype(float))
    lineage = lifecycle.trace(day, weighed, history, used(evidence, strong), reviewed)
    ids = lineage.ids
    members = _members(members, ids)
    rings = _rings(flagged, members, lineage, history)
    cleared = _cleared(judged, rings, history)
    rings["summary"] = [cleared.get(*row) for row in rings[["ring_id", "summary"]].itertuples(index=False)]
    evidence = _evidence(_with_return(evidence, lineage, history), ids)
    below = Candidates(judged.rings[large & ~is_flagged], judged.members, judged.evidence)
    return Nightly(rings, members, evidence, lineage.replaced, sample=_sample(day, below, asked, ids, history))


def _sample(day: date, below: Candidates, asked: int, ids: pd.DataFrame, history: History) -> Sample | None:
    new = ids.dropna()
    minted = dict(zip(new["ring_id"], new["fingerprint"], strict=True))
    drawn = sampling.draw(day, below, asked, history.taken | minted, set(ids["ring_id"])) if asked else None
    return drawn and replace(drawn, evidence=_by_weight(drawn.evidence))


def used(evidence: pd.DataFrame, strong: Collection[str]) -> pd.DataFrame:
    """Return candidate, facet, identifier of what speaks for groups in `strong` facets."""
    rows = evidence[(evidence["direction"] == "for") & evidence["facet"].isin(list(strong))]
    every = rows[["candidate", "facet", "identifiers"]].explode("identifiers").dropna()
    return every.rename(columns={"identifiers": "identifier"}).drop_duplicates()


def _flagged(judged: Candidates, history: History, thresholds: Thresholds) -> pd.Series:
    """Whether each of the judged candidates is flagged. Two thresholds keep a ring near the first from flickering."""
    rings = judged.rings
    active = history.rings.loc[history.rings["active"], "ring_id"]
    last_night = history.members[history.members["ring_id"].isin(active)]
    known = identity.matches(identity.weighed(last_night), judged.members[["candidate", "account_id"]])["candidate"]
    threshold = rings["candidate"].isin(known).map({True: thresholds.keep, False: thresholds.flag}).astype(float)
    return (rings["kind"] != CONTEXT) & (rings["probability"] >= threshold)


def _members(members: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    named = members.assign(ring_id=members["candidate"].map(ids["ring_id"]))
    return named[MEMBER].sort_values(["ring_id", "account_id"], ignore_index=True)


def _rings(flagged: pd.DataFrame, members: pd.DataFrame, lineage: lifecycle.Lineage, history: History) -> pd.DataFrame:
    tonight = flagged.join(lineage.ids, on="candidate")
    tonight = tonight.assign(size=tonight["ring_id"].map(members.groupby("ring_id").size()), flagged=True)
    tonight = tonight.join(lifecycle.events(tonight, members, lineage, history))
    before = tonight["ring_id"].map(history.rings.set_index("ring_id")["band"])
    tonight["band"] = bands(tonight["probability"], before)
    tonight["content_hash"] = tonight["ring_id"].map(content_hashes(tonight, members))
    left = lifecycle.farewells(lineage, history).assign(flagged=False, size=0, joined=0)
    rows = [*tonight.reindex(columns=RING).to_dict("records"), *left.reindex(columns=RING).to_dict("records")]
    return pd.DataFrame(rows, columns=RING).sort_values("ring_id", ignore_index=True)


def _cleared(judged: Candidates, rings: pd.DataFrame, history: History) -> dict[str, str]:
    """By ring_id, why rings that fell dormant are not flagged: those whose accounts are in a group that was cleared."""
    dormant = rings.loc[rings["event"] == "dormant", "ring_id"]
    before = identity.weighed(history.members[history.members["ring_id"].isin(dormant)])
    found = identity.matches(before, judged.cleared[["candidate", "account_id"]]).drop_duplicates("ring_id")
    text = judged.cleared.drop_duplicates("candidate").set_index("candidate")["text"]
    return dict(zip(found["ring_id"], found["candidate"].map(text), strict=True))


def _with_return(evidence: pd.DataFrame, lineage: lifecycle.Lineage, history: History) -> pd.DataFrame:
    """Add to the evidence of rings that came back under other accounts what they are known by."""
    candidate = pd.Series(lineage.ids.index, index=lineage.ids["ring_id"])
    last_day = history.rings.set_index("ring_id")["last_day"]
    rows = [
        {"candidate": candidate[ring_id], "identifiers": shared, "text": _came_back(shared, last_day[ring_id])}
        for ring_id, shared in lineage.returned.itertuples(index=False)
    ]
    if not rows:
        return evidence
    more = pd.DataFrame(rows).assign(facet="history", reason="returned", direction="check", bits=0.0, members=0)
    return pd.concat([evidence, more], ignore_index=True)


def _came_back(identifiers: list[str], last_day: date) -> str:
    """Accounts can be made anew: what this is the same ring by."""
    some = ", ".join(identifiers[:3]) + (f" and {len(identifiers) - 3} more" if len(identifiers) > 3 else "")
    return f"Other accounts than on {last_day}, when it was last flagged, but the same {some}"


def _evidence(evidence: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    """Reasons under ring ids, the weightiest of a ring first."""
    return _by_weight(evidence.assign(ring_id=evidence["candidate"].map(ids["ring_id"])))


def _by_weight(evidence: pd.DataFrame) -> pd.DataFrame:
    named = evidence.assign(weight=evidence["bits"].abs()).sort_values(
        ["ring_id", "weight", "facet", "reason", "text"], ascending=[True, False, True, True, True], ignore_index=True
    )
    identifiers = named["identifiers"].map(list)
    return named.assign(position=named.groupby("ring_id").cumcount() + 1, identifiers=identifiers)[EVIDENCE]
