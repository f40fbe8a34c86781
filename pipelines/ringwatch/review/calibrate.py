"""Verdicts that teach: what reviewers decided on groups in, an adjustment of the score to the deployment out.

The scorecard is the prior. What may move is little: how usual rings are here (bits for every group), how far odds carry
(the slope) and what each reason is worth; each holds on to what the scorecard says until verdicts say otherwise (a
logistic regression with normal priors, at its mode). An adjustment that judges verdicts worse that it has not seen, or
not clearly better, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize

# How far, in standard deviations, verdicts are expected to move the bits of every group, the slope, and the share of
# its bits that a reason is worth more or less.
BASE, SLOPE, REASON = 0.5, 0.2, 0.5
# Parts in which verdicts are left out in turn, and verdicts from which that can be done.
PARTS, FEWEST = 5, 10
_LN2 = float(np.log(2))


@dataclass(frozen=True)
class Adjustment:
    """base: bits for every group; slope: share by which odds are stretched; reasons: share of its bits that a reason is
    worth more (less, below 0) than the scorecard says.
    """

    base: float
    slope: float
    reasons: Mapping[str, float]

    def bits(self, odds: pd.Series, by_reason: pd.DataFrame) -> pd.Series:
        """Return what is added to the log2 `odds` of groups; by_reason: bits of each group (row) by reason (column)."""
        weights = pd.Series(self.reasons, dtype=float)
        more = by_reason.reindex(index=odds.index, columns=weights.index, fill_value=0.0).fillna(0.0) @ weights
        found: pd.Series = (self.base + self.slope * odds + more).round(6)
        return found


UNADJUSTED = Adjustment(0.0, 0.0, {})


@dataclass(frozen=True)
class Trial:
    """What verdicts that were left out say: how many there are, and the mean surprise (log2 loss, in bits) and the
    calibration error of the probabilities before and after; gain: of surprise, and its standard error.
    """

    verdicts: int
    surprise_before: float
    surprise_after: float
    error_before: float
    error_after: float
    gain_error: float

    @property
    def better(self) -> bool:
        """Whether unseen verdicts are clearly less of a surprise: by more than a standard error."""
        return self.surprise_before - self.surprise_after > self.gain_error


def fit(odds: pd.Series, by_reason: pd.DataFrame, rings: pd.Series) -> Adjustment:
    """Return the adjustment that verdicts ask for: log2 `odds`, bits by reason and whether it is a ring, by verdict."""
    varies = [str(name) for name in by_reason if by_reason[name].fillna(0.0).std() > 0]
    bits, truth = by_reason[varies].fillna(0.0).to_numpy(dtype=float), rings.to_numpy(dtype=float)
    given = odds.to_numpy(dtype=float)
    moves = np.column_stack([np.ones(len(given)), given, bits])
    spread = np.array([BASE, SLOPE, *[REASON] * len(varies)])

    def surprise(moved: np.ndarray) -> tuple[float, np.ndarray]:
        logits = _LN2 * (given + moves @ moved)
        missed = 1 / (1 + np.exp(-np.clip(logits, -500, 500))) - truth
        loss = float(np.logaddexp(0, np.where(truth > 0, -logits, logits)).sum() + (moved**2 / spread**2).sum() / 2)
        return loss, _LN2 * (moves.T @ missed) + moved / spread**2

    found = optimize.minimize(surprise, np.zeros(moves.shape[1]), jac=True, method="L-BFGS-B").x.round(4)
    return Adjustment(float(found[0]), float(found[1]), dict(zip(varies, found[2:].tolist(), strict=True)))


def trial(odds: pd.Series, by_reason: pd.DataFrame, rings: pd.Series) -> Trial:
    """Return how verdicts, each left out in turn with a part of the others, are judged without and with adjustment."""
    part = np.arange(len(odds)) % PARTS
    after = odds.astype(float).copy()
    for left_out in range(min(PARTS, len(odds))):
        seen, unseen = part != left_out, part == left_out
        made = fit(odds[seen], by_reason[seen], rings[seen])
        after[unseen] += made.bits(odds[unseen], by_reason[unseen])
    before, now = _surprises(odds, rings), _surprises(after, rings)
    gained = before - now
    wrong = float(gained.std(ddof=1) / np.sqrt(len(gained))) if len(gained) > 1 else float("inf")
    return Trial(len(odds), float(before.mean()), float(now.mean()), _error(odds, rings), _error(after, rings), wrong)


def _probability(odds: pd.Series) -> np.ndarray:
    share: np.ndarray = 1 / (1 + np.exp2(-odds.to_numpy(dtype=float).clip(-60, 60)))
    return share


def _surprises(odds: pd.Series, rings: pd.Series) -> np.ndarray:
    """Bits by which each verdict surprises who believes the odds; none more than those of one in a hundred thousand."""
    of_verdict = np.where(rings.to_numpy(dtype=bool), _probability(odds), 1 - _probability(odds))
    surprises: np.ndarray = -np.log2(of_verdict.clip(1e-5))
    return surprises


def _error(odds: pd.Series, rings: pd.Series) -> float:
    """Expected calibration error over ten parts of like size."""
    probability = _probability(odds)
    parts = np.array_split(np.argsort(probability, kind="stable"), min(10, len(probability)))
    truth = rings.to_numpy(dtype=float)
    apart = [abs(probability[part].mean() - truth[part].mean()) * len(part) for part in parts]
    return float(sum(apart) / len(probability))
