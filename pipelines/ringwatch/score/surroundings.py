"""Where the members of groups are at home, whom they work for, and whom they pay: what tells crowds from operators.

In: members of groups (`measuring.py`), and places (`places.py`) and dealings (`sharing.py`) in what is `known`. Out: a
column per measure, a row per group. The group itself is left out of what its place and its mail domain are known for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ringwatch.score import runs
from ringwatch.score.known import Known
from ringwatch.window.places import PLACES, TERM_DAYS

if TYPE_CHECKING:
    from ringwatch.score.members import Grouped

# Long-lived accounts outside the group from which a mail domain is known as an employer's.
COLLEAGUES = 3
# Accounts of a place outside the group from which it is said when the others came.
NEIGHBOURS = 5

_DEALT = ("source", "target", "sources", "targets")
# Places where accounts are opened together because people come together.
_GATHERING = [PLACES.index(place) for place in ("office", "campus")]


def measure(rows: Known, grouped: Grouped, struck: np.ndarray) -> dict[str, np.ndarray]:
    """Return of each group what was found around it; NaN: nothing to go by.

    at_<place>: share of the members that were seen at addresses who are there most. corporate: share of all members
    whose mail domain is an organisation's with COLLEAGUES long-lived accounts outside the group. term: the share of the
    others at their network that were opened within TERM_DAYS of a member, on average of all members, 0 for those that
    are at no office or campus. <facet>_sweep: share of members that paid (invited) the same account, times the share
    they are of all who did; <facet>_fan_out: the same of those that one account paid; <facet>_chain: share of members
    on paths of three accounts that all belong to the group. What is `struck` out never happened.
    """
    found = _places(rows, grouped) | {"corporate": _corporate(rows, grouped), "term": _term(rows, grouped)}
    for name, contact in _contacts(rows, grouped, struck):
        found |= {f"{name}_{measure}": values for measure, values in _directed(contact, grouped).items()}
    return {name: values.round(9) for name, values in found.items()}


def anything(rows: Known, grouped: Grouped, found: dict[str, np.ndarray]) -> np.ndarray:
    """Return of each group whether there was anything to go by, given what `measure` found."""
    placed, network, created = (rows.accounts[name][grouped.account] for name in ("place", "network", "created"))
    there = (placed >= 0) | ((network >= 0) & ~np.isnan(created)) | (rows.employed.count[grouped.account] > 0)
    dealing = [~np.isnan(values) for name, values in found.items() if name.endswith("_lift")]
    answer: np.ndarray = np.logical_or.reduce([runs.counted(grouped.group, grouped.groups, there) > 0, *dealing])
    return answer


def _places(rows: Known, grouped: Grouped) -> dict[str, np.ndarray]:
    place, many = rows.accounts["place"][grouped.account], grouped.groups
    with np.errstate(invalid="ignore"):
        there = runs.counted(grouped.group, many, place >= 0)
        return {f"at_{name}": runs.counted(grouped.group, many, place == at) / there for at, name in enumerate(PLACES)}


def _corporate(rows: Known, grouped: Grouped) -> np.ndarray:
    employed = rows.employed
    member, row = runs.spread(employed.first[grouped.account], employed.count[grouped.account])
    group, domain = grouped.group[member], employed["domain"][row]
    first, at = runs.numbered(group * (int(domain.max(initial=0)) + 1) + domain)
    others = employed["colleagues"][row[first]] - runs.counted(at, len(first), employed["long_lived"][row])
    answer: np.ndarray = (
        _sum_of(group[first], grouped.groups, np.bincount(at).astype(float), others >= COLLEAGUES) / grouped.n
    )
    return answer


def _sum_of(group: np.ndarray, groups: int, values: np.ndarray, holds: np.ndarray) -> np.ndarray:
    """Return the sum of the values for which something `holds` of each group, NaN where it does for none."""
    summed = runs.summed(group[holds], groups, values[holds])
    return np.where(runs.counted(group, groups, holds) > 0, summed, np.nan)


def _term(rows: Known, grouped: Grouped) -> np.ndarray:
    network, created = (rows.accounts[name][grouped.account] for name in ("network", "created"))
    located = np.flatnonzero((network >= 0) & ~np.isnan(created))
    group, network = grouped.group[located], network[located]
    created = created[located].astype(np.int64)
    gathers = np.isin(rows.accounts["place"][grouped.account[located]], _GATHERING)
    order = np.lexsort((created, network, group))
    group, network, created, gathers = group[order], network[order], created[order], gathers[order]
    first = runs.starts(group, network, created)
    site = np.repeat(np.arange(len(begins := runs.starts(group, network))), np.diff(np.append(begins, len(group))))
    accounts = np.bincount(site)[site[first]]
    opened = _near(site, created, first)
    at = _rows_of(rows, network[first], created[first])
    gathered = np.add.reduceat(gathers.astype(np.int64), first) if len(first) else first
    others = rows.opening["accounts"][at] - accounts
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = gathered * (rows.opening["opened"][at] - opened) / others
    answer: np.ndarray = _sum_of(group[first], grouped.groups, worth, others >= NEIGHBOURS) / grouped.n
    return answer


def _near(site: np.ndarray, created: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return how many rows, in order of site and day, are at the site of those `first`, within TERM_DAYS of them."""
    if not len(created):
        return created
    lowest = int(created.min())
    width = int(created.max()) - lowest + 2 * TERM_DAYS + 2
    key = site * width + created - lowest + TERM_DAYS
    answer: np.ndarray = np.searchsorted(key, key[first] + TERM_DAYS, "right") - np.searchsorted(
        key, key[first] - TERM_DAYS, "left"
    )
    return answer


def _rows_of(rows: Known, network: np.ndarray, created: np.ndarray) -> np.ndarray:
    """Return the rows of `opening` of these networks and days; each that an account is at is there."""
    there, days = rows.opening["network"].astype(np.int64), rows.opening["created"].astype(np.int64)
    lowest = int(days.min(initial=0))
    width = int(days.max(initial=0)) - lowest + 1
    found: np.ndarray = np.searchsorted(
        there * width + days - lowest, network.astype(np.int64) * width + created - lowest
    )
    return found


@dataclass(frozen=True, eq=False)
class _Contact:
    """Whom members of groups pay or invite in one facet, and who does so with them: a row for each group and dealing.

    gives, takes: whether source and target are members; sources: who deals with that target, in all; targets: with
    whom that source does; edges: dealings of the facet in all.
    """

    group: np.ndarray
    source: np.ndarray
    target: np.ndarray
    gives: np.ndarray
    takes: np.ndarray
    sources: np.ndarray
    targets: np.ndarray
    edges: float

    def inside(self) -> np.ndarray:
        answer: np.ndarray = self.gives & self.takes
        return answer


def _contacts(rows: Known, grouped: Grouped, struck: np.ndarray) -> Iterator[tuple[str, _Contact]]:
    """Yield each facet in which members have contacts, and these."""
    (group, dealing, takes), (group_in, dealing_in, gives_in) = (
        _ends(rows, grouped, end) for end in ("gives", "takes")
    )
    only = ~gives_in  # what a member gives is among the first
    group, dealing = np.concatenate([group, group_in[only]]), np.concatenate([dealing, dealing_in[only]])
    gives = np.arange(len(group)) < len(takes)
    takes = np.concatenate([takes, np.ones(int(only.sum()), dtype=bool)])
    left = ~np.isin(group * len(rows.names) + rows.dealings["identifier"][dealing], struck)
    for facet in np.unique(rows.dealings["facet"][dealing[left]]).tolist():
        at = np.flatnonzero(left & (rows.dealings["facet"][dealing] == facet))
        source, target, sources, targets = (rows.dealings[name][dealing[at]] for name in _DEALT)
        edges = float(rows.edges[facet])
        contact = _Contact(group[at], source, target, gives[at], takes[at], sources, targets, edges)
        yield str(rows.facets.index[facet]), contact


def _ends(rows: Known, grouped: Grouped, end: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the groups and dealings of members at one end, and whether the other end is a member, too."""
    of = rows.gives if end == "gives" else rows.takes
    member, row = runs.spread(of.first[grouped.account], of.count[grouped.account])
    group = grouped.group[member]
    return group, of["dealing"][row], grouped.of(group, of["other"][row], len(rows.ids))


def _directed(contact: _Contact, grouped: Grouped) -> dict[str, np.ndarray]:
    """Return the measures of one facet, 0 for what no member takes part in, NaN for groups without contacts.

    An edge is part of a chain of three different accounts when its end goes on to another than its start, or its start
    has it from another than its end.
    """
    many, inner = grouped.groups, np.flatnonzero(contact.inside())
    group, source, target = contact.group[inner], contact.source[inner], contact.target[inner]
    accounts = int(max(contact.source.max(initial=0), contact.target.max(initial=0))) + 1
    edge, back = (((group * accounts) + a) * accounts + b for a, b in ((source, target), (target, source)))
    mutual = np.isin(back, edge)
    onward = _times(group * accounts + target, group * accounts + source)
    inward = _times(group * accounts + source, group * accounts + target)
    chained = (onward > mutual) | (inward > mutual)
    found = {
        "inside": _accounts(group, source, target, many, accounts) / grouped.n,
        "lift": _lift(contact, many),
        "sweep": _most(contact, grouped, contact.target, contact.sources, contact.gives, accounts),
        "fan_out": _most(contact, grouped, contact.source, contact.targets, contact.takes, accounts),
        "chain": _accounts(group[chained], source[chained], target[chained], many, accounts) / grouped.n,
    }
    there = runs.counted(contact.group, many) > 0
    return {name: np.where(there, values, np.nan) for name, values in found.items()}


def _lift(contact: _Contact, many: int) -> np.ndarray:
    counts = (runs.counted(contact.group, many, holds) for holds in (contact.inside(), contact.gives, contact.takes))
    inside, gives, takes = counts
    return runs.log2((inside + 0.5) / (gives * (takes / contact.edges) + 0.5))


def _times(asked: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return how many times each value that is asked for is among others."""
    ordered = np.sort(among)
    return np.searchsorted(ordered, asked, "right") - np.searchsorted(ordered, asked, "left")


def _accounts(group: np.ndarray, source: np.ndarray, target: np.ndarray, many: int, accounts: int) -> np.ndarray:
    """Return how many accounts there are at either end of edges, by group."""
    keys = np.unique(np.concatenate([group * accounts + source, group * accounts + target]))
    return runs.counted(keys // accounts, many)


def _most(
    contact: _Contact, grouped: Grouped, end: np.ndarray, degree: np.ndarray, holds: np.ndarray, accounts: int
) -> np.ndarray:
    """Return of each group the share of members that deal with one account, at that `end` of edges for which something
    `holds`, times the share that they are of its `degree`: the highest; of several members.
    """
    at = np.flatnonzero(holds)
    first, account = runs.numbered(contact.group[at] * accounts + end[at])
    members, row = np.bincount(account), at[first]
    several = members > 1
    row, members = row[several], members[several]
    group = contact.group[row]
    return runs.highest(group, grouped.groups, members * members / degree[row] / grouped.n[group], 0.0)
