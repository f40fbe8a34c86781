"""Who belongs to a group: measures of a group in, what speaks for and against each of its members out.

Trees of the scorecard turn it into the log2 odds that a member of a ring is one of its accounts. Beside it stands
one rule that no tree may outvote: whom only an outsider's acts tie to a group is not a member of it. Nor is a
household that shares much with itself, but that only visitors of its home tie to the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ringwatch.score import runs
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
    member uses), address (it is at home on a line, see `homes.py`), lives (both); member, group: as in `Measures`.
    """
    members = measures.members
    read = {name: members[name].to_numpy() for name in ("cap_bits", "bits", "own_act", "own", "lives", "member")}
    links, allowed = read["cap_bits"] > 0, np.minimum(read["bits"], MOST_BITS * members["contained"].to_numpy())
    device, ip, cell = (members["facet"].to_numpy() == facet for facet in ("device", "ip", CELL))
    first = runs.starts(read["member"])
    device, address = (
        runs.over(np.logical_or, read[name] & at, first) for name, at in (("own", device), ("lives", ip))
    )
    found = {
        "tie": runs.over(np.add, read["cap_bits"] * members["strength"].to_numpy(), first),
        "strong": runs.over(np.maximum, np.where((read["cap_bits"] >= STRONG_CAP) | cell, allowed, 0.0), first),
        "own_act": runs.over(np.maximum, np.where(links, read["own_act"], 0.0), first),
        "kinds": runs.over(np.add, ((read["own_act"] >= LEAST_OWN_ACT) & links).astype(np.int64), first),
        "visits": runs.over(np.maximum, np.where(ip, read["own_act"], 0.0), first),
        "device": device,
        "address": address,
        "lives": device & address,
    }
    who = members[["candidate", "account_id", "member", "group"]].iloc[first].reset_index(drop=True)
    return who.assign(**found)


def values(measures: Measures) -> pd.DataFrame:
    """Return one row per candidate and account_id (index) and a column per name of DIRECTIONS.

    Beside those of `ties`: usual (its tie as a share of the group's median), part (how many members hang together with
    it by ties that nobody imposed; log2), alike, apart, aside and guest (see `Measures`).
    """
    found = _looked_at(measures)
    return found.set_index(["candidate", "account_id"])[[*DIRECTIONS]].astype(float)


def _looked_at(measures: Measures) -> pd.DataFrame:
    """Return the same with the columns of `ties`."""
    found, groups = ties(measures), len(measures.groups)
    of, member, tie = (found[name].to_numpy() for name in ("group", "member", "tie"))
    usual = runs.medians(of, groups, tie)
    alike = measures.alike
    return found.assign(
        usual=np.minimum(tie / np.where(usual > 0, usual, np.nan)[of], MOST_USUAL),
        part=np.log2(_parts(measures)[member]),
        **{name: alike[name].to_numpy()[member] for name in ("alike", "apart", "aside", "guest")},
    )


def forms(
    measures: Measures, trees: Trees, every: Sequence[float] = FORMS, before: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return group (a number), account_id, candidate: each candidate without the members that do not fit, once for
    `every` of the odds that they must have by the trees; a large candidate once.

    A member of whom all that ties it to those who stay could have been brought about by an outsider is in none of them,
    whatever the trees say. What it shares in facets that they do not know is added to the odds. Those who were members
    `before` (candidate, account_id) stay with less than that: down to STAYS.
    """
    found = _looked_at(measures)
    member, of = found["member"].to_numpy(), found["group"].to_numpy()
    more = unknown_worth(measures)
    added = np.bincount(more["member"], more["worth"], len(measures.alike))
    odds = (trees.total(found).to_numpy() + added[member]).round(6)
    if before is not None and len(before):
        who = pd.MultiIndex.from_frame(found[["candidate", "account_id"]])
        stays = who.isin(pd.MultiIndex.from_frame(before)) & (odds >= STAYS)
        odds = np.where(stays, np.maximum(odds, max(every)), odds)
    few = np.bincount(of, minlength=len(measures.groups))[of] <= LARGE
    shared = _shared(measures)
    fits = [(odds >= least) & (few | (least == USUAL_FORM)) for least in every]
    stay = [np.flatnonzero(fit)[_tied(shared, member[fit])[member[fit]]] for fit in fits]
    form, row = np.repeat(np.arange(len(every)), [len(rows) for rows in stay]), np.concatenate(stay)
    formed = found[["account_id", "candidate"]].iloc[row].reset_index(drop=True)
    _, group = np.unique(form * len(measures.groups) + of[row], return_inverse=True)
    return formed.assign(group=group)[["group", "account_id", "candidate"]]


@dataclass(frozen=True, eq=False)
class _Shared:
    """Ties of members: member (a row of `Measures.alike`), what (a number for each identifier of each group), own
    (whether it is an own act of some weight). Of each member: group, visited (others come to its home).
    """

    member: np.ndarray
    what: np.ndarray
    own: np.ndarray
    group: np.ndarray
    visited: np.ndarray

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return who is tied and by what, in these rows."""
        return self.member[rows], self.what[rows]


def _shared(measures: Measures) -> _Shared:
    ties, members = measures.ties, measures.members
    visited = np.zeros(len(measures.alike), dtype=bool)
    visited[members["member"].to_numpy()[members["visited"].to_numpy(dtype=bool)]] = True
    own = ~ties["imposed"].to_numpy(dtype=bool) & (ties["bits"].to_numpy() >= LEAST_OWN_ACT)
    return _Shared(ties["member"].to_numpy(), _things(ties), own, measures.alike["group"].to_numpy(), visited)


def _things(ties: pd.DataFrame) -> np.ndarray:
    """Return a number for each identifier of each group."""
    group, identifier = ties["group"].to_numpy().astype(np.int64), ties["identifier"].to_numpy()
    _, found = np.unique(group * (int(identifier.max(initial=0)) + 1) + identifier, return_inverse=True)
    return found


def _tied(shared: _Shared, members: np.ndarray) -> np.ndarray:
    """Return of each member whether it is one of `members` whom own acts tie to others of them.

    Whoever leaves takes ties along, until nobody leaves any more.
    """
    stays = np.zeros(len(shared.group), dtype=bool)
    stays[members] = True
    ties = np.flatnonzero(stays[shared.member])
    while True:
        _, what = shared.of(ties)
        together = ties[np.bincount(what, minlength=1)[what] > 1]
        own = together[shared.own[together]]
        stays = np.zeros(len(shared.group), dtype=bool)
        stays[shared.member[own[~_apart(shared, own)]]] = True
        left = together[stays[shared.member[together]]]
        if len(left) == len(ties):
            return stays
        ties = left


def _apart(shared: _Shared, own: np.ndarray) -> np.ndarray:
    """Return whether the part of a group to which it belongs is no part of the ring, for each of `own` ties.

    A part is what hangs together by own acts. A household shares cards and devices with itself alone: only visitors to
    its home connect it with the rest. A couple beside many others met there by chance.
    """
    label = bipartite.connected(*shared.of(own))
    member, first = np.unique(shared.member[own], return_index=True)
    parts, part = np.unique(label[first], return_inverse=True)
    size, visited = np.bincount(part), np.bincount(part, shared.visited[member]) / np.bincount(part)
    group = np.zeros(len(parts), dtype=np.int64)
    group[part] = shared.group[member]
    largest = np.zeros(len(shared.group) + 1, dtype=np.int64)
    np.maximum.at(largest, group, size)
    several = np.bincount(group)[group] > 1 if len(group) else group > 1
    apart = (several & (visited >= MOST_VISITED)) | (size <= CRUMB * largest[group])
    return apart[np.searchsorted(parts, label)]


def _parts(measures: Measures) -> np.ndarray:
    """Return of each member how many hang together with it by ties of their own, 1 where it has none."""
    ties = measures.ties[~measures.ties["imposed"].to_numpy(dtype=bool)]
    member, label = ties["member"].to_numpy(), connected(ties)
    who, first = np.unique(member, return_index=True)
    found = np.ones(len(measures.alike), dtype=np.int64)
    found[who] = np.bincount(label[first], minlength=1)[label[first]]
    return found


def connected(ties: pd.DataFrame) -> np.ndarray:
    """Return for each tie what is the same for members that ties connect."""
    return bipartite.connected(ties["member"].to_numpy(), _things(ties))
