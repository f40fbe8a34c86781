"""`ringwatch doctor`: what the next night needs, and what mends what is wrong."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from ringwatch import doctor as doctors
from ringwatch.cli.night import DAY_FORMAT
from ringwatch.cli.output import Json, Watched, console, print_json
from ringwatch.errors import InfrastructureError
from ringwatch.settings import Settings, load_settings

WARNED = 1
COLOURS = {"ok": "green", "warn": "yellow", "bad": "bold red"}
Newest = Annotated[
    datetime | None,
    typer.Option("--day", formats=DAY_FORMAT, help="Newest day of which a night should have run; else yesterday."),
]


def doctor(day: Newest = None, as_json: Json = False) -> None:
    """Look at all that the next night needs, and say what mends what is wrong; nothing is changed.

    Exit code 0: all is well, 1: something is to be looked at, 4: the next night would stop or be wrong.
    """
    settings, now = load_settings(), datetime.now(UTC)
    with Watched("looks at machine, server, store and nights"):
        found = list(doctors.examine(settings, day.date() if day else _yesterday(settings, now), now))
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            _print(finding)
    states = {finding.state for finding in found}
    if states - {"ok"}:
        raise typer.Exit(InfrastructureError.exit_code if "bad" in states else WARNED)


def _print(finding: doctors.Finding) -> None:
    line = Text.assemble((f"{finding.state:<5}", COLOURS[finding.state]), f"{finding.name:<12} {finding.says}.")
    more = f" (runbook: {finding.runbook})" if finding.runbook else ""
    console.print(line.append(f" To do: {finding.fix}{more}." if finding.fix else ""), soft_wrap=True)


def _yesterday(settings: Settings, now: datetime) -> date:
    """The day that has ended, by the zone whose midnights cut the feeds."""
    return now.astimezone(ZoneInfo(settings.day_zone)).date() - timedelta(days=1)
