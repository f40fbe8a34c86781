"""Which groups stay, which are one, and how usual rings are tonight."""

import numpy as np
import pandas as pd
import pytest
from hand_worked import group

from ringwatch.score import selection


def members(groups: pd.DataFrame) -> dict[str, str]:
    return groups.groupby("candidate")["account_id"].agg("".join).to_dict()


def pick(
    groups: pd.DataFrame, odds: pd.Series, whole: pd.Series, smallest: int = 4, places: str = ""
) -> dict[str, str]:
    """What is picked; the accounts have their places by the alphabet, or as they come in `places`."""
    order = list(places) or sorted(set(groups["account_id"]))
    numbers = pd.Series(range(1, len(order) + 1), index=order)
    return members(selection.pick(groups, odds, whole, numbers, smallest))


def test_of_overlapping_groups_the_one_that_is_a_ring_and_whole_stays() -> None:
    groups = pd.concat(
        [
            group("A", "B", "C", "D", candidate="part"),
            group("A", "B", "C", "D", "E", "F", candidate="whole"),
            group("F", "G", "H", "I", "J", candidate="neighbour"),
            group("E", "F", "W", "X", "Y", "Z", candidate="overlapping"),
        ]
    )
    whole = pd.Series({"part": 2.0, "whole": 3.0, "neighbour": 1.0, "overlapping": 0.5})

    picked = pick(groups, whole + 9, whole, smallest=3)

    assert picked == {"whole": "ABCDEF", "neighbour": "GHIJ"}


def test_a_likelier_ring_is_taken_before_what_would_be_a_better_whole() -> None:
    groups = pd.concat([group(*"ABCDE", candidate="crowd"), group(*"ABCD", candidate="ring")])
    odds, whole = pd.Series({"crowd": -3.0, "ring": 6.0}), pd.Series({"crowd": 1.0, "ring": 0.0})

    assert pick(groups, odds, whole) == {"ring": "ABCD"}


def test_a_scrap_of_a_ring_is_not_picked_and_what_is_no_ring_at_all_is_shown() -> None:
    groups = pd.concat([group(*"ABCD", candidate="scrap"), group(*"WXYZ", candidate="office")])
    odds, whole = pd.Series({"scrap": 6.0, "office": -9.0}), pd.Series({"scrap": -6.0, "office": -6.0})

    assert pick(groups, odds, whole) == {"office": "WXYZ"}


def test_groups_that_are_hopeless_take_nothing_from_others() -> None:
    groups = pd.concat([group(*"ABCD", candidate="office"), group(*"CDEF", candidate="ring")])

    picked = pick(groups, pd.Series({"office": -9.0, "ring": 1.0}), pd.Series({"office": 5.0, "ring": 0.0}))

    assert picked == {"ring": "CDEF"}


def test_of_equals_the_largest_goes_first() -> None:
    groups = pd.concat([group(*"ABCD", candidate="a"), group(*"BCDEF", candidate="b")])
    equal = pd.Series({"a": 5.0, "b": 5.0})

    assert pick(groups, equal, equal) == {"b": "BCDEF"}


def test_of_equals_of_one_size_the_places_of_their_accounts_decide_and_not_their_names() -> None:
    groups = pd.concat([group(*"ABCD", candidate="a"), group(*"DEFG", candidate="b")])
    equal = pd.Series({"a": 5.0, "b": 5.0})

    assert pick(groups, equal, equal, places="GFEDCBA") == {"b": "DEFG"}
    assert pick(groups, equal, equal, places="ABCDEFG") == {"a": "ABCD"}


def test_likely_groups_that_are_linked_are_looked_at_as_one() -> None:
    groups = pd.concat(
        [group(*"AB", candidate="c-one"), group(*"CD", candidate="c-two"), group(*"EF", candidate="c-no")]
    )
    links = pd.DataFrame({"source": ["A", "B", "A"], "target": ["C", "D", "E"], "bits": [2.0, 2.0, 9.0]})

    united = selection.unite(groups, pd.Series({"c-one": 5.0, "c-two": 5.0, "c-no": -9.0}), links)

    assert set(united.groupby("group")["account_id"].agg("".join)) == {"ABCD"}


def test_what_likely_groups_around_it_would_add_is_looked_at_with_the_one_that_was_picked() -> None:
    picked = pd.concat([group(*"ABCD", candidate="core"), group(*"UVWX", candidate="other")])
    groups = pd.concat(
        [
            group(*"ABCD", candidate="core"),
            group(*"ABCEF", candidate="wider"),
            group(*"DGHIJ", candidate="touching"),
            group(*"ABCK", candidate="unlikely"),
            group(*"ABUVWX", candidate="taken"),
        ]
    )
    odds = pd.Series({"core": 5.0, "other": 5.0, "wider": 5.0, "touching": 5.0, "unlikely": -9.0, "taken": 5.0})

    assert members(selection.grow(picked, groups, odds)) == {"core": "ABCDEF"}


def test_on_a_night_without_rings_all_odds_fall() -> None:
    odds = pd.Series(np.full(500, -6.0))

    assert selection.shift(odds, prior=-4.0) < -2


def test_a_night_never_raises_the_odds() -> None:
    assert selection.shift(pd.Series([12.0] * 100), prior=-4.0) == 0


def test_on_a_night_as_usual_the_odds_stay() -> None:
    odds = pd.Series([12.0] * 100 + [-12.0] * 900)

    assert selection.shift(odds, prior=float(np.log2(100 / 900))) == pytest.approx(0, abs=0.05)


def rings(**accounts: str) -> pd.DataFrame:
    return pd.DataFrame([(ring, a) for ring, text in accounts.items() for a in text], columns=["ring", "account_id"])


def test_a_group_is_steady_that_has_a_ring_of_last_night_and_of_no_other_whoever_is_new() -> None:
    groups = pd.concat(
        [
            group(*"ABCD", candidate="same"),
            group(*"ABCDXYZ", candidate="grown"),
            group(*"AB", candidate="part"),
            group(*"ABCDEFGH", candidate="both"),
            group(*"XYZ", candidate="new"),
        ]
    )
    steady = selection.steadiness(groups, rings(one="ABCD", two="EFGH"))
    assert steady.to_dict() == {"same": 1.0, "grown": 1.0, "part": 0.5, "both": 0.5}


def test_the_heir_of_a_ring_is_the_group_that_has_most_of_it() -> None:
    picked = pd.concat([group(*"ABCX", candidate="most"), group(*"DEYZ", candidate="less")])
    assert members(selection.heirs(picked, rings(one="ABCDEF"))) == {"most": "ABCDEF"}
    assert selection.heirs(picked, selection.NO_RINGS).empty
