"""`ringwatch validate`: judges the feeds of a day, or only says what would become of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringwatch import stages
from ringwatch.cli.night import (
    DAY_FORMAT,
    Feeds,
    Without,
    night_settings,
    print_feeds,
    print_report,
    print_warnings,
    watched_night,
)
from ringwatch.cli.output import Json, console, notes, print_json, table
from ringwatch.errors import DataRefused, UsageError

if TYPE_CHECKING:
    from ringwatch.night import Night
    from ringwatch.rehearsal import Rehearsal

FINDINGS = 1

# Rows of each rule whose place is shown.
FIRST = 3

COUNTED = ("rows", "clean", "held", "quarantined", "duplicates", "noted", "late")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Keep nothing; say which rows would be refused, and why.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="With --dry-run: show the first of these rows, too.")]
Docs = Annotated[bool, typer.Option("--docs", help="Write Data Docs of the day: pages of counts, without values.")]


def validate(
    day: Annotated[datetime, typer.Option("--day", formats=DAY_FORMAT, help="Day the data are about.")],
    feeds: Feeds = None,
    without: Without = None,
    dry_run: DryRun = False,
    reveal: Reveal = False,
    docs: Docs = False,
    as_json: Json = False,
) -> None:
    """Run the stage validate of one day, alone.

    With --dry-run, for those who prepare feeds, it judges and keeps nothing: exit code 1 when rows would be refused, 3
    when the night would stop.
    """
    _refuse_contradictions(dry_run, reveal, docs)
    with watched_night(night_settings(without or []), day.date(), feeds) as night:
        night.tell("validate")
        if dry_run:
            from ringwatch.rehearsal import rehearse

            rehearsal = rehearse(night, FIRST)
        else:
            report = stages.run_stage("validate", night)
            page = _data_docs(night) if docs else None
    if dry_run:
        _print_rehearsal(rehearsal, reveal, as_json)
    elif as_json:
        print_json(report.as_dict() | ({"docs": page} if page else {}))
    else:
        print_report(report)
        if page:
            console.print(f"Data Docs: {page}", soft_wrap=True)


def _refuse_contradictions(dry_run: bool, reveal: bool, docs: bool) -> None:
    if docs and dry_run:
        raise UsageError("--docs are about a day that was judged; leave out --dry-run")
    if reveal and not dry_run:
        raise UsageError("--reveal goes with --dry-run; `ringwatch quarantine show --reveal` shows what was refused")


def _data_docs(night: Night) -> str:
    from ringwatch.gate import data_docs

    night.tell("validate: Data Docs")
    return data_docs.write(night).resolve().as_uri()


def _print_rehearsal(rehearsal: Rehearsal, reveal: bool, as_json: bool) -> None:
    """Print what would become of a delivery, and exit with what a night would exit with."""
    if as_json:
        print_json(_as_dict(rehearsal, reveal))
    else:
        _print_counts(rehearsal)
        _print_rules(rehearsal, reveal)
        _print_names(rehearsal)
        print_feeds(rehearsal.report)
        print_warnings(rehearsal.report)
        for stop in rehearsal.stops:
            notes.print(f"The night would stop: {stop}", style="red", soft_wrap=True)
    if rehearsal.stops:
        raise typer.Exit(DataRefused.exit_code)
    if rehearsal.refused:
        raise typer.Exit(FINDINGS)


def _as_dict(rehearsal: Rehearsal, reveal: bool) -> dict[str, Any]:
    shown = [name for name in ("file", "row", "line", "values") if reveal or name != "values"]
    rules = [
        rule | {"places": [{name: place[name] for name in shown} for place in rule["places"]]}
        for rule in rehearsal.rules
    ]
    return {
        "day": rehearsal.report.day,
        "counts": rehearsal.report.counts,
        "rules": rules,
        "warnings": rehearsal.report.warnings,
        "feeds": rehearsal.report.feeds,
        "names": rehearsal.names,
        "stops": rehearsal.stops,
    }


def _print_counts(rehearsal: Rehearsal) -> None:
    counts = rehearsal.report.counts
    feeds = dict.fromkeys(name.partition(".")[0] for name in counts)
    rows = [[feed, *(counts.get(f"{feed}.{name}") for name in COUNTED)] for feed in feeds]
    if rows:
        console.print(table(f"What would become of {rehearsal.report.day}", ("feed", *COUNTED), rows))


def _print_rules(rehearsal: Rehearsal, reveal: bool) -> None:
    rows = [
        [rule["feed"], rule["rule"], rule["rows"], "\n".join(map(_place, rule["places"]))] for rule in rehearsal.rules
    ]
    if rows:
        console.print(table("What would be refused", ("feed", "rule", "rows", "the first of them"), rows))
    for rule in rehearsal.rules if reveal else []:
        for place in rule["places"]:
            shown = f"{_place(place)}: {_visible(place['values'] or '')}"
            console.print(shown, soft_wrap=True)


def _print_names(rehearsal: Rehearsal) -> None:
    """Say of each feed which columns have other names in its files."""
    for feed, names in rehearsal.names.items():
        said = ", ".join(f"{column} from {_visible(repr(name))}" for column, name in names.items())
        console.print(f"  {feed}: {said}", highlight=False, markup=False, soft_wrap=True)


def _place(place: dict[str, Any]) -> str:
    line = "" if place["line"] is None else f" (line {place['line']:,})"
    return f"{_visible(place['file'])} row {place['row']:,}{line}"


def _visible(text: str) -> str:
    """Text of feeds as a terminal can show it: without characters that steer it or turn it around."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
