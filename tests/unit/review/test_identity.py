"""Which candidate is which earlier ring, on frames alone."""

import random
from datetime import date

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from ringwatch.review import identity

DAY = date(2026, 3, 2)
# the group of each of 24 accounts; group 0 is none
groupings = st.lists(st.integers(0, 4), min_size=24, max_size=24)


def frame(key: str, grouping: list[int], names: str = "") -> pd.DataFrame:
    rows = [(f"{names}{group}", f"A{n:02}") for n, group in enumerate(grouping) if group]
    return pd.DataFrame(rows, columns=[key, "account_id"])


def groups(key: str, **members: str) -> pd.DataFrame:
    """`groups("ring_id", R="abc")`: ring R of accounts a, b and c."""
    return pd.DataFrame([(name, a) for name, text in members.items() for a in text], columns=[key, "account_id"])


def test_half_of_the_accounts_exchanged_is_the_same_ring() -> None:
    pairs = identity.matches(groups("ring_id", R="abcdef"), groups("candidate", c="defxyz"))
    assert pairs.to_dict("records") == [{"ring_id": "R", "candidate": "c", "shared": 3, "jaccard": 3 / 9}]


def test_a_ring_swallowed_by_a_large_one_matches_by_containment() -> None:
    pairs = identity.matches(groups("ring_id", R="abcde"), groups("candidate", c="abcmnopqrstuvw"))
    assert pairs[["shared"]].to_dict("records") == [{"shared": 3}]


def test_a_few_shared_accounts_are_no_match() -> None:
    assert identity.matches(groups("ring_id", R="abcdef"), groups("candidate", c="abuvwxyz")).empty


def test_the_oldest_of_merged_rings_and_the_heaviest_fragment_keep_the_id() -> None:
    pairs = pd.DataFrame(
        [("old", "both", 5), ("old", "rest", 4), ("young", "both", 9)], columns=["ring_id", "candidate", "shared"]
    )
    kept = identity.assign(pairs, pd.Series({"old": 0, "young": 1}))
    assert kept[["ring_id", "candidate"]].values.tolist() == [["old", "both"]]


def test_a_ring_that_loses_a_claim_takes_its_next_fragment() -> None:
    pairs = pd.DataFrame(
        [("old", "x", 5), ("young", "x", 9), ("young", "y", 3)], columns=["ring_id", "candidate", "shared"]
    )
    kept = identity.assign(pairs, pd.Series({"old": 0, "young": 1}))
    assert kept[["ring_id", "candidate"]].values.tolist() == [["old", "x"], ["young", "y"]]


@given(groupings, groupings, st.permutations([f"ring{n}" for n in range(1, 5)]))
def test_no_ring_and_candidate_would_both_rather_have_each_other(
    before: list[int], after: list[int], by_age: list[str]
) -> None:
    pairs = identity.matches(frame("ring_id", before, "ring"), frame("candidate", after))
    seniority = pd.Series(range(4), index=by_age)
    kept = identity.assign(pairs, seniority)

    assert kept["ring_id"].is_unique
    assert kept["candidate"].is_unique
    ring_has = dict(zip(kept["ring_id"], kept["shared"], strict=True))
    candidate_has = dict(zip(kept["candidate"], kept["ring_id"].map(seniority), strict=True))
    for ring_id, candidate, shared in pairs[["ring_id", "candidate", "shared"]].itertuples(index=False):
        ring_wants = shared > ring_has.get(ring_id, 0)
        candidate_wants = seniority[ring_id] < candidate_has.get(candidate, 99)
        assert not (ring_wants and candidate_wants)


@given(groupings, groupings, st.randoms(use_true_random=False))
def test_matches_do_not_depend_on_names_or_the_order_of_rows(
    before: list[int], after: list[int], chance: random.Random
) -> None:
    rings, candidates = frame("ring_id", before, "ring"), frame("candidate", after)
    names = dict(zip("1234", chance.sample("wxyz", 4), strict=True))
    shuffled = candidates.assign(candidate=candidates["candidate"].map(names)).sample(
        frac=1, random_state=chance.randrange(1000)
    )
    seniority = pd.Series(range(1, 5), index=[f"ring{n}" for n in range(1, 5)])

    plain = identity.assign(identity.matches(rings, candidates), seniority)
    other = identity.assign(identity.matches(rings.sample(frac=1, random_state=1), shuffled), seniority)

    assert plain.assign(candidate=plain["candidate"].map(names)).values.tolist() == other.values.tolist()


def test_an_id_depends_on_the_day_and_the_members_only() -> None:
    first = identity.mint(DAY, groups("candidate", c="abcd"), {})
    same = identity.mint(DAY, groups("candidate", other="dcba"), {})
    later = identity.mint(date(2026, 3, 3), groups("candidate", c="abcd"), {})
    assert first["ring_id"].item() == same["ring_id"].item()
    assert first["ring_id"].item() != later["ring_id"].item()


def test_an_id_that_another_ring_has_is_lengthened() -> None:
    short = identity.mint(DAY, groups("candidate", c="abcd"), {})["ring_id"].item()
    lengthened = identity.mint(DAY, groups("candidate", c="abcd"), {short: "of another ring"})["ring_id"].item()
    assert len(short) == len("R-") + 6
    assert lengthened[:-1] == short


def test_a_ring_minted_again_gets_the_id_it_had() -> None:
    minted = identity.mint(DAY, groups("candidate", c="abcd", d="efgh"), {})
    taken = dict(zip(minted["ring_id"], minted["fingerprint"], strict=True))
    assert identity.mint(DAY, groups("candidate", c="abcd", d="efgh"), taken).equals(minted)
