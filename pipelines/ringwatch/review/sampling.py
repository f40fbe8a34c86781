"""Which groups below the threshold reviewers are asked about, so that what is missed can be estimated.

Candidates of a night that are not flagged in, a few of them under ids of their own out. Half are drawn from the
doubtful ones, in which most of what is missed will be, half from the unlikely. Which is drawn follows from the day and
the candidate. Those less likely than LEAST are too many for a few to say anything of them: nobody is asked about these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import date

import pandas as pd

from ringwatch.review import identity
from ringwatch.store.records import Candidates, Sample

# Probability from which groups are asked about, and from which they are doubtful rather than unlikely.
LEAST, DOUBTFUL = 0.01, 0.1
STRATA = ("doubtful", "unlikely")
RING = ["ring_id", "fingerprint", "stratum", "weight", "probability", "low", "high", "kind", "size", "bits", "summary"]
MEMBER = ["ring_id", "account_id", "probability", "role"]


def draw(
    day: date, below: Candidates, count: int, taken: Mapping[str, str], given: Collection[str] = ()
) -> Sample | None:
    """Return up to `count` of the groups that are not flagged on `day`, None when there are none.

    taken: fingerprint by ring_id of every ring there is; given: those that are flagged.
    """
    rings = below.rings[below.rings["probability"] >= LEAST]
    chosen = _chosen(day, rings.assign(stratum=_strata(rings["probability"])), count)
    if chosen.empty:
        return None
    inside = below.members[below.members["candidate"].isin(chosen["candidate"])]
    ids = identity.mint(day, inside, dict(taken), given).set_index("candidate")
    named = chosen.join(ids, on="candidate").sort_values("ring_id", ignore_index=True)
    members = inside.assign(ring_id=inside["candidate"].map(ids["ring_id"]))
    evidence = below.evidence[below.evidence["candidate"].isin(chosen["candidate"])]
    return Sample(
        named[RING].assign(harm=pd.Series([{}] * len(named), dtype=object)),
        members[MEMBER].sort_values(["ring_id", "account_id"], ignore_index=True),
        evidence.assign(ring_id=evidence["candidate"].map(ids["ring_id"])),
    )


def place(ring_id: str, places: int) -> int:
    """Return at which of the places of a queue a group is shown: the same for all who look."""
    return int(_number(f"place {ring_id}") * places)


def is_drawn(ring_id: str, share: float) -> bool:
    """Whether a flagged ring is among those that are shown as a sampled group is."""
    return _number(f"alike {ring_id}") < share


def _number(text: str) -> float:
    """A number from 0 to 1 that follows from the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64


def _strata(probability: pd.Series) -> pd.Series:
    return (probability >= DOUBTFUL).map({True: STRATA[0], False: STRATA[1]}).astype("str")


def _chosen(day: date, rings: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return some of `rings` with weight: for how many of their stratum each stands."""
    order = rings["candidate"].map(lambda name: _number(f"sample {day} {name}"))
    ordered = rings.assign(order=order.astype(float)).sort_values(["order", "candidate"])
    sizes = ordered["stratum"].value_counts().reindex(STRATA, fill_value=0)
    doubtful = min(sizes.iloc[0], max(count - count // 2, count - sizes.iloc[1]))
    share = {STRATA[0]: doubtful, STRATA[1]: min(sizes.iloc[1], count - doubtful)}
    parts = [ordered[ordered["stratum"] == name].head(n) for name, n in share.items()]
    weighed = [part.assign(weight=sizes[name] / max(len(part), 1)) for name, part in zip(share, parts, strict=True)]
    return pd.concat(weighed, ignore_index=True)
