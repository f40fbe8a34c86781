"""What verdicts teach: few change little, many move what they are about, and what makes it worse is refused."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged import MONDAY, accounts, publish

from ringwatch.errors import UsageError
from ringwatch.review import adjustments, calibrate
from ringwatch.review.calibrate import UNADJUSTED, Adjustment
from ringwatch.review.desk import Desk
from ringwatch.settings import load_settings
from ringwatch.store.store import Store


def verdicts(count: int, seed: int = 1, misleading: float = 0.0) -> tuple[pd.Series, pd.DataFrame, pd.Series]:
    """Groups whose odds hold but for `misleading` bits that families get from sharing cards."""
    random = np.random.default_rng(seed)
    odds = pd.Series(random.normal(0, 3, count))
    rings = pd.Series(random.random(count) < 1 / (1 + np.exp2(-odds)))
    card = pd.Series(np.where(random.random(count) < 0.5, misleading, 0.0))
    told = pd.DataFrame({"card": card, "device": odds})
    return odds + card, told, rings


def test_without_verdicts_against_it_the_scorecard_stands() -> None:
    odds, told, rings = verdicts(200)

    assert abs(calibrate.fit(odds, told, rings).bits(odds, told)).mean() < 0.5


def test_a_reason_that_misleads_here_comes_to_weigh_less() -> None:
    odds, told, rings = verdicts(200, misleading=4.0)

    made = calibrate.fit(odds, told, rings)

    assert made.reasons["card"] < -0.4
    assert calibrate.trial(odds, told, rings).better


def test_verdicts_that_the_score_foresaw_do_not_pass_for_better() -> None:
    assert not calibrate.trial(*verdicts(100)).better


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), misleading=st.floats(0, 4))
def test_few_verdicts_move_the_score_less_than_many(seed: int, misleading: float) -> None:
    odds, told, rings = verdicts(400, seed, misleading)
    few = calibrate.fit(odds[:12], told[:12], rings[:12])

    moved = abs(few.bits(odds, told))

    assert abs(few.base) < 2 * calibrate.BASE
    assert moved.mean() < abs(odds).mean()


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

    learnt = adjustments.taught(store)

    assert learnt.rings.sum() == 3
    assert len(learnt.odds) == len(learnt.by_reason) == 5


def test_a_verdict_that_was_taken_back_teaches_nothing(store: Store) -> None:
    decide(store, confirmed=3, cleared=2)
    Desk(store, load_settings(), "ana").undo(store.verdicts.log()[0]["seq"], note="the wrong ring")

    assert len(adjustments.taught(store).rings) == 4


def test_too_few_verdicts_leave_the_scorecard_as_it_is(store: Store, tmp_path: Path) -> None:
    decide(store, confirmed=3, cleared=2)

    with pytest.raises(UsageError, match="there are 5 verdicts on rings, and the scorecard stands until there are 10"):
        adjustments.propose(tmp_path / "adjustments", adjustments.taught(store))


def test_verdicts_that_all_say_the_same_teach_nothing(store: Store, tmp_path: Path) -> None:
    decide(store, confirmed=12, cleared=0)

    with pytest.raises(UsageError, match="all 12 verdicts on rings are confirmed"):
        adjustments.propose(tmp_path / "adjustments", adjustments.taught(store))


def learnt(misleading: float) -> adjustments.Taught:
    odds, told, rings = verdicts(200, misleading=misleading)
    return adjustments.Taught(odds, told, rings, last=200)


def test_a_version_is_used_only_when_told_so_and_can_be_taken_back(tmp_path: Path) -> None:
    version = adjustments.propose(tmp_path, learnt(misleading=4.0))
    assert adjustments.in_use(tmp_path) == (0, UNADJUSTED)

    adjustments.use(tmp_path, version.number, "ana")
    assert adjustments.in_use(tmp_path) == (1, version.adjustment)

    adjustments.use(tmp_path, None, "ana")
    assert adjustments.in_use(tmp_path) == (0, UNADJUSTED)


def test_each_version_is_kept(tmp_path: Path) -> None:
    first = adjustments.propose(tmp_path, learnt(misleading=4.0))
    adjustments.propose(tmp_path, learnt(misleading=2.0))

    assert adjustments.numbers(tmp_path) == [1, 2]
    assert adjustments.read(tmp_path, 1) == first


def test_a_version_that_judges_unseen_verdicts_no_better_is_refused(tmp_path: Path) -> None:
    version = adjustments.propose(tmp_path, learnt(misleading=0.0))

    with pytest.raises(UsageError, match="adjustment 1 does not judge verdicts clearly better"):
        adjustments.use(tmp_path, version.number, "ana")


def test_a_version_that_was_never_made_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no adjustment 7"):
        adjustments.use(tmp_path, 7, "ana")
