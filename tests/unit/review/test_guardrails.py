"""What withholds a night until somebody looked at it, each guardrail alone, and what it leaves alone."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import MONDAY, NOTHING, THRESHOLDS, accounts, judged

from ringwatch.errors import UsageError
from ringwatch.review import guardrails
from ringwatch.review.guardrails import Sum, Usual
from ringwatch.review.nightly import nightly
from ringwatch.settings import GUARDRAILS, load_settings
from ringwatch.store.records import Nightly

QUIET = Usual(accounts=100_000)


def night(*sizes: int) -> Nightly:
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    groups = {
        f"c{i}": accounts(range(start, start + size)) for i, (start, size) in enumerate(zip(starts, sizes, strict=True))
    }
    return nightly(MONDAY, judged(groups), NOTHING, THRESHOLDS)


def said(of: Nightly, usual: Usual, **settings: Any) -> list[str]:
    return guardrails.objections(of, usual, load_settings(**settings))


LOUD: dict[str, tuple[Nightly, Usual]] = {
    "share": (night(26), replace(QUIET, accounts=100)),
    "growth": (night(*[5] * 60), replace(QUIET, rings=[10] * 9, members=[50] * 9)),
    "largest": (night(150, 5, 5), QUIET),
    "feeds": (night(5), replace(QUIET, missing=["the feed usage is not complete"])),
    "counts": (night(5), replace(QUIET, sums=[Sum("clean rows of devices", 7, 6)])),
    "calibration": (night(5), replace(QUIET, reviewed=[(0.9, False)] * 15 + [(0.9, True)] * 10)),
    "depth": (night(5), replace(QUIET, unlike=2.4)),
    "canaries": (night(5), replace(QUIET, canaries={"easy": (0.4, 1.0)})),
}


@pytest.mark.parametrize("name", GUARDRAILS)
def test_each_guardrail_objects_in_a_sentence_and_is_silent_when_it_is_off(name: str) -> None:
    of, usual = LOUD[name]
    found = said(of, usual)
    assert found
    assert all(sentence == sentence.strip() and not sentence.endswith(".") for sentence in found)
    assert said(of, usual, guards_off=(name,)) == []


def test_a_night_as_usual_passes_all() -> None:
    usual = replace(
        QUIET,
        rings=[3, 4, 3, 5, 4],
        members=[15, 20, 15, 25, 20],
        sums=[Sum("clean rows of devices", 7, 7)],
        reviewed=[(0.9, True)] * 18 + [(0.9, False)] * 2,
        unlike=1.9,
        canaries={"easy": (1.0, 1.0), "hard": (0.2, 0.5)},
    )
    assert said(night(5, 5, 5), usual) == []


def test_a_small_deployment_may_go_from_two_rings_to_five() -> None:
    assert said(night(*[6] * 5), replace(QUIET, rings=[2] * 20, members=[12] * 20)) == []


def test_a_night_that_finds_next_to_nothing_where_much_is_usual_is_withheld_too() -> None:
    (rings, members) = [200] * 9, [1500] * 9
    assert [
        sentence.split(" would")[0] for sentence in said(night(5), replace(QUIET, rings=rings, members=members))
    ] == [
        "5 accounts",
        "1 rings",
    ]


def test_without_five_published_nights_nothing_is_usual() -> None:
    assert said(night(*[5] * 60), replace(QUIET, rings=[1] * 4, members=[5] * 4)) == []


@given(st.lists(st.integers(0, 500), min_size=9, max_size=9), st.integers(0, 8))
def test_one_odd_night_among_others_moves_the_bounds_no_further_than_another_of_these(
    past: list[int], odd: int
) -> None:
    """Median and MAD do not follow one value, however large."""
    exploded = [count if place != odd else 10**9 for place, count in enumerate(past)]
    middle, _ = guardrails.around(exploded, 6, 20)
    assert min(past) <= middle <= max(past)


def test_a_large_ring_that_was_there_the_night_before_is_no_news() -> None:
    large = night(150, 5, 5)
    known = dict(zip(large.flagged["ring_id"], large.flagged["size"] - 50, strict=True))
    assert said(large, replace(QUIET, sizes=known)) == []


def test_a_ring_alone_is_not_withheld_for_being_all_that_is_flagged() -> None:
    assert said(night(90), QUIET) == []


def test_a_score_that_is_too_modest_is_not_withheld() -> None:
    assert said(night(5), replace(QUIET, reviewed=[(0.5, True)] * 30)) == []


def test_few_verdicts_say_nothing_of_calibration() -> None:
    assert said(night(5), replace(QUIET, reviewed=[(0.9, False)] * 19)) == []


def test_a_guardrail_that_does_not_exist_cannot_be_turned_off() -> None:
    with pytest.raises(UsageError, match="there is no guardrail growht"):
        load_settings(guards_off="growht")
    assert load_settings(guards_off="growth, depth").guards_off == ("growth", "depth")
