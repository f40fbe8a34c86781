"""What the report on sources says, section by section: outcomes in; titles, sentences, tables and charts out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringwatch.evaluate import together
from ringwatch.evaluate.apart import Failure
from ringwatch.evaluate.charts import reliability_chart
from ringwatch.evaluate.figures import Section, Table, number, share
from ringwatch.evaluate.goals import NOT_REACHED, REACHED
from ringwatch.evaluate.metrics import Agreement
from ringwatch.evaluate.sections import failed
from ringwatch.evaluate.source_trial import SourceOutcome

TITLE = "Evaluation on labelled sources"
FOUND = (
    "P",
    "R",
    "F1",
    "ring P",
    "ring R",
    "accounts flagged",
    "rings flagged",
    "false cases",
    "honest per 100k",
    "ECE",
)
AGAINST = ("best one-line rule", "P", "R", "F1", "rings found", "ours", "as good")
LOST = (
    *("accounts", "found", "in no candidate", "not picked", "picked in a crowd", "below the threshold"),
    *("other kind", "too small"),
)
AFTER = ("verdicts", "P", "R", "F1", "ring P", "ring R", "false cases", "honest per 100k", "ECE", "taken into use")
REACHED_BY = ("rings", "among candidates", "picked", "flagged")

Row = tuple[str, ...]


def sections(outcomes: Sequence[SourceOutcome], failures: Sequence[Failure]) -> list[Section]:
    """Return the sections of the report; first of all what failed, if anything did."""
    made = [failed(failures)] if failures else []
    if not outcomes:
        return made
    parts = (_found, _against, _lost, _reviewed, _rules, _styles, _harm, _calibration, _sources)
    return [*made, *(section for part in parts for section in part(outcomes))]


def as_dict(outcomes: Sequence[SourceOutcome], failures: Sequence[Failure]) -> dict[str, Any]:
    """Plain values, ready for JSON: every source with what was found, and those that failed."""
    sources = [outcome.as_dict() for outcome in outcomes]
    return {"title": TITLE, "sources": sources, "failed": [failure.as_dict() for failure in failures]}


def found_rows(outcomes: Sequence[SourceOutcome]) -> list[Row]:
    """Return a row for each source: its name and the cells of FOUND."""
    return [(outcome.trial.name, *_found_cells(outcome)) for outcome in outcomes]


def against_rows(outcomes: Sequence[SourceOutcome]) -> list[Row]:
    """Return a row for each source: its name and the cells of AGAINST."""
    return [(outcome.trial.name, *_against_cells(outcome)) for outcome in outcomes]


def lost_rows(outcomes: Sequence[SourceOutcome]) -> list[Row]:
    """Return a row for each source: its name and the cells of LOST."""
    return [(outcome.trial.name, *_lost_cells(outcome)) for outcome in outcomes]


def reviewed_rows(outcomes: Sequence[SourceOutcome]) -> list[Row]:
    """Return a row for each source and number of verdicts: its name and the cells of AFTER."""
    return [
        (
            outcome.trial.name,
            f"{each.verdicts:,}",
            share(each.found.accounts.precision),
            share(each.found.accounts.recall),
            number(each.found.accounts.f1),
            share(each.found.rings.precision),
            share(each.found.rings.recall),
            f"{each.found.false_cases:,}",
            f"{each.found.false_positives_per_100k:,.0f}",
            number(each.found.calibration.error),
            "yes" if each.used else "no",
        )
        for outcome in outcomes
        for each in outcome.reviewed
    ]


def _found_cells(outcome: SourceOutcome) -> Row:
    found = outcome.found
    return (
        share(found.accounts.precision),
        share(found.accounts.recall),
        number(found.accounts.f1),
        share(found.rings.precision),
        share(found.rings.recall),
        f"{found.accounts.flagged:,}",
        f"{found.rings.flagged:,}",
        f"{found.false_cases:,}",
        f"{found.false_positives_per_100k:,.0f}",
        number(found.calibration.error),
    )


def _against_cells(outcome: SourceOutcome) -> Row:
    rule, mine = outcome.rule, number(outcome.found.accounts.f1)
    if rule is None:
        return ("none", "-", "-", "-", "-", mine, "-")
    verdict = REACHED if outcome.beats_rule else NOT_REACHED
    return (rule.name, *_rule_cells(rule.accounts, rule.rings), mine, verdict)


def _rule_cells(accounts: Agreement, rings: Agreement) -> Row:
    found = f"{rings.right:,} of {rings.actual:,}"
    return (share(accounts.precision), share(accounts.recall), number(accounts.f1), found)


def _lost_cells(outcome: SourceOutcome) -> Row:
    lost = outcome.losses
    counts = (lost.accounts, lost.found, lost.no_candidate, lost.not_picked, lost.in_crowd, lost.below)
    return tuple(f"{count:,}" for count in (*counts, lost.other_kind, lost.small))


def _found(outcomes: Sequence[SourceOutcome]) -> list[Section]:
    text = (
        "Each source as a deployment that has just its feeds: precision (P), recall (R) and F1 of accounts in flagged "
        "rings of kind operator; a ring is found when it has a Jaccard index of one half or more with one of the "
        "truth. A case is false when less than half of its accounts belong to a ring. ECE: expected calibration "
        "error. Accounts without a label count for nothing, nor do rings smaller than the source judges."
    )
    return [Section("Sources", text, (Table(("source", *FOUND), tuple(found_rows(outcomes))),))]


def _against(outcomes: Sequence[SourceOutcome]) -> list[Section]:
    text = (
        "What a user would write in an afternoon: components of accounts that share a thing, or deal with each other; "
        "the limit up to which sharing counts is the best there is, chosen with the truth in hand. Reached: F1 is at "
        "least the rule's, at a precision that is."
    )
    table = Table(("source", *AGAINST), tuple(against_rows(outcomes)), words=2)
    return [Section("Against the best one-line rule", text, (table,))]


def _lost(outcomes: Sequence[SourceOutcome]) -> list[Section]:
    text = (
        "How far accounts that belong to a ring came: into a candidate, into a group that was picked of these, into "
        "one of which most belong to a ring, above the threshold. And rings that have a Jaccard index of one half or "
        "more with some candidate, some picked group, some flagged ring."
    )
    came = tuple(
        (outcome.trial.name, *(f"{count:,}" for count in (some.rings, some.candidates, some.picked, some.flagged)))
        for outcome in outcomes
        for some in [outcome.reached]
    )
    tables = (Table(("source", *LOST), tuple(lost_rows(outcomes))), Table(("source", *REACHED_BY), came))
    return [Section("Where recall is lost", text, tables)]


def _reviewed(outcomes: Sequence[SourceOutcome]) -> list[Section]:
    rows = reviewed_rows(outcomes)
    if not rows:
        return []
    text = (
        "Simulated reviewers, who err on one ring in twenty, decide on the surest groups and on a sample below; the "
        "score is adjusted as `ringwatch review calibrate` would, if that judges unseen verdicts clearly better."
    )
    return [Section("What verdicts teach", text, (Table(("source", *AFTER), tuple(rows)),))]


def _rules(outcomes: Sequence[SourceOutcome]) -> list[Section]:
    rows = tuple(
        (outcome.trial.name, rule.name, *_rule_cells(rule.accounts, rule.rings))
        for outcome in outcomes
        for rule in outcome.rules
    )
    columns = ("source", "accounts joined by", "P", "R", "F1", "rings found")
    return [Section("One-line rules", "All that were tried, each at its best limit.", (Table(columns, rows, words=2),))]


def _styles(outcomes: Sequence[SourceOutcome]) -> list[Section]:
    rows = tuple(
        (
            outcome.trial.name,
            style.style,
            f"{style.accounts:,}",
            share(Agreement(0, style.accounts, style.accounts_found).recall),
            f"{style.rings:,}",
            share(Agreement(0, style.rings, style.rings_found).recall),
        )
        for outcome in outcomes
        for style in outcome.found.styles
    )
    if not rows:
        return []
    columns = ("source", "style", "accounts", "accounts found", "rings", "rings found")
    text = "Recall by style of operator, in sources whose truth knows it."
    return [Section("By style of operator", text, (Table(columns, rows, words=2),))]


def _harm(outcomes: Sequence[SourceOutcome]) -> list[Section]:
    worst = tuple(
        (outcome.trial.name, some.context, f"{some.per_100k:,.0f}", f"{some.times_the_mean:.1f}")
        for outcome in outcomes
        if (some := outcome.worst)
    )
    rows = tuple(
        (outcome.trial.name, row.context, f"{row.accounts:,}", f"{row.flagged:,}", f"{row.per_100k:,.0f}")
        for outcome in outcomes
        for row in (*sorted(outcome.found.contexts, key=lambda row: -row.per_100k), *outcome.found.victims)
    )
    if not rows:
        return []
    text = (
        "Honest accounts in flagged rings of kind operator by how they live, in sources whose truth knows it; the "
        "worst context is the one of at least 1 % of the honest accounts that is accused most. Of victims a ring uses "
        "something; exit hosts rent out their line."
    )
    tables = (
        Table(("source", "worst context", "per 100,000", "times the mean"), worst, words=2),
        Table(("source", "context", "accounts", "accused", "per 100,000"), rows, words=2),
    )
    return [Section("Honest accounts accused", text, tables)]


def _calibration(outcomes: Sequence[SourceOutcome]) -> list[Section]:
    every = together(outcome.found for outcome in outcomes).calibration
    rows = tuple(
        (
            outcome.trial.name,
            number(of_all.error),
            f"{of_all.cases:,}",
            number(of_flagged.error),
            f"{of_flagged.cases:,}",
        )
        for outcome in outcomes
        for of_all, of_flagged in [(outcome.found.calibration, outcome.calibration_of_flagged)]
    )
    text = (
        "Does a probability mean what it says? Cases in ten bins: the probability they were given, and the share that "
        "is true; the error is the mean distance, weighted by cases. The chart is of all sources together."
    )
    columns = ("source", "error", "cases", "error of flagged", "flagged cases")
    return [Section("Calibration", text, (Table(columns, rows),), reliability_chart(every))]


def _sources(outcomes: Sequence[SourceOutcome]) -> list[Section]:
    figures, words = [], []
    for outcome in outcomes:
        source = outcome.trial.source
        known = source.truth["label"].notna()
        counts = (int(known.sum()), outcome.reached.rings, len(source.days), source.window_days, source.min_ring_size)
        texts = (source.name, source.day.isoformat(), " ".join(source.feeds))
        figures.append((*texts, *(f"{count:,}" for count in counts), f"{outcome.seconds:,.0f}"))
        words.append((source.name, "real" if source.real else "made", source.origin or "-", source.meaning or "-"))
    columns = ("source", "day", "feeds", "labelled", "rings", "days", "window", "least ring", "seconds")
    tables = (
        Table(columns, tuple(figures), words=3),
        Table(("source", "data", "origin", "what the truth means"), tuple(words), words=4),
    )
    text = "Labelled accounts, rings that are large enough to be judged, days with feeds, and days that count."
    return [Section("What was judged", text, tables)]
