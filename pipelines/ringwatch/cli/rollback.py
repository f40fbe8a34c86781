"""`ringwatch roll-back`: the newest published day taken back."""

from datetime import datetime
from typing import Annotated

import typer

from ringwatch.cli.night import print_warnings, watched_night
from ringwatch.cli.output import Json, console, print_json
from ringwatch.errors import UsageError
from ringwatch.settings import load_settings

Day = Annotated[datetime, typer.Option("--day", formats=["%Y-%m-%d"], help="The newest published day.")]
Why = Annotated[str, typer.Option("--why", help="Reason; consumers see it, so leave names and ids out.")]


def roll_back(day: Day, why: Why, as_json: Json = False) -> None:
    """Take back the newest published day: consumers, reviewers and the graph see the one before it again.

    Its rings keep their ids for when it is published again: mend what was wrong and run the day once more.
    """
    from ringwatch.stages import publish

    if not why.strip():
        raise UsageError("--why is empty; say in a few words why the day goes")
    with watched_night(load_settings(), day.date(), None) as night:
        report = publish.roll_back(night, why)
    if as_json:
        print_json(report.as_dict())
        return
    counts = report.counts
    console.print(
        f"{report.day} is rolled back; {counts['changes']:,} rings are other than before, "
        f"{counts['withdrawn']:,} of them withdrawn"
    )
    print_warnings(report)
