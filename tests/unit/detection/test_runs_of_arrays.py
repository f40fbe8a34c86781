"""Arithmetic on groups of rows, held against what Python's own library says of each group alone."""

import math
import statistics
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwatch.score import runs

GROUPS = 4
ROWS = st.lists(
    st.tuples(st.integers(0, GROUPS - 1), st.one_of(st.just(math.nan), st.floats(-1000, 1000, width=32))), max_size=40
)


def columns(rows: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([group for group, _ in rows], dtype=int), np.array([value for _, value in rows], dtype=float)


def known(rows: list[tuple[int, float]], group: int) -> list[float]:
    return [value for of, value in rows if of == group and not math.isnan(value)]


@given(ROWS)
def test_medians_and_deviations_are_those_of_each_group_alone(rows: list[tuple[int, float]]) -> None:
    medians, deviations = runs.medians(*swapped(rows)), runs.deviations(*swapped(rows))

    for group in range(GROUPS):
        values = known(rows, group)
        if not values:
            assert math.isnan(medians[group])
            assert math.isnan(deviations[group])
            continue
        middle = statistics.median(values)
        assert medians[group] == pytest.approx(middle)
        assert deviations[group] == pytest.approx(statistics.median(abs(value - middle) for value in values))


def swapped(rows: list[tuple[int, float]]) -> tuple[np.ndarray, int, np.ndarray]:
    group, values = columns(rows)
    return group, GROUPS, values


@given(ROWS)
def test_the_highest_of_a_group_passes_over_what_is_unknown(rows: list[tuple[int, float]]) -> None:
    highest = runs.highest(*swapped(rows), none=-1.0)

    assert highest.tolist() == [max(known(rows, group), default=-1.0) for group in range(GROUPS)]


def test_entries_are_spread_over_the_rows_that_have_them() -> None:
    row, at = runs.spread(np.array([7, 0, 3]), np.array([2, 0, 3]))

    assert list(zip(row.tolist(), at.tolist(), strict=True)) == [(0, 7), (0, 8), (2, 3), (2, 4), (2, 5)]


def test_runs_begin_where_any_key_changes() -> None:
    assert runs.starts(np.array([1, 1, 1, 2]), np.array([5, 5, 6, 6])).tolist() == [0, 2, 3]
    assert runs.starts(np.array([], dtype=int)).tolist() == []


@given(st.integers(-4096, 4096), st.integers(0, 3))
def test_halves_are_rounded_away_from_zero(sixteenths: int, digits: int) -> None:
    (rounded,) = runs.rounded(np.array([sixteenths / 16]), digits)

    expected = Decimal(sixteenths / 16).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    assert rounded == pytest.approx(float(expected), abs=1e-12)


def test_logarithms_of_nothing_and_of_what_is_unknown_raise_nothing() -> None:
    assert runs.log2(np.array([8.0, 0.0, np.nan])).tolist() == pytest.approx([3.0, -math.inf, math.nan], nan_ok=True)
