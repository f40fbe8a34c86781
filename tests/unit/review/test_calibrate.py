"""What verdicts teach: few change little, many move what they are about, and what makes it worse is refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged import MONDAY, THRESHOLDS, accounts, judged, publish

from ringwatch.errors import UsageError
from ringwatch.review import adjustments, calibrate
from ringwatch.review.calibrate import UNADJUSTED, Adjustment, Verdicts
from ringwatch.review.desk import Desk
from ringwatch.review.nightly import nightly
from ringwatch.settings import load_settings
from ringwatch.store.store import Store


def verdicts(count: int, seed: int = 1, misleading: float = 0.0) -> Verdicts:
    """Groups whose odds hold but for `misleading` bits that families get from sharing cards."""
    random = np.random.default_rng(seed)
    odds = pd.Series(random.normal(0, 3, count))
    rings = pd.Series(random.random(count) < 1 / (1 + np.exp2(-odds)))
    card = pd.Series(np.where(random.random(count) < 0.5, misleading, 0.0))
    told = pd.DataFrame({"card": card, "device": odds})
    return Verdicts.on_rings(odds + card, told, rings)


def test_without_verdicts_against_it_the_scorecard_stands() -> None:
    given = verdicts(200)

    assert abs(calibrate.fit(given).bits(given.odds, given.by_reason)).mean() < 0.5


def test_a_reason_that_misleads_here_comes_to_weigh_less() -> None:
    given = verdicts(200, misleading=4.0)

    assert calibrate.fit(given).reasons["card"] < -0.4
    assert calibrate.trial(given).better


def test_verdicts_that_the_score_foresaw_do_not_pass_for_better() -> None:
    assert not calibrate.trial(verdicts(100)).better


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), misleading=st.floats(0, 4))
def test_few_verdicts_move_the_score_less_than_many(seed: int, misleading: float) -> None:
    given = verdicts(400, seed, misleading)
    few = calibrate.fit(given.where(np.arange(400) < 12))

    moved = abs(few.bits(given.odds, given.by_reason))

    assert abs(few.base) < 2 * calibrate.BASE
    assert moved.mean() < abs(given.odds).mean()


def test_a_reason_that_verdicts_did_not_have_counts_as_before() -> None:
    made = Adjustment(0.0, 0.0, {"card": -0.5})

    assert made.bits(pd.Series({"a": 1.0}), pd.DataFrame({"device": [3.0]}, index=["a"])).item() == 0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store.db")
    yield opened
    opened.close()


def decide(store: Store, confirmed: int, cleared: int) -> None:
    groups = {f"c{i}": accounts(range(10 * i, 10 * i + 5)) for i in range(confirmed + cleared)}
    publish(store, MONDAY, groups)
    desk = Desk(store, load_settings(), "ana")
    for place, row in enumerate(desk.queue(order="probability", limit=None)):
        desk.decide(row.ring_id, "confirmed" if place < confirmed else "benign", note="looked at it")


def test_what_was_published_of_a_ring_is_learnt_from_with_the_verdict(store: Store) -> None:
    decide(store, confirmed=3, cleared=2)

    learnt, last = adjustments.taught(store)

    assert learnt.true.sum() == 3
    assert len(learnt.odds) == len(learnt.by_reason) == last == 5


def test_a_verdict_that_was_taken_back_teaches_nothing(store: Store) -> None:
    decide(store, confirmed=3, cleared=2)
    Desk(store, load_settings(), "ana").undo(store.verdicts.log()[0]["seq"], note="the wrong ring")

    assert len(adjustments.taught(store)[0].true) == 4


def test_too_few_verdicts_leave_the_scorecard_as_it_is(store: Store, tmp_path: Path) -> None:
    decide(store, confirmed=3, cleared=2)

    with pytest.raises(UsageError, match="there are 5 verdicts on rings, and the scorecard stands until there are 10"):
        adjustments.propose(tmp_path / "adjustments", *adjustments.taught(store))


def test_verdicts_that_all_say_the_same_teach_nothing(store: Store, tmp_path: Path) -> None:
    decide(store, confirmed=12, cleared=0)

    with pytest.raises(UsageError, match="all 12 verdicts on rings are confirmed"):
        adjustments.propose(tmp_path / "adjustments", *adjustments.taught(store))


def learnt(misleading: float) -> Verdicts:
    return verdicts(200, misleading=misleading)


def members(rings: int, of: int, tied_by: str, belong: bool, odds: float = 2.0) -> Verdicts:
    """Rings whose members were told to belong by their `tied_by`, and whether they do."""
    count = rings * of
    return Verdicts(
        odds=pd.Series(odds, range(count)),
        by_reason=pd.DataFrame({tied_by: np.full(count, 3.0)}),
        true=pd.Series(belong, range(count)),
        weight=pd.Series(1 / of, range(count)),
        ring=pd.Series(np.arange(count) // of + 10_000),
        on_member=pd.Series(True, range(count)),
    )


def both(*parts: Verdicts) -> Verdicts:
    columns = {
        name: pd.concat([getattr(part, name) for part in parts], ignore_index=True) for name in Verdicts.__annotations__
    }
    return Verdicts(**columns)


def test_members_who_were_released_lower_what_tied_them_more_than_anything_else() -> None:
    given = verdicts(200)
    before = calibrate.fit(given)

    after = calibrate.fit(both(given, members(30, 2, "card", belong=False)))

    lowered = before.reasons.get("card", 0.0) - after.reasons["card"]
    assert lowered > 0.2
    assert abs(after.reasons["device"] - before.reasons["device"]) < lowered / 2


def test_members_of_a_ring_weigh_no_more_than_its_verdict_however_many_they_are() -> None:
    few, many = (calibrate.fit(both(verdicts(50), members(20, of, "card", belong=False))) for of in (2, 50))

    assert few.reasons["card"] == pytest.approx(many.reasons["card"], abs=0.01)


def test_what_judges_rings_better_and_members_worse_is_refused() -> None:
    tried = calibrate.trial(verdicts(200, misleading=4.0))

    assert tried.better
    assert not replace(tried, of_members=-0.01).better
    assert not replace(tried, of_rings=-0.01).better


def test_a_ring_and_its_members_are_left_out_together() -> None:
    """Else members would tell what became of their ring."""
    ring = verdicts(100)
    same = replace(members(100, 1, "card", belong=True), ring=ring.ring)

    tried = calibrate.trial(both(ring, same))

    assert (tried.verdicts, tried.members) == (100, 100)


def test_reliability_is_shown_in_parts_of_like_size_with_all_verdicts() -> None:
    tried = calibrate.trial(verdicts(100, misleading=4.0))

    for bins in (tried.before, tried.after):
        assert sum(part.verdicts for part in bins) == 100
        assert [part.probability for part in bins] == sorted(part.probability for part in bins)
        assert all(part.low <= part.observed <= part.high for part in bins)
    apart = [sum(abs(part.probability - part.observed) for part in bins) for bins in (tried.before, tried.after)]
    assert apart[1] < apart[0]


def test_who_was_released_and_who_stayed_are_learnt_from_by_what_tied_them(store: Store) -> None:
    publish(store, MONDAY, {"c": accounts(range(5))})
    desk = Desk(store, load_settings(), "ana")
    (row,) = desk.queue()
    desk.decide(row.ring_id, "partly_confirmed", members={"A000": "released"})
    tied = {(row.ring_id, name): {"payment"} for name in accounts(range(4))}  # of the last nothing is known

    learnt, _ = adjustments.taught(store, lambda _: tied)

    on_members = learnt.where(learnt.on_member.to_numpy())
    assert on_members.true.tolist() == [False, True, True, True]
    assert on_members.weight.sum() == pytest.approx(1)
    assert set(on_members.by_reason["shared_card"]) == {4.5}
    assert set(on_members.by_reason["shared_ip"]) == {0.0}


def test_without_knowing_what_tied_members_only_rings_teach(store: Store) -> None:
    publish(store, MONDAY, {"c": accounts(range(5))})
    desk = Desk(store, load_settings(), "ana")
    (row,) = desk.queue()
    desk.decide(row.ring_id, "partly_confirmed", members={"A000": "released"})

    assert len(adjustments.taught(store, lambda _: {})[0].true) == 1


def test_a_sampled_group_teaches_as_rings_do(store: Store) -> None:
    below = judged({"b": accounts(range(5))}, 0.2)
    night = nightly(MONDAY, below, store.published.history(MONDAY), THRESHOLDS, asked=1)
    store.published.publish(MONDAY, night, 1000, 0)
    desk = Desk(store, load_settings(), "ana")
    desk.decide(desk.queue()[0].ring_id, "benign")

    learnt, _ = adjustments.taught(store)

    assert learnt.true.tolist() == [False]
    assert learnt.by_reason["shared_card"].tolist() == [4.5]


def test_a_version_is_used_only_when_told_so_and_can_be_taken_back(tmp_path: Path) -> None:
    version = adjustments.propose(tmp_path, learnt(misleading=4.0), 200)
    assert adjustments.in_use(tmp_path) == (0, UNADJUSTED)

    adjustments.use(tmp_path, version.number, "ana")
    assert adjustments.in_use(tmp_path) == (1, version.adjustment)

    adjustments.use(tmp_path, None, "ana")
    assert adjustments.in_use(tmp_path) == (0, UNADJUSTED)


def test_each_version_is_kept(tmp_path: Path) -> None:
    first = adjustments.propose(tmp_path, learnt(misleading=4.0), 200)
    adjustments.propose(tmp_path, learnt(misleading=2.0), 200)

    assert adjustments.numbers(tmp_path) == [1, 2]
    assert adjustments.read(tmp_path, 1) == first


def test_a_version_that_judges_unseen_verdicts_no_better_is_refused(tmp_path: Path) -> None:
    version = adjustments.propose(tmp_path, learnt(misleading=0.0), 200)

    with pytest.raises(UsageError, match="adjustment 1 does not judge verdicts clearly better"):
        adjustments.use(tmp_path, version.number, "ana")


def test_a_version_that_was_never_made_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no adjustment 7"):
        adjustments.use(tmp_path, 7, "ana")
