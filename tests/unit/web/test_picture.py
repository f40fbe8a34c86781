"""The picture of a ring stays from night to night, can be read when the ring is large, and says what is new."""

import math
from datetime import date, timedelta
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwatch.web.layout import STEP, Shared, places
from ringwatch.web.picture import MOST_GROUPS, Picture, picture
from ringwatch.web.traces import Thing, Traces

LAST = date(2026, 3, 28)
FIRST = LAST - timedelta(days=27)

# Who came on which day (the oldest first), with what each used from then on.
CAME = st.lists(st.tuples(st.integers(0, 9), st.sets(st.sampled_from("abcde"), max_size=3)), min_size=1, max_size=12)


def grown(came: list[tuple[int, set[str]]]) -> tuple[list[tuple[str, int]], dict[str, list[Shared]]]:
    ordered = sorted(((day, sorted(used)) for day, used in came), key=lambda one: one[0])
    members = [(f"A{number:02}", day) for number, (day, _) in enumerate(ordered)]
    uses = {
        name: [Shared(thing, day, 1.0) for thing in ordered[number][1]] for number, (name, day) in enumerate(members)
    }
    return members, uses


@settings(max_examples=60, deadline=None)
@given(CAME, CAME)
def test_nobody_moves_when_others_come(before: list[tuple[int, set[str]]], later: list[tuple[int, set[str]]]) -> None:
    members, uses = grown(before)
    newcomers = [(f"B{number:02}", 20) for number in range(len(later))]
    more = uses | {f"B{n:02}": [Shared(thing, 20, 1.0) for thing in sorted(used)] for n, (_, used) in enumerate(later)}

    yesterday, _ = places(members, uses)
    today, _ = places([*members, *newcomers], more)

    assert {name: today[name] for name in yesterday} == yesterday


@settings(max_examples=60, deadline=None)
@given(CAME)
def test_no_two_nodes_of_a_kind_stand_on_one_place(came: list[tuple[int, set[str]]]) -> None:
    for stand in places(*grown(came)):
        assert len(set(stand.values())) == len(stand)


def test_who_shares_stands_beside_whom_it_shares_with() -> None:
    members = [(name, 0) for name in "ABCDEFGH"]
    card = [Shared("card", 0, 1.0)]

    for other in "BCDEFG":  # they stand around A, with room beyond
        stand, _ = places(members, {other: card, "H": card})
        assert math.dist(stand[other], stand["H"]) == pytest.approx(STEP)


def thing(name: str, users: dict[str, int], **other: Any) -> Thing:
    about = {"facet": "device", "label": "Device", "accounts": len(users), "hub": False, "bits": 5.0, "place": None}
    return Thing(name=name, members=len(users), first=min(users.values()), users=users, **about | other)


def drawn(size: int, things: list[Thing], left: tuple[str, ...] = (), new: int = 0) -> Picture:
    members = [
        {
            "account_id": f"A{number:04}",
            "probability": 0.9,
            "role": "core",
            "since": LAST if number >= size - new else FIRST,
        }
        for number in range(size)
    ]
    gone = [{"account_id": name, "since": FIRST} for name in left]
    names = {(one.facet, one.name): one.name for one in things}
    return picture(LAST, members, gone, Traces(FIRST, LAST, tuple(things)), [things[0].name], names)


def test_what_is_other_than_yesterday_is_marked() -> None:
    shared = {"A0000": 3, "A0001": 3, "A0002": 27}

    found = drawn(3, [thing("d", shared)], left=("Z",), new=1)

    marks = {node.label: node.change for node in found.nodes}
    assert marks == {"A0000": "", "A0001": "", "A0002": "new", "Z": "left", "d": ""}
    assert sorted(line.look for line in found.lines) == ["new", "use", "use"]


def test_the_weakest_point_is_marked() -> None:
    found = drawn(3, [thing("bridge", {"A0000": 1, "A0001": 1}), thing("d", {"A0001": 1, "A0002": 1})])

    assert [node.label for node in found.nodes if node.weak] == ["bridge"]


@pytest.mark.parametrize("size", [200, 2000])
def test_a_large_ring_is_drawn_in_few_signs_that_count_everybody(size: int) -> None:
    things = [
        thing(f"d{group:03}", {f"A{number:04}": 1 for number in range(size) if number % 60 == group})
        for group in range(60)
    ]

    started = perf_counter()
    found = drawn(size, [one for one in things if one.members > 1])

    groups = [node for node in found.nodes if node.kind != "thing"]
    assert len(groups) <= MOST_GROUPS + 1
    assert sum(node.count for node in groups) == size
    assert found.grouped
    assert perf_counter() - started < 5  # a fifth of a second on a quiet machine


def test_a_picture_is_the_same_each_time() -> None:
    shared = {f"A{number:04}": number % 5 for number in range(30)}

    assert drawn(30, [thing("d", shared)]) == drawn(30, [thing("d", shared)])
