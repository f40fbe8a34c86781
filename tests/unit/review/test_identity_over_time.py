"""How rings fare over many nights: ids last while members come and go, and events tell what stays."""

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged import FRIDAY, MONDAY, NOTHING, THRESHOLDS, THURSDAY, TUESDAY, WEDNESDAY, accounts, judged

from ringwatch.review.nightly import nightly
from ringwatch.store.published import Published
from ringwatch.store.records import History, Nightly
from ringwatch.store.store import Store

NIGHTS, RINGS, SIZE, CHURN = 30, 3, 10, 0.2
CARDS = frozenset({"payment"})
Groups = Mapping[str, list[str]]


@pytest.fixture
def rings(tmp_path: Path) -> Iterator[Published]:
    store = Store.open(tmp_path / "review.db")
    yield store.published
    store.close()


def publish(rings: Published, day: date, groups: Groups, card: str = "card:1", reviewed: tuple[str, ...] = ()) -> None:
    """Publish the groups for the day; all of them pay with `card`."""
    found = judged(groups)
    cards = found.evidence["identifiers"].map(lambda names: [card] if "card:1" in names else [*names])
    history = rings.history(day)
    night = nightly(
        day, type(found)(found.rings, found.members, found.evidence.assign(identifiers=cards)), history, THRESHOLDS,
        CARDS, reviewed,
    )  # fmt: skip
    rings.publish(day, night, 1000, history.last_run)


def of(rings: Published, day: date) -> dict[str, str]:
    """Ring of each account."""
    flagged = rings.flagged(day)
    return dict(zip(flagged["account_id"], flagged["ring_id"], strict=True))


def told(rings: Published, day: date) -> dict[str, str]:
    return {row["ring_id"]: row["event"] for row in rings.rings(day)}


def churned(chance: random.Random) -> Iterator[Groups]:
    """Groups night by night; every night a fifth of each leaves for good and as many join."""
    new = iter(accounts(range(1000)))
    groups = {f"c{n}": [next(new) for _ in range(SIZE)] for n in range(RINGS)}
    while True:
        yield groups
        gone = int(SIZE * CHURN)
        groups = {
            name: chance.sample(members, SIZE - gone) + [next(new) for _ in range(gone)]
            for name, members in groups.items()
        }


def after(night: Nightly, day: date, before: History) -> History:
    """The history of one more night, of rings that are all flagged on it."""
    stays = pd.concat([before.members, night.members[["ring_id", "account_id"]].assign(nights=1)])
    nights = stays.groupby(["ring_id", "account_id"], as_index=False)["nights"].sum()
    rings = night.flagged[["ring_id", "kind", "band", "size"]]
    return History(
        rings.assign(first_day=day, last_day=day, active=True, absorbed=False),
        nights.merge(night.members[["ring_id", "account_id", "probability"]]),
        dict(zip(night.flagged["ring_id"], night.flagged["fingerprint"], strict=True)) | before.taken,
    )


@settings(max_examples=2, deadline=None)
@given(st.randoms(use_true_random=False))
def test_thirty_nights_in_which_a_fifth_of_members_changes_keep_their_ids(chance: random.Random) -> None:
    ids: dict[str, list[str]] = {}
    nights, history = churned(chance), NOTHING
    for day in (MONDAY + timedelta(n) for n in range(NIGHTS)):
        groups = next(nights)
        night = nightly(
            day, judged({name: groups[name] for name in chance.sample(sorted(groups), RINGS)}), history, THRESHOLDS
        )
        ring = night.members.set_index("account_id")["ring_id"]
        for name, members in groups.items():
            ids.setdefault(name, []).append(ring[members[0]])
        history = after(night, day, history)

    kept = [today == tomorrow for of_ring in ids.values() for today, tomorrow in pairwise(of_ring)]
    assert sum(kept) >= 0.95 * len(kept)


def test_a_skipped_night_costs_no_id(rings: Published) -> None:
    publish(rings, MONDAY, {"c": accounts(range(8))})
    publish(rings, WEDNESDAY, {"x": accounts(range(2, 10))})
    assert set(of(rings, MONDAY).values()) == set(of(rings, WEDNESDAY).values())


def test_an_older_day_published_again_keeps_the_ids_of_both_days(rings: Published) -> None:
    for day, members in ((MONDAY, range(8)), (TUESDAY, range(1, 9)), (WEDNESDAY, range(2, 10))):
        publish(rings, day, {"c": accounts(members)})
    before = set(of(rings, WEDNESDAY).values())
    publish(rings, TUESDAY, {"x": accounts(range(1, 8))})
    publish(rings, WEDNESDAY, {"x": accounts(range(2, 10))})
    assert before == set(of(rings, TUESDAY).values()) == set(of(rings, WEDNESDAY).values())


def test_who_is_back_after_a_night_away_is_no_news(rings: Published) -> None:
    for day, members in ((MONDAY, range(8)), (TUESDAY, range(8)), (WEDNESDAY, range(7)), (THURSDAY, range(8))):
        publish(rings, day, {"c": accounts(members)})
    assert [*told(rings, WEDNESDAY).values(), *told(rings, THURSDAY).values()] == ["shrunk", "unchanged"]


def test_who_leaves_after_one_night_is_no_news(rings: Published) -> None:
    for day, members in ((MONDAY, range(8)), (TUESDAY, range(9)), (WEDNESDAY, range(8)), (THURSDAY, range(7))):
        publish(rings, day, {"c": accounts(members)})
    assert [*told(rings, TUESDAY).values(), *told(rings, WEDNESDAY).values()] == ["grown", "unchanged"]
    assert [*told(rings, THURSDAY).values()] == ["shrunk"]


def test_a_ring_that_comes_back_under_other_accounts_is_its_old_case(rings: Published) -> None:
    publish(rings, MONDAY, {"c": accounts(range(8))}, "card:7")
    publish(rings, TUESDAY, {})
    publish(rings, WEDNESDAY, {"c": accounts(range(100, 106))}, "card:7")
    (old,) = set(of(rings, MONDAY).values())
    assert told(rings, WEDNESDAY) == {old: "returned"}
    check = next(row for row in rings.evidence(old, WEDNESDAY) if row["reason"] == "returned")
    assert check["text"] == "Other accounts than on 2026-03-02, when it was last flagged, but the same card:7"

    publish(rings, THURSDAY, {"c": accounts(range(100, 106))}, "card:7")
    publish(rings, WEDNESDAY, {"x": accounts(range(100, 106))}, "card:7")
    assert told(rings, WEDNESDAY) == {old: "returned"}
    assert told(rings, THURSDAY) == {old: "unchanged"}


def test_a_ring_that_is_flagged_does_not_lend_its_id_to_others_who_pay_alike(rings: Published) -> None:
    publish(rings, MONDAY, {"c": accounts(range(8))}, "card:7")
    publish(rings, TUESDAY, {"c": accounts(range(8)), "d": accounts(range(100, 106))}, "card:7")
    assert sorted(told(rings, TUESDAY).values()) == ["new", "unchanged"]


def test_of_merged_rings_the_oldest_that_somebody_decided_on_keeps_its_id(rings: Published) -> None:
    publish(rings, MONDAY, {"old": accounts(range(8))})
    publish(rings, TUESDAY, {"old": accounts(range(8)), "young": accounts(range(10, 16))})
    young = of(rings, TUESDAY)["A010"]
    publish(rings, WEDNESDAY, {"both": accounts(range(8), range(10, 16))}, reviewed=(young,))
    assert set(of(rings, WEDNESDAY).values()) == {young}
    assert rings.canonical(of(rings, MONDAY)["A000"]) == young


def test_the_part_with_the_members_of_long_standing_keeps_the_id(rings: Published) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        publish(rings, day, {"c": accounts(range(5))})
    publish(rings, THURSDAY, {"c": accounts(range(5), range(20, 26))})
    publish(rings, FRIDAY, {"old": accounts(range(5)), "new": accounts(range(20, 26))})
    assert of(rings, FRIDAY)["A000"] == of(rings, MONDAY)["A000"]
    assert of(rings, FRIDAY)["A020"] != of(rings, MONDAY)["A000"]


def test_a_change_of_members_says_who_and_why(rings: Published) -> None:
    publish(rings, MONDAY, {"c": accounts(range(8)), "d": accounts(range(10, 16))})
    publish(rings, TUESDAY, {"c": accounts(range(7)), "d": accounts(range(10, 16))})
    publish(rings, WEDNESDAY, {"c": accounts(range(1, 8), 10, 30), "d": accounts(0, range(11, 16))})
    ring = of(rings, MONDAY)
    assert [(move["account_id"], move["move"], move["why"]) for move in rings.moves(ring["A001"], WEDNESDAY)] == [
        ("A007", "joined", "back, was here until 2026-03-02"),
        ("A010", "joined", f"from {ring['A010']}"),
        ("A030", "joined", "new to it"),
        ("A000", "departed", f"to {ring['A010']}"),
    ]
    assert [move["why"] for move in rings.moves(ring["A001"], TUESDAY)] == ["no longer tied to it"]
    assert rings.moves(ring["A001"], MONDAY) == []
