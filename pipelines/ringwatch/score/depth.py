"""Whether a night is in the scorecard's depth: how far its groups are from those that the card was made from.

Feature values of groups in; the distance to the nearest source of the card, and what of it matters most, out. Odds were
learnt from populations; of one that is unlike all of them nobody knows what odds mean. Beyond the card's limit they
are drawn towards the prior, and what is held against the threshold is the low end of the interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

# Known groups of a source, and of a night, from which they are compared in a feature, and features from which at all.
GROUPS, FEATURES = 20, 5
# Shares of a source's groups whose values are kept.
SHARES = np.linspace(0.0, 1.0, 11)
# Features that are named as the cause.
NAMED = 5

K = TypeVar("K")
V = TypeVar("V", bound=Any)

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


@dataclass(frozen=True)
class Seen:
    """What is asked of groups to say how far they are from sources; it adds up over the shards of a night.

    known: of how many groups each feature is known; at: by source and feature, how many of these have a value up to
    each quantile of the source (row 0), and one below it (row 1).
    """

    known: Mapping[str, int]
    at: Mapping[tuple[str, str], np.ndarray]


def seen(values: pd.DataFrame, sources: Sources) -> Seen:
    """Return what is asked of these groups (rows), whose features are columns."""
    columns = {str(name): np.sort(column.dropna().to_numpy(dtype=float)).round(4) for name, column in values.items()}
    asked = {
        (source, name): np.stack([np.searchsorted(columns[name], ends, side) for side in ("right", "left")])
        for source, of in sources.quantiles.items()
        for name, ends in of.items()
        if name in columns
    }
    return Seen({name: len(column) for name, column in columns.items()}, asked)


def measure(values: pd.DataFrame, sources: Sources) -> Depth:
    """Return how far the groups of a night (rows) are from the nearest source."""
    return told([seen(values, sources)], sources)


def told(parts: Sequence[Seen], sources: Sources) -> Depth:
    """Return the same for a night of which parts were seen."""
    known, at = _added(part.known for part in parts), _added(part.at for part in parts)
    apart = {source: each for source in sources.quantiles if len(each := _distances(source, known, at)) >= FEATURES}
    if not apart:
        return Depth(0.0, sources.limit, ())
    nearest = min(apart, key=lambda name: (apart[name].mean(), name))
    furthest = apart[nearest].sort_values(ascending=False, kind="stable")
    return Depth(round(float(furthest.mean()), 4), sources.limit, tuple(furthest.index[:NAMED]))


def _added(parts: Iterable[Mapping[K, V]]) -> dict[K, V]:
    every: dict[K, V] = {}
    for part in parts:
        every |= {key: every[key] + value if key in every else value for key, value in part.items()}
    return every


def _distances(source: str, known: Mapping[str, int], at: Mapping[tuple[str, str], np.ndarray]) -> pd.Series:
    """Return by feature how far groups are from those of a source: Kolmogorov and Smirnov's distance, at the quantiles
    that are known of the source.
    """
    enough = {name: found for (of, name), found in at.items() if of == source and known[name] >= GROUPS}
    return pd.Series({name: _distance(found / known[name]) for name, found in enough.items()}, dtype=float)


def _distance(found: np.ndarray) -> float:
    """Of values that are equal to a quantile some are counted below it on either side, so ties say nothing."""
    upto, below = found
    return float(np.maximum(SHARES - upto, below - SHARES).clip(0).max())
