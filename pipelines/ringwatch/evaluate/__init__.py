"""Published rings of a day against a truth: how many operators were found, and who was accused wrongly."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from ringwatch.errors import UsageError
from ringwatch.evaluate.metrics import (
    Agreement,
    account_agreement,
    false_positives,
    recall_by_style,
    ring_agreement,
)
from ringwatch.evaluate.truth import Truth, read_truth
from ringwatch.review.store import Store

MIN_RING_SIZE = 4


@dataclass(frozen=True)
class StyleRecall:
    """How many accounts and rings of one style of operator there are, and how many were found."""

    style: str
    accounts: int
    accounts_found: int
    rings: int
    rings_found: int


@dataclass(frozen=True)
class ContextHarm:
    """How many honest accounts live in one context, and how many of them were accused."""

    context: str
    accounts: int
    flagged: int
    per_100k: float


@dataclass(frozen=True)
class Evaluation:
    """The published state of `day` against the accounts that exist by then; definitions are in `metrics`."""

    day: date
    all_accounts: int
    accounts: Agreement
    rings: Agreement
    false_positives_per_100k: float
    styles: tuple[StyleRecall, ...]
    contexts: tuple[ContextHarm, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self) | {
            "day": self.day.isoformat(),
            "accounts": _with_shares(self.accounts),
            "rings": _with_shares(self.rings),
        }


def evaluate(store: Store, truth: Path, day: date, min_ring_size: int = MIN_RING_SIZE) -> Evaluation:
    """Compare the rings published for `day` with the truth in the folder `truth`.

    Operators with fewer than `min_ring_size` accounts by then are no rings yet; their accounts count all the same.
    Raises UsageError when the day is not published or the truth is of other feeds.
    """
    return compare(store.flagged(day), read_truth(truth).by(day), day, min_ring_size)


def compare(flagged: pd.DataFrame, truth: Truth, day: date, min_ring_size: int = MIN_RING_SIZE) -> Evaluation:
    """Compare `flagged` (ring_id, account_id, kind) with `truth`, both as of `day`."""
    _check_same_world(flagged, truth, day)
    accounts = account_agreement(flagged, truth.members)
    harm = false_positives(flagged, truth.members, truth.contexts)
    styles = recall_by_style(flagged, truth.members, min_ring_size)
    everybody = len(truth.members) + len(truth.contexts)
    return Evaluation(
        day,
        everybody,
        accounts,
        ring_agreement(flagged, truth.members, min_ring_size),
        (accounts.flagged - accounts.right) / max(1, everybody - accounts.actual) * 100_000,
        tuple(StyleRecall(*row) for row in styles.itertuples(index=False)),
        tuple(ContextHarm(*row) for row in harm.itertuples(index=False)),
    )


def _check_same_world(flagged: pd.DataFrame, truth: Truth, day: date) -> None:
    known = pd.concat([truth.members["account_id"], truth.contexts["account_id"]])
    unknown = int((~flagged["account_id"].isin(known)).sum())
    if unknown:
        raise UsageError(
            f"{unknown} of {len(flagged)} flagged accounts are not in the truth by {day}; "
            "give the truth that was simulated with the feeds of this day"
        )


def _with_shares(agreement: Agreement) -> dict[str, Any]:
    shares = {"precision": agreement.precision, "recall": agreement.recall, "f1": agreement.f1}
    return asdict(agreement) | shares
