"""Groups below the threshold: some are put to reviewers, who cannot tell; consumers never hear of them."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import MONDAY, THRESHOLDS, TUESDAY, accounts, judged

from ringwatch.review import sampling
from ringwatch.review.desk import Desk
from ringwatch.review.nightly import nightly
from ringwatch.settings import load_settings
from ringwatch.store.records import Candidates, Publication
from ringwatch.store.store import Store

NOW = datetime(2026, 3, 4, 9)
ASKED = 4


def world(flagged: int = 3, below: int = 8, probability: float = 0.2) -> Candidates:
    """Groups of five accounts: those that are flagged first."""
    groups = {f"f{i}": accounts(range(10 * i, 10 * i + 5)) for i in range(flagged)}
    others = {f"b{i}": accounts(range(10 * i, 10 * i + 5)) for i in range(flagged, flagged + below)}
    parts = [judged(groups, 0.9), judged(others, probability)]
    tables = ("rings", "members", "evidence")
    return Candidates(*(pd.concat([getattr(part, name) for part in parts], ignore_index=True) for name in tables))


def publish(store: Store, day: date, found: Candidates, asked: int = ASKED) -> Publication:
    history = store.published.history(day)
    return store.published.publish(day, nightly(day, found, history, THRESHOLDS, asked=asked), 1000, history.last_run)


def desk(store: Store, author: str = "ana", **settings: object) -> Desk:
    return Desk(store, load_settings(**settings), author, lambda: NOW)


@pytest.fixture
def sampled(store: Store) -> Store:
    publish(store, MONDAY, world())
    return store


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store.db")
    yield opened
    opened.close()


def ids(store: Store, day: date = MONDAY) -> set[str]:
    return {row["ring_id"] for row in store.samples.rows(day)}


def test_the_queue_has_groups_below_the_threshold_that_can_be_opened(sampled: Store) -> None:
    rows = desk(sampled).queue()

    asked = [row for row in rows if row.ring_id in ids(sampled)]
    view = desk(sampled).ring(asked[0].ring_id)
    assert (len(rows), len(asked)) == (3 + ASKED, ASKED)
    assert len(view.members) == 5
    assert [reason["text"] for reason in view.evidence["for"]] == ["they share one card"]


def test_no_consumer_sees_a_sampled_group(sampled: Store) -> None:
    asked = ids(sampled)
    desk(sampled).decide(next(iter(asked)), "confirmed")
    publish(sampled, TUESDAY, world(below=0))

    seen = [sampled.consumers.history("rings"), sampled.consumers.history("members"), sampled.consumers.changes()]
    seen += [sampled.consumers.as_of("members", day) for day in (MONDAY, TUESDAY)]
    seen += [sampled.published.flagged(MONDAY), sampled.published.stays()]
    assert not any(asked & set(frame["ring_id"]) for frame in seen)
    assert not asked & {row["ring_id"] for row in sampled.published.rings(MONDAY)}
    assert not asked & set(sampled.published.ring_ids())


def test_a_night_tells_of_no_change_but_those_of_its_rings(sampled: Store) -> None:
    assert sorted(sampled.consumers.changes()["change"]) == ["added"] * 3


def test_nothing_that_a_reviewer_reads_tells_a_sampled_group_from_a_ring(small: Store) -> None:
    """A ring that is likely, and shown blind, has the same figures in the same places."""
    publish(small, MONDAY, Candidates(*(getattr(judged(GROUPS, 0.6), name) for name in TABLES)))
    ring = next(row for row in desk(small).queue(limit=None) if row.probability is None)
    publish(small, TUESDAY, world(flagged=0, below=1))
    (group,) = desk(small).queue(day=TUESDAY)

    known, asked = (asdict(desk(small).ring(row.ring_id)) for row in (ring, group))

    assert {name for name, value in asked["row"].items() if value is None} == {
        name for name, value in known["row"].items() if value is None
    }
    assert asked["row"]["stream"] == known["row"]["stream"] == "queue"
    assert asked["nights"][0].keys() == known["nights"][0].keys()
    assert [reason.keys() for reason in asked["evidence"]["for"]] == [
        reason.keys() for reason in known["evidence"]["for"]
    ]
    assert "0.2" not in repr(asked["row"])


TABLES = ("rings", "members", "evidence")
GROUPS = {f"c{i}": accounts(range(10 * i, 10 * i + 5)) for i in range(40)}


def test_some_rings_are_shown_without_their_probability_too_and_all_with_it_once_decided(small: Store) -> None:
    publish(small, MONDAY, judged(GROUPS, 0.6))
    rows = desk(small).queue(limit=None)

    blind = [row.ring_id for row in rows if row.probability is None]
    desk(small).decide(blind[0], "benign")

    assert 3 <= len(blind) <= 20
    assert desk(small).ring(blind[0]).row.probability == pytest.approx(0.6)


def test_a_verdict_on_a_sampled_group_is_marked_for_statistics_and_closes_it(sampled: Store) -> None:
    group = min(ids(sampled))

    desk(sampled).decide(group, "benign", "neighbours")

    (kept,) = desk(sampled).log(group)
    assert (kept["stream"], kept["probability"]) == ("sample", pytest.approx(0.2))
    assert group not in {row.ring_id for row in desk(sampled).queue()}
    assert sampled.samples.decided()[0]["decision"] == "benign"
    assert desk(sampled).precision() == []


def test_what_was_missed_is_known_the_next_night(sampled: Store) -> None:
    group = min(ids(sampled))
    members = {member["account_id"] for member in desk(sampled).ring(group).members}

    desk(sampled).decide(group, "confirmed")

    decided = sampled.verdicts.decisions(TUESDAY)
    assert set(decided.members["account_id"]) == members


def test_a_day_that_is_published_again_asks_about_the_same_groups(sampled: Store) -> None:
    before = sampled.samples.rows(MONDAY)

    publish(sampled, MONDAY, world())

    run = {"run_id": 0, "published_at": None}
    assert [row | run for row in sampled.samples.rows(MONDAY)] == [row | run for row in before]


def test_a_group_that_is_flagged_when_its_day_is_published_again_goes_on_under_its_id(sampled: Store) -> None:
    group = min(ids(sampled))
    members = {member["account_id"] for member in desk(sampled).ring(group).members}

    publish(sampled, MONDAY, world(flagged=11, below=0))

    assert {m["account_id"] for m in sampled.published.members(group, MONDAY)} == members
    assert group in set(sampled.consumers.changes()["ring_id"])
    assert ids(sampled) == set()


def test_a_ring_that_is_below_when_its_day_is_published_again_is_told_as_withdrawn(small: Store) -> None:
    publish(small, MONDAY, world(flagged=1, below=0))
    (ring,) = small.published.ring_ids()

    publish(small, MONDAY, world(flagged=0, below=1))

    told = small.consumers.changes()
    assert list(told.loc[told["ring_id"] == ring, "change"]) == ["added", "withdrawn"]


def test_a_day_that_is_rolled_back_leaves_what_was_decided(sampled: Store) -> None:
    group, *_ = sorted(ids(sampled))
    desk(sampled).decide(group, "confirmed")

    sampled.published.roll_back(MONDAY - timedelta(1), "the wrong feed")

    assert ids(sampled) == {group}


def test_an_account_that_is_erased_goes_from_sampled_groups_too(sampled: Store) -> None:
    from ringwatch.store import database, erasure

    account = sampled.samples.members(min(ids(sampled)))[0]["account_id"]
    with database.writing(sampled.engine) as connection:
        erasure.replace(connection, account, "erased-1")
        assert erasure.count(connection, account) == 0


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=40), st.integers(1, 12))
def test_each_drawn_group_stands_for_as_many_of_its_part(probabilities: list[float], count: int) -> None:
    rings = pd.DataFrame({"candidate": [f"c{i}" for i in range(len(probabilities))], "probability": probabilities})
    below = judged({name: accounts(range(10 * i, 10 * i + 4)) for i, name in enumerate(rings["candidate"])})
    below = Candidates(below.rings.assign(probability=probabilities), below.members, below.evidence)
    frame = rings[rings["probability"] >= sampling.LEAST]

    drawn = sampling.draw(MONDAY, below, count, {})

    chosen = drawn.rings if drawn else pd.DataFrame({"stratum": [], "weight": []})
    assert len(chosen) == min(count, len(frame))
    sizes = {"doubtful": (frame["probability"] >= sampling.DOUBTFUL).sum()}
    sizes["unlikely"] = len(frame) - sizes["doubtful"]
    for part, weight in chosen.groupby("stratum")["weight"].sum().items():
        assert weight == pytest.approx(sizes[part])
