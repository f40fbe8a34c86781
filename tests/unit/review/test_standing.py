"""Why an account is in no ring, from what a night left."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from judged import MONDAY, TUESDAY, WEDNESDAY, accounts, judged, make, publish, ring_of

from ringwatch.gate import tombstones
from ringwatch.night import Night, open_night
from ringwatch.settings import load_settings
from ringwatch.standing import standing

DAY = date(2026, 3, 2)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """A home with one clean day: account A has a row of accounts, and nothing was published."""
    night = open_night(load_settings(home=tmp_path), DAY)
    path = night.files.clean(DAY, "accounts")
    path.parent.mkdir(parents=True)
    pd.DataFrame({"account_id": ["A"]}).to_parquet(path)
    return night


def test_an_account_of_which_nothing_is_kept_was_never_seen(night: Night) -> None:
    with night:
        found = standing(night, "B")

    assert ([reason.what for reason in found.reasons], found.is_known) == (["never seen"], False)


def test_before_the_first_published_night_nothing_is_judged(night: Night) -> None:
    with night:
        found = standing(night, "A")

    assert ([reason.what for reason in found.reasons], found.day) == (["not judged"], None)


def test_an_erased_account_is_erased_and_nothing_else(night: Night) -> None:
    with night:
        night.store.tombstones.bury(tombstones.token_of(night.settings.home, "A"), "someone", "asked")
        found = standing(night, "A")

    assert [reason.what for reason in found.reasons] == ["erased"]


def test_rows_that_wait_for_their_account_are_told(night: Night) -> None:
    path = night.files.held(DAY, "devices")
    path.parent.mkdir(parents=True)
    pd.DataFrame({"account_id": ["C", "C"]}).to_parquet(path)

    with night:
        found = standing(night, "C")

    assert [(reason.what, reason.figures["held"]) for reason in found.reasons] == [("held", 2)]


def named(night: Night, ids: list[str]) -> None:
    """Let a feed of accounts name them."""
    pd.DataFrame({"account_id": ids}).to_parquet(night.files.clean(DAY, "accounts"))


def left_by_score(night: Night, day: date, ids: list[str], probability: float) -> None:
    """Let one group of `day` be judged."""
    path = night.files.scored(day, "rings")
    path.parent.mkdir(parents=True)
    found = judged({"one": ids}, probability)
    found.rings.to_parquet(path)
    found.members.to_parquet(night.files.scored(day, "members"))


def test_a_member_is_in_its_ring_since_it_came(night: Night) -> None:
    with night:
        for day in (MONDAY, TUESDAY):
            publish(night.store, day, {"one": accounts(range(5))})
        found = standing(night, "A001")

    assert found.now is not None
    assert (found.now.since, found.now.until, found.now.nights, found.reasons) == (MONDAY, None, 2, ())


def test_one_who_left_a_ring_is_told_so_and_how_it_is_judged_now(night: Night) -> None:
    named(night, ["A001"])
    left_by_score(night, WEDNESDAY, ["A001", "A002"], 0.1)
    with night:
        publish(night.store, MONDAY, {"one": accounts(range(5))})
        publish(night.store, TUESDAY, {"one": accounts(range(5))})
        publish(night.store, WEDNESDAY, {"other": accounts(range(20, 25))})
        found = standing(night, "A001")

    assert found.now is None
    assert [(stay.since, stay.until) for stay in found.stays] == [(MONDAY, TUESDAY)]
    assert [reason.what for reason in found.reasons] == ["left", "below the threshold"]
    assert found.reasons[1].figures["probability"] == pytest.approx(0.1)


def test_one_of_a_ring_that_was_cleared_is_told_by_whom(night: Night) -> None:
    named(night, ["A001"])
    left_by_score(night, TUESDAY, accounts(range(5)), 0.9)
    with night:
        publish(night.store, MONDAY, {"one": accounts(range(5))})
        ring = ring_of(night.store, MONDAY, "A001")
        night.store.verdicts.add(datetime(2026, 3, 2), "ana", "ring", "benign", ring_id=ring)
        publish(night.store, TUESDAY, {})
        found = standing(night, "A001")

    assert [reason.what for reason in found.reasons] == ["left", "cleared"]
    assert found.reasons[1].text == f"{ring}, in which it was, was cleared by ana on 2026-03-02"


def test_a_night_that_is_withheld_is_why_its_rings_are_not_shown(night: Night) -> None:
    named(night, ["A030"])
    left_by_score(night, TUESDAY, accounts(range(30, 35)), 0.9)
    with night:
        publish(night.store, MONDAY, {"one": accounts(range(5))})
        withheld = make(night.store, TUESDAY, judged({"new": accounts(range(30, 35))}))
        night.store.published.withhold(TUESDAY, withheld, 1000, "too many accounts would be flagged")
        found = standing(night, "A030")

    assert [reason.what for reason in found.reasons] == ["withheld", "likely"]
