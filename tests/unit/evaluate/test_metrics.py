import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from ringwatch.evaluate.metrics import (
    Agreement,
    account_agreement,
    false_positives,
    match_rings,
    recall_by_style,
    ring_agreement,
)


def flagged(**rings: str) -> pd.DataFrame:
    """Rings by id; accounts are letters. A name that begins with `reseller` or `context` is of that kind."""
    kinds = {ring: next((k for k in ("reseller", "context") if ring.startswith(k)), "operator") for ring in rings}
    rows = [(ring, account, kinds[ring]) for ring, accounts in rings.items() for account in accounts]
    return pd.DataFrame(rows, columns=["ring_id", "account_id", "kind"])


def members(**operators: str) -> pd.DataFrame:
    """Operators by `style_number`; style `reseller` is a pool."""
    rows = [
        (account, name, name.split("_")[0], "reseller" if name.startswith("reseller") else "operator")
        for name, accounts in operators.items()
        for account in accounts
    ]
    return pd.DataFrame(rows, columns=["account_id", "operator_id", "style", "kind"])


def contexts(**people: str) -> pd.DataFrame:
    rows = [(account, context) for context, accounts in people.items() for account in accounts]
    return pd.DataFrame(rows, columns=["account_id", "context"])


def test_shares_are_worked_out_by_hand() -> None:
    agreement = Agreement(flagged=4, actual=6, right=3)

    assert agreement.precision == pytest.approx(3 / 4)
    assert agreement.recall == pytest.approx(3 / 6)
    assert agreement.f1 == pytest.approx(0.6)


def test_a_share_of_nothing_is_none() -> None:
    nothing = account_agreement(flagged(), members())

    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert Agreement(flagged=0, actual=3, right=0).f1 == 0


def test_only_rings_of_kind_operator_accuse_and_only_members_of_operators_are_right() -> None:
    found = flagged(r1="abcx", reseller="d", context="ey", r2="pq")
    truth = members(careful_1="abcde", reseller_1="pqr")

    assert account_agreement(found, truth) == Agreement(flagged=6, actual=5, right=3)


def test_an_account_in_two_rings_counts_once() -> None:
    assert account_agreement(flagged(r1="ab", r2="bc"), members(drip_1="abc")) == Agreement(3, 3, 3)


def test_rings_match_from_a_jaccard_of_one_half() -> None:
    half = match_rings(flagged(r1="abcdxy"), members(careful_1="abcdef"))  # 4 of 8 accounts in common
    less = match_rings(flagged(r1="abcxyz"), members(careful_1="abcdef"))  # 3 of 9

    assert half.to_dict("records") == [{"ring_id": "r1", "operator_id": "careful_1", "jaccard": 0.5}]
    assert less.empty


def test_a_ring_matches_one_operator_and_an_operator_one_ring() -> None:
    two_in_one = match_rings(flagged(r1="abcdefgh"), members(careful_1="abcd", careful_2="efgh"))
    one_in_two = match_rings(flagged(r1="abcd", r2="efgh"), members(careful_1="abcdefgh"))

    assert len(two_in_one) == 1
    assert len(one_in_two) == 1


def test_rings_of_other_kinds_neither_match_nor_count() -> None:
    truth = members(careful_1="abcd", reseller_1="efgh")
    assert ring_agreement(flagged(context="abcd", r1="efgh"), truth, min_size=4) == Agreement(1, 1, 0)


def test_operators_that_are_too_small_are_not_missed() -> None:
    truth = members(drip_1="abc", drip_2="defg")

    assert ring_agreement(flagged(r1="defg"), truth, min_size=4) == Agreement(1, 1, 1)
    assert account_agreement(flagged(r1="defg"), truth) == Agreement(4, 7, 4)


def test_recall_is_told_by_style() -> None:
    truth = members(careful_1="abcd", careful_2="efgh", drip_1="ijkl", farm_1="mno", reseller_1="pqrs")
    table = recall_by_style(flagged(r1="abcx", r2="ij", r3="m"), truth, min_size=4)

    assert table.to_dict("list") == {
        "style": ["careful", "drip", "farm"],
        "accounts": [8, 4, 3],
        "accounts_found": [3, 2, 1],
        "rings": [2, 1, 0],
        "rings_found": [1, 1, 0],  # r1 has 3 of 5 accounts in common with careful_1, r2 2 of 4 with drip_1
    }


def test_false_positives_are_told_by_context() -> None:
    found = flagged(r1="abcuv", context="w", r2="p")
    table = false_positives(found, members(careful_1="abc", reseller_1="pq"), contexts(campus="uvwx", office="yz"))

    assert table.to_dict("list") == {
        "context": ["campus", "office", "reseller"],
        "accounts": [4, 2, 2],
        "flagged": [2, 0, 1],
        "per_100k": [50_000.0, 0.0, 50_000.0],
    }


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=24))
@settings(deadline=None)
def test_as_many_rings_match_as_an_optimal_assignment_finds(places: list[tuple[int, int]]) -> None:
    """Each account is in a random ring and at a random operator; 0 is none."""
    found = pd.DataFrame(
        [(f"r{ring}", i, "operator") for i, (ring, _) in enumerate(places) if ring],
        columns=["ring_id", "account_id", "kind"],
    )
    truth = pd.DataFrame(
        [(i, f"o{operator}", "drip", "operator") for i, (_, operator) in enumerate(places) if operator],
        columns=["account_id", "operator_id", "style", "kind"],
    )

    pairs = match_rings(found, truth)

    assert pairs["ring_id"].is_unique
    assert pairs["operator_id"].is_unique
    assert len(pairs) == _optimal(places)


def _optimal(places: list[tuple[int, int]]) -> int:
    same = np.zeros((3, 3))
    for ring in (1, 2, 3):
        for operator in (1, 2, 3):
            left = {i for i, place in enumerate(places) if place[0] == ring}
            right = {i for i, place in enumerate(places) if place[1] == operator}
            same[ring - 1, operator - 1] = bool(left | right) and len(left & right) / len(left | right) >= 0.5
    rows, columns = linear_sum_assignment(same, maximize=True)
    return int(same[rows, columns].sum())
