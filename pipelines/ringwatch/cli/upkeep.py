"""`ringwatch upkeep`, `backup` and `restore`: what is done each week, and what it is done for."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringwatch.cli.night import watched_night
from ringwatch.cli.output import Json, console, print_json
from ringwatch.cli.rebuild import newest_day
from ringwatch.errors import UsageError
from ringwatch.settings import Settings, load_settings

if TYPE_CHECKING:
    from ringwatch.upkeep.backup import Manifest

Step = Annotated[
    str | None, typer.Argument(help="One step alone: expire, purge, erase, drift, retain, backup or check.")
]
To = Annotated[Path, typer.Option("--to", help="New folder for the backup.", file_okay=False)]
From = Annotated[Path, typer.Option("--from", help="Folder of a backup.", file_okay=False, exists=True)]
WithoutGraph = Annotated[
    bool, typer.Option("--without-graph", help="Leave the graph; `ringwatch rebuild` makes it later.")
]


def upkeep(step: Step = None, as_json: Json = False) -> None:
    """Do what is due each week: let go of what ran out, erase, look for drift, make a backup and try it."""
    from ringwatch.telling import told
    from ringwatch.upkeep import steps

    settings = load_settings()
    done = []
    with watched_night(settings, day_of(settings), None) as night:
        for name in [step] if step else steps.STEPS:
            night.tell(f"upkeep: {name}")
            done.append(steps.run(name, night))
    if as_json:
        print_json([report.as_dict() for report in done])
        return
    for report in done:
        for sentence in told(report):
            console.print(sentence, highlight=False, markup=False, soft_wrap=True)


def backup(to: To, as_json: Json = False) -> None:
    """Back up days, review store and keys, with a digest of each and of the graph, which follows from them.

    A backup is as secret as the home.
    """
    from ringwatch.upkeep import backup as backups
    from ringwatch.working import working

    settings = load_settings()
    with watched_night(settings, day_of(settings), None) as night, working(night, "backup"):
        made = backups.make(night, to)
    _say(made, f"Backed up to {to}", as_json)


def restore(from_folder: From, without_graph: WithoutGraph = False, as_json: Json = False) -> None:
    """Put a backup into an empty home and an empty review store, make the graph anew, and compare all of it."""
    from ringwatch import stages
    from ringwatch.upkeep import restore as restoring
    from ringwatch.upkeep.backup import Manifest
    from ringwatch.working import writing

    day = date.fromisoformat(Manifest.read(from_folder).day)
    with watched_night(load_settings(), day, None) as night:
        with writing(night, "restore"):
            made = restoring.restore(night, from_folder)
        if not without_graph and made.graph:
            stages.rebuild(night, night.tell)
            restoring.compare_graph(night, made)
    left = "" if made.graph and not without_graph else "; `ringwatch rebuild` makes the graph"
    _say(made, f"Restored from {from_folder}, and it is what was backed up{left}", as_json)


def day_of(settings: Settings) -> date:
    """Return the newest day. Raises UsageError when there is none."""
    newest = newest_day(settings)
    if newest is None:
        raise UsageError(f"no day below {settings.home / 'days'} passed the gate: there is nothing to keep up")
    return newest


def _say(made: Manifest, text: str, as_json: bool) -> None:
    if as_json:
        print_json(asdict(made))
        return
    rows = sum(table["rows"] for table in made.tables.values())
    console.print(f"{text}: {len(made.files):,} files, {rows:,} rows of the review store.", soft_wrap=True)
