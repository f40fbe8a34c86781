"""Judged groups of a day against a truth: how many operators were found, and who was accused wrongly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from ringwatch.errors import UsageError
from ringwatch.evaluate import metrics
from ringwatch.evaluate.calibration import Calibration, Case, calibration
from ringwatch.evaluate.metrics import Agreement
from ringwatch.evaluate.truth import Truth, read_truth
from ringwatch.store.store import Store

MIN_RING_SIZE = 4
# Cases that a reviewer looks at in a night.
REVIEWED = 20
# Cases in which a reviewer can deal with one operator.
FEW = 5


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
    """The judged groups of `day` against the accounts that exist by then; definitions are in `metrics`.

    reviewed: of the REVIEWED surest cases of each world, flagged or not, how many are true. false_cases: flagged ones
    that are not. largest: the largest operator against the FEW cases that hold most of it. victims: accused ones, by
    what of theirs a ring used.
    """

    day: date
    all_accounts: int
    accounts: Agreement
    rings: Agreement
    pairs: Agreement
    reviewed: Agreement
    largest: Agreement
    false_cases: int
    false_positives_per_100k: float
    styles: tuple[StyleRecall, ...]
    contexts: tuple[ContextHarm, ...]
    victims: tuple[ContextHarm, ...]
    cases: tuple[Case, ...]

    @property
    def calibration(self) -> Calibration:
        return calibration(self.cases)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; of the cases their calibration."""
        values = asdict(self) | {"day": self.day.isoformat(), "calibration": asdict(self.calibration)}
        del values["cases"]
        return values | {unit: _with_shares(getattr(self, unit)) for unit in _UNITS}


def evaluate(store: Store, truth: Path, day: date, min_ring_size: int = MIN_RING_SIZE) -> Evaluation:
    """Compare the rings published for `day` with the truth in the folder `truth`.

    Operators with fewer than `min_ring_size` accounts by then are no rings yet; their accounts count all the same.
    Raises UsageError when the day is not published or the truth is of other feeds.
    """
    return compare(store.published.flagged(day).assign(flagged=True), read_truth(truth).by(day), day, min_ring_size)


def compare(judged: pd.DataFrame, truth: Truth, day: date, min_ring_size: int = MIN_RING_SIZE) -> Evaluation:
    """Compare `judged` (ring_id, account_id, kind, ring_probability, flagged) with `truth`, both as of `day`."""
    _check_same_world(judged, truth, day)
    flagged, members = judged[judged["flagged"]], truth.members
    accounts = metrics.account_agreement(flagged, members)
    cases = metrics.judge_cases(judged, members)
    everybody = len(members) + len(truth.contexts)
    return Evaluation(
        day,
        everybody,
        accounts,
        metrics.ring_agreement(flagged, members, min_ring_size),
        metrics.pair_agreement(flagged, members),
        _reviewed(cases),
        metrics.largest_operator(flagged, members, FEW),
        int((cases["flagged"] & ~cases["true"]).sum()),
        _per_100k(accounts, everybody),
        _rows(StyleRecall, metrics.recall_by_style(flagged, members, min_ring_size)),
        _rows(ContextHarm, metrics.false_positives(flagged, members, truth.contexts)),
        _rows(ContextHarm, metrics.victims_flagged(flagged, truth.victims)),
        _rows(Case, cases[["probability", "true", "flagged"]]),
    )


def together(evaluations: Iterable[Evaluation]) -> Evaluation:
    """Return one evaluation of several worlds: what is counted is added up, shares are of the sums."""
    parts = list(evaluations)
    everybody = sum(part.all_accounts for part in parts)
    units = {name: sum((getattr(part, name) for part in parts), Agreement(0, 0, 0)) for name in _UNITS}
    return Evaluation(
        day=max(part.day for part in parts),
        all_accounts=everybody,
        **units,
        false_cases=sum(part.false_cases for part in parts),
        false_positives_per_100k=_per_100k(units["accounts"], everybody),
        styles=_rows(StyleRecall, _summed("style", [row for part in parts for row in part.styles])),
        contexts=_summed_harm([row for part in parts for row in part.contexts]),
        victims=_summed_harm([row for part in parts for row in part.victims]),
        cases=tuple(case for part in parts for case in part.cases),
    )


_UNITS = ("accounts", "rings", "pairs", "reviewed", "largest")


def _reviewed(cases: pd.DataFrame) -> Agreement:
    first = cases.head(REVIEWED)
    return Agreement(len(first), len(first), int(first["true"].sum()))


def _per_100k(accounts: Agreement, everybody: int) -> float:
    return (accounts.flagged - accounts.right) / max(1, everybody - accounts.actual) * 100_000


def _rows(shape: Any, table: pd.DataFrame) -> tuple[Any, ...]:
    return tuple(shape(*row) for row in table.itertuples(index=False))


def _summed(by: str, rows: list[Any]) -> pd.DataFrame:
    """Return the sums of the rows' counts by style or context."""
    if not rows:
        return pd.DataFrame(columns=[by])
    return pd.DataFrame([asdict(row) for row in rows]).groupby(by).sum().reset_index()


def _summed_harm(rows: list[ContextHarm]) -> tuple[ContextHarm, ...]:
    table = _summed("context", rows)
    if table.empty:
        return ()
    return _rows(ContextHarm, table.assign(per_100k=table["flagged"] / table["accounts"] * 100_000))


def _check_same_world(judged: pd.DataFrame, truth: Truth, day: date) -> None:
    known = pd.concat([truth.members["account_id"], truth.contexts["account_id"]])
    unknown = int((~judged["account_id"].isin(known)).sum())
    if unknown:
        raise UsageError(
            f"{unknown} of {len(judged)} flagged accounts are not in the truth by {day}; "
            "give the truth that was simulated with the feeds of this day"
        )


def _with_shares(agreement: Agreement) -> dict[str, Any]:
    shares = {"precision": agreement.precision, "recall": agreement.recall, "f1": agreement.f1}
    return asdict(agreement) | shares
