from datetime import date

import pandas as pd
import pytest

from ringwatch.evaluate.over_time import delay, stability
from ringwatch.evaluate.truth import Truth

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, day) for day in (2, 3, 4))


def night(probability: float = 0.9, **groups: str) -> pd.DataFrame:
    """Groups of accounts (letters), all of kind operator, flagged from one half."""
    rows = [(name, account, "operator", probability) for name, accounts in groups.items() for account in accounts]
    judged = pd.DataFrame(rows, columns=["ring_id", "account_id", "kind", "ring_probability"])
    return judged.assign(flagged=judged["ring_probability"] >= 0.5)


def truth(**operators: tuple[str, date]) -> Truth:
    rows = [(a, name, "chain", "operator", day) for name, (accounts, day) in operators.items() for a in accounts]
    members = pd.DataFrame(rows, columns=["account_id", "operator_id", "style", "kind", "first_day"])
    return Truth(members, pd.DataFrame({"account_id": [], "context": [], "first_day": []}))


def test_a_ring_that_keeps_most_members_is_kept_under_any_name() -> None:
    found = stability({MONDAY: night(c1="abcd"), TUESDAY: night(c2="abcde")}, keep_probability=0.3)

    assert (found.nights, found.rings, found.followed, found.kept) == (2, 1, 1, 1)
    assert found.jaccard == pytest.approx(4 / 5)


def test_a_ring_that_becomes_unsure_is_kept_until_the_lower_probability() -> None:
    def kept(probability: float) -> int:
        return stability({MONDAY: night(c="abcd"), TUESDAY: night(probability, c="abcd")}, 0.3).kept

    assert (kept(0.35), kept(0.25)) == (1, 0)


def test_a_ring_that_falls_apart_is_not_followed() -> None:
    found = stability({MONDAY: night(c="abcdefgh"), TUESDAY: night(c="xyz")}, 0.3)
    assert (found.rings, found.followed, found.jaccard) == (1, 0, None)


def test_days_count_from_when_an_operator_could_be_a_ring() -> None:
    known = truth(slow=("abcd", MONDAY), late=("efg", MONDAY), more=("hijk", WEDNESDAY))
    late = Truth(pd.concat([known.members, truth(late=("z", TUESDAY)).members]), known.contexts)
    nights = {MONDAY: night(), TUESDAY: night(c="abcd"), WEDNESDAY: night(c="abcd", d="efgz")}

    found = delay(nights, late, min_size=4)

    assert (found.operators, found.found, found.days) == (3, 2, (1, 1))
    assert found.median_days == 1


def test_operators_that_never_grow_to_a_ring_are_not_waited_for() -> None:
    assert delay({MONDAY: night()}, truth(pair=("ab", MONDAY)), min_size=4).operators == 0
