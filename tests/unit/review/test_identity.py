"""Which candidate is which earlier ring, on frames alone."""

import random
from datetime import date

import networkx as nx
import pandas as pd
import pytest
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
    assert pairs[["ring_id", "candidate", "shared"]].values.tolist() == [["R", "c", 3]]
    assert pairs["jaccard"].item() == pytest.approx(3 / 9, abs=1e-6)


def test_a_ring_swallowed_by_a_large_one_matches_by_containment() -> None:
    pairs = identity.matches(groups("ring_id", R="abcde"), groups("candidate", c="abcmnopqrstuvw"))
    assert pairs[["shared"]].to_dict("records") == [{"shared": 3}]


def test_a_few_shared_accounts_are_no_match() -> None:
    assert identity.matches(groups("ring_id", R="abcdef"), groups("candidate", c="abuvwxyz")).empty


def claimed(*claims: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(claims, columns=["ring_id", "candidate", "jaccard"])


def kept(pairs: pd.DataFrame, *by_age: str) -> dict[str, str]:
    """Candidate by ring, the rings from the most senior on."""
    held = identity.assign(pairs, pd.Series(range(len(by_age)), index=list(by_age)))
    return dict(zip(held["ring_id"], held["candidate"], strict=True))


def test_members_of_long_standing_weigh_more_than_those_of_one_night() -> None:
    ring = groups("ring_id", R="abcdefgh").assign(nights=[9] * 4 + [1] * 4, probability=0.9)
    halves = groups("candidate", core="abcd", guests="efgh")
    found = identity.matches(identity.weighed(ring), halves)
    assert found["candidate"].tolist() == ["core", "guests"]
    assert found["jaccard"].tolist() == pytest.approx([36 / 40, 4 / 40], abs=1e-6)


def test_members_who_hardly_belong_weigh_less() -> None:
    ring = groups("ring_id", R="abcd").assign(nights=3, probability=[0.9, 0.9, 0.1, 0.1])
    found = identity.matches(identity.weighed(ring), groups("candidate", sure="abwxyz", unsure="cdwxyz"))
    assert found["candidate"].tolist() == ["sure"]


def test_the_most_senior_of_merged_rings_keeps_its_id() -> None:
    assert kept(claimed(("old", "both", 0.3), ("young", "both", 0.7)), "old", "young") == {"old": "both"}


def test_the_heaviest_part_of_a_split_ring_keeps_its_id() -> None:
    assert kept(claimed(("R", "heavy", 0.6), ("R", "light", 0.4)), "R") == {"R": "heavy"}


def test_what_a_ring_lost_to_another_does_not_cost_that_one_its_id() -> None:
    pairs = claimed(("old", "grown", 0.35), ("old", "rest", 0.4), ("young", "grown", 0.6))
    assert kept(pairs, "old", "young") == {"old": "rest", "young": "grown"}


def test_a_ring_that_gives_way_takes_its_next_part() -> None:
    pairs = claimed(("old", "both", 0.3), ("young", "both", 0.9), ("young", "part", 0.3))
    assert kept(pairs, "old", "young") == {"old": "both", "young": "part"}


@given(groupings, groupings)
def test_the_assignment_has_the_largest_total_overlap(before: list[int], after: list[int]) -> None:
    pairs = identity.matches(frame("ring_id", before, "ring"), frame("candidate", after))
    held = identity.assign(pairs, pd.Series(0, index=[f"ring{n}" for n in range(1, 5)]))

    graph = nx.Graph()
    graph.add_weighted_edges_from(pairs[["ring_id", "candidate", "jaccard"]].itertuples(index=False))
    best = nx.max_weight_matching(graph)
    assert held["ring_id"].is_unique
    assert held["candidate"].is_unique
    assert held["jaccard"].sum() == pytest.approx(sum(graph.edges[pair]["weight"] for pair in best))


@given(groupings, groupings, st.permutations([f"ring{n}" for n in range(1, 5)]))
def test_no_ring_is_without_an_id_because_of_a_less_senior_one(
    before: list[int], after: list[int], by_age: list[str]
) -> None:
    pairs = identity.matches(frame("ring_id", before, "ring"), frame("candidate", after))
    seniority = pd.Series(range(4), index=by_age)
    held = identity.assign(pairs, seniority)

    holder = dict(zip(held["candidate"], held["ring_id"], strict=True))
    first = pairs.drop_duplicates("ring_id").set_index("ring_id")["candidate"].to_dict()
    for ring_id in set(pairs["ring_id"]) - set(held["ring_id"]):
        assert seniority[holder[first[ring_id]]] < seniority[ring_id]


@pytest.mark.parametrize(("tonight", "known"), [("123xyz", True), ("1uvwxyz", False), ("1x", True), ("xyz", False)])
def test_two_cards_or_half_of_them_make_a_ring_known_again(tonight: str, known: bool) -> None:
    ring = groups("ring_id", R="12345").rename(columns={"account_id": "identifier"}).assign(facet="payment")
    group = groups("candidate", c=tonight).rename(columns={"account_id": "identifier"}).assign(facet="payment")
    found = identity.by_identifiers(ring, group)
    assert found["ring_id"].tolist() == (["R"] if known else [])


def test_the_same_text_of_another_facet_is_another_identifier() -> None:
    ring = groups("ring_id", R="12").rename(columns={"account_id": "identifier"})
    group = groups("candidate", c="12").rename(columns={"account_id": "identifier"})
    assert identity.by_identifiers(ring.assign(facet="payment"), group.assign(facet="device")).empty


@given(groupings, groupings, st.randoms(use_true_random=False))
def test_matches_do_not_depend_on_names_or_the_order_of_rows(
    before: list[int], after: list[int], chance: random.Random
) -> None:
    rings, candidates = frame("ring_id", before, "ring"), frame("candidate", after)
    names = dict(zip("1234", chance.sample("wxyz", 4), strict=True))
    shuffled = candidates.assign(candidate=candidates["candidate"].map(names)).sample(
        frac=1, random_state=chance.randrange(1000)
    )
    seniority = pd.Series(range(4), index=[f"ring{n}" for n in range(1, 5)])

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
