"""Which groups candidates become, against worlds that were worked out by hand."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from clean_days import MONDAY, accounts, used
from hand_worked import CARD, EVERYBODY, NO_TREES, OPENED, WEEK, group

from ringwatch.night import Night
from ringwatch.score import groups, variants
from ringwatch.score.scorecard import Sheet
from ringwatch.score.trees import Tree, Trees
from ringwatch.search import candidates
from ringwatch.window import sharing

OpenNight = Callable[..., Night]
ONE, TWO = EVERYBODY[:4], EVERYBODY[4:8]


@pytest.fixture
def night(open_night: OpenNight) -> Night:
    """Two rings of four share a device each; the last of one and the first of the other share one, too."""
    devices = [used(name, "one", MONDAY) for name in ONE] + [used(name, "two", MONDAY) for name in TWO]
    devices += [used(name, "between", MONDAY) for name in (ONE[3], TWO[0])]
    return open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY, created_at=OPENED), "devices": devices}})


def gathered(night: Night, found: pd.DataFrame) -> dict[str, list[str]]:
    with sharing.open_sharing(night) as connection:
        groups = variants.gather(connection, found.assign(lane="wide", stability=0.5), CARD, 4).groups
    return groups.groupby("candidate")["account_id"].agg(list).to_dict()


def test_a_group_comes_once_and_is_named_after_its_accounts(night: Night) -> None:
    found = pd.concat([group(*ONE), group(*ONE, EVERYBODY[9], candidate="with a stranger")])

    assert gathered(night, found) == {candidates.name(pd.Series(ONE)): ONE}


def test_a_group_that_is_too_small_without_strangers_is_none(night: Night) -> None:
    assert gathered(night, group(*ONE[:3], EVERYBODY[9])) == {}


def test_likely_groups_that_are_linked_come_as_one_too(night: Night) -> None:
    found = pd.concat([group(*ONE, candidate="one"), group(*TWO, candidate="two")])

    assert sorted(gathered(night, found).values()) == [ONE, [*ONE, *TWO], TWO]


def settled(open_night: OpenNight, odds: float, rings: pd.DataFrame | None = None) -> dict[str, list[str]]:
    """What becomes of two picked groups on a device each, with two or one members who mostly use one of their own, and
    of what were rings (ring, account_id) last night.
    """
    devices = [used(name, "one", MONDAY) for name in ONE] + [used(name, "two", MONDAY) for name in TWO]
    devices += [used(name, f"of {name}", day) for name in (ONE[3], TWO[0]) for day in WEEK]
    devices += [used(EVERYBODY[8], "two", MONDAY)]
    night = open_night({WEEK[-1]: {"accounts": accounts(*EVERYBODY, created_at=OPENED), "devices": devices}})
    against = Tree((0, -1, -1), (0.5, 0, 0), (True, True, True), (1, 0, 0), (2, 0, 0), (0.0, 0.0, -2.0))
    card = replace(CARD, member=Trees(("device",), 1.0, (against,)))
    picked = pd.concat([group(*ONE, candidate="one"), group(*TWO, EVERYBODY[8], candidate="two")])
    with sharing.open_sharing(night) as connection:
        found = variants.settle(connection, picked, pd.Series({"one": odds, "two": odds}), card, 4, rings)
    return found.groupby("candidate")["account_id"].agg(sorted).to_dict()


def test_who_rather_does_not_belong_to_a_likely_ring_leaves_it_if_a_ring_remains(open_night: OpenNight) -> None:
    assert settled(open_night, odds=5.0) == {"one": ONE, "two": [*TWO[1:], EVERYBODY[8]]}


def test_a_group_that_is_no_likely_ring_is_shown_as_it_is(open_night: OpenNight) -> None:
    assert settled(open_night, odds=-5.0) == {"one": ONE, "two": [*TWO, EVERYBODY[8]]}


def test_a_member_of_last_night_stays_with_less_than_others_need(open_night: OpenNight) -> None:
    ring = group(*TWO).rename(columns={"candidate": "ring"})
    assert settled(open_night, 5.0, ring) == {"one": ONE, "two": [*TWO, EVERYBODY[8]]}


def test_a_member_of_last_night_that_nothing_ties_to_the_ring_goes(open_night: OpenNight) -> None:
    ring = group(*TWO, EVERYBODY[9]).rename(columns={"candidate": "ring"})
    assert EVERYBODY[9] not in settled(open_night, 5.0, ring)["two"]


def test_a_ring_of_last_night_is_a_candidate_of_tonight_as_far_as_it_is_seen() -> None:
    found = candidates.merge(
        {
            "wide": pd.DataFrame({"account_id": [*"ABCDE"], "community": 1, "stability": 0.5}),
            candidates.KNOWN: candidates.last_night(
                pd.DataFrame({"ring_id": "R-1", "account_id": [*"ABCDZ"]}), pd.Series([*"ABCDE"])
            ),
        },
        min_size=4,
    )
    known = candidates.known(found)
    assert known["account_id"].tolist() == [*"ABCD"]
    assert known["ring"].unique().tolist() == [candidates.name(pd.Series([*"ABCD"]))]


def test_a_night_without_any_candidate_has_no_rings(night: Night) -> None:
    nothing = pd.DataFrame(columns=["candidate", "account_id", "lane", "stability"], dtype="str")

    with sharing.open_sharing(night) as connection:
        tables = groups.score_groups(connection, nothing.astype({"stability": float}), CARD, 4).tables

    assert {name: len(rows) for name, rows in tables.items()} == {"rings": 0, "members": 0, "evidence": 0}


def test_a_member_belongs_to_a_ring_as_surely_however_likely_the_ring_is(night: Night) -> None:
    def judged(base: float) -> tuple[float, list[float]]:
        card = replace(CARD, flag=Sheet(base, {}, NO_TREES))
        with sharing.open_sharing(night) as connection:
            tables = groups.score_groups(connection, group(*ONE).assign(lane="wide", stability=0.5), card, 4).tables
        return tables["rings"]["probability"].item(), tables["members"]["probability"].tolist()

    (likely, of_likely), (unlikely, of_unlikely) = judged(3.0), judged(0.5)
    assert likely > unlikely
    assert of_likely == of_unlikely
