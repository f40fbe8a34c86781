"""Probability bands: steps with room, so that a ring near an end does not change every night."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwatch.store.bands import BANDS, bands

ORDER = list(BANDS)
probabilities = st.floats(0, 1)


def band(probability: float, before: str | None = None) -> str:
    found: str = bands(pd.Series([probability]), pd.Series([before], dtype=object)).item()
    return found


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(0.3, "possible"), (0.5, "likely"), (0.799, "likely"), (0.8, "very_likely"), (0.95, "near_certain")],
)
def test_a_new_ring_is_in_the_band_of_its_probability(probability: float, expected: str) -> None:
    assert band(probability) == expected


@pytest.mark.parametrize(
    ("before", "probability", "expected"),
    [
        ("likely", 0.82, "likely"),
        ("likely", 0.83, "very_likely"),
        ("very_likely", 0.78, "very_likely"),
        ("very_likely", 0.76, "likely"),
        ("possible", 0.99, "near_certain"),
        ("near_certain", 0.4, "possible"),
    ],
)
def test_a_ring_leaves_its_band_with_some_room_only(before: str, probability: float, expected: str) -> None:
    assert band(probability, before) == expected


@given(probabilities, st.floats(-0.014, 0.014))
def test_a_probability_that_moves_to_and_fro_a_little_stays_in_one_band(middle: float, step: float) -> None:
    first = band(min(max(middle, 0), 1))
    there = band(min(max(middle + step, 0), 1), first)
    assert there == first
    assert band(min(max(middle - step, 0), 1), there) == first


@given(probabilities, st.sampled_from(ORDER))
def test_a_band_is_never_more_than_its_room_from_the_probability(probability: float, before: str) -> None:
    start = BANDS[found := band(probability, before)]
    end = {**dict(zip(ORDER, [*list(BANDS.values())[1:], 1.0], strict=True))}[found]
    assert start - 0.030001 <= probability <= end + 0.030001
