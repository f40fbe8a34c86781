"""Whether a night is in the scorecard's depth: how far its groups are from those that the card was made from.

Feature values of groups in; the distance to the nearest source of the card, and what of it matters most, out. Odds were
learnt from populations; of one that is unlike all of them nobody knows what odds mean. Beyond the card's limit they
are drawn towards the prior, and what is held against the threshold is the low end of the interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Known groups of a source, and of a night, from which they are compared in a feature, and features from which at all.
GROUPS, FEATURES = 20, 5
# Shares of a source's groups whose values are kept.
SHARES = np.linspace(0.0, 1.0, 11)
# Features that are named as the cause.
NAMED = 5

Quantiles = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Sources:
    """What groups were like in what a card was made from: quantiles (at SHARES) by source and feature; limit: how far
    a source that was not alone of its origin was from the nearest other, at most.
    """

    limit: float
    quantiles: Mapping[str, Quantiles]


@dataclass(frozen=True)
class Depth:
    """distance: mean distance of a night's features to the nearest source, 0 where there are too few groups to say;
    features: those that are furthest from it, furthest first.
    """

    distance: float
    limit: float
    features: tuple[str, ...]

    @property
    def beyond(self) -> bool:
        return self.distance > self.limit

    @property
    def percent(self) -> int:
        """The distance in percent of the limit."""
        return round(100 * self.distance / self.limit)

    @property
    def trust(self) -> float:
        """What is left of the odds: 1 within the card's depth, less the further a night is beyond it."""
        return self.limit / self.distance if self.beyond else 1.0


NO_SOURCES = Sources(1.0, {})


def quantiles(values: pd.DataFrame) -> Quantiles:
    """Return the quantiles of each feature (column) of which enough groups (rows) are known."""
    seen = {str(name): column.dropna().to_numpy(dtype=float) for name, column in values.items()}
    return {
        name: tuple(np.quantile(column, SHARES).round(4).tolist())
        for name, column in sorted(seen.items())
        if len(column) >= GROUPS
    }


def measure(values: pd.DataFrame, sources: Sources) -> Depth:
    """Return how far the groups of a night are from the nearest source."""
    seen = known(values)
    apart = {name: each for name, of in sources.quantiles.items() if len(each := distances(seen, of)) >= FEATURES}
    if not apart:
        return Depth(0.0, sources.limit, ())
    nearest = min(apart, key=lambda name: (apart[name].mean(), name))
    furthest = apart[nearest].sort_values(ascending=False, kind="stable")
    return Depth(round(float(furthest.mean()), 4), sources.limit, tuple(furthest.index[:NAMED]))


def known(values: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return what is known of each feature (column), in order."""
    return {str(name): np.sort(column.dropna().to_numpy(dtype=float)).round(4) for name, column in values.items()}


def distances(seen: Mapping[str, np.ndarray], of: Quantiles) -> pd.Series:
    """Return by feature how far groups, as `known`, are from those of a source: Kolmogorov and Smirnov's distance, at
    the quantiles that are known of the source.
    """
    enough = [name for name in of if len(seen.get(name, ())) >= GROUPS]
    return pd.Series([_distance(seen[name], np.array(of[name])) for name in enough], enough, dtype=float)


def _distance(column: np.ndarray, ends: np.ndarray) -> float:
    """Of values that are equal to a quantile some are counted below it on either side, so ties say nothing."""
    upto = np.searchsorted(column, ends, side="right") / len(column)
    below = np.searchsorted(column, ends, side="left") / len(column)
    return float(np.maximum(SHARES - upto, below - SHARES).clip(0).max())
