"""What an examination should reach: each goal with its figure, its mark and whether it is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ringwatch.evaluate import ContextHarm, Evaluation, together
from ringwatch.evaluate.examination import Outcome, parted
from ringwatch.evaluate.metrics import Agreement

# Style: share of its rings that should be found. Every other style is held to OTHER_STYLES.
RING_RECALL = {"chain": 0.70, "framed": 0.80}
OTHER_STYLES = 0.95
# Contexts of so many accounts are held to a multiple of the mean; in a tiny one a single account says nothing.
FEWEST_IN_CONTEXT = 2000
TIMES_THE_MEAN = 3.0
# With one facet alone, how many times more often a case among the surest should be true than an account is controlled.
SINGLE_FACET_LIFT = 5.0
REACHED, NOT_REACHED = "reached", "not reached"


@dataclass(frozen=True)
class Goal:
    """figure: what was reached, None where there was nothing to measure; it should be at least, or at most, `mark`."""

    name: str
    figure: float | None
    mark: float
    at_least: bool
    share: bool = True

    @property
    def met(self) -> bool | None:
        if self.figure is None:
            return None
        return self.figure >= self.mark if self.at_least else self.figure <= self.mark

    @property
    def verdict(self) -> str:
        return {None: "not measured", True: REACHED, False: NOT_REACHED}[self.met]

    @property
    def written_mark(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.written(self.mark)}"

    def written(self, value: float | None) -> str:
        """Return the figure or the mark as text, with as many digits as the mark needs."""
        if value is None:
            return "-"
        if self.share:
            return f"{value:.2%}" if self.mark < 0.01 else f"{value:.1%}"
        return f"{value:.3f}" if self.mark < 1 else f"{value:,.1f}"


def goals(outcomes: Sequence[Outcome]) -> list[Goal]:
    """Return the goals that the parts of the examination allow to measure."""
    reached = parted(outcomes)
    return [goal for part, judge in _GOALS.items() if part in reached for goal in judge(reached[part])]


def worst_context(found: Evaluation, fewest: int = FEWEST_IN_CONTEXT) -> tuple[str, float]:
    """Return the context of `fewest` accounts and more that is accused most, and how many times the mean that is."""
    large = [context for context in found.contexts if context.accounts >= fewest]
    worst = max(large, key=lambda context: context.per_100k, default=None)
    if worst is None or not found.false_positives_per_100k:
        return "none", 0.0
    return worst.context, worst.per_100k / found.false_positives_per_100k


def _of_worlds(outcomes: Sequence[Outcome]) -> list[Goal]:
    found = together(outcome.found for outcome in outcomes)
    context, times = worst_context(found)
    hosts = [row for row in found.contexts if row.context == "exit_host"]
    return [
        Goal("account precision", found.accounts.precision, 0.95, True),
        Goal("account recall", found.accounts.recall, 0.87, True),
        Goal("ring precision", found.rings.precision, 0.90, True),
        Goal("ring recall", found.rings.recall, 0.82, True),
        *(_of_style(row.style, row.rings, row.rings_found) for row in found.styles),
        Goal("honest accounts flagged in 100,000", found.false_positives_per_100k, 40, False, share=False),
        Goal(f"worst context ({context}), times the mean", times, TIMES_THE_MEAN, False, share=False),
        Goal("framed victims flagged", _flagged(found.victims), 0.0005, False),
        Goal("exit hosts flagged", _flagged(hosts), 0.0005, False),
        Goal("calibration error", found.calibration.error, 0.04, False, share=False),
    ]


def _of_style(style: str, rings: int, found: int) -> Goal:
    return Goal(f"ring recall, {style}", Agreement(0, rings, found).recall, RING_RECALL.get(style, OTHER_STYLES), True)


def _flagged(rows: Sequence[ContextHarm]) -> float | None:
    accounts = sum(row.accounts for row in rows)
    return sum(row.flagged for row in rows) / accounts if accounts else None


def _of_missing(outcomes: Sequence[Outcome]) -> list[Goal]:
    made = []
    for feed in outcomes[0].missing:
        found = together(outcome.missing[feed] for outcome in outcomes)
        made.append(Goal(f"account precision without {feed}", found.accounts.precision, 0.90, True))
        made.append(Goal(f"calibration error without {feed}", found.calibration.error, 0.08, False, share=False))
    return made


def _of_ring_free(outcomes: Sequence[Outcome]) -> list[Goal]:
    found = together(outcome.found for outcome in outcomes)
    cases = found.false_cases / found.all_accounts * 100_000
    return [Goal("false cases of a ring-free night in 100,000", cases, 1.0, False, share=False)]


def _of_giant(outcomes: Sequence[Outcome]) -> list[Goal]:
    found = together(outcome.found for outcome in outcomes)
    return [Goal("giant farm found in five cases", found.largest.recall, 0.85, True)]


def _of_framing(outcomes: Sequence[Outcome]) -> list[Goal]:
    return [
        Goal(f"{outcome.trial.name}: victims flagged", _flagged(outcome.found.victims), 0.0005, False)
        for outcome in outcomes
    ]


def _of_single(outcomes: Sequence[Outcome]) -> list[Goal]:
    return [
        Goal(
            f"{outcome.trial.name}: true among the surest, times chance",
            _lift(outcome.found),
            SINGLE_FACET_LIFT,
            True,
            share=False,
        )
        for outcome in outcomes
    ]


def _lift(found: Evaluation) -> float | None:
    usual = found.accounts.actual / found.all_accounts
    return found.reviewed.precision / usual if usual and found.reviewed.precision is not None else None


_GOALS: dict[str, Callable[[Sequence[Outcome]], list[Goal]]] = {
    "worlds": _of_worlds,
    "missing": _of_missing,
    "ring-free": _of_ring_free,
    "giant-farm": _of_giant,
    "framing": _of_framing,
    "single-facet": _of_single,
}
