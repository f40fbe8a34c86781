"""From groups that overlap to disjoint ones: which groups stay, which are one, how usual rings are tonight.

Groups and their log2 odds (`scorecard.py`) in; fewer groups, and tonight's shift of the odds, out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Share of its members that a group must keep when those of better groups are taken out.
KEPT = 0.8
# Log2 odds of being a ring below which a group is not picked.
HOPELESS = np.log2(0.05 / 0.95)
# Log2 odds from which groups may be parts of one ring, and the bits between them that unite them.
PROMISING = np.log2(0.2 / 0.8)
UNITED = (0.5, 1.0, 2.0, 4.0)
# Log2 odds of being a whole ring below which a group that may be operators' is a mere scrap of one, and not picked.
SCRAP = np.log2(0.06 / 0.94)
# Bits by which a group is likelier to be a whole ring when it has the accounts of one of last night, and of no other.
STEADY = 2.0
NO_RINGS = pd.DataFrame({"ring": [], "account_id": []}, dtype="str")
# Share of a likely group that must be in a picked one for the rest of it to be looked at as members of that.
ROOTED = 0.3


def pick(groups: pd.DataFrame, odds: pd.Series, whole: pd.Series, places: pd.Series, smallest: int) -> pd.DataFrame:
    """Return disjoint `groups` (candidate, account_id): the likeliest to be a ring and the whole of it first, each
    keeping what is still free.

    odds, whole: log2 odds by candidate of being a ring, and of being all of it if it is one. Groups that are hopeless
    as rings are picked after all others, so that what speaks against them can be shown. Of equals the largest goes
    first, then the one whose accounts have the first `places` (by account_id).
    """
    hopeless = odds < HOPELESS
    kept = odds.index[hopeless | (whole >= SCRAP)]
    members = _members(groups[groups["candidate"].isin(kept)], places)
    worth = (probability(odds) * probability(whole)).round(9)
    order = pd.DataFrame({"hopeless": hopeless, "worth": worth, "size": members.map(len)}).reindex(members.index)
    order = order.sort_values(["hopeless", "worth", "size"], ascending=[True, False, False], kind="stable")
    taken: set[int] = set()
    picked: dict[str, set[int]] = {}
    for name in order.index:
        free = set(members[name]) - taken
        if len(free) >= smallest and len(free) >= KEPT * len(members[name]):
            picked[str(name)] = free
            taken |= free
    accounts = pd.Series(groups["account_id"].to_numpy(), index=groups["account_id"].map(places)).to_dict()
    rows = sorted((name, accounts[place]) for name, free in picked.items() for place in free)
    return pd.DataFrame(rows, columns=["candidate", "account_id"], dtype="str")


def in_order(groups: pd.DataFrame, places: pd.Series) -> pd.Index:
    """Return the candidates of `groups` in the order of the places of their accounts, which no name decides."""
    return _members(groups, places).index


def _members(groups: pd.DataFrame, places: pd.Series) -> pd.Series:
    """Return the places of each candidate's accounts, first ones first, in the order of these."""
    placed = groups.assign(place=groups["account_id"].map(places)).sort_values("place")
    return placed.groupby("candidate")["place"].agg(tuple).sort_values()


def unite(groups: pd.DataFrame, odds: pd.Series, links: pd.DataFrame) -> pd.DataFrame:
    """Return group (a number), account_id, candidate (none) of unions of likely `groups` (disjoint) that are linked:
    parts of one larger ring.

    odds: log2 odds by candidate; links: source, target, bits. A large ring comes apart where its members meet only now
    and then. Among groups that are likely rings there are no crowds left for chance links to lead through, so fewer
    bits say more. Which of a union and its parts is the ring is for the score to say. UNITED holds the least bits
    between two groups, per member of the smaller.
    """
    likely = groups[groups["candidate"].map(odds) >= PROMISING]
    where = likely.set_index("account_id")["candidate"]
    ends = pd.DataFrame({"a": links["source"].map(where), "b": links["target"].map(where), "bits": links["bits"]})
    across = ends[ends["a"].notna() & ends["b"].notna() & (ends["a"] != ends["b"])]
    ordered = across.assign(a=across[["a", "b"]].min(axis=1), b=across[["a", "b"]].max(axis=1))
    between = ordered.groupby(["a", "b"])["bits"].sum().reset_index()
    size = likely.groupby("candidate").size()
    smaller = np.minimum(between["a"].map(size), between["b"].map(size)).astype(float)
    between["bits"] = (between["bits"] / smaller).round(6)
    found = [_union(likely, between[between["bits"] >= least]) for least in UNITED]
    every = pd.concat(found, keys=range(len(UNITED)), names=["least", None]).reset_index("least")
    united = every.assign(group=every.groupby(["least", "group"]).ngroup(), candidate="")
    return united[["group", "account_id", "candidate"]]


def grow(picked: pd.DataFrame, groups: pd.DataFrame, odds: pd.Series) -> pd.DataFrame:
    """Return candidate, account_id of likely `picked` groups with all accounts, free so far, that other likely groups
    would add.

    What was picked is the purest form of a ring, and often lacks its fringe. Who of those added belongs to it is for
    `membership.py` to say. Groups (candidate, account_id) that overlap a picked one by ROOTED add theirs.
    """
    likely = odds.index[odds >= PROMISING]
    sure = picked[picked["candidate"].isin(likely)]
    around = groups[groups["candidate"].isin(likely)]
    around = around.assign(of=around["account_id"].map(sure.set_index("account_id")["candidate"]))
    size = around.groupby("candidate").size()
    common = around.groupby(["candidate", "of"]).size().rename("common").reset_index()
    rooted = common.loc[common["common"] >= ROOTED * common["candidate"].map(size).astype(float), ["candidate", "of"]]
    free = around.loc[around["of"].isna(), ["candidate", "account_id"]].merge(rooted, on="candidate")
    added = free[["of", "account_id"]].drop_duplicates().rename(columns={"of": "candidate"})
    return pd.concat([sure[sure["candidate"].isin(added["candidate"])], added], ignore_index=True)


def steadiness(groups: pd.DataFrame, rings: pd.DataFrame) -> pd.Series:
    """Return by candidate how far its accounts are those of one of last night's `rings` (ring, account_id).

    That is its Jaccard index with the ring that it has most of, accounts apart that were in no ring: growing is as
    steady as staying the same. Groups without accounts of rings are left out.
    """
    inside = groups.merge(rings, on="account_id")
    common = inside.groupby(["candidate", "ring"]).size().rename("common").reset_index()
    ring = common["ring"].map(rings.groupby("ring").size()).astype(float)
    group = common["candidate"].map(inside.groupby("candidate").size()).astype(float)
    steady: pd.Series = (common["common"] / (ring + group - common["common"])).groupby(common["candidate"]).max()
    return steady


def heirs(picked: pd.DataFrame, rings: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, account_id: for each of last night's `rings` (ring, account_id) all its accounts, under the
    group of `picked` (disjoint) that has most of them; of equals the one with the first account.
    """
    inside = picked.merge(rings, on="account_id")
    shares = inside.groupby(["ring", "candidate"]).agg(common=("account_id", "size"), first=("account_id", "min"))
    order = shares.reset_index().sort_values(["common", "first"], ascending=[False, True])
    most = order.drop_duplicates("ring")
    return rings.merge(most[["ring", "candidate"]], on="ring")[["candidate", "account_id"]]


def _union(groups: pd.DataFrame, between: pd.DataFrame) -> pd.DataFrame:
    """Return group (a number), account_id of the connected groups."""
    parts = pd.Index(sorted({*between["a"], *between["b"]}))
    places = parts.get_indexer(between["a"]), parts.get_indexer(between["b"])
    matrix = coo_array((np.ones(len(between)), places), shape=(len(parts), len(parts)))
    component = pd.Series(connected_components(matrix, directed=False)[1], index=parts)
    mine = groups[groups["candidate"].isin(parts)]
    return pd.DataFrame({"group": mine["candidate"].map(component).astype(int), "account_id": mine["account_id"]})


def shift(odds: pd.Series, prior: float, rounds: int = 100) -> float:
    """Return what to add to tonight's log2 `odds`, given under the log2 odds `prior`, for rings as usual as tonight.

    Expectation maximisation of the share of rings (Saerens, Latinne and Decaestecker, 2002): on a night without rings
    it falls, and all probabilities with it. Each class is given one group more, so that the share is never 0 or 1. A
    night never raises the odds: in a small world, where rings seem usual, that would count a few coincidences as such.
    """
    if odds.empty:
        return 0.0
    moved, under = 0.0, odds.to_numpy(dtype=float)
    for _ in range(rounds):
        rings = float((1 / (1 + np.exp2(-(under + moved).clip(-60, 60)))).sum())
        moved = float(np.log2((rings + 1) / (len(odds) - rings + 1)) - prior)
    return round(min(moved, 0.0), 4)


def probability(odds: pd.Series) -> pd.Series:
    """Return the probability whose log2 odds are `odds`."""
    against: pd.Series = np.exp2(-odds.clip(-60, 60))
    return 1 / (1 + against)
