"""Members of groups and what they use: groups in; rarity and strength of each identifier, by member and by facet, out.

What `measuring.py` tells in tables is worked out here, on rows of what is `known`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ringwatch.score import runs
from ringwatch.score.known import Known

MOST_BITS = 14.0
# The facet of networks, on which residents count, too.
NETWORK = "network"
# Bits of an identifier that ties a member to the others on it.
LEAST_TIE = 2.0
# Accounts of an identifier up to which a day on it may be fleeting.
FLEETING = 24


@dataclass(frozen=True, eq=False)
class Grouped:
    """Members of groups: names of the groups, in order; of each member, in the order of groups and accounts, its group
    and its account (places); n: size of each group.
    """

    names: pd.Index
    group: np.ndarray
    account: np.ndarray
    n: np.ndarray

    @property
    def groups(self) -> int:
        return len(self.names)

    def of(self, group: np.ndarray, account: np.ndarray, accounts: int) -> np.ndarray:
        """Return whether each account is a member of each group; -1 is nobody."""
        if not len(self.group):
            return np.zeros(len(group), dtype=bool)
        key, asked = self.group * accounts + self.account, group * accounts + account
        at = np.searchsorted(key, asked).clip(max=len(key) - 1)
        found: np.ndarray = (key[at] == asked) & (account >= 0)
        return found


@dataclass(frozen=True, eq=False)
class Used:
    """What members of groups use, in the order of members, facets, and of how much they use it: member (a row of
    `Grouped`), group, sighting (a row), identifier, facet; c, d, living, bits, expected, imposed and visited as above.
    """

    member: np.ndarray
    group: np.ndarray
    sighting: np.ndarray
    identifier: np.ndarray
    facet: np.ndarray
    c: np.ndarray
    d: np.ndarray
    living: np.ndarray
    bits: np.ndarray
    expected: np.ndarray
    at_home: np.ndarray
    imposed: np.ndarray
    visited: np.ndarray

    @property
    def allowed(self) -> np.ndarray:
        """The bits that the containment of each allows."""
        found: np.ndarray = np.minimum(self.bits, MOST_BITS * self.c / self.d)
        return found


def grouped(rows: Known, groups: pd.DataFrame) -> Grouped:
    """Accounts that were not seen are no members; groups of none are none."""
    account = rows.places.get_indexer(pd.Index(groups["account_id"]))
    seen = account >= 0
    code, names = pd.factorize(groups["candidate"][seen], sort=True)
    order = np.lexsort((account[seen], code))
    group, account = code[order].astype(np.int64), account[seen][order].astype(np.int64)
    return Grouped(pd.Index(names, dtype="str"), group, account, np.bincount(group, minlength=len(names)))


def struck(rows: Known, grouped: Grouped, without: pd.DataFrame | None) -> np.ndarray:
    """Return what is left out: number of the group times all identifiers, and that of the identifier."""
    if without is None or without.empty:
        return np.array([], dtype=np.int64)
    group, identifier = grouped.names.get_indexer(pd.Index(without["candidate"])), rows.identifiers_named(without)
    there = (group >= 0) & (identifier >= 0)
    found: np.ndarray = group[there] * len(rows.names) + identifier[there]
    return found


def used(rows: Known, grouped: Grouped, struck: np.ndarray) -> Used:
    seen = rows.sightings
    member, sighting = runs.spread(seen.first[grouped.account], seen.count[grouped.account])
    key = grouped.group[member] * len(rows.names) + seen["identifier"][sighting]
    if len(struck):
        left = ~np.isin(key, struck)
        member, sighting, key = member[left], sighting[left], key[left]
    first, here = runs.numbered(key)
    lives, line = seen["lives"][sighting], seen["line"][sighting]
    visits = seen["visits"][sighting]
    group, identifier = grouped.group[member[first]], seen["identifier"][sighting[first]]
    facet, d, n = rows.identifiers["facet"][identifier], rows.identifiers["accounts"][identifier], grouped.n[group]
    c, living = np.bincount(here), runs.counted(here, len(first), lives)
    expected = n * (d - c + 0.5) / (rows.all_accounts - n + 1)
    rarity = np.full(len(first), -np.inf)
    rarity[c > 1] = runs.log2(c[c > 1] / expected[c > 1])
    residents = rows.residents[facet] & (facet != rows.facet(NETWORK))
    counts = (c > 1)[here] & (~residents[here] | (visits & (runs.counted(here, len(first), visits) > 1)[here]))
    at_home, by_others = lives & line, seen["by_others"][sighting]
    return Used(
        member,
        grouped.group[member],
        sighting,
        identifier[here],
        facet[here],
        c[here],
        d[here],
        living[here],
        np.where(counts, rarity.clip(0, MOST_BITS)[here], 0.0),
        expected[here],
        at_home,
        by_others | (lives & (line | ((living - 1) * 2 < c - 1)[here])),
        at_home & ((c > living) & (rarity >= LEAST_TIE))[here],
    )


@dataclass(frozen=True, eq=False)
class ByFacet:
    """Members by facet, in their order: member, group, facet, and of each what `Measures.members` has."""

    member: np.ndarray
    group: np.ndarray
    facet: np.ndarray
    identifier: np.ndarray
    main: np.ndarray
    stays: np.ndarray
    columns: dict[str, np.ndarray]


def by_facet(rows: Known, grouped: Grouped, used: Used) -> ByFacet:
    seen = rows.sightings
    first = runs.starts(used.member, used.facet)
    last = np.append(first[1:], len(used.member)) - 1
    if not len(first):
        last = first
    run = np.repeat(np.arange(len(first)), last - first + 1)
    best = _strongest(used, first, run)
    days = seen["days"][used.sighting]
    bits = runs.over(np.maximum, used.bits, first)
    stays = seen["stays"][used.sighting[last]]
    fleeting = runs.over(np.add, np.where((days == 1) & (used.d <= FLEETING), days, 0), first)
    alone = runs.over(np.maximum, np.where(used.at_home, used.living, 0), first)
    columns = {
        "n": grouped.n[used.group[first]],
        "bits": bits,
        "total": runs.over(np.add, used.bits, first),
        "strength": runs.over(np.maximum, used.bits / MOST_BITS * used.c / used.d, first),
        "contained": np.where(bits > 0, used.c[best] / used.d[best], 0.0),
        "own_act": runs.over(np.maximum, np.where(used.imposed, 0.0, used.allowed), first),
        "visited": runs.over(np.logical_or, used.visited, first),
        # Main is the identifier that an account used on most days, the last of the run.
        "own": used.c[last] == 1,
        "lives": runs.over(np.logical_or, used.at_home, first),
        "alone": alone == 1,
        "neighbour": rows.residents[used.facet[first]] & (used.c[last] > 1) & stays,
        "fleeting": fleeting / runs.over(np.add, days, first),
    }
    return ByFacet(
        used.member[first],
        used.group[first],
        used.facet[first],
        used.identifier[best],
        used.identifier[last],
        stays,
        columns,
    )


def _strongest(used: Used, first: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Return the row of the strongest identifier of each run; of equals that with the last number."""
    strength = used.bits * used.c / used.d
    best = strength == runs.over(np.maximum, strength, first)[run]
    at = np.flatnonzero(best)
    ordered = at[np.lexsort((used.identifier[at], run[at]))]
    return ordered[np.append(runs.starts(run[ordered])[1:], len(ordered)) - 1] if len(ordered) else ordered
