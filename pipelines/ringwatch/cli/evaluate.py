"""`ringwatch evaluate`: rings published for a day against a truth, or the program on simulated worlds or on sources."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from ringwatch.cli.output import Json, Watched, console, notes, print_json, table
from ringwatch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringwatch.evaluate import Evaluation
    from ringwatch.evaluate.apart import Failure
    from ringwatch.evaluate.examination import Outcome
    from ringwatch.evaluate.plan import Trial
    from ringwatch.evaluate.source_trial import SourceOutcome, SourceTrial
    from ringwatch.settings import Settings

_MEASURES = ("flagged", "actual", "right", "precision", "recall", "f1")


def evaluate(
    truth: Annotated[
        Path | None, typer.Option(help="One night: folder with members.parquet and contexts.parquet.", file_okay=False)
    ] = None,
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="One night: the published day.")
    ] = None,
    family: Annotated[
        str | None, typer.Option(help="Many worlds: the family they are drawn from, A, B, C (once per release) or D.")
    ] = None,
    stress: Annotated[
        list[str] | None, typer.Option(help="Many worlds: a stress world, such as sticky-exits, or `all`; repeatable.")
    ] = None,
    part: Annotated[
        list[str] | None, typer.Option(help="Only this part of the examination, such as worlds; repeatable.")
    ] = None,
    sources: Annotated[
        Path | None,
        typer.Option(
            help="Sources: folder with a folder of feeds and truth for each (docs/evaluation.md).", file_okay=False
        ),
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="Only the source of this name; repeatable.")] = None,
    verdicts: Annotated[
        str | None, typer.Option(help="Sources: what so many verdicts would teach, such as 0,20,50,100,200.")
    ] = None,
    worlds: Annotated[int, typer.Option(help="Worlds of the family.", min=1)] = 6,
    accounts: Annotated[int, typer.Option(help="Accounts of each; in family D at most.", min=500)] = 100_000,
    days: Annotated[
        int | None, typer.Option(help="Days of each; 28 if not given, in family D the window it draws.", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same people.", min=0)] = 1,
    processes: Annotated[
        int, typer.Option(help="Worlds or sources: how many at a time, each with a server of its own.", min=1)
    ] = 2,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report; evaluation/report in your home if not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare what was found with a truth: who was found, who was missed, who was accused.

    With --truth and --day: the rings published for a day. With --family or --stress: link, detect and score on
    simulated worlds, on a server of their own, and a report in JSON, Markdown and HTML. With --sources: the same on
    labelled data of any origin, each as a deployment with just its feeds, beside the best rules of one line.
    """
    if sources or source:
        _refuse_beside_sources(sources, [truth, day, family, stress, part])
        _judge_sources(cast(Path, sources), source or (), _counts(verdicts), processes, out, as_json)
    elif verdicts:
        raise UsageError("--verdicts goes with --sources only; give that folder, too")
    elif family or stress:
        _examine(_trials(family, stress, part, worlds, accounts, days, seed), processes, out, as_json)
    elif truth and day:
        _one_night(truth, day, as_json)
    else:
        raise UsageError(
            "give --truth and --day for a published night, --family or --stress for simulated worlds, or --sources for "
            "labelled data"
        )


def print_evaluation(found: Evaluation) -> None:
    units = {"accounts": found.accounts, "rings": found.rings, "pairs": found.pairs}
    agreement = [(name, *(getattr(unit, measure) for measure in _MEASURES)) for name, unit in units.items()]
    console.print(table(f"Published rings of {found.day} against the truth", ("", *_MEASURES), agreement))
    styles = [(s.style, s.accounts, s.accounts_found, s.rings, s.rings_found) for s in found.styles]
    console.print(table("Found by style", ("style", "accounts", "found", "rings", "found"), styles))
    accused = f"Accused honest accounts: {found.false_positives_per_100k:,.0f} per 100,000"
    contexts = [(c.context, c.accounts, c.flagged, c.per_100k) for c in found.contexts]
    console.print(table(accused, ("context", "accounts", "flagged", "per 100,000"), contexts))


def _one_night(truth: Path, day: datetime, as_json: bool) -> None:
    from ringwatch.evaluate import evaluate as compare_with_truth
    from ringwatch.settings import load_settings
    from ringwatch.store.store import Store

    settings = load_settings()
    store = Store.open(settings.store_address)
    try:
        found = compare_with_truth(store, truth, day.date(), settings.min_ring_size)
    finally:
        store.close()
    if as_json:
        print_json(found.as_dict())
    else:
        print_evaluation(found)


def _trials(
    family: str | None,
    stress: list[str] | None,
    part: list[str] | None,
    worlds: int,
    accounts: int,
    days: int | None,
    seed: int,
) -> list[Trial]:
    from ringwatch.evaluate.plan import plan, stress_plan
    from ringwatch.simulate.families import STRESSES

    names = list(STRESSES) if stress and "all" in stress else stress or []
    trials = plan(family, worlds, accounts, days, seed, part) if family else []
    return [*trials, *stress_plan(names, accounts, days, seed)]


def _refuse_beside_sources(sources: Path | None, others: list[object]) -> None:
    if sources is None:
        raise UsageError("--source names one of --sources DIR; give that folder, too")
    if any(others):
        raise UsageError("--sources goes without --truth, --day, --family, --stress and --part; ask for one at a time")


def _counts(verdicts: str | None) -> tuple[int, ...]:
    counts = [count.strip() for count in (verdicts or "").split(",") if count.strip()]
    if not all(count.isdigit() for count in counts):
        raise UsageError(f"--verdicts {verdicts}: give numbers with commas between them, such as 0,20,50")
    return tuple(sorted({int(count) for count in counts}))


def _judge_sources(
    folder: Path, names: Sequence[str], verdicts: tuple[int, ...], processes: int, out: Path | None, as_json: bool
) -> None:
    from ringwatch import sources as labelled
    from ringwatch.evaluate.apart import Failure, TrialsFailed
    from ringwatch.evaluate.report import write
    from ringwatch.evaluate.source_sections import as_dict, sections
    from ringwatch.evaluate.source_trial import SourceOutcome, SourceTrial
    from ringwatch.settings import load_settings, set_apart

    settings = set_apart(load_settings(), "evaluation")
    read = [labelled.read(path) for path in labelled.find(folder, names)]
    trials = [SourceTrial(each, settings.home / "sources", verdicts=verdicts) for each in read]
    came = list(_held_sources(trials, settings, processes))
    outcomes = [one for one in came if isinstance(one, SourceOutcome)]
    failures = [one for one in came if isinstance(one, Failure)]
    values = as_dict(outcomes, failures)
    paths = write(
        out or settings.home / "sources-report", _sources_summary(trials), sections(outcomes, failures), values
    )
    if as_json:
        print_json(values)
    else:
        if outcomes:
            _print_sources(outcomes)
        console.print(f"Report: {paths[-1]}", soft_wrap=True)
    if failures:
        raise TrialsFailed(failures, len(trials), paths[-1])


def _held_sources(
    trials: Sequence[SourceTrial], settings: Settings, processes: int
) -> Iterator[SourceOutcome | Failure]:
    from ringwatch import server
    from ringwatch.evaluate.apart import held
    from ringwatch.evaluate.source_trial import hold

    try:
        with Watched("evaluating") as watched:
            for one in held(trials, hold, settings, watched.tell, min(processes, len(trials))):
                _say(one)
                yield one
    finally:
        server.stop(settings)


def _print_sources(outcomes: Sequence[SourceOutcome]) -> None:
    from ringwatch.evaluate import source_sections as shown

    for title, columns, rows in (
        ("Sources", shown.FOUND, shown.found_rows(outcomes)),
        ("Against the best one-line rule", shown.AGAINST, shown.against_rows(outcomes)),
        ("Where accounts of rings are lost", shown.LOST, shown.lost_rows(outcomes)),
    ):
        console.print(table(title, ("source", *columns), rows))
    if taught := shown.reviewed_rows(outcomes):
        console.print(table("What verdicts teach", ("source", *shown.AFTER), taught))


def _sources_summary(trials: Sequence[SourceTrial]) -> str:
    from ringwatch import __version__

    accounts = sum(int(trial.source.truth["label"].notna().sum()) for trial in trials)
    return f"ringwatch {__version__}: {len(trials)} sources with {accounts:,} labelled accounts in all."


def _examine(trials: list[Trial], processes: int, out: Path | None, as_json: bool) -> None:
    from ringwatch import server
    from ringwatch.evaluate.apart import TrialsFailed
    from ringwatch.evaluate.examination import examine
    from ringwatch.evaluate.report import as_dict, write_report
    from ringwatch.settings import load_settings, set_apart

    settings = set_apart(load_settings(), "evaluation")
    try:
        with Watched("evaluating") as watched:
            examination = examine(trials, settings, watched.tell, _say, min(processes, len(trials)))
    finally:
        server.stop(settings)
    title = "Evaluation on simulated worlds"
    paths = write_report(out or settings.home / "report", title, _summary(trials), examination)
    if as_json:
        print_json(as_dict(title, examination))
    else:
        _print_goals(examination.outcomes)
        console.print(f"Report: {paths[-1]}", soft_wrap=True)
    if examination.failures:
        raise TrialsFailed(examination.failures, len(trials), paths[-1])


def _say(came: Outcome | SourceOutcome | Failure) -> None:
    from ringwatch.evaluate.apart import Failure

    if isinstance(came, Failure):
        failed = f"{came.trial.part}: {came.trial.name} failed: {came.reason}"
        notes.print(failed, style="red", soft_wrap=True)
    else:
        _say_found(came)


def _say_found(outcome: Outcome | SourceOutcome) -> None:
    found = outcome.found.accounts
    precision, recall = (f"{share:.2f}" if share is not None else "-" for share in (found.precision, found.recall))
    notes.print(
        f"{outcome.trial.part}: {outcome.trial.name}, account precision {precision}, recall {recall}, "
        f"{outcome.seconds:.0f} s",
    )


def _print_goals(outcomes: Sequence[Outcome]) -> None:
    from ringwatch.evaluate.goals import goals

    rows = [(goal.name, goal.written(goal.figure), goal.written_mark, goal.verdict) for goal in goals(outcomes)]
    if rows:
        console.print(table("Goals", ("", "figure", "goal", "verdict"), rows))


def _summary(trials: list[Trial]) -> str:
    from ringwatch import __version__

    accounts, days = sum(trial.accounts for trial in trials), max(trial.days for trial in trials)
    return f"ringwatch {__version__}: {len(trials)} trials of {days} days with {accounts:,} accounts in all."
