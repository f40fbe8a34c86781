"""The interval of a share, against the equation that Wilson solved."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwatch.shares import wilson

DEVIATES_OF_95_PERCENT = 1.959964


@given(st.integers(1, 1000), st.data())
def test_each_end_is_as_many_deviations_from_what_was_seen_as_the_confidence_says(of: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, of))

    low, high = wilson(right, of)

    for end in (low, high):
        assert abs(right / of - end) == pytest.approx(DEVIATES_OF_95_PERCENT * sqrt(end * (1 - end) / of), abs=1e-6)
    assert low <= right / of <= high


def test_nothing_seen_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
