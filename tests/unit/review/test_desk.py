"""What reviewers see and decide, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from judged import MONDAY, TUESDAY, WEDNESDAY, accounts, judged, make, publish, ring_of

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.review.desk import Desk
from ringwatch.settings import Settings
from ringwatch.store.store import Store

NOON = datetime(2026, 3, 3, 12)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(store: Store, clock: Clock) -> Callable[[str], Desk]:
    settings = Settings(review_second_share=0)
    return lambda author, **other: Desk(store, settings.model_copy(update=other), author, clock)


@pytest.fixture
def ring(store: Store) -> str:
    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 20))})
    return ring_of(store, MONDAY, "A000")


def shown(desk: Desk, status: str = "all") -> dict[str, tuple[str, str | None]]:
    return {row.ring_id: (row.status, row.outcome) for row in desk.queue(status=status)}


def test_a_decision_closes_a_ring_and_leaves_the_others_open(desk, store: Store, ring: str) -> None:
    other = ring_of(store, MONDAY, "A010")

    desk("ana").decide(ring, "confirmed", "one card")

    assert shown(desk("ben")) == {ring: ("closed", "confirmed"), other: ("open", None)}
    assert [row.ring_id for row in desk("ben").queue()] == [other]
    (told,) = desk("ben").log(ring)
    assert (told["author"], told["at"], told["note"], told["day"]) == ("ana", NOON, "one card", MONDAY)
    assert told["probability"] == pytest.approx(0.9)


def test_an_undo_is_another_row_and_opens_the_ring_again(desk, ring: str) -> None:
    seq = desk("ana").decide(ring, "benign")

    desk("ben").undo(seq, "wrong ring")

    assert shown(desk("ana"))[ring] == ("open", None)
    assert [(row["decision"], row["undone_by"]) for row in desk("ana").log(ring)] == [("benign", "ben"), ("undo", None)]
    with pytest.raises(UsageError, match=f"verdict {seq} was undone by ben already"):
        desk("ana").undo(seq)
    with pytest.raises(UsageError, match="there is no verdict 999"):
        desk("ana").undo(999)


def test_verdicts_are_never_changed_or_deleted(desk, store: Store, ring: str) -> None:
    desk("ana").decide(ring, "confirmed")
    for statement in (
        "UPDATE verdict SET decision = 'benign'",
        "UPDATE verdict SET author = 'eve'",
        "DELETE FROM verdict",
        "DELETE FROM verdict_member",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="is append-only"), store.engine.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_ring_that_somebody_claimed_is_reviewed_by_nobody_else_until_the_claim_runs_out(
    desk, clock: Clock, ring: str
) -> None:
    until = desk("ana").claim(ring, hours=2)

    assert until == NOON + timedelta(hours=2)
    assert shown(desk("ben"))[ring] == ("in_review", None)
    for act in (lambda: desk("ben").claim(ring), lambda: desk("ben").decide(ring, "benign")):
        with pytest.raises(UsageError, match=f"ana is reviewing {ring}, until 2026-03-03 14:00 UTC"):
            act()
    clock.now = until
    assert shown(desk("ben"))[ring] == ("open", None)
    desk("ben").claim(ring)
    with pytest.raises(UsageError, match="ben is reviewing"):
        desk("ana").decide(ring, "benign")


def test_a_claim_ends_with_the_decision_or_when_it_is_given_back(desk, ring: str) -> None:
    desk("ana").claim(ring)
    desk("ana").unclaim(ring)
    with pytest.raises(UsageError, match=f"{ring} is not claimed by ana"):
        desk("ana").unclaim(ring)
    desk("ben").claim(ring)
    desk("ben").decide(ring, "unsure")
    desk("ana").claim(ring)


@pytest.fixture
def two(address: str, store: Store) -> Iterator[list[Store]]:
    stores = [Store.open(address), Store.open(address)]
    yield stores
    for each in stores:
        each.close()


def test_of_two_who_claim_a_ring_at_the_same_time_one_gets_it(two: list[Store], ring: str) -> None:
    def attempt(place: int) -> str:
        try:
            Desk(two[place % 2], Settings(), f"reviewer {place}", lambda: NOON).claim(ring)
        except UsageError as refused:
            return str(refused)
        return "claimed"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))

    assert outcomes.count("claimed") == 1
    assert sum("is reviewing" in outcome for outcome in outcomes) == 7


def test_members_are_released_and_the_rest_confirmed_in_one_step(desk, ring: str) -> None:
    desk("ana").decide(ring, "partly_confirmed", members={"A001": "released", "A002": "belongs"})

    seen = {member["account_id"]: member["decision"] for member in desk("ben").ring(ring).members}
    assert seen == dict.fromkeys(accounts(range(6)), None) | {"A001": "released", "A002": "belongs"}
    with pytest.raises(UsageError, match=f"A010 is not in {ring}"):
        desk("ana").decide(ring, "confirmed", members={"A010": "released"})
    assert len(desk("ana").log(ring)) == 3


def test_of_several_rings_all_are_decided_or_none(desk, store: Store, ring: str) -> None:
    other = ring_of(store, MONDAY, "A010")
    desk("ben").claim(other)
    with pytest.raises(UsageError, match="ben is reviewing"):
        desk("ana").decide_many([ring, other], "benign")
    assert shown(desk("ana"))[ring] == ("open", None)

    desk("ben").decide_many([ring, other], "benign", "one campus")

    assert shown(desk("ana")) == {ring: ("closed", "benign"), other: ("closed", "benign")}
    assert {row["stream"] for row in desk("ana").log()} == {"bulk"}


@pytest.mark.parametrize(
    ("groups", "outcome"),
    [
        ({"a": [*range(12)]}, "confirmed"),  # two are new
        ({"a": [*range(9)]}, "confirmed"),  # one left
        ({"a": [*range(20)]}, None),  # half is new
        ({"a": [*range(5)], "rest": [*range(5, 10)]}, "confirmed"),  # cut in two: both are known
        ({"a": [*range(10), *range(30, 40)]}, None),  # merged with as many others
    ],
)
def test_a_verdict_goes_on_with_the_members_it_was_about(
    desk, store: Store, groups: dict[str, list[int]], outcome: str | None
) -> None:
    publish(store, MONDAY, {"a": accounts(range(10)), "other": accounts(range(30, 40))})
    desk("ana").decide(ring_of(store, MONDAY, "A000"), "confirmed")

    publish(store, TUESDAY, {name: accounts(*numbers) for name, numbers in groups.items()})

    now = {ring_of(store, TUESDAY, accounts(numbers[0])[0]) for numbers in groups.values()}
    assert {shown(desk("ben"))[ring_id][1] for ring_id in now} == {outcome}


def test_a_ring_is_due_by_how_likely_it_is(desk, store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))}, probability=0.97)
    (row,) = desk("ana").queue()
    assert (row.band, row.due) == ("near_certain", datetime(2026, 3, 4))  # a day after the end of Monday
    (row,) = desk("ana", review_due_hours={"near_certain": 1}).queue()
    assert row.due == datetime(2026, 3, 3, 1)


def test_a_ring_that_is_open_again_is_due_from_the_day_that_changed_it(desk, store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))}, probability=0.97)
    desk("ana").decide(ring_of(store, MONDAY, "A000"), "confirmed")
    publish(store, WEDNESDAY, {"a": accounts(range(12))}, probability=0.97)

    (row,) = desk("ben").queue()
    assert (row.status, row.due) == ("open", datetime(2026, 3, 6))


def test_members_are_in_a_ring_since_they_came_back_last(desk, store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, TUESDAY, {"a": accounts(range(5))})
    publish(store, WEDNESDAY, {"a": accounts(range(6))})

    members = desk("ana").ring(ring_of(store, MONDAY, "A000")).members
    since = {member["account_id"]: member["since"] for member in members}
    assert since == dict.fromkeys(accounts(range(5)), MONDAY) | {"A005": WEDNESDAY}


def test_what_was_cleared_and_is_flagged_all_the_same_is_to_be_reviewed(desk, store: Store, ring: str) -> None:
    desk("ana").decide(ring, "benign")
    assert shown(desk("ben"))[ring] == ("closed", "benign")

    flagged = make(store, TUESDAY, judged({"a": accounts(range(6))}))
    store.published.publish(TUESDAY, flagged, 1000, store.published.history(TUESDAY).last_run)

    assert shown(desk("ben"))[ring] == ("open", None)


def test_tokens_of_allowed_identifiers_follow_new_keys(desk, store: Store, ring: str) -> None:
    desk("ana").allow("mailbox", "old token")
    store.keys.renew("two", "ana", lambda facet, names: [f"{facet}: {name.replace('old', 'new')}" for name in names])
    (row,) = desk("ana").allowances()
    assert row["identifier"] == "mailbox: new token"


@pytest.mark.parametrize(("search", "found"), [("A012", {"A010"}), ("card:2", {"A000", "A010"}), ("nothing", set())])
def test_rings_are_found_by_account_and_identifier(desk, store: Store, ring: str, search: str, found: set[str]) -> None:
    assert {row.ring_id for row in desk("ana").queue(search=search)} == {ring_of(store, MONDAY, a) for a in found}


def test_a_page_of_the_queue_has_the_largest_rings_when_asked_by_size(desk, store: Store, ring: str) -> None:
    assert [row.size for row in desk("ana").queue(order="size")] == [10, 6]
    assert [row.size for row in desk("ana").queue(order="size", limit=1, offset=1)] == [6]
    with pytest.raises(UsageError, match="no order luck"):
        desk("ana").queue(order="luck")


def test_an_allowance_says_which_rings_rest_on_the_identifier_and_expires(desk, ring: str) -> None:
    told = {row["ring_id"]: row for row in desk("ana").preview("payment", "card:1")}

    assert told[ring]["bits"] == pytest.approx(2.25)  # one of two cards that are worth 4.5 bits
    assert (told[ring]["probability"], told[ring]["without"]) == pytest.approx((8 / 9, 2**0.75 / (1 + 2**0.75)))
    assert not told[ring]["loses"]
    with pytest.raises(UsageError, match="2026-03-03 has passed"):
        desk("ana").allow("payment", "card:1", expires=NOON.date())


def test_an_allowance_counts_from_the_next_day_to_the_day_before_it_expires(desk, store: Store, ring: str) -> None:
    desk("ana").allow("payment", "card:1", expires=date(2026, 3, 5), note="a shop")

    allowed = [bool(store.verdicts.allowed(date(2026, 3, day))) for day in (2, 3, 4, 5)]
    assert allowed == [False, True, True, False]
    (row,) = desk("ben").allowances()
    desk("ben").undo(row["seq"])
    assert store.verdicts.allowed(TUESDAY) == desk("ben").allowances() == []


def test_somebody_else_is_asked_for_a_second_opinion_and_agreement_is_counted(desk, store: Store) -> None:
    groups = {str(n): accounts(range(10 * n, 10 * n + 5)) for n in range(4)}
    publish(store, MONDAY, groups)
    rings = [ring_of(store, MONDAY, members[0]) for members in groups.values()]
    for ring_id, decision in zip(rings, ["confirmed", "confirmed", "benign", "benign"], strict=True):
        desk("ana").decide(ring_id, decision)

    assert desk("ana", review_second_share=1).queue() == []
    asked = desk("ben", review_second_share=1).queue()
    assert {(row.ring_id, row.stream) for row in asked} == {(ring_id, "second opinion") for ring_id in rings}
    for ring_id, decision in zip(rings, ["confirmed", "benign", "benign", "benign"], strict=True):
        desk("ben").decide(ring_id, decision, stream="second opinion")

    # three of four agree; chance: 1/2 * 1/4 + 1/2 * 3/4 = 1/2
    assert desk("ana").agreement() == {"rings": 4, "agreed": 0.75, "kappa": pytest.approx(0.5)}
    assert desk("cem", review_second_share=1).queue() == []


def test_an_erased_account_is_named_by_no_verdict_any_more(desk, store: Store, ring: str) -> None:
    desk("ana").decide(ring, "confirmed", "A001 pays for all", members={"A001": "belongs"})
    desk("ana").pair("A002", "A001", "together")

    store.tombstones.erase("A001", "erased-2f7c")

    assert store.tombstones.naming("A001") == 0
    assert {row["account_id"] for row in desk("ana").log() if row["account_id"]} == {"erased-2f7c"}
    publish(store, WEDNESDAY, {"a": ["erased-2f7c", *accounts(0, range(2, 6))]})
    assert shown(desk("ana"))[ring] == ("closed", "confirmed")


def test_what_is_unknown_is_said_in_a_sentence(desk, store: Store, ring: str) -> None:
    with pytest.raises(UsageError, match="there is no ring R-NONE"):
        desk("ana").ring("R-NONE")
    with pytest.raises(UsageError, match="wonderful is no decision here; it takes confirmed"):
        desk("ana").decide(ring, "wonderful")
    with pytest.raises(UsageError, match="a pair takes two"):
        desk("ana").pair("A001", "A001", "apart")


def test_the_account_and_the_night_are_told_from_the_same_store(desk, ring: str) -> None:
    seen = desk("ana").account("A001")
    assert (seen["now"]["ring_id"], seen["before"], seen["verdicts"]) == (ring, [], [])
    night = desk("ana").night()
    assert (night["day"], night["events"], [run["state"] for run in night["runs"]]) == (
        MONDAY,
        {"new": 2},
        ["published"],
    )


def test_a_verdict_that_cannot_be_written_leaves_nothing(desk, ring: str) -> None:
    with pytest.raises(InfrastructureError, match=r"ck_verdict_decision|CHECK constraint"):
        desk("ana").store.verdicts.add(NOON, "ana", "ring", "wonderful", ring_id=ring)
    assert desk("ana").log() == []
