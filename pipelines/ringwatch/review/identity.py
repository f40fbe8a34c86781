"""Which of tonight's candidates is which earlier ring: lasting ids for groups that are found anew every night.

In: members of known rings as they were published, members of tonight's candidates. Out: frames of matches. Nothing here
depends on the order of rows or on how detection names its candidates.
"""

import base64
from collections.abc import Collection, Iterable
from datetime import date
from itertools import count

import numpy as np
import pandas as pd

from ringwatch.store.contents import fingerprint

MIN_JACCARD = 0.3
MIN_CONTAINMENT = 0.6

_ID_LENGTH = 6
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: read out loud without mistakes


def matches(rings: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """Return which candidates continue which rings: ring_id, candidate, shared, jaccard; the best of a ring first.

    `rings` has ring_id, account_id; `candidates` has candidate, account_id. They match when their accounts have a
    Jaccard index of at least 0.3, or the smaller has at least 60 % of its accounts in the larger: the first follows a
    ring that changes its members (Greene et al. 2010, "Tracking the evolution of communities in dynamic social
    networks"), the second one that is cut apart or swallowed.
    """
    pairs: pd.DataFrame = (
        rings.merge(candidates, on="account_id").groupby(["ring_id", "candidate"], as_index=False).size()
    )
    shared = pairs["size"]
    ring_size = rings.groupby("ring_id").size().reindex(pairs["ring_id"]).to_numpy()
    size = candidates.groupby("candidate").size().reindex(pairs["candidate"]).to_numpy()
    jaccard = shared / (ring_size + size - shared)
    similar = (jaccard >= MIN_JACCARD) | (shared / np.minimum(ring_size, size) >= MIN_CONTAINMENT)
    # equal overlaps are told apart by an account, not by the name detection happened to give
    first_account = candidates.groupby("candidate")["account_id"].min().reindex(pairs["candidate"]).to_numpy()
    pairs = pairs.assign(shared=shared, jaccard=jaccard, first_account=first_account)[similar]
    return pairs.sort_values(
        ["ring_id", "shared", "jaccard", "first_account"], ascending=[True, False, False, True], ignore_index=True
    )[["ring_id", "candidate", "shared", "jaccard"]]


def claims(known: Iterable[pd.DataFrame], candidates: pd.DataFrame) -> pd.DataFrame:
    """Return `matches` for rings that are known by several sets of members, what counts most first.

    A ring claims candidates by all of its sets, those by an earlier set before those by a later one.
    """
    found = [matches(members, candidates).assign(by=by) for by, members in enumerate(known)]
    pairs = pd.concat(found, ignore_index=True).drop_duplicates(["ring_id", "candidate"])
    return pairs.sort_values(["ring_id", "by"], kind="stable", ignore_index=True).drop(columns="by")


def assign(pairs: pd.DataFrame, seniority: pd.Series) -> pd.DataFrame:
    """Return the rows of `pairs` in which the candidate takes over the ring's id: each ring and candidate once.

    A ring goes where most of its accounts went; a candidate that several rings claim takes the most senior
    (`seniority`: rank by ring_id, lowest first). Deferred acceptance (Gale and Shapley 1962) is the one assignment
    that keeps both rules at once; a largest total overlap would break either to gain an account elsewhere.
    """
    open_pairs = pairs.assign(rank=seniority.reindex(pairs["ring_id"]).to_numpy())
    while True:
        claims = open_pairs.drop_duplicates("ring_id")
        accepted = claims.sort_values("rank").drop_duplicates("candidate")
        refused = claims.index.difference(accepted.index)
        if refused.empty:
            return accepted.drop(columns="rank").sort_values("ring_id", ignore_index=True)
        open_pairs = open_pairs.drop(refused)


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
