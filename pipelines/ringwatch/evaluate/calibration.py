"""Whether probabilities mean what they say: cases (probability, true) in; bins and the expected calibration error out.

Expected calibration error (Naeini, Cooper and Hauskrecht, 2015): cases in ten bins of equal width, the distance between
the mean probability and the share of true ones in each, weighted by its cases. Groups that score leaves below
`HOPELESS` are no cases anyone would look at; thousands of them would make any score look calibrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ringwatch.shares import wilson

BINS = 10
HOPELESS = 0.05


@dataclass(frozen=True)
class Case:
    """A judged group of kind operator: its probability, and whether operators control at least half of it."""

    probability: float
    true: bool
    flagged: bool


@dataclass(frozen=True)
class Bin:
    """Cases of like probability; low and high: 95 % interval of the share of true ones (Wilson, 1927)."""

    cases: int
    probability: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class Calibration:
    """The expected calibration error, None without cases, and its bins in order of probability."""

    error: float | None
    cases: int
    bins: tuple[Bin, ...]


def calibration(cases: Sequence[Case]) -> Calibration:
    """Return how well the probabilities of `cases` agree with the truth."""
    probability = np.array([case.probability for case in cases if case.probability >= HOPELESS])
    true = np.array([case.true for case in cases if case.probability >= HOPELESS], dtype=float)
    place = np.minimum((probability * BINS).astype(int), BINS - 1)
    bins = tuple(_bin(probability[place == i], true[place == i]) for i in range(BINS) if (place == i).any())
    count = len(probability)
    error = sum(some.cases / count * abs(some.probability - some.observed) for some in bins) if count else None
    return Calibration(error, count, bins)


def _bin(probability: np.ndarray, true: np.ndarray) -> Bin:
    low, high = wilson(int(true.sum()), len(true))
    return Bin(len(true), float(probability.mean()), float(true.mean()), low, high)
