"""Which of tonight's candidates is which earlier ring: lasting ids for groups that are found anew every night.

In: members of known rings as they were published, members of tonight's candidates. Out: frames of matches. Nothing here
depends on the order of rows or on how detection names its candidates.
"""

import base64
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from itertools import count
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment  # type: ignore[attr-defined]
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ringwatch.store.contents import fingerprint

MIN_JACCARD = 0.3
MIN_CONTAINMENT = 0.6
# Nights after which an account counts no more for having been a member longer.
MOST_TENURE = 14
# Strong identifiers in common by which a group is a ring that was gone, or the share of those of the smaller one.
RETURNED_BY, RETURNED_SHARE = 2, 0.5

_MATCH: dict[str, Literal["str", "int64", "float64"]] = {"ring_id": "str", "candidate": "str"}
_MATCH |= {"shared": "int64", "jaccard": "float64"}
_ID_LENGTH = 6
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: read out loud without mistakes


def weighed(members: pd.DataFrame) -> pd.DataFrame:
    """Return ring_id, account_id, weight of `members` with nights (on which they were members) and probability."""
    tenure = members["nights"].astype(float).clip(upper=MOST_TENURE)
    return members[["ring_id", "account_id"]].assign(weight=tenure * members["probability"].astype(float))


def matches(rings: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """Return which candidates continue which rings: ring_id, candidate, shared, jaccard; the best of a ring first.

    `rings` has ring_id, account_id; `candidates` has candidate, account_id; both may have weight, else all accounts
    count alike. shared: accounts in both. They match when they have a weighted Jaccard index of at least 0.3, or one
    has at least 60 % of its weight in the other: the first follows a ring that changes its members (Greene et al.
    2010, "Tracking the evolution of communities in dynamic social networks"), the second one that is cut apart or
    swallowed.
    """
    if rings.empty or candidates.empty:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _MATCH.items()})
    ours, theirs = _shares(rings, "ring_id"), _shares(candidates, "candidate")
    both = ours.merge(theirs, on="account_id", suffixes=("", "_of_candidate"))
    pairs = both.groupby(["ring_id", "candidate"], as_index=False).agg(
        shared=("account_id", "size"), ours=("share", "sum"), theirs=("share_of_candidate", "sum")
    )
    # sums must not depend on the order of rows
    pairs[["ours", "theirs"]] = pairs[["ours", "theirs"]].round(9)
    jaccard = (1 / (1 / pairs["ours"] + 1 / pairs["theirs"] - 1)).round(6)
    similar = (jaccard >= MIN_JACCARD) | (np.maximum(pairs["ours"], pairs["theirs"]) >= MIN_CONTAINMENT)
    # equal overlaps are told apart by an account, not by the name detection happened to give
    first_account = candidates.groupby("candidate")["account_id"].min().reindex(pairs["candidate"]).to_numpy()
    pairs = pairs.assign(jaccard=jaccard, first_account=first_account)[similar]
    return pairs.sort_values(
        ["ring_id", "ours", "jaccard", "first_account"], ascending=[True, False, False, True], ignore_index=True
    )[["ring_id", "candidate", "shared", "jaccard"]]


def _shares(members: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return `key`, account_id and share, of all weight of the group."""
    weight = members["weight"].clip(lower=1e-6) if "weight" in members else pd.Series(1.0, index=members.index)
    share = weight / weight.groupby(members[key]).transform("sum")
    return members[[key, "account_id"]].assign(share=share)


def by_identifiers(rings: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """Return which candidates use what rings used: ring_id, candidate, jaccard, identifiers; a ring's best first.

    `rings` has ring_id, facet, identifier; `candidates` has candidate, facet, identifier. Accounts are made anew in a
    minute, cards and devices are not: it is the same ring with RETURNED_BY in common, or half of those of the smaller.
    """
    ours, theirs = rings.drop_duplicates(), candidates.drop_duplicates()
    both = ours.merge(theirs, on=["facet", "identifier"]).sort_values(["facet", "identifier"])
    pairs = both.groupby(["ring_id", "candidate"], as_index=False).agg(
        shared=("identifier", "size"), identifiers=("identifier", list), first=("identifier", "min")
    )
    of_ring = pairs["ring_id"].map(ours.groupby("ring_id").size()).astype(float)
    of_candidate = pairs["candidate"].map(theirs.groupby("candidate").size()).astype(float)
    enough = np.minimum(RETURNED_BY, RETURNED_SHARE * np.minimum(of_ring, of_candidate))
    pairs["jaccard"] = pairs["shared"] / (of_ring + of_candidate - pairs["shared"])
    order = ["ring_id", "shared", "jaccard", "first"]
    found = pairs[pairs["shared"] >= enough].sort_values(order, ascending=[True, False, False, True])
    return found[["ring_id", "candidate", "jaccard", "identifiers"]].reset_index(drop=True)


def assign_in_turn(turns: Iterable[pd.DataFrame], seniority: pd.Series) -> pd.DataFrame:
    """Return ring_id, candidate: of each frame of pairs in turn (see `assign`), rings and candidates that are free."""
    kept = pd.DataFrame(columns=["ring_id", "candidate"], dtype="str")
    for pairs in turns:
        free = pairs[~pairs["ring_id"].isin(kept["ring_id"]) & ~pairs["candidate"].isin(kept["candidate"])]
        if not free.empty:
            kept = pd.concat([kept, assign(free, seniority)[["ring_id", "candidate"]]], ignore_index=True)
    return kept


def assign(pairs: pd.DataFrame, seniority: pd.Series) -> pd.DataFrame:
    """Return the rows of `pairs` in which the candidate takes over the ring's id: each ring and candidate once.

    The whole assignment is the one of the largest total Jaccard index; but where rings became one candidate and one has
    no other, the most senior keeps its id (`seniority`: rank by ring_id, lowest first).
    """
    ranked = pairs.assign(rank=seniority.reindex(pairs["ring_id"]).to_numpy()).reset_index(drop=True)
    held = _best(ranked)
    while not (senior := _outdone(ranked, held)).empty:
        fixed = pd.concat([held[~held["candidate"].isin(senior["candidate"])], senior])
        taken = ranked["ring_id"].isin(fixed["ring_id"]) | ranked["candidate"].isin(fixed["candidate"])
        held = pd.concat([fixed, _best(ranked[~taken])])
    return held[pairs.columns].sort_values("ring_id", ignore_index=True)


def _outdone(pairs: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Return the first claims of rings that have no candidate on those that a less senior ring holds."""
    lost = pairs[~pairs["ring_id"].isin(held["ring_id"])].drop_duplicates("ring_id")
    holder = lost["candidate"].map(held.set_index("candidate")["rank"]).astype(float)
    senior = lost[lost["rank"] < holder]
    return senior.sort_values("rank").drop_duplicates("candidate")


def _best(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of the assignment with the largest total Jaccard index (Kuhn 1955; the Hungarian method)."""
    found = [_assigned(part) for part in _components(pairs)]
    return pairs.loc[[index for part in found for index in part]]


def _components(pairs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the pairs in parts that have no ring and no candidate in common."""
    ring, candidate = pd.factorize(pairs["ring_id"])[0], pd.factorize(pairs["candidate"])[0]
    nodes = int(ring.max(initial=-1)) + int(candidate.max(initial=-1)) + 2
    ends = (np.ones(len(pairs)), (ring, candidate + int(ring.max(initial=-1)) + 1))
    label = connected_components(coo_array(ends, shape=(nodes, nodes)), directed=False)[1][ring]
    yield from (part for _, part in pairs.groupby(label))


def _assigned(pairs: pd.DataFrame) -> list[int]:
    """Return the index of the assigned ones of `pairs`; of equal assignments, the one that comes first by seniority."""
    if len(pairs) == 1:
        return [pairs.index[0]]
    ordered = pairs.sort_values("rank", kind="stable")
    ring, rings = pd.factorize(ordered["ring_id"])
    candidate, candidates = pd.factorize(ordered["candidate"])
    worth = np.zeros((len(rings), len(candidates)))
    worth[ring, candidate] = ordered["jaccard"]
    row = dict(zip(zip(ring.tolist(), candidate.tolist(), strict=True), ordered.index, strict=True))
    chosen = zip(*(side.tolist() for side in linear_sum_assignment(worth, maximize=True)), strict=True)
    return [row[place] for place in chosen if place in row]


def mint(day: date, members: pd.DataFrame, taken: dict[str, str], given: Collection[str] = ()) -> pd.DataFrame:
    """Return new ids for groups first flagged on `day`: candidate, ring_id, fingerprint.

    `members` has candidate, account_id. The id is the one that `taken` (ring_id to fingerprint) has for the
    fingerprint, or `R-` and its first six characters in Crockford's base 32, or more where another ring has that id.
    Rings that are `given` to other groups are not the ones meant, whatever their fingerprint.
    """
    ids, known = {print_: ring_id for ring_id, print_ in taken.items()}, dict(taken)

    def free(accounts: pd.Series) -> str:
        tries = (fingerprint(day, accounts, number) for number in count())
        return next(print_ for print_ in tries if ids.get(print_) not in given or print_ not in ids)

    prints = members.groupby("candidate")["account_id"].agg(free)
    minted = prints.rename("fingerprint").reset_index().sort_values("fingerprint", ignore_index=True)
    minted["ring_id"] = [ids.get(print_) or _ring_id(print_, known) for print_ in minted["fingerprint"]]
    return minted


def _ring_id(fingerprint: str, known: dict[str, str]) -> str:
    """Shortest free id of `fingerprint`; it is added to `known`."""
    text = base64.b32encode(bytes.fromhex(fingerprint)).decode().rstrip("=")
    code = text.translate(str.maketrans(_BASE32, _CROCKFORD))
    ids = (f"R-{code[:length]}" for length in range(_ID_LENGTH, len(code) + 1))
    ring_id = next(made for made in ids if known.get(made, fingerprint) == fingerprint)
    known[ring_id] = fingerprint
    return ring_id
