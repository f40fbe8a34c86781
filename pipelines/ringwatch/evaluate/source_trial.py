"""A source through the real program: gate, detect and score as a deployment with just its feeds, against its truth.

Definitions are those of `metrics`, with the accounts that have label 1 as controlled ones and those with label 0 as
honest ones. Accounts without a label are left out of everything, and so are groups of fewer accounts than the source
says that its rings have at least.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from ringwatch import sources
from ringwatch.days.history import open_history
from ringwatch.errors import UsageError
from ringwatch.evaluate import ContextHarm, Evaluation, compare
from ringwatch.evaluate.calibration import Calibration, calibration
from ringwatch.evaluate.goals import worst_context
from ringwatch.evaluate.losses import Losses, Reached, losses, reached
from ringwatch.evaluate.metrics import OPERATOR, harm
from ringwatch.evaluate.one_line_rules import Rule, best_rules
from ringwatch.evaluate.reviewed import Reviewed, reviewed
from ringwatch.evaluate.run import judge_world
from ringwatch.evaluate.truth import Truth
from ringwatch.night import Night
from ringwatch.settings import Settings
from ringwatch.sources import Source
from ringwatch.sources.source import TRUTH

# Contexts of so large a share of the honest accounts are compared with the mean; in a tiny one a single account says
# nothing.
SHARE_OF_CONTEXT = 0.01
# Honest accounts that need a look of their own, by the column of the truth that names them.
WATCHED = {"victim": "victim", "exit_host": "exit host"}


@dataclass(frozen=True, eq=False)
class SourceTrial:
    """A source to judge; cache: folder of the homes whose days have passed the gate; verdicts: numbers of verdicts of
    which it is asked what they would teach.
    """

    source: Source
    cache: Path
    part: str = "source"
    verdicts: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def work(self) -> int:
        return len(self.source.truth) * len(self.source.days)


@dataclass(frozen=True)
class Worst:
    """The honest context that is accused most, and how many times the mean that is."""

    context: str
    per_100k: float
    times_the_mean: float


@dataclass(frozen=True)
class SourceOutcome:
    """What came of a source. rules: the best one first; seconds: of the whole trial."""

    trial: SourceTrial
    found: Evaluation
    rules: tuple[Rule, ...]
    losses: Losses
    reached: Reached
    seconds: float
    reviewed: tuple[Reviewed, ...] = ()

    @property
    def rule(self) -> Rule | None:
        """The best one-line rule."""
        return self.rules[0] if self.rules else None

    @property
    def beats_rule(self) -> bool | None:
        """Whether F1 of accounts is at least the best rule's, at a precision that is; None when there is no rule."""
        if self.rule is None:
            return None
        mine, rule = self.found.accounts, self.rule.accounts
        return (mine.f1 or 0.0) >= (rule.f1 or 0.0) and (mine.precision or 0.0) >= (rule.precision or 0.0)

    @property
    def worst(self) -> Worst | None:
        """None where the truth knows no contexts, or nobody honest was accused."""
        honest = self.found.all_accounts - self.found.accounts.actual
        context, times = worst_context(self.found, round(SHARE_OF_CONTEXT * honest))
        return Worst(context, times * self.found.false_positives_per_100k, times) if times else None

    @property
    def calibration_of_flagged(self) -> Calibration:
        """Of the flagged cases alone; `found.calibration` is of all that were judged and are not hopeless."""
        return calibration([case for case in self.found.cases if case.flagged])

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        source = self.trial.source
        about = {name: getattr(source, name) for name in ("name", "window_days", "min_ring_size", "real", "origin")}
        return about | {
            "day": source.day.isoformat(),
            "feeds": list(source.feeds),
            "found": self.found.as_dict(),
            "calibration_of_flagged": asdict(self.calibration_of_flagged),
            "worst_context": asdict(self.worst) if self.worst else None,
            "rules": [rule.as_dict() for rule in self.rules],
            "beats_best_rule": self.beats_rule,
            "accounts_lost": asdict(self.losses),
            "rings_reached": asdict(self.reached),
            "after_verdicts": [each.as_dict() for each in self.reviewed],
            "seconds": round(self.seconds, 1),
        }


def hold(trial: SourceTrial, settings: Settings, tell: Callable[[str], None]) -> SourceOutcome:
    """Judge the source's day on the server of `settings`. Raises UsageError for a truth about other accounts."""
    started, source = perf_counter(), trial.source
    night = sources.prepared(source, settings, trial.cache, tell)
    _check_accounts(night, source)
    tell(f"{source.name}: detect and score")
    on_server = night.settings.model_copy(update={"home": settings.home})
    judged = judge_world(night.files.home, source.day, on_server, tell)
    taught = reviewed(night, _labels(source), trial.verdicts, lambda groups: against(groups, source))
    candidates = pd.read_parquet(night.files.candidates(source.day))
    tell(f"{source.name}: one-line rules")
    truth, labels, smallest = _truth(source), _labels(source), source.min_ring_size
    labelled = labels.index.to_series()
    rules = best_rules(night, truth.members, labelled, smallest)
    return SourceOutcome(
        trial,
        against(judged, source),
        rules,
        losses(judged, candidates, labels, smallest),
        reached(judged, candidates, truth.members, labelled, smallest),
        perf_counter() - started,
        taught,
    )


def _check_accounts(night: Night, source: Source) -> None:
    with open_history(night) as connection:
        known = connection.sql("SELECT DISTINCT account_id FROM accounts").to_df()["account_id"]
    if not source.truth["account_id"].isin(known).any():
        raise UsageError(
            f"{source.folder / TRUTH}: none of its {len(source.truth):,} accounts is in the feeds, "
            f"where they are called as {known.iloc[0]}"
        )


def against(judged: pd.DataFrame, source: Source) -> Evaluation:
    """Compare `judged` (ring_id, account_id, kind, ring_probability, flagged; whole groups) with the source's truth."""
    labels, truth = _labels(source), _truth(source)
    sizes = judged.groupby("ring_id")["account_id"].transform("size")
    shown = judged[(sizes >= source.min_ring_size) & judged["account_id"].isin(labels.index)]
    found = compare(shown, truth, source.day, source.min_ring_size)
    return replace(found, victims=_watched(shown[shown["flagged"]], source))


def _labels(source: Source) -> pd.Series:
    """Return 1 or 0 by account_id, of the accounts that have a label."""
    known = source.truth[source.truth["label"].notna()]
    return known.set_index("account_id")["label"].astype(int)


def _truth(source: Source) -> Truth:
    known = source.truth.reindex(columns=["account_id", "ring_id", "label", "style", "context"])
    mine, honest = known[known["label"].eq(1).fillna(False)], known[known["label"].eq(0).fillna(False)]
    members = mine.rename(columns={"ring_id": "operator_id"})[["account_id", "operator_id", "style"]]
    return Truth(members.assign(kind=OPERATOR), honest[["account_id", "context"]])


def _watched(flagged: pd.DataFrame, source: Source) -> tuple[ContextHarm, ...]:
    """Return how many of the honest accounts that need a look of their own were accused."""
    honest = source.truth[source.truth["label"].eq(0).fillna(False)]
    found = []
    for column in (column for column in WATCHED if column in honest):
        people = honest.loc[honest[column], ["account_id"]].assign(context=WATCHED[column])
        found += [ContextHarm(*row) for row in harm(people, flagged).itertuples(index=False)]
    return tuple(found)
