"""`ringwatch publish`, also of what was withheld; `ringwatch republish`; `ringwatch nights`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import typer

from ringwatch import stages
from ringwatch.cli.night import (
    DAY_FORMAT,
    Day,
    Feeds,
    Without,
    night_settings,
    print_report,
    print_warnings,
    watched_night,
)
from ringwatch.cli.output import Json, console, print_json, table
from ringwatch.cli.people import By, author
from ringwatch.errors import UsageError
from ringwatch.night import open_night
from ringwatch.settings import load_settings

Release = Annotated[
    int | None, typer.Option("--release", metavar="RUN", help="A withheld run, to be published as it was judged.")
]
Why = Annotated[str, typer.Option("--why", help="Why it is released; consumers see it, so leave names and ids out.")]
From = Annotated[datetime, typer.Option("--from", formats=DAY_FORMAT, help="First day that may be out of date.")]
SHOWN = ("day", "state", "run", "restatement", "rings", "accounts", "out of date", "reason")


def publish(
    day: Day = None,
    release: Release = None,
    why: Why = "",
    by: By = None,
    feeds: Feeds = None,
    without: Without = None,
    as_json: Json = False,
) -> None:
    """Run the stage publish of one day, alone; or publish what a guardrail withheld, as it was judged."""
    if (day is None) == (release is None):
        raise UsageError("say what to publish: --day DAY, or --release RUN --why TEXT")
    if release is not None and not why.strip():
        raise UsageError("--why is missing; say in a few words why the run is released")
    with watched_night(night_settings(without or []), day.date() if day else date.min, feeds) as night:
        night.tell("publish")
        if release is None:
            report = stages.run_stage("publish", night)
        else:
            report = stages.release(night, release, author(by), why)
    if as_json:
        print_json(report.as_dict())
        return
    print_report(report)


def republish(from_day: From, as_json: Json = False) -> None:
    """Run again, oldest first, the published days that an earlier day's correction put out of date.

    Their clean files stay. A night that is withheld, stops the later ones.
    """
    done = []
    with watched_night(load_settings(), from_day.date(), None) as night:
        for report in stages.republish(night, lambda day, stage: night.tell(f"{stage} of {day}")):
            done.append(report)
            if not as_json:
                counts = report.counts
                console.print(
                    f"{report.day}  {counts['rings']:,} rings of {counts['members']:,} accounts, {counts['changes']:,} "
                    "rings are other than before",
                    highlight=False,
                )
                print_warnings(report)
    if as_json:
        print_json([report.as_dict() for report in done])
    elif not done:
        console.print(f"No published day from {from_day:%F} on is out of date.", highlight=False)


def nights(as_json: Json = False) -> None:
    """Show the nights: published, withheld or rolled back, and those that are out of date; and what people did."""
    with open_night(load_settings(), date.min) as night:
        stale = night.store.nights.stale()
        rows = [_row(run, run["day"] in stale) for run in night.store.nights.runs()]
        log, canaries = night.store.nights.log(), night.store.nights.canaries()
    if as_json:
        print_json({"nights": rows, "log": log, "canaries": canaries})
        return
    console.print(table("Nights", SHOWN, [[_word(row[name]) for name in SHOWN] for row in rows]))
    for entry in log:
        console.print(
            f"{entry['at']:%F %H:%M} {entry['author']} {entry['action']} {entry['day']} (run {entry['run_id']}): "
            f"{entry['why']}",
            highlight=False,
            markup=False,
        )
    if canaries:
        console.print(_canaries([row for row in canaries if row["day"] == canaries[-1]["day"]]), highlight=False)
    if stale:
        console.print(f"Next: `ringwatch republish --from {stale[0]}`", highlight=False)


def _canaries(rows: list[dict[str, Any]]) -> str:
    found = ", ".join(f"{row['flagged']} of {row['groups']} {row['difficulty']}" for row in rows if not row["honest"])
    honest = [row for row in rows if row["honest"]]
    accused, everybody = (sum(row[name] for row in honest) for name in ("accused", "accounts"))
    return f"Canaries on {rows[0]['day']}: found {found} rings; accused {accused} of {everybody} honest accounts"


def _row(run: dict[str, Any], stale: bool) -> dict[str, Any]:
    state = "rolled back" if run["rolled_back"] and run["state"] == "replaced" else run["state"]
    known = {"day": run["day"], "run": run["run_id"], "state": state, "restatement": run["restatement"]}
    return known | {"rings": run["rings"], "accounts": run["members"], "out of date": stale, "reason": run["reason"]}


def _word(value: Any) -> Any:
    return {True: "yes", False: "", None: ""}.get(value, value) if value is None or isinstance(value, bool) else value
