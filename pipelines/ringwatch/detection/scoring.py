"""From groups that overlap to disjoint ones: who leaves a group, which groups stay, how usual rings are tonight.

Measures (`grouping.py`) and log2 odds (`scorecard.py`) in; smaller groups, and tonight's shift of the odds, out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ringwatch.detection.features import CELL, STRONG_CAP
from ringwatch.detection.grouping import MOST_BITS, RESIDENT, Measures

# Bits of strong evidence below which a member with loose ties leaves; and of evidence that nobody imposed on it.
LEAST_STRONG, LEAST_OWN_ACT = 2.0, 2.0
# Kinds of evidence that a member with a device of its own needs.
LEAST_KINDS = 2
# Share of its members that a group must keep when those of better groups are taken out.
KEPT = 0.7
# Log2 odds of being a ring below which a group is not picked.
HOPELESS = np.log2(0.05 / 0.95)
# Log2 odds from which groups may be parts of one ring, and the bits between them that unite them.
LIKELY = np.log2(0.2 / 0.8)
UNITED = (0.5, 1.0, 2.0, 4.0)
# What a doubling of size is worth when groups are picked, in bits.
SIZE_BITS = 0.02


def ties(measures: Measures) -> pd.DataFrame:
    """Return candidate, account_id, tie (bits by which a member hangs on its group, each facet up to its cap), strong
    (its best evidence of a strong facet), own_act (its best evidence that no outsider could have brought about), kinds
    (facets with such evidence), device (it mostly uses a device that no other member uses), lives (and it lives at an
    address of its own).
    """
    members = measures.members
    home = members["own"] & (members["main_tenure"] >= RESIDENT)
    allowed = (MOST_BITS * members["contained"]).clip(upper=members["bits"])
    found = members[["candidate", "account_id"]].assign(
        tie=members["cap_bits"] * members["strength"],
        strong=allowed.where((members["cap_bits"] >= STRONG_CAP) | (members["facet"] == CELL), 0.0),
        own_act=members["own_act"].where(members["cap_bits"] > 0, 0.0),
        kind=(members["own_act"] >= LEAST_OWN_ACT) & (members["cap_bits"] > 0),
        device=members["own"] & (members["facet"] == "device"),
        address=home & (members["facet"] == "ip"),
    )
    by_member = found.groupby(["candidate", "account_id"])
    found = by_member.agg(
        tie=("tie", "sum"),
        strong=("strong", "max"),
        own_act=("own_act", "max"),
        kinds=("kind", "sum"),
        device=("device", "any"),
        address=("address", "any"),
    )
    return found.assign(lives=found["device"] & found["address"]).reset_index()


def eject(measures: Measures, smallest: int) -> pd.DataFrame:
    """Return candidate, account_id without the members that do not fit, and without what is too small then.

    A member leaves when it has no strong evidence and either has a life of its own or hangs on the group by less than
    half of what is usual in it; when it has a device of its own and one kind of evidence only, such as a fingerprint of
    two devices by chance; and when all that ties it to the group could have been brought about by an outsider.
    So do a few who are tied to each other and, but for what an outsider can bring about, to nobody else: a family whose
    line is rented out.
    """
    found = ties(measures).merge(_parts(measures), on=["candidate", "account_id"], how="left")
    usual = found.groupby("candidate")["tie"].transform("median")
    loose = (found["strong"] < LEAST_STRONG) & (found["lives"] | (found["tie"] < usual / 2))
    by_chance = found["device"] & (found["kinds"] < LEAST_KINDS)
    tied = (found["own_act"] >= LEAST_OWN_ACT) & (found["part"] >= smallest)
    kept = found[~loose & ~by_chance & tied]
    return large(kept[["candidate", "account_id"]], smallest)


def _parts(measures: Measures) -> pd.DataFrame:
    """Return candidate, account_id, part: how many members hang together with each of them by ties of their own."""
    found = measures.ties
    who = found.groupby(["candidate", "account_id"]).ngroup().to_numpy()
    what = found.groupby(["candidate", "identifier"]).ngroup().to_numpy()
    size = int(who.max(initial=-1)) + 1
    shape = (size + int(what.max(initial=-1)) + 1,) * 2
    labels = connected_components(coo_array((np.ones(len(found)), (who, size + what)), shape=shape), directed=False)[1]
    members = found.assign(label=labels[who])[["candidate", "account_id", "label"]].drop_duplicates()
    return members.assign(part=members.groupby("label")["account_id"].transform("size")).drop(columns="label")


def large(groups: pd.DataFrame, smallest: int) -> pd.DataFrame:
    return groups[groups.groupby("candidate")["account_id"].transform("size") >= smallest]


def pick(groups: pd.DataFrame, flag: pd.Series, shape: pd.Series, smallest: int) -> pd.DataFrame:
    """Return disjoint `groups` (candidate, account_id): in order of `shape`, each keeps what is still free.

    flag, shape: log2 odds by candidate. Groups that are hopeless as rings are picked after all others, so that what
    speaks against them can be shown.
    """
    members = groups.groupby("candidate")["account_id"].agg(set)
    worth = shape.reindex(members.index) + SIZE_BITS * np.log2(members.map(len).astype(float))
    order = pd.DataFrame({"hopeless": flag.reindex(members.index) < HOPELESS, "worth": worth}).reset_index()
    taken: set[str] = set()
    picked: dict[str, set[str]] = {}
    for name in order.sort_values(["hopeless", "worth", "candidate"], ascending=[True, False, True])["candidate"]:
        free = members[name] - taken
        if len(free) >= smallest and len(free) >= KEPT * len(members[name]):
            picked[name] = free
            taken |= free
    rows = [(name, account) for name, accounts in picked.items() for account in sorted(accounts)]
    return pd.DataFrame(rows, columns=["candidate", "account_id"], dtype="str")


def unite(groups: pd.DataFrame, odds: pd.Series, links: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, account_id of unions of likely `groups` (disjoint) that are linked: parts of one larger ring.

    odds: log2 odds by candidate; links: source, target, bits. A large ring comes apart where its members meet only now
    and then. Among groups that are likely rings there are no crowds left for chance links to lead through, so fewer
    bits say more. Which of a union and its parts is the ring is for the score to say. UNITED holds the least bits
    between two groups, per member of the smaller.
    """
    likely = groups[groups["candidate"].map(odds) >= LIKELY]
    where = likely.set_index("account_id")["candidate"]
    ends = pd.DataFrame({"a": links["source"].map(where), "b": links["target"].map(where), "bits": links["bits"]})
    across = ends[ends["a"].notna() & ends["b"].notna() & (ends["a"] != ends["b"])]
    ordered = across.assign(a=across[["a", "b"]].min(axis=1), b=across[["a", "b"]].max(axis=1))
    between = ordered.groupby(["a", "b"])["bits"].sum().reset_index()
    size = likely.groupby("candidate").size()
    between["bits"] /= np.minimum(between["a"].map(size), between["b"].map(size)).astype(float)
    found = [_union(likely, between[between["bits"] >= least]) for least in UNITED]
    return pd.concat(found, ignore_index=True).drop_duplicates() if found else groups.iloc[:0]


def _union(groups: pd.DataFrame, between: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, account_id of the connected groups; a union is named after its parts."""
    parts = pd.Index(sorted({*between["a"], *between["b"]}))
    places = parts.get_indexer(between["a"]), parts.get_indexer(between["b"])
    matrix = coo_array((np.ones(len(between)), places), shape=(len(parts), len(parts)))
    component = pd.Series(connected_components(matrix, directed=False)[1], index=parts)
    names = component.groupby(component).agg(lambda inside: "u-" + "+".join(str(part)[2:8] for part in inside.index))
    mine = groups[groups["candidate"].isin(parts)]
    return pd.DataFrame(
        {"candidate": mine["candidate"].map(component.map(names)).astype("str"), "account_id": mine["account_id"]}
    )


def shift(odds: pd.Series, prior: float, rounds: int = 100) -> float:
    """Return what to add to tonight's log2 `odds`, given under the log2 odds `prior`, for rings as usual as tonight.

    Expectation maximisation of the share of rings (Saerens, Latinne and Decaestecker, 2002): on a night without rings
    it falls, and all probabilities with it. Each class is given one group more, so that the share is never 0 or 1. A
    night never raises the odds: in a small world, where rings seem usual, that would count a few coincidences as such.
    """
    if odds.empty:
        return 0.0
    moved = 0.0
    for _ in range(rounds):
        rings = float(probability(odds + moved).sum())
        moved = float(np.log2((rings + 1) / (len(odds) - rings + 1)) - prior)
    return round(min(moved, 0.0), 4)


def probability(odds: pd.Series) -> pd.Series:
    """Return the probability whose log2 odds are `odds`."""
    against: pd.Series = np.exp2(-odds.clip(-60, 60))
    return 1 / (1 + against)
