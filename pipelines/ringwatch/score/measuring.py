"""What the accounts of a group have in common, and what sets them apart: groups in, measures by member and facet out.

A group is rows of candidate and account_id; who used what comes from `sharing`. Each measure leaves the group itself
out of what is usual, so that a large ring does not make its own habits look common.

An identifier with c members among its d accounts, in a group of n of the N accounts of the window, has the rarity

    log2((c / n) / ((d - c + 0.5) / (N - n + 1)))    bits, 0 to 14, where c is at least 2

and the containment c / d. Their product, the rarity as a share of 14 bits, is its strength. On identifiers with
residents only visitors count, and only when there are two of them. What an outsider can bring about ties no member that
was there by itself: evidence is imposed on who is, or may be, at home there (`homes.py`), on the owner of a device
only when most of the others mostly use theirs, and on an account by those who deal with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from ringwatch.score import known, members, runs, surroundings
from ringwatch.score.known import Known, texts
from ringwatch.score.members import LEAST_TIE, MOST_BITS, ByFacet, Grouped, Used

__all__ = ["CELL", "LEAST_TIE", "MOST_BITS", "Measures", "measure", "sharers"]

# The facet of composite cells (`cells.py`).
CELL = "cell"


@dataclass(frozen=True)
class Measures:
    """What was found of each group.

    members: candidate, account_id, facet, n (size of the group), bits and strength (of its strongest identifier),
        total (bits of all it shares), contained (c / d of the strongest), own_act (bits that nobody imposed), visited
        (members that live elsewhere come to its home), own (its main one is used by no other member), lives
        (it is at home on this line, see `homes.py`), alone (and no other member is at home there), neighbour (its main
        one is another member's, too, and it stays on it), fleeting (share of its days on identifiers seen on one day
        only), identifier and name (the strongest), cap_bits
    facets: candidate, facet, and the means over all n members: bits, total, contained, covered (with a bit or more),
        own, neighbour, fleeting; spread (effective identifiers per member), home (share of members that live on the one
        most of them live on), top (share of all days on the most used one); identifiers, accounts (on these in all),
        others (of them outside), expected (members that would be on them by chance), members (covered), networks and
        lasts (entropy of the networks, and share of all days, from and on which their strongest identifiers were seen)
    groups: candidate, n, born (median absolute deviation of the days on which accounts were opened, log2 of 1 + days),
        opened (days between the first opening and the last),
        dealt (share of members that invited or paid one and the same member), closed (share of the bits of all links
        of members that lead to members), and what `surroundings.measure` found
    ties: candidate, account_id, identifier, imposed, personal (neither an address nor a cell), bits (14 c / d at most):
        what ties a member with LEAST_TIE bits before that limit, and what it shares that was imposed on it
    alike: candidate, account_id, alike and apart (likeness to the nearest member, and to the nearest account outside;
        their means are in groups, too), aside (days between its opening and the median of the group, log2 of 1 + days),
        guest (share of its days that it spends at homes of others; NaN where no address is known)
    group and member: in tables that tell of them, their rows in groups and in alike
    wording: what those do who share an identifier, by facet, as the model says it
    seen: the facets in which any account of the window was seen
    """

    members: pd.DataFrame
    facets: pd.DataFrame
    groups: pd.DataFrame
    ties: pd.DataFrame
    alike: pd.DataFrame
    wording: dict[str, str]
    seen: frozenset[str]


def measure(
    connection: duckdb.DuckDBPyConnection, groups: pd.DataFrame, without: pd.DataFrame | None = None
) -> Measures:
    """Measure `groups` (candidate, account_id) on a connection of `sharing.open_sharing`.

    `without` (candidate, facet, name) is left out, as if its accounts had never used it.
    """
    rows = known.of(connection)
    grouped = members.grouped(rows, groups)
    struck = members.struck(rows, grouped, without)
    used = members.used(rows, grouped, struck)
    by_facet = members.by_facet(rows, grouped, used)
    alike = _alike(rows, grouped)
    return Measures(
        _members(rows, grouped, by_facet),
        _facets(rows, grouped, used, by_facet),
        _groups(rows, grouped, alike, struck),
        _ties(rows, grouped, used),
        alike,
        {str(facet): str(wording) for facet, wording in rows.facets["wording"].items()},
        rows.seen,
    )


def sharers(connection: duckdb.DuckDBPyConnection, groups: pd.DataFrame, least_bits: float) -> pd.DataFrame:
    """Return candidate, facet, name, accounts (a list of their places) of what several members of `groups` (candidate,
    account_id) share for `least_bits`, in the order of candidates and identifiers.
    """
    rows = known.of(connection)
    grouped = members.grouped(rows, groups)
    used = members.used(rows, grouped, members.struck(rows, grouped, None))
    kept = np.flatnonzero(used.bits >= least_bits)
    kept = kept[np.lexsort((rows.numbers[grouped.account[used.member[kept]]], used.identifier[kept], used.group[kept]))]
    first = runs.starts(used.group[kept], used.identifier[kept])
    accounts = np.split(grouped.account[used.member[kept]], first[1:])
    several = [len(them) > 1 for them in accounts]
    at = kept[first][several]
    return pd.DataFrame(
        {
            "candidate": grouped.names.take(used.group[at]),
            "facet": rows.facets.index.take(used.facet[at]),
            "name": texts(rows.names.take(used.identifier[at])),
            "accounts": [them.tolist() for them in accounts if len(them) > 1],
        }
    )


def _members(rows: Known, grouped: Grouped, of: ByFacet) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "candidate": grouped.names.take(of.group),
            "account_id": texts(rows.ids.take(grouped.account[of.member])),
            "facet": rows.facets.index.take(of.facet),
            **of.columns,
            "identifier": rows.identifiers["identifier"][of.identifier],
            "name": texts(rows.names.take(of.identifier)),
            "cap_bits": rows.caps[of.facet],
            "member": of.member,
            "group": of.group,
        }
    )


def _facets(rows: Known, grouped: Grouped, used: Used, of: ByFacet) -> pd.DataFrame:
    """Sums are rounded, so that their order says nothing."""
    facets = len(rows.facets)
    first, at = runs.numbered(of.group * facets + of.facet)
    many = len(first)
    group, facet = of.group[first], of.facet[first]
    n, seen, covered = grouped.n[group], runs.counted(at, many), of.columns["bits"] >= 1
    tied = runs.counted(at, many, covered)
    main = (of.group * facets + of.facet) * len(rows.names) + of.main
    lived, place = runs.numbered(main[of.stays])
    living = runs.highest(at[of.stays][lived], many, np.bincount(place).astype(float), 0.0)
    mean = {name: runs.summed(at, many, of.columns[name]) / n for name in ("bits", "total", "contained", "strength")}
    spread, top = _spread(rows, used, facets)
    accounts, others, expected, names = _examples(rows, used, of, at, many)
    known_of = {
        name: _mean(at[covered], many, rows.identifiers[name][of.identifier[covered]]) for name in ("networks", "lasts")
    }
    return pd.DataFrame(
        {
            "candidate": grouped.names.take(group),
            "facet": rows.facets.index.take(facet),
            "group": group,
            "n": n,
            **{name: runs.rounded(values, 9) for name, values in mean.items()},
            "covered": tied / n,
            "own": runs.counted(at, many, of.columns["own"]) / n,
            "neighbour": runs.counted(at, many, of.columns["neighbour"]) / n,
            "fleeting": runs.rounded(runs.summed(at, many, of.columns["fleeting"]) / seen, 9),
            "members": tied,
            "spread": runs.rounded(spread / seen, 9),
            "top": runs.rounded(top, 9),
            "home": living / n,
            "seen": seen,
            "identifiers": names,
            "accounts": accounts,
            "others": others,
            "expected": runs.rounded(np.where(tied > 0, np.minimum(expected, n), n), 9),
            **{name: runs.rounded(values, 9) for name, values in known_of.items()},
        }
    )


def _mean(group: np.ndarray, groups: int, values: np.ndarray) -> np.ndarray:
    """Return the mean of what is known of the values of each group."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        answer: np.ndarray = runs.summed(group[known], groups, values[known]) / runs.counted(group, groups, known)
        return answer


def _spread(rows: Known, used: Used, facets: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the effective number of identifiers, and the share of days on the most used one, by group and facet."""
    days = rows.sightings["days"][used.sighting]
    first, here = runs.numbered(used.group * len(rows.names) + used.identifier)
    on = runs.summed(here, len(first), days)
    of, at = runs.numbered(used.group[first] * facets + used.facet[first])
    total = runs.summed(at, len(of), on)
    effective = np.exp(np.log(total) - runs.summed(at, len(of), on * np.log(on)) / total)
    return effective, runs.highest(at, len(of), on, 0.0) / total


def _examples(
    rows: Known, used: Used, of: ByFacet, at: np.ndarray, many: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[list[str]]]:
    """Return accounts, others, expected and the names of what members share, most members first, by group and facet."""
    covered = np.flatnonzero(of.columns["bits"] >= 1)
    key = of.group[covered] * len(rows.names) + of.identifier[covered]
    first, here = runs.numbered(key)
    most, where = np.bincount(here), at[covered[first]]
    all_keys, row = np.unique(used.group * len(rows.names) + used.identifier, return_index=True)
    row = row[np.searchsorted(all_keys, key[first])]
    sums = [runs.summed(where, many, values[row].astype(float)) for values in (used.d, used.d - used.c, used.expected)]
    order = np.lexsort((of.identifier[covered[first]], -most, where))
    named = rows.names.take(of.identifier[covered[first]][order]).to_pylist()
    ends = np.cumsum(np.bincount(where, minlength=many)).tolist()
    return sums[0], sums[1], sums[2], [named[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _ties(rows: Known, grouped: Grouped, used: Used) -> pd.DataFrame:
    kept = np.flatnonzero((rows.caps[used.facet] > 0) & ((used.bits >= LEAST_TIE) | (used.imposed & (used.c > 1))))
    kept = kept[np.lexsort((used.identifier[kept], used.member[kept]))]
    facet, member = used.facet[kept], used.member[kept]
    return pd.DataFrame(
        {
            "candidate": grouped.names.take(used.group[kept]),
            "account_id": texts(rows.ids.take(grouped.account[member])),
            "identifier": rows.identifiers["identifier"][used.identifier[kept]],
            "imposed": used.imposed[kept],
            "personal": ~rows.residents[facet] & (facet != rows.facet(CELL)),
            "bits": used.allowed[kept],
            "member": member,
            "group": used.group[kept],
        }
    )


def _alike(rows: Known, grouped: Grouped) -> pd.DataFrame:
    member, link = runs.spread(rows.links.first[grouped.account], rows.links.count[grouped.account])
    inside = grouped.of(grouped.group[member], rows.links["other"][link], len(rows.ids))
    likeness, many = rows.links["likeness"][link], len(grouped.account)
    created = rows.accounts["created"][grouped.account]
    middle = runs.medians(grouped.group, grouped.groups, created)
    aside = runs.rounded(runs.log2(1 + np.abs(created - middle[grouped.group])), 6)
    return pd.DataFrame(
        {
            "candidate": grouped.names.take(grouped.group),
            "account_id": texts(rows.ids.take(grouped.account)),
            "alike": runs.highest(member[inside], many, likeness[inside], 0.0),
            "apart": runs.highest(member[~inside], many, likeness[~inside], 0.0),
            "aside": np.nan_to_num(aside),
            "guest": rows.accounts["guest"][grouped.account],
            "group": grouped.group,
        }
    )


def _groups(rows: Known, grouped: Grouped, alike: pd.DataFrame, struck: np.ndarray) -> pd.DataFrame:
    group, many, n = grouped.group, grouped.groups, grouped.n
    created, hour = (rows.accounts[name][grouped.account] for name in ("created", "hour"))
    latest, earliest = (runs.highest(group, many, sign * created, np.nan) for sign in (1, -1))
    closed, inner = _closed(rows, grouped)
    together = (1 + runs.deviations(group, many, hour)) / (1 + rows.hours)
    mean = alike.groupby("group")[["alike", "apart"]].mean().round(6)
    around = surroundings.measure(rows, grouped, struck)
    mean[~surroundings.anything(rows, grouped, around)] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        dense = inner / (n * (n - 1) / 2)
    return pd.DataFrame(
        {
            "candidate": grouped.names,
            "n": n,
            "born": runs.rounded(runs.log2(1 + runs.deviations(group, many, created)), 9),
            "opened": latest + earliest,
            "together": runs.rounded(runs.log2(together), 9),
            "dense": dense,
            "dealt": _dealt(rows, grouped) / n,
            "closed": runs.rounded(closed, 9),
            "alike": mean["alike"].to_numpy(),
            "apart": mean["apart"].to_numpy(),
            **around,
        }
    )


def _closed(rows: Known, grouped: Grouped) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of the bits of all links of members that lead to members, and how many links those are."""
    member, link = runs.spread(rows.links.first[grouped.account], rows.links.count[grouped.account])
    group, bits = grouped.group[member], rows.links["bits"][link]
    inside = grouped.of(group, rows.links["other"][link], len(rows.ids))
    inner = runs.counted(group, grouped.groups, inside)
    kept, every = runs.summed(group[inside], grouped.groups, bits[inside]), runs.summed(group, grouped.groups, bits)
    with np.errstate(invalid="ignore"):
        return np.where(inner > 0, kept / every, 0.0), inner / 2


def _dealt(rows: Known, grouped: Grouped) -> np.ndarray:
    """Return how many members dealt with the member with whom most did."""
    member, dealing = runs.spread(rows.gives.first[grouped.account], rows.gives.count[grouped.account])
    group, other = grouped.group[member], rows.gives["other"][dealing]
    inside = grouped.of(group, other, len(rows.ids))
    giver, accounts = np.unique(other[inside] + member[inside] * len(rows.ids)), len(rows.ids)
    pair, givers = np.unique(grouped.group[giver // accounts] * accounts + giver % accounts, return_counts=True)
    return runs.highest(pair // accounts, grouped.groups, givers.astype(float), 0.0)
