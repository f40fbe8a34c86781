"""Days that are published again: rings keep their ids, none is lost, and consumers can follow."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from consumer import Consumer
from hypothesis import given, settings
from hypothesis import strategies as st
from judged import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    accounts,
    events,
    judged,
    make,
    members_of,
    publish,
    ring_of,
)

from ringwatch.edition import frame
from ringwatch.errors import UsageError
from ringwatch.store import changes
from ringwatch.store.records import Released
from ringwatch.store.store import Store
from ringwatch.store.tables import CHANGES
from ringwatch.store.views import flagged_ring_members, flagged_rings

# A night: its day, for each of 24 accounts the group it is in (0: none), and how probable the groups are.
groupings = st.lists(st.integers(0, 3), min_size=24, max_size=24)
nights = st.tuples(st.integers(0, 3), groupings, st.sampled_from([0.49, 0.6, 0.79, 0.81, 0.96]))
ROLL_BACK = st.just("roll back")
VERDICT = st.sampled_from(["confirmed", "benign"])
RELEASE = nights.map(lambda night: ("release", *night))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "review.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@contextmanager
def new_store(empty: Path) -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(empty, folder)
        store = Store.open(f"sqlite:///{path}")
        yield store
        store.close()


def groups(grouping: list[int]) -> dict[str, list[str]]:
    return {f"c{group}": accounts(*(n for n, g in enumerate(grouping) if g == group)) for group in (1, 2, 3)}


def release(store: Store, day: int, grouping: list[int], probability: float) -> None:
    """Withhold a night, and publish it after all."""
    date, candidates = MONDAY + timedelta(day), judged(groups(grouping), probability)
    run = store.published.withhold(date, make(store, date, candidates), 1000, "too many", (), candidates)
    _, kept = store.nights.withheld(run, frame)
    last_run, night = store.published.history(date).last_run, make(store, date, kept)
    store.published.publish(date, night, 1000, last_run, released=Released(run, "ana", "right"))


def do(store: Store, step: tuple[Any, ...] | str) -> None:
    if step == "roll back":
        if days := store.published.days():
            store.published.roll_back(days[-2] if days[1:] else days[0] - timedelta(1), "wrong")
    elif isinstance(step, str):
        for ring_id in sorted(members_of(store, store.published.days()[-1]) if store.published.days() else [])[:1]:
            store.verdicts.add(datetime(2026, 3, 9), "ana", "ring", step, ring_id=ring_id)
    elif step[0] == "release":
        release(store, *step[1:])
    else:
        day, grouping, probability = step
        publish(store, MONDAY + timedelta(day), groups(grouping), probability)


@settings(max_examples=6)
@given(st.lists(nights | ROLL_BACK | VERDICT | RELEASE, min_size=2, max_size=6))
def test_whatever_is_published_again_no_ring_is_lost_and_a_consumer_can_follow(
    empty: Path, steps: list[tuple[Any, ...] | str]
) -> None:
    with new_store(empty) as store:
        eager, lazy = Consumer(store.engine), Consumer(store.engine)
        ever: set[str] = set()
        for step in steps:
            do(store, step)
            told = eager.poll()
            assert len(set(told)) == len(told)
            assert eager.rings == eager.table()
            ever |= eager.rings.keys()
            assert ever <= set(store.published.ring_ids())
            for ring_id in store.published.ring_ids():
                state, canonical = eager.resolve(ring_id)
                assert state == eager.states[ring_id]
                assert (state == "current") == (ring_id in eager.rings)
                assert eager.resolve(canonical)[1] == canonical
                assert (state == "merged") <= (canonical != ring_id)
        lazy.poll()
        assert (lazy.rings, lazy.states, lazy.told) == (eager.rings, eager.states, eager.told)
        assert eager.poll() == []


def without_run(rings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [ring | {"run_id": None} for ring in rings]


@settings(max_examples=6)
@given(st.lists(nights, min_size=1, max_size=4), st.integers(0, 3))
def test_a_day_that_is_published_again_as_it_was_changes_nothing(
    empty: Path, steps: list[tuple[int, list[int], float]], which: int
) -> None:
    """Also when rings were withdrawn from it or other days since: only those before it count for what it tells."""
    with new_store(empty) as store:
        for step in steps:
            do(store, step)
        last = {day: (day, *rest) for day, *rest in steps}
        days = sorted(last)
        for day in days:  # in order, so that each is made from the days before it as they are now
            do(store, last[day])
        seen = store.published
        before = {day: (without_run(seen.rings(day)), seen.flagged(day)) for day in seen.days()}
        consumer = Consumer(store.engine)
        consumer.poll()
        do(store, last[days[which % len(days)]])
        for day, (rings, flagged) in before.items():
            assert without_run(store.published.rings(day)) == rings
            assert store.published.flagged(day).equals(flagged)
        assert consumer.poll() == []


@settings(max_examples=6)
@given(groupings, groupings)
def test_a_ring_whose_first_day_is_published_again_keeps_its_id_if_most_of_it_is_there(
    empty: Path, first: list[int], second: list[int]
) -> None:
    again = [a if n % 6 else b for n, (a, b) in enumerate(zip(first, second, strict=True))]
    with new_store(empty) as store:
        publish(store, MONDAY, groups(first))
        before = members_of(store, MONDAY)
        publish(store, MONDAY, groups(again))
        after = members_of(store, MONDAY)
    for ring_id, members in before.items():
        alike = [other for other in after.values() if len(members & other) > 0.8 * len(members | other)]
        assert not alike or after.get(ring_id) in alike


def test_another_first_day_is_told(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, TUESDAY, {"a": accounts(range(6))})
    consumer = Consumer(store.engine)
    consumer.poll()
    ring = ring_of(store, TUESDAY, "A000")

    publish(store, MONDAY, {})

    assert consumer.poll() == [(ring, "first_day")]
    assert consumer.rings == consumer.table()
    assert str(consumer.rings[ring]["first_day"]) == str(TUESDAY)


def test_every_column_of_the_views_is_told_of_or_said_not_to_be() -> None:
    for view, kinds, keys in (
        (flagged_rings, changes.OF_RING, changes.RING),
        (flagged_ring_members, changes.OF_MEMBER, changes.MEMBER),
    ):
        told = {*kinds, *keys, *changes.NOT_TOLD}
        assert {column.name for column in view.c} - told == set()
        assert set(kinds.values()) <= set(CHANGES)


def test_the_first_day_again_with_other_members_keeps_the_id_on_it_and_on_later_days(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, TUESDAY, {"a": accounts(range(8))})
    ring = ring_of(store, MONDAY, "A000")

    publish(store, MONDAY, {"a": accounts(range(7), 9)})
    publish(store, TUESDAY, {"a": accounts(range(9))})

    assert [*members_of(store, MONDAY)] == [*members_of(store, TUESDAY)] == [ring]
    assert [events(store, day) for day in (MONDAY, TUESDAY)] == [{ring: "new"}, {ring: "grown"}]
    assert store.published.ring_ids() == [ring]


def test_a_ring_that_is_found_on_an_earlier_day_too_is_that_ring(store: Store) -> None:
    publish(store, MONDAY, {})
    publish(store, TUESDAY, {"a": accounts(range(8))})
    ring = ring_of(store, TUESDAY, "A000")

    publish(store, MONDAY, {"a": accounts(range(6))})

    assert [*members_of(store, MONDAY)] == [ring]
    assert store.published.standing(ring).first_day == MONDAY


def test_a_ring_that_was_withdrawn_comes_back_under_its_id(store: Store) -> None:
    consumer = Consumer(store.engine)
    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 16))})
    ring = ring_of(store, MONDAY, "A000")
    consumer.poll()

    publish(store, MONDAY, {"b": accounts(range(10, 16))})
    assert consumer.poll() == [(ring, "withdrawn")]
    assert consumer.resolve(ring) == ("withdrawn", ring)

    publish(store, MONDAY, {"a": accounts(range(1, 7)), "b": accounts(range(10, 16))})
    assert consumer.poll() == [(ring, "added")]
    assert ring_of(store, MONDAY, "A001") == ring
    assert store.published.standing(ring).state == "current"


def test_days_that_are_published_again_in_order_keep_all_ids(store: Store) -> None:
    days = (MONDAY, TUESDAY, WEDNESDAY)
    for number, day in enumerate(days):
        publish(store, day, {"a": accounts(range(6 + number)), "b": accounts(range(20, 26))})
    before = {day: set(members_of(store, day)) for day in days}
    for number, day in enumerate(days):
        publish(store, day, {"x": accounts(range(1, 7 + number)), "y": accounts(range(20, 27))})
    assert {day: set(members_of(store, day)) for day in days} == before


def test_a_ring_that_a_restatement_puts_into_another_is_withdrawn_and_leads_there(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(10)), "b": accounts(range(10, 15))})
    a, b = (ring_of(store, MONDAY, account) for account in accounts(0, 10))
    consumer = Consumer(store.engine)
    consumer.poll()

    publish(store, MONDAY, {"ab": accounts(range(15))})

    assert consumer.resolve(b) == ("withdrawn", a)
    assert set(consumer.poll()) == {(a, "members"), (a, "summary"), (b, "withdrawn")}


def test_a_ring_that_a_restatement_cuts_apart_goes_on_as_its_larger_part(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(12))})
    ring = ring_of(store, MONDAY, "A000")
    publish(store, MONDAY, {"small": accounts(range(5)), "large": accounts(range(5, 12))})
    assert ring_of(store, MONDAY, "A005") == ring
    assert set(events(store, MONDAY).values()) == {"new"}


def test_two_rings_never_get_one_id_since_one_began_as_the_other_is_now(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, MONDAY, {"a": accounts(range(13))})
    ring = ring_of(store, MONDAY, "A000")
    publish(store, MONDAY, {"as it began": accounts(range(6)), "most of it": accounts(range(6, 13))})
    assert ring_of(store, MONDAY, "A006") == ring
    assert ring_of(store, MONDAY, "A000") != ring


def test_a_withdrawn_ring_whose_account_was_erased_comes_back_under_its_id(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    ring = ring_of(store, MONDAY, "A000")
    publish(store, MONDAY, {})
    assert store.tombstones.naming("A002") == 1
    store.tombstones.erase("A002", "erased-2f7c")
    assert store.tombstones.naming("A002") == 0
    publish(store, MONDAY, {"a": ["erased-2f7c", *accounts(0, 1, 3, 4, 5)]})
    assert [*members_of(store, MONDAY)] == [ring]


def test_a_day_that_is_rolled_back_leaves_what_the_day_before_showed(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    consumer = Consumer(store.engine)
    consumer.poll()
    monday = consumer.table()
    publish(store, TUESDAY, {"a": accounts(range(8)), "b": accounts(range(10, 16))})
    b = ring_of(store, TUESDAY, "A010")

    done = store.published.roll_back(MONDAY, "wrong devices", "ana")

    consumer.poll()
    assert consumer.rings == consumer.table() == monday
    assert (done.changes, done.withdrawn) == (2, 1)
    assert consumer.resolve(b)[0] == "withdrawn"
    night = consumer.night(TUESDAY)
    assert night is not None
    assert (night["state"], night["rings"], night["reason"]) == ("rolled_back", None, "wrong devices")
    publish(store, TUESDAY, {"b": accounts(range(10, 16))})
    assert [*members_of(store, TUESDAY)] == [b]
    assert consumer.night(TUESDAY)["state"] == "published"  # type: ignore[index]


def test_all_days_after_one_are_rolled_back_at_once_and_the_second_time_nothing_is(store: Store) -> None:
    for number, day in enumerate((MONDAY, TUESDAY, WEDNESDAY)):
        publish(store, day, {"a": accounts(range(6 + number))})
    consumer = Consumer(store.engine)
    consumer.poll()

    done = store.published.roll_back(MONDAY, "wrong devices", "ana")

    assert (done.days, done.changes, done.withdrawn) == ((WEDNESDAY, TUESDAY), 1, 0)
    consumer.poll()
    assert consumer.rings == consumer.table()
    assert members_of(store, MONDAY)[ring_of(store, MONDAY, "A000")] == set(accounts(range(6)))
    again = store.published.roll_back(MONDAY, "wrong devices", "ana")
    assert (again.days, again.changes, consumer.poll()) == ((), 0, [])
    log = [(entry["author"], entry["action"], entry["day"], entry["why"]) for entry in store.nights.log()]
    assert log == [("ana", "rolled back", day, "wrong devices") for day in (WEDNESDAY, TUESDAY)]


def test_only_a_published_day_can_be_rolled_back_to_or_the_one_before_the_first(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, TUESDAY, {})
    for day in (FRIDAY, MONDAY - timedelta(2)):
        with pytest.raises(UsageError, match="no rings are published"):
            store.published.roll_back(day, "wrong")
    store.published.roll_back(MONDAY - timedelta(1), "all wrong")
    assert store.published.days() == []


def test_what_a_consumer_saw_of_several_nights_adds_up(store: Store) -> None:
    """The journey of a consumer: a ring that grows, a quiet night, none, a withheld one, a restated one."""
    consumer = Consumer(store.engine)
    assert consumer.night(MONDAY) is None

    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 16))})
    a, b = (ring_of(store, MONDAY, account) for account in accounts(0, 10))
    assert sorted(consumer.poll()) == sorted([(a, "added"), (b, "added")])

    publish(store, TUESDAY, {"a": accounts(range(8)), "b": accounts(range(10, 16))})
    assert set(consumer.poll()) == {(a, "members"), (a, "event"), (a, "summary"), (b, "event")}

    store.published.withhold(WEDNESDAY, make(store, WEDNESDAY, judged({"a": accounts(range(900))})), 1000, "too many")
    assert consumer.poll() == []
    publish(store, FRIDAY, {})
    assert set(consumer.poll()) == {(a, "dormant"), (b, "dormant")}
    states = {day: _state(consumer, day) for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)}
    assert states == {
        MONDAY: ("published", 2),
        TUESDAY: ("published", 2),
        WEDNESDAY: ("withheld", None),
        THURSDAY: None,
        FRIDAY: ("published", 0),
    }

    for day in (MONDAY, TUESDAY):
        publish(store, day, {"a": accounts(range(8))})
    assert consumer.poll() == [(b, "withdrawn")]
    night = consumer.night(TUESDAY)
    assert night is not None
    assert (night["rings"], night["accounts"], night["restatement"]) == (1, 8, 1)
    assert night["published_at"] is not None
    assert (consumer.resolve(a)[0], consumer.resolve(b)[0]) == ("dormant", "withdrawn")
    assert consumer.rings == consumer.table() == {}


def _state(consumer: Consumer, day: date) -> tuple[str, int | None] | None:
    night = consumer.night(day)
    return (night["state"], night["rings"]) if night else None


@settings(max_examples=8)
@given(st.lists(groupings, min_size=2, max_size=3), groupings)
def test_days_that_are_run_again_in_order_after_a_correction_say_what_they_had_said_if_it_had_been_right_at_first(
    empty: Path, right: list[list[int]], wrong: list[int]
) -> None:
    """But for the ids of rings, which keep what consumers know."""
    with new_store(empty) as corrected, new_store(empty) as first:
        for day, grouping in enumerate(right):
            publish(first, MONDAY + timedelta(day), groups(grouping))
        for day, grouping in enumerate([wrong, *right[1:]]):
            publish(corrected, MONDAY + timedelta(day), groups(grouping))
        publish(corrected, MONDAY, groups(right[0]))
        while stale := corrected.nights.stale():
            publish(corrected, stale[0], groups(right[(stale[0] - MONDAY).days]))
        assert shown(corrected) == shown(first)


def shown(store: Store) -> list[tuple[Any, ...]]:
    """Each day's rings, without their ids."""
    inside = store.consumers.history("members").groupby(["day", "ring_id"])["account_id"].agg(sorted).rename("members")
    rings = store.consumers.history("rings").join(inside, on=["day", "ring_id"])
    told = ["day", "valid_to", "first_day", "event", "probability", "band", "kind", "size", "summary", "members"]
    return sorted(map(str, rings[told].itertuples(index=False, name=None)))
