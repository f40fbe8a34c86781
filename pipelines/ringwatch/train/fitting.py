"""How scorecards are made: features of groups whose truth is known in, sheets of bits out.

Each feature is cut into bins at quantiles of rings and of other groups. A bin gets its smoothed weight of evidence, ln
of how much more often rings fall into it; along the bins it may only rise (fall, for what speaks against), so that a
reason never means its opposite. A logistic regression with weights of at least 0 adds the features up (Siddiqi,
Credit Risk Scorecards, 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

from ringwatch.score.features import FEATURES
from ringwatch.score.scorecard import Scale, Sheet

RING_CUTS, OTHER_CUTS = (0.2, 0.4, 0.6, 0.8), (1 / 3, 2 / 3)
# Strength of the penalty on the squares of the weights.
PENALTY = 2.0
SMOOTHING = 2.0
# Most groups are no rings, and one in so many of them says the same.
EVERY_OTHER = 4
# Expected rings that every group counts for, so that the hopeless make a part, too.
FLOOR = 0.002

DIRECTIONS = {feature.name: feature.direction for feature in FEATURES}


@dataclass(frozen=True)
class Bins:
    """Cuts of a feature and the weight of evidence (ln) between them."""

    cuts: np.ndarray
    evidence: np.ndarray

    def read(self, values: pd.Series) -> np.ndarray:
        found = self.evidence[np.searchsorted(self.cuts, values.fillna(0), side="right")]
        return np.where(values.isna(), 0.0, found)


def fit_sheet(values: pd.DataFrame, rings: pd.Series) -> Sheet:
    """Return the sheet that tells rows of `values` for which `rings` holds from the others.

    Of the others one in EVERY_OTHER is enough: the base that this moves is set by `calibrate`.
    """
    kept = rings | (np.arange(len(rings)) % EVERY_OTHER == 0)
    values, rings = values[kept], rings[kept]
    bins = {str(name): _bins(column, rings, DIRECTIONS[str(name)]) for name, column in values.items()}
    design = np.column_stack([bins[str(name)].read(column) for name, column in values.items()])
    weights, base = _logistic(design, rings.to_numpy(dtype=float))
    usual = values[~rings].mean().fillna(0)
    scales = {
        name: _scale(bins[name], weight, float(usual[name]))
        for name, weight in zip(bins, weights, strict=True)
        if weight > 0.01
    }
    return Sheet(round(base / np.log(2), 4), scales)


def scaled(sheet: Sheet, slope: float, base: float) -> Sheet:
    """Return the sheet whose odds are `slope` times those of `sheet`, plus `base`."""
    scales = {
        name: Scale(scale.cuts, tuple(round(slope * bits, 4) for bits in scale.bits), scale.usual)
        for name, scale in sheet.scales.items()
    }
    return Sheet(round(slope * sheet.base + base, 4), scales)


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


def _bins(values: pd.Series, rings: pd.Series, direction: str) -> Bins:
    known = values.notna()
    inside, outside = values[known & rings], values[known & ~rings]
    quantiles = [*inside.quantile(RING_CUTS), *outside.quantile(OTHER_CUTS)]
    cuts = np.unique(np.round([cut for cut in quantiles if np.isfinite(cut)], 6))
    place = np.searchsorted(cuts, values[known], side="right")
    parts = len(cuts) + 1
    ring = np.bincount(place[rings[known]], minlength=parts)
    other = np.bincount(place[~rings[known]], minlength=parts)
    prior = (ring.sum() + 1) / (ring.sum() + other.sum() + 2)
    evidence = np.log((ring + SMOOTHING * prior) / (ring.sum() + SMOOTHING * prior)) - np.log(
        (other + SMOOTHING * (1 - prior)) / (other.sum() + SMOOTHING * (1 - prior))
    )
    counts = ring + other + SMOOTHING
    steady = optimize.isotonic_regression(  # type: ignore[attr-defined]
        evidence, weights=counts, increasing=direction == "for"
    ).x
    return Bins(cuts, steady)


def _logistic(design: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights of at least 0, and the intercept, of a logistic regression with a penalty on the weights."""

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        log_odds = design @ at[:-1] + at[-1]
        error = 1 / (1 + np.exp(-log_odds)) - target
        gradient = np.append(design.T @ error + PENALTY * at[:-1], error.sum())
        return len(target) * _loss(log_odds, target) + PENALTY / 2 * float((at[:-1] ** 2).sum()), gradient

    start = np.append(np.full(design.shape[1], 0.1), 0.0)
    bounds = [(0.0, None)] * design.shape[1] + [(None, None)]
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300})
    return found.x[:-1], float(found.x[-1])


def _loss(log_odds: np.ndarray, target: np.ndarray) -> float:
    """Mean cross entropy."""
    return float(np.mean(np.logaddexp(0, log_odds) - target * log_odds))


def _scale(bins: Bins, weight: float, usual: float) -> Scale:
    bits = tuple(round(float(weight * evidence / np.log(2)), 4) for evidence in bins.evidence)
    return Scale(tuple(float(cut) for cut in bins.cuts), bits, round(usual, 4))
