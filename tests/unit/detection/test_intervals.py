"""How far a probability may be off, against another library and by what an interval must be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from ringwatch.cli.output import Probability
from ringwatch.score import intervals, scorecard

# Nine in ten groups of log2 odds around 3 were rings, and one in a thousand of those around -10.
RELIABILITY = ((-10.0, 8000, 8), (3.0, 40, 36), (12.0, 22, 22))


def around(odds: float, moved: float = 0.0, reliability: tuple[tuple[float, int, int], ...] = RELIABILITY):  # type: ignore[no-untyped-def]
    low, high = intervals.around(np.array([odds]), reliability, moved)
    return float(low[0]), float(intervals.bounded(1 / (1 + np.exp2(-np.array([odds + moved]))))[0]), float(high[0])


@given(
    st.floats(-70, 70),
    st.floats(-20, 0),
    st.lists(
        st.tuples(st.floats(-20, 20), st.integers(1, 10_000), st.floats(0, 1)),
        min_size=1,
        max_size=6,
        unique_by=lambda part: part[0],
    ),
)
def test_an_interval_has_room_on_both_sides_of_its_probability(
    odds: float, moved: float, parts: list[tuple[float, int, float]]
) -> None:
    reliability = tuple((centre, groups, round(share * groups)) for centre, groups, share in sorted(parts))
    low, probability, high = around(odds, moved, reliability)
    assert 0 <= low < probability < high <= 1
    told = [str(Probability(end)) for end in (low, probability, high)]
    assert told[0] != told[1] or told[1] == "<0.01"
    assert told[1] != told[2] or told[1] == ">0.99"


@pytest.mark.parametrize("feeds", [("accounts", "devices", "ips", "payments"), ("accounts", "devices", "ips", "usage")])
@pytest.mark.parametrize("odds", [-18.0, -4.0, 0.0, 0.73, 1.4, 4.0, 9.0, 25.0])
def test_the_scorecards_leave_room_wherever_a_probability_falls(feeds: tuple[str, ...], odds: float) -> None:
    low, probability, high = around(odds, 0.0, scorecard.load(feeds).reliability)
    assert low < probability < high
    if 0.3 < probability < 0.9:
        assert high < 0.99
        assert low > 0.01


def test_what_is_known_of_many_groups_is_known_more_closely() -> None:
    few, many = ((3.0, 20, 18),), ((3.0, 2000, 1800),)
    widths = [high - low for low, _, high in (around(3.17, 0.0, part) for part in (few, many))]
    assert widths[0] > 5 * widths[1]


def test_groups_of_like_odds_that_were_rings_less_often_widen_the_interval_downwards() -> None:
    half_of_them = ((3.0, 200, 100),)
    low, probability, _ = around(3.0, 0.0, half_of_them)
    assert probability == pytest.approx(8 / 9, abs=1e-6)
    assert low < 0.5


def test_on_a_night_with_few_rings_interval_and_probability_move_together() -> None:
    usual, moved = around(3.0), around(3.0, -4.0)
    assert all(there < here for there, here in zip(moved, usual, strict=True))


@pytest.mark.parametrize(("rings", "groups"), [(0, 5), (3, 7), (40, 41), (500, 1000)])
def test_the_ends_are_those_of_another_library(rings: int, groups: int) -> None:
    expected = binomtest(rings, groups).proportion_ci(0.9, method="wilson")
    low, high = intervals.wilson(np.array([rings / groups]), np.array([groups]))
    assert np.allclose([low[0], high[0]], [expected.low, expected.high], atol=1e-4)
