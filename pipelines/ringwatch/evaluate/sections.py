"""What the report says, section by section: outcomes in; titles, sentences, tables and charts out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ringwatch.evaluate import Evaluation, together
from ringwatch.evaluate.apart import Failure
from ringwatch.evaluate.charts import Bar, Point, bar_chart, cost_chart, reliability_chart
from ringwatch.evaluate.examination import Examination, Outcome, parted
from ringwatch.evaluate.figures import (
    FOUND,
    Section,
    Table,
    dollars,
    found_cells,
    harm_table,
    more_dollars,
    number,
    share,
    surest,
)
from ringwatch.evaluate.goals import OTHER_STYLES, RING_RECALL, TIMES_THE_MEAN, Goal, goals
from ringwatch.evaluate.metrics import Agreement
from ringwatch.evaluate.plan import NOTHING
from ringwatch.shares import wilson


def sections(examination: Examination) -> list[Section]:
    """Return the sections for which there are outcomes, in order; first of all what failed, if anything did."""
    outcomes = examination.outcomes
    made = [failed(examination.failures)] if examination.failures else []
    if marks := goals(outcomes):
        made.append(_marks(marks))
    reached = parted(outcomes)
    for part, write in _SECTIONS.items():
        if part in reached:
            made += write(reached[part])
    return [*made, _spent(outcomes)]


def failed(failures: Sequence[Failure]) -> Section:
    """Return what came to nothing, and why."""
    rows = tuple((failure.trial.part, failure.trial.name, failure.reason) for failure in failures)
    text = "These trials came to nothing. All figures below are of the others alone."
    return Section("Trials that failed", text, (Table(("part", "world", "why"), rows, words=3),))


def _marks(marks: Sequence[Goal]) -> Section:
    rows = tuple((goal.name, goal.written(goal.figure), goal.written_mark, goal.verdict) for goal in marks)
    text = "What was measured beside what should be. Every other section says where the figures come from."
    return Section("Goals", text, (Table(("", "figure", "goal", "verdict"), rows),))


def _worlds(outcomes: Sequence[Outcome]) -> list[Section]:
    every = together(outcome.found for outcome in outcomes)
    rows = [(outcome.trial.name, *found_cells(outcome.found)) for outcome in outcomes]
    worlds = Section(
        "Worlds",
        "Precision (P) and recall (R) of accounts in flagged rings of kind operator; a ring is found when it has a "
        "Jaccard index of one half or more with one operator; pairs weigh large rings most; P of 20: true ones among "
        "the 20 surest cases, what a reviewer sees; a case is false when operators control less than half of it.",
        (Table(("world", *FOUND), (*rows, ("all", *found_cells(every)))),),
    )
    return [worlds, _styles(every), _contexts(every), _calibration(every)]


def _styles(found: Evaluation) -> Section:
    rows, bars = [], []
    for style in found.styles:
        accounts, rings = (
            Agreement(0, *pair) for pair in ((style.accounts, style.accounts_found), (style.rings, style.rings_found))
        )
        low, high = wilson(style.rings_found, style.rings)
        rows.append(
            (
                style.style,
                f"{style.accounts:,}",
                share(accounts.recall),
                f"{style.rings:,}",
                share(rings.recall),
                f"{share(low)} to {share(high)}",
            )
        )
        mark = RING_RECALL.get(style.style, OTHER_STYLES)
        bars.append(Bar(style.style, rings.recall or 0.0, share(rings.recall), low, high, mark))
    text = (
        "Recall by style of operator; the bars are shares of rings found with their 95 % interval, the red lines what "
        "should be reached. What each style does is described with the simulator."
    )
    table = Table(("style", "accounts", "accounts found", "rings", "rings found", "95 % interval"), tuple(rows))
    return Section("By style of operator", text, (table,), bar_chart(bars, 1.0))


def _contexts(found: Evaluation) -> Section:
    mean = found.false_positives_per_100k
    mark = TIMES_THE_MEAN * mean if mean else None
    ordered = sorted(found.contexts, key=lambda row: -row.per_100k)
    bars = [Bar(row.context, row.per_100k, f"{row.per_100k:,.0f}", mark=mark) for row in ordered]
    text = (
        f"Honest accounts in flagged rings of kind operator, per 100,000 of their context; all together {mean:,.0f}. "
        "The red line is three times that. Victims are honest people whose home or device a ring uses to hide; exit "
        "hosts rent out their line, and rings are among those who connect through it."
    )
    most = max((bar.value for bar in bars), default=0.0) or 1.0
    tables = (harm_table("context", ordered), harm_table("victims by", found.victims))
    return Section("Honest accounts accused", text, tables, bar_chart(bars, max(most, mark or 0.0)))


def _calibration(found: Evaluation) -> Section:
    measured = found.calibration
    rows = tuple(
        (f"{some.probability:.2f}", f"{some.observed:.2f}", f"{some.low:.2f} to {some.high:.2f}", f"{some.cases:,}")
        for some in measured.bins
    )
    text = (
        "Does a probability mean what it says? Cases in ten bins: the probability they were given, and the share that "
        f"is true. Expected calibration error {number(measured.error)} over {measured.cases:,} cases."
    )
    table = Table(("probability", "true", "95 % interval", "cases"), rows)
    return Section("Calibration", text, (table,), reliability_chart(measured))


def _missing(outcomes: Sequence[Outcome]) -> list[Section]:
    rows = [("nothing", *found_cells(together(outcome.found for outcome in outcomes)))]
    rows += [
        (feed, *found_cells(together(outcome.missing[feed] for outcome in outcomes))) for feed in outcomes[0].missing
    ]
    text = (
        "The same worlds with one feed less: what a deployment without it, or a night on which it stays out, would see."
    )
    return [Section("One feed missing", text, (Table(("missing", *FOUND), tuple(rows)),))]


def _ring_free(outcomes: Sequence[Outcome]) -> list[Section]:
    rows = tuple(
        (
            outcome.trial.name,
            f"{outcome.trial.accounts:,}",
            str(outcome.found.false_cases),
            f"{outcome.found.accounts.flagged:,}",
            surest(outcome.found),
        )
        for outcome in outcomes
    )
    text = "Worlds without a single operator: every case is false, and probabilities should be low."
    return [
        Section(
            "Nights without rings", text, (Table(("world", "accounts", "cases", "accounts flagged", "surest"), rows),)
        )
    ]


def _giant(outcomes: Sequence[Outcome]) -> list[Section]:
    rows = tuple(
        (
            outcome.trial.name,
            f"{outcome.trial.accounts:,}",
            f"{outcome.found.largest.actual:,}",
            share(outcome.found.largest.recall),
            share(outcome.found.largest.precision),
        )
        for outcome in outcomes
    )
    text = (
        "One operator with a sixth of all accounts makes its own habits look common. How much of it is in five cases?"
    )
    columns = ("world", "accounts", "of the farm", "found in five cases", "purity of these")
    return [Section("A giant farm", text, (Table(columns, rows),))]


def _framing(outcomes: Sequence[Outcome]) -> list[Section]:
    rows = tuple(
        (
            outcome.trial.name,
            victims.context,
            f"{victims.accounts:,}",
            f"{victims.flagged:,}",
            share(outcome.found.accounts.recall),
        )
        for outcome in outcomes
        for victims in outcome.found.victims
    )
    text = (
        "All careful rings and farms, and all framed ones, hide behind the homes of honest people; in the second world "
        "they spoof their devices, too."
    )
    return [
        Section("Framing", text, (Table(("world", "victims by", "victims", "flagged", "account R"), rows, words=2),))
    ]


def _single(outcomes: Sequence[Outcome]) -> list[Section]:
    rows = tuple((outcome.trial.name, *found_cells(outcome.found), surest(outcome.found)) for outcome in outcomes)
    text = (
        "Only one facet is known. The order of the cases should still be sensible (P of 20 far above the share of "
        "controlled accounts), while probabilities stay low: so little is seen."
    )
    return [Section("A single facet", text, (Table(("world", *FOUND, "surest"), rows),))]


def _nights(outcomes: Sequence[Outcome]) -> list[Section]:
    rows = []
    for outcome in outcomes:
        seen, waited = outcome.stability, outcome.delay
        if seen is None or waited is None:
            continue
        kept, jaccard = Agreement(0, seen.rings, seen.kept), seen.jaccard
        rows.append(
            (
                outcome.trial.name,
                str(seen.nights),
                f"{seen.rings:,}",
                share(kept.recall),
                number(jaccard),
                f"{waited.operators:,}",
                f"{waited.found:,}",
                number(waited.median_days, 1),
            )
        )
    text = (
        "Every night of a world. Kept: flagged rings that the next night continues and keeps above the lower "
        "probability; Jaccard: of their members from one night to the next. Days: from the one on which an operator "
        "has enough accounts to be a ring until it is found, the first days of a world included."
    )
    columns = ("world", "nights", "rings", "kept", "Jaccard", "operators", "found", "median days")
    return [Section("From night to night", text, (Table(columns, tuple(rows)),))]


def _cost(outcomes: Sequence[Outcome]) -> list[Section]:
    costs = [outcome.cost for outcome in outcomes if outcome.cost]
    usual = next((cost.per_account for cost in costs if cost.avoided == NOTHING), None)
    rows, points = [], []
    for place, cost in enumerate(costs, 1):
        undetected = cost.undetected / max(1, cost.accounts)
        each = "none stays" if cost.per_undetected is None else dollars(cost.per_undetected)
        rows.append(
            (
                f"{place} {cost.avoided}",
                dollars(cost.per_account),
                "-" if usual is None else more_dollars(cost.per_account - usual),
                share(undetected),
                each,
            )
        )
        points.append(Point(cost.per_account, undetected, str(place)))
    text = (
        "What operators pay per account when all of them avoid a signal, and how many of their accounts stay "
        "undetected. The line joins the ways that no cheaper one outdoes. Prices are assumptions (prices.yml): for "
        "comparison only."
    )
    columns = ("avoided", "per account", "more than usual", "undetected", "per undetected account")
    return [Section("What hiding costs", text, (Table(columns, tuple(rows)),), cost_chart(points))]


def _stress(outcomes: Sequence[Outcome]) -> list[Section]:
    rows = tuple((outcome.trial.name, *found_cells(outcome.found)) for outcome in outcomes)
    return [Section("Stress worlds", "One thing goes wrong in each.", (Table(("world", *FOUND), rows),))]


def _spent(outcomes: Sequence[Outcome]) -> Section:
    rows = tuple(
        (
            outcome.trial.part,
            outcome.trial.name,
            f"{outcome.trial.accounts:,}",
            str(outcome.trial.days),
            str(outcome.trial.seed),
            f"{outcome.seconds:,.0f}",
        )
        for outcome in outcomes
    )
    text = (
        "The trials in order. A world is drawn from its name and seed; the same names and seeds give the same figures."
    )
    return Section("Trials", text, (Table(("part", "world", "accounts", "days", "seed", "seconds"), rows, words=2),))


_SECTIONS: dict[str, Callable[[Sequence[Outcome]], list[Section]]] = {
    "worlds": _worlds,
    "missing": _missing,
    "ring-free": _ring_free,
    "giant-farm": _giant,
    "framing": _framing,
    "single-facet": _single,
    "nights": _nights,
    "cost": _cost,
    "stress": _stress,
}
