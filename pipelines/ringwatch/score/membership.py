"""Who belongs to a group: measures of a group in, what speaks for and against each of its members out.

Trees of the scorecard turn it into the log2 odds that a member of a ring is one of its accounts. Beside it stands
one rule that no tree may outvote: whom only an outsider's acts tie to a group is not a member of it. Nor is a
household that shares much with itself, but that only visitors of its home tie to the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from ringwatch.score.features import unknown_worth
from ringwatch.score.frames import STRONG_CAP
from ringwatch.score.measuring import CELL, MOST_BITS, Measures
from ringwatch.score.trees import Trees
from ringwatch.window import bipartite

# Bits of evidence that nobody imposed, below which nobody is a member.
LEAST_OWN_ACT = 2.0
# Share of a household that must have visitors for the household to be framed by them.
MOST_VISITED = 0.5
# Share of the largest part of a group up to which another part, that no own act ties to it, is there by chance.
CRUMB = 0.1
# Log2 odds that the members of a form of a group must have: from all with evidence of their own to the surest.
FORMS = (-np.inf, -2.0, 0.0, 2.0)
# Log2 odds down to which a member of last night's ring stays.
STAYS = -2.0
# Form that a group of more than LARGE accounts has alone: its forms hardly differ, and each takes much memory.
USUAL_FORM, LARGE = 0.0, 1000
# Shares of the usual tie that are told apart.
MOST_USUAL = 3.0

# What is looked at of a member, and which way more of it speaks.
DIRECTIONS: Mapping[str, Literal["for", "against"]] = {
    "tie": "for",
    "usual": "for",
    "strong": "for",
    "own_act": "for",
    "kinds": "for",
    "visits": "for",
    "part": "for",
    "alike": "for",
    "device": "against",
    "address": "against",
    "lives": "against",
    "apart": "against",
    "aside": "against",
    "guest": "for",
}


def ties(measures: Measures) -> pd.DataFrame:
    """Return candidate, account_id, tie (bits by which a member hangs on its group, each facet up to its cap), strong
    (its best evidence of a strong facet), own_act (its best evidence that no outsider could have brought about), kinds
    (facets with such evidence), visits (such evidence of addresses), device (it mostly uses a device that no other
    member uses), address (it is at home on a line, see `homes.py`), lives (both).
    """
    members = measures.members
    allowed = (MOST_BITS * members["contained"]).clip(upper=members["bits"])
    found = members[["candidate", "account_id"]].assign(
        tie=members["cap_bits"] * members["strength"],
        strong=allowed.where((members["cap_bits"] >= STRONG_CAP) | (members["facet"] == CELL), 0.0),
        own_act=members["own_act"].where(members["cap_bits"] > 0, 0.0),
        kind=(members["own_act"] >= LEAST_OWN_ACT) & (members["cap_bits"] > 0),
        visits=members["own_act"].where(members["facet"] == "ip", 0.0),
        device=members["own"] & (members["facet"] == "device"),
        address=members["lives"] & (members["facet"] == "ip"),
    )
    by_member = found.groupby(["candidate", "account_id"])
    found = by_member.agg(
        tie=("tie", "sum"),
        strong=("strong", "max"),
        own_act=("own_act", "max"),
        kinds=("kind", "sum"),
        visits=("visits", "max"),
        device=("device", "any"),
        address=("address", "any"),
    )
    return found.assign(lives=found["device"] & found["address"]).reset_index()


def values(measures: Measures) -> pd.DataFrame:
    """Return one row per candidate and account_id (index) and a column per name of DIRECTIONS.

    Beside those of `ties`: usual (its tie as a share of the group's median), part (how many members hang together with
    it by ties that nobody imposed; log2), alike, apart, aside and guest (see `Measures`).
    """
    found = ties(measures).merge(_parts(measures), on=["candidate", "account_id"], how="left")
    found = found.merge(measures.alike, on=["candidate", "account_id"], how="left")
    usual = found.groupby("candidate")["tie"].transform("median")
    found["usual"] = (found["tie"] / usual.where(usual > 0)).clip(upper=MOST_USUAL)
    found["part"] = np.log2(found["part"].fillna(1))
    return found.set_index(["candidate", "account_id"])[[*DIRECTIONS]].astype(float)


def forms(
    measures: Measures, trees: Trees, every: Sequence[float] = FORMS, before: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return group (a number), account_id, candidate: each candidate without the members that do not fit, once for
    `every` of the odds that they must have by the trees; a large candidate once.

    A member of whom all that ties it to those who stay could have been brought about by an outsider is in none of them,
    whatever the trees say. What it shares in facets that they do not know is added to the odds. Those who were members
    `before` (candidate, account_id) stay with less than that: down to STAYS.
    """
    found = values(measures)
    more = unknown_worth(measures).groupby(["candidate", "account_id"])["worth"].sum()
    odds = (trees.total(found) + more.reindex(found.index, fill_value=0.0)).round(6)
    if before is not None:
        stays = found.index.isin(pd.MultiIndex.from_frame(before)) & (odds >= STAYS)
        odds = odds.where(~stays, odds.clip(lower=max(every)))
    few = found.groupby(level="candidate")["tie"].transform("size") <= LARGE
    shared = _shared(measures)
    stay = [
        _tied(shared, found.index[(odds >= least) & (few | (least == USUAL_FORM))].to_frame(index=False))
        for least in every
    ]
    formed = pd.concat(stay, keys=range(len(every)), names=["form", None]).reset_index("form")
    return formed.assign(group=formed.groupby(["form", "candidate"]).ngroup())[["group", "account_id", "candidate"]]


def _shared(measures: Measures) -> pd.DataFrame:
    """Return the ties with own (it is an own act of some weight) and visited (others come to the member's home)."""
    visited = measures.members.groupby(["candidate", "account_id"])["visited"].any().rename("visited").reset_index()
    ties = measures.ties
    own = ~ties["imposed"] & (ties["bits"] >= LEAST_OWN_ACT)
    return ties[["candidate", "account_id", "identifier"]].assign(own=own).merge(visited)


def _tied(ties: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return those of `members` (candidate, account_id) that own acts tie to others of them, by ties of `_shared`.

    Whoever leaves takes ties along, until nobody leaves any more.
    """
    ties = ties.merge(members)
    while True:
        shared = ties[ties.groupby(["candidate", "identifier"])["account_id"].transform("size") > 1]
        own = shared[shared["own"]]
        tied = own.loc[~_apart(own), ["candidate", "account_id"]].drop_duplicates()
        left = shared.merge(tied)
        if len(left) == len(ties):
            return members.merge(tied)
        ties = left


def _apart(ties: pd.DataFrame) -> pd.Series:
    """Whether the part of a group to which it belongs is no part of the ring, for each tie.

    A part is what hangs together by own acts. A household shares cards and devices with itself alone: only visitors to
    its home connect it with the rest. A couple beside many others met there by chance.
    """
    label = connected(ties)
    members = ties.assign(label=label).drop_duplicates(["candidate", "account_id"])
    parts = members.groupby("label").agg(
        candidate=("candidate", "first"), visited=("visited", "mean"), size=("visited", "size")
    )
    of_group = parts.groupby("candidate")["size"]
    framed = (of_group.transform("size") > 1) & (parts["visited"] >= MOST_VISITED)
    return label.map(framed | (parts["size"] <= CRUMB * of_group.transform("max"))).astype(bool)


def _parts(measures: Measures) -> pd.DataFrame:
    """Return candidate, account_id, part: how many members hang together with each of them by ties of their own."""
    ties = measures.ties[~measures.ties["imposed"]]
    ties = ties.assign(label=connected(ties))
    members = ties[["candidate", "account_id", "label"]].drop_duplicates()
    return members.assign(part=members.groupby("label")["account_id"].transform("size")).drop(columns="label")


def connected(ties: pd.DataFrame) -> pd.Series:
    """Return for each tie what is the same for members that ties connect."""
    who = ties.groupby(["candidate", "account_id"]).ngroup().to_numpy()
    what = ties.groupby(["candidate", "identifier"]).ngroup().to_numpy()
    return pd.Series(bipartite.connected(who, what), index=ties.index)
