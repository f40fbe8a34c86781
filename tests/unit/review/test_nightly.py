"""Which candidates are flagged, and what happens to rings from night to night."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import MONDAY, NOTHING, THRESHOLDS, TUESDAY, WEDNESDAY, accounts, judged

from ringwatch.review.audit import objections
from ringwatch.review.nightly import nightly
from ringwatch.store.records import Candidates, History, Nightly

groupings = st.lists(st.integers(0, 3), min_size=30, max_size=30)


def after(night: Nightly, day: date = MONDAY) -> History:
    """The history that one published night makes."""
    rings = night.flagged[["ring_id", "kind", "band", "size"]]
    return History(
        rings.assign(first_day=day, last_day=day, active=True, absorbed=False),
        night.members[["ring_id", "account_id", "probability"]].assign(nights=1),
        dict(zip(night.flagged["ring_id"], night.flagged["fingerprint"], strict=True)),
    )


def grouped(grouping: list[int]) -> Candidates:
    return judged({f"c{group}": accounts(*(n for n, g in enumerate(grouping) if g == group)) for group in (1, 2, 3)})


def test_a_new_candidate_is_flagged_from_the_higher_threshold_on() -> None:
    just_below = nightly(MONDAY, judged({"c": accounts(range(5))}, 0.49), NOTHING, THRESHOLDS)
    at_it = nightly(MONDAY, judged({"c": accounts(range(5))}, 0.5), NOTHING, THRESHOLDS)
    assert just_below.rings.empty
    assert at_it.rings["event"].tolist() == ["new"]


@pytest.mark.parametrize(("probability", "event"), [(0.3, "unchanged"), (0.29, "dormant")])
def test_a_ring_of_last_night_stays_down_to_the_lower_threshold(probability: float, event: str) -> None:
    history = after(nightly(MONDAY, judged({"c": accounts(range(5))}), NOTHING, THRESHOLDS))
    tonight = nightly(TUESDAY, judged({"x": accounts(range(5))}, probability), history, THRESHOLDS)
    assert tonight.rings["event"].tolist() == [event]


def test_a_dormant_ring_needs_the_higher_threshold_again() -> None:
    history = after(nightly(MONDAY, judged({"c": accounts(range(5))}), NOTHING, THRESHOLDS))
    dormant = History(history.rings.assign(active=False), history.members, history.taken)
    assert nightly(WEDNESDAY, judged({"x": accounts(range(5))}, 0.4), dormant, THRESHOLDS).rings.empty


def test_context_and_groups_that_are_too_small_are_never_flagged() -> None:
    campus = nightly(MONDAY, judged({"c": accounts(range(50))}, 0.99, "context"), NOTHING, THRESHOLDS)
    three = nightly(MONDAY, judged({"c": accounts(range(3))}, 0.99), NOTHING, THRESHOLDS)
    pool = nightly(MONDAY, judged({"c": accounts(range(5))}, 0.99, "reseller"), NOTHING, THRESHOLDS)
    assert campus.rings.empty
    assert three.rings.empty
    assert pool.rings["kind"].tolist() == ["reseller"]


def test_evidence_comes_weightiest_first() -> None:
    night = nightly(MONDAY, judged({"c": accounts(range(5))}), NOTHING, THRESHOLDS)
    assert night.evidence[["position", "reason"]].values.tolist() == [
        [1, "shared_card"],
        [2, "shared_ip"],
        [3, "bridge"],
    ]
    assert night.evidence["identifiers"].tolist() == [["card:1", "card:2"], ["ip:1"], ["card:1"]]


@given(groupings)
def test_the_same_groups_again_keep_their_ids(grouping: list[int]) -> None:
    first = nightly(MONDAY, grouped(grouping), NOTHING, THRESHOLDS)
    second = nightly(TUESDAY, grouped(grouping), after(first), THRESHOLDS)
    assert second.members.equals(first.members)
    assert set(second.rings["event"]) <= {"unchanged"}


@given(groupings, groupings, st.randoms(use_true_random=False))
def test_a_night_does_not_depend_on_names_or_the_order_of_rows(
    before: list[int], tonight: list[int], chance: random.Random
) -> None:
    history = after(nightly(MONDAY, grouped(before), NOTHING, THRESHOLDS))
    plain = grouped(tonight)
    names = dict(zip(("c1", "c2", "c3"), chance.sample("xyz", 3), strict=True))
    tables = (
        table.replace({"candidate": names}).sample(frac=1, random_state=chance.randrange(1000))
        for table in (plain.rings, plain.members, plain.evidence)
    )
    first = nightly(TUESDAY, plain, history, THRESHOLDS)
    second = nightly(TUESDAY, Candidates(*tables), history, THRESHOLDS)
    assert second.rings.equals(first.rings)
    assert second.members.equals(first.members)
    assert second.evidence.equals(first.evidence)


@given(st.lists(groupings, min_size=2, max_size=4))
def test_every_night_passes_the_audit_and_accounts_for_every_ring(nights: list[list[int]]) -> None:
    history = NOTHING
    for number, grouping in enumerate(nights):
        day = MONDAY + timedelta(number)
        night = nightly(day, grouped(grouping), history, THRESHOLDS)
        assert objections(night) == []
        assert set(history.rings["ring_id"]) <= set(night.rings["ring_id"])
        assert (night.flagged["size"] - night.flagged["joined"] >= 0).all()
        history = after(night, day)


def test_the_audit_names_what_is_unsound() -> None:
    good = nightly(MONDAY, judged({"c": accounts(range(5)), "d": accounts(range(5, 9))}), NOTHING, THRESHOLDS)
    twice = pd.concat([good.members, good.members.iloc[:1]])
    doubled = Nightly(good.rings.assign(probability=1.2), twice, good.evidence.iloc[:0])
    assert objections(doubled) == [
        "2 rings have a probability outside their interval",
        "2 rings have no evidence",
        "the contract is broken in 2 rows of flagged_rings: probability is above 1",
        "the contract is broken in 1 rows of flagged_ring_members: account_id is there twice",
    ]


def test_a_canary_can_never_be_published() -> None:
    canaries = [f"ringwatch-canary-{n}" for n in range(5)]
    night = nightly(MONDAY, judged({"c": accounts(range(5)), "d": canaries}), NOTHING, THRESHOLDS)
    assert objections(night) == ["5 members are canaries"]


def test_a_night_that_breaks_the_contract_is_named_by_view_and_column() -> None:
    good = nightly(MONDAY, judged({"c": accounts(range(5))}), NOTHING, THRESHOLDS)
    broken = replace(good, rings=good.rings.assign(summary=None), members=good.members.assign(probability=-0.5))
    assert objections(broken) == [
        "the contract is broken in 1 rows of flagged_rings: summary is missing",
        "the contract is broken in 5 rows of flagged_ring_members: member_probability is below 0",
    ]


def _hash(members: range, probability: float, history: History = NOTHING, day: date = MONDAY) -> tuple[Nightly, str]:
    night = nightly(day, judged({"c": accounts(members)}, probability), history, THRESHOLDS)
    return night, night.rings["content_hash"].item()


def test_the_content_hash_changes_with_members_band_and_event_and_only_then() -> None:
    first, _ = _hash(range(6), 0.85)
    second, quiet = _hash(range(6), 0.85, after(first), TUESDAY)
    history = after(second, TUESDAY)

    assert _hash(range(6), 0.88, history, WEDNESDAY)[1] == quiet
    assert _hash(range(6), 0.79, history, WEDNESDAY)[1] == quiet  # in the room of its band
    assert _hash(range(6), 0.99, history, WEDNESDAY)[1] != quiet
    assert _hash(range(7), 0.85, history, WEDNESDAY)[1] != quiet
    assert second.rings["event"].item() == "unchanged"
    assert _hash(range(6), 0.85)[1] != quiet  # its event is new
