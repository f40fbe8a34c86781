"""Verdicts that teach: what reviewers decided on groups and members in, an adjustment of the score out.

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

from ringwatch.shares import wilson

# How far, in standard deviations, verdicts are expected to move the bits of every group, the slope, and the share of
# its bits that a reason is worth more or less.
BASE, SLOPE, REASON = 0.5, 0.2, 0.5
# Parts in which verdicts are left out in turn, and verdicts from which that can be done.
PARTS, FEWEST = 5, 10
# Parts of like size in which it is shown how far probabilities came true.
BINS = 5
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
class Bin:
    """Verdicts of like probability: their mean, and the share of them that are rings, with its 95 % interval."""

    verdicts: int
    probability: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class Trial:
    """What verdicts that were left out say: how many there are, and the mean surprise (log2 loss, in bits) and the
    calibration error of the probabilities before and after; gain: of surprise, and its standard error.

    of_rings, of_members: by how much those on rings, and those on members, are less of a surprise; before, after: how
    far probabilities of rings came true.
    """

    verdicts: int
    surprise_before: float
    surprise_after: float
    error_before: float
    error_after: float
    gain_error: float
    members: int = 0
    of_rings: float = 0.0
    of_members: float = 0.0
    before: tuple[Bin, ...] = ()
    after: tuple[Bin, ...] = ()

    @property
    def better(self) -> bool:
        """Whether unseen verdicts are clearly less of a surprise, by more than a standard error, and neither those on
        rings nor those on members are more of one.
        """
        clearly = self.surprise_before - self.surprise_after > self.gain_error
        return clearly and self.of_rings >= 0 and self.of_members >= 0


@dataclass(frozen=True)
class Verdicts:
    """A verdict a row: log2 `odds` that were told, bits by reason, whether it is true, the weight it has, the number of
    the ring that it is about, and whether it is on a member.
    """

    odds: pd.Series
    by_reason: pd.DataFrame
    true: pd.Series
    weight: pd.Series
    ring: pd.Series
    on_member: pd.Series

    @classmethod
    def on_rings(cls, odds: pd.Series, by_reason: pd.DataFrame, true: pd.Series) -> Verdicts:
        """Verdicts on rings alone, each of as much weight."""
        index = odds.index
        ones, numbers = pd.Series(1.0, index), pd.Series(range(len(index)), index)
        return cls(odds, by_reason, true, ones, numbers, pd.Series(False, index))

    def where(self, chosen: np.ndarray) -> Verdicts:
        return Verdicts(**{name: getattr(self, name)[chosen] for name in self.__annotations__})


def fit(learnt: Verdicts) -> Adjustment:
    """Return the adjustment that verdicts ask for."""
    by_reason = learnt.by_reason.fillna(0.0)
    varies = [str(name) for name in by_reason if by_reason[name].std() > 0]
    bits, truth = by_reason[varies].to_numpy(dtype=float), learnt.true.to_numpy(dtype=float)
    given, weight = learnt.odds.to_numpy(dtype=float), learnt.weight.to_numpy(dtype=float)
    moves = np.column_stack([np.ones(len(given)), given, bits])
    spread = np.array([BASE, SLOPE, *[REASON] * len(varies)])

    def surprise(moved: np.ndarray) -> tuple[float, np.ndarray]:
        logits = _LN2 * (given + moves @ moved)
        missed = 1 / (1 + np.exp(-np.clip(logits, -500, 500))) - truth
        losses = weight * np.logaddexp(0, np.where(truth > 0, -logits, logits))
        loss = float(losses.sum() + (moved**2 / spread**2).sum() / 2)
        return loss, _LN2 * (moves.T @ (weight * missed)) + moved / spread**2

    from scipy import optimize  # which score, for which nothing is learnt here, does without

    found = optimize.minimize(surprise, np.zeros(moves.shape[1]), jac=True, method="L-BFGS-B").x.round(4)
    return Adjustment(float(found[0]), float(found[1]), dict(zip(varies, found[2:].tolist(), strict=True)))


def trial(learnt: Verdicts) -> Trial:
    """Return how verdicts, those on each ring left out in turn with a part of the others, are judged without and with
    adjustment.
    """
    part = pd.factorize(learnt.ring)[0] % PARTS
    after = learnt.odds.astype(float).copy()
    for left_out in np.unique(part):
        unseen = part == left_out
        made = fit(learnt.where(~unseen))
        after[unseen] += made.bits(learnt.odds[unseen], learnt.by_reason[unseen])
    return _compared(learnt, after)


def _compared(learnt: Verdicts, after: pd.Series) -> Trial:
    before, now = _surprises(learnt.odds, learnt.true), _surprises(after, learnt.true)
    weight, on_member = learnt.weight.to_numpy(dtype=float), learnt.on_member.to_numpy(dtype=bool)
    gained = pd.Series(weight * (before - now)).groupby(learnt.ring.to_numpy()).sum()
    wrong = float(gained.std(ddof=1) * np.sqrt(len(gained)) / weight.sum()) if len(gained) > 1 else float("inf")
    of_rings, of_members = (_mean(weight[some], (before - now)[some]) for some in (~on_member, on_member))
    rings = ~on_member
    odds, moved, true = learnt.odds[rings], after[rings], learnt.true[rings]
    return Trial(
        verdicts=int(rings.sum()),
        surprise_before=_mean(weight, before),
        surprise_after=_mean(weight, now),
        error_before=_error(odds, true),
        error_after=_error(moved, true),
        gain_error=wrong,
        members=int(on_member.sum()),
        of_rings=of_rings,
        of_members=of_members,
        before=_bins(odds, true),
        after=_bins(moved, true),
    )


def _mean(weight: np.ndarray, values: np.ndarray) -> float:
    return float((weight * values).sum() / weight.sum()) if weight.sum() else 0.0


def _bins(odds: pd.Series, rings: pd.Series) -> tuple[Bin, ...]:
    """How far probabilities came true, in parts of like size."""
    probability, truth = _probability(odds), rings.to_numpy(dtype=float)
    parts = np.array_split(np.argsort(probability, kind="stable"), min(BINS, len(probability)))
    return tuple(_bin(probability[part], truth[part]) for part in parts if len(part))


def _bin(probability: np.ndarray, truth: np.ndarray) -> Bin:
    low, high = wilson(int(truth.sum()), len(truth))
    shares = (probability.mean(), truth.mean(), low, high)
    return Bin(len(truth), *(round(float(share), 4) for share in shares))


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
