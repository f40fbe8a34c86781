"""What verdicts say of precision: each ring once, by its newest decision, with an interval."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from judged import MONDAY, accounts, publish

from ringwatch.review.desk import Desk
from ringwatch.review.stats import Precision
from ringwatch.settings import load_settings
from ringwatch.store.store import Store

GROUPS = {f"c{i}": accounts(range(10 * i, 10 * i + 5)) for i in range(4)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store.db")
    publish(opened, MONDAY, GROUPS)
    yield opened
    opened.close()


def ana(store: Store) -> Desk:
    return Desk(store, load_settings(), "ana")


def ring_ids(store: Store) -> list[str]:
    return [row.ring_id for row in ana(store).queue(order="probability")]


def one(found: list[Precision], by: str, name: str) -> Precision:
    return next(each for each in found if (each.by, each.name) == (by, name))


def test_the_share_of_rings_among_those_that_were_reviewed_has_an_interval(store: Store) -> None:
    first, second, third, _ = ring_ids(store)
    desk = ana(store)
    desk.decide(first, "confirmed", "")
    desk.decide(second, "confirmed", "")
    desk.decide(third, "benign", "")

    of_all = one(desk.precision(), "all", "all")

    assert (of_all.reviewed, of_all.right) == (3, 2)
    assert of_all.low < of_all.share < of_all.high
    assert of_all.expected == pytest.approx(0.9)


def test_a_ring_counts_once_by_its_newest_decision(store: Store) -> None:
    first, *_ = ring_ids(store)
    ana(store).decide(first, "confirmed", "")
    ana(store).decide(first, "benign", "it is a campus")

    assert one(ana(store).precision(), "all", "all").right == 0


def test_who_is_unsure_says_nothing_of_precision(store: Store) -> None:
    ana(store).decide(ring_ids(store)[0], "unsure", "")

    assert ana(store).precision() == []


def test_what_was_taken_back_does_not_count(store: Store) -> None:
    ana(store).decide(ring_ids(store)[0], "confirmed", "")
    ana(store).undo(store.verdicts.log()[0]["seq"], "")

    assert ana(store).precision() == []


def test_figures_are_by_reviewer_too(store: Store) -> None:
    first, second, *_ = ring_ids(store)
    ana(store).decide(first, "confirmed", "")
    Desk(store, load_settings(), "ben").decide(second, "benign", "")

    found = ana(store).precision()

    assert one(found, "author", "ana").share == 1
    assert one(found, "author", "ben").share == 0
