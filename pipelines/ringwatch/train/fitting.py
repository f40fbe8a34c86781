"""How the parts of a scorecard are fitted: features of groups whose truth is known in, sheets of bits out.

Trees that may only rise (fall, for what speaks against) with each feature tell rings from other groups, so that a
reason never means its opposite. Groups count by their origin: a world has thousands, and a source a few.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import optimize
from scipy.stats import mannwhitneyu  # type: ignore[attr-defined]

from ringwatch.score import trees
from ringwatch.score.features import FEATURES
from ringwatch.score.scorecard import Sheet

# What the other groups of an origin weigh at most, and its rings at most and at least, so that no origin decides alone.
OTHERS_WEIGH, RINGS_WEIGH, RARE_RINGS_WEIGH, RING_WEIGHS = 800.0, 800.0, 200.0, 2.5
# Area under the curve that a feature must reach in each origin, and on average, to be said to agree: .5 says nothing.
LEAST_AGREEMENT, MEAN_AGREEMENT = 0.3, 0.52
# Rings, and other groups, of an origin from which it is asked whether it agrees.
ASKED = 10
# Expected rings that every group counts for, so that the hopeless make a part, too.
FLOOR = 0.002

DIRECTIONS = {feature.name: feature.direction for feature in FEATURES}


def shared_out(most: float, *groups: pd.Series) -> pd.Series:
    """Return the weight of each row, 1 at most: those that are alike in `groups` weigh `most` together at most."""
    weight: pd.Series = (most / groups[0].groupby([*groups]).transform("size")).clip(upper=1.0)
    return weight


def weigh(rings: pd.Series, origins: pd.Series) -> pd.Series:
    """Return the weight of each group: the others of an origin weigh OTHERS_WEIGH together at most, and its rings as
    much as they are as usual there, within their limits. A ring weighs RING_WEIGHS at most, another group 1.
    """
    count = rings.groupby([origins, rings]).transform("size")
    other = (OTHERS_WEIGH / (~rings).groupby(origins).transform("sum").clip(lower=1)).clip(upper=1.0)
    ring = (count * other).clip(RARE_RINGS_WEIGH, RINGS_WEIGH) / count
    return ring.clip(upper=RING_WEIGHS).where(rings, other)


def agreeing(values: pd.DataFrame, rings: pd.Series, origins: pd.Series) -> list[str]:
    """Return the features that speak the declared way in every origin that can be asked, and say something at all.

    A feature whose worth changes sign from origin to origin is a habit of one population.
    """
    areas = areas_by_origin(values, rings, origins)
    enough = (areas.min(axis=1) >= LEAST_AGREEMENT) & (areas.mean(axis=1) >= MEAN_AGREEMENT)
    kept = set(areas.index[enough])
    return [str(name) for name in values if name in kept]


def areas_by_origin(values: pd.DataFrame, rings: pd.Series, origins: pd.Series) -> pd.DataFrame:
    """Return by feature (row) and origin (column) the area under the curve with which it tells rings from other groups,
    in its declared direction; NaN where there is too little to ask.
    """
    found = {}
    for origin in sorted(origins.unique()):
        mine = origins == origin
        found[origin] = {name: _area(column[mine], rings[mine], str(name)) for name, column in values.items()}
    return pd.DataFrame(found).dropna(how="all")


def _area(values: pd.Series, rings: pd.Series, name: str) -> float:
    """Mann-Whitney's U of the known values as a share of all pairs."""
    known = values.notna()
    inside, outside = values[known & rings], values[known & ~rings]
    if min(len(inside), len(outside)) < ASKED:
        return float("nan")
    share = float(mannwhitneyu(inside, outside).statistic) / (len(inside) * len(outside))
    return share if DIRECTIONS[name] == "for" else 1 - share


def fit_trees(values: pd.DataFrame, rings: pd.Series, weight: pd.Series) -> Sheet:
    """Return the sheet whose trees tell rows of `values` for which `rings` holds from the others.

    More of a feature may only speak its declared way, whatever else holds.
    """
    known = {str(name): DIRECTIONS[str(name)] for name in values}
    grown = trees.grow(values, rings.astype(float), known, weight)
    mean = values[~rings].mean().fillna(0)
    usual = {name: round(float(mean[name]), 4) for name in grown.names}
    return Sheet(grown.base, usual, replace(grown, base=0.0))


def scaled(sheet: Sheet, slope: float, base: float) -> Sheet:
    """Return the sheet whose odds are `slope` times those of `sheet`, plus `base`."""
    grown = tuple(replace(tree, bits=tuple(round(slope * bits, 4) for bits in tree.bits)) for tree in sheet.trees.trees)
    return Sheet(round(slope * sheet.base + base, 4), sheet.usual, replace(sheet.trees, trees=grown))


def calibrate(odds: pd.Series, rings: pd.Series) -> tuple[float, float]:
    """Return slope and base (log2) by which odds given for groups that were not trained on become true (Platt 1999).

    The targets are smoothed as there, so that odds stay finite.
    """
    right, wrong = rings.sum(), (~rings).sum()
    target = np.where(rings, (right + 1) / (right + 2), 1 / (wrong + 2))
    found = optimize.minimize(
        lambda at: _loss(np.log(2) * (at[0] * odds.to_numpy() + at[1]), target),
        x0=np.array([1.0, 0.0]),
        method="L-BFGS-B",
        bounds=[(0.05, 2.0), (None, None)],
    )
    return float(found.x[0]), float(found.x[1])


def reliability(odds: pd.Series, rings: pd.Series, parts: int = 10) -> tuple[tuple[float, int, int], ...]:
    """Return (mean log2 odds, groups, rings) of parts, in order of their odds.

    A part holds as many expected rings as any other: most groups are hopeless, and say little about the others.
    """
    ordered = pd.DataFrame({"odds": odds, "rings": rings}).sort_values("odds", kind="stable")
    expected = 1 / (1 + np.exp2(-ordered["odds"])) + FLOOR
    part = np.minimum((parts * expected.cumsum() / expected.sum()).astype(int), parts - 1)
    found = ordered.groupby(part).agg(odds=("odds", "mean"), groups=("odds", "size"), rings=("rings", "sum"))
    return tuple((round(float(o), 4), int(n), int(r)) for o, n, r in found.itertuples(index=False))


def _loss(log_odds: np.ndarray, target: np.ndarray) -> float:
    """Mean cross entropy."""
    return float(np.mean(np.logaddexp(0, log_odds) - target * log_odds))
