"""`ringwatch rollback`: the newest published days taken back."""

from datetime import datetime
from typing import Annotated

import typer

from ringwatch import stages
from ringwatch.cli.night import DAY_FORMAT, print_warnings, watched_night
from ringwatch.cli.output import Json, console, print_json
from ringwatch.cli.people import By, author
from ringwatch.errors import UsageError
from ringwatch.settings import load_settings

To = Annotated[datetime, typer.Option("--to", formats=DAY_FORMAT, help="The published day that is to be the newest.")]
Why = Annotated[str, typer.Option("--why", help="Reason; consumers see it, so leave names and ids out.")]


def rollback(to: To, why: Why, by: By = None, as_json: Json = False) -> None:
    """Take back all published days after one: consumers, reviewers and the graph see that day again.

    Its rings keep their ids for when the days are published again: mend what was wrong and run them once more. The day
    before the first one takes all back. Done twice, it changes nothing.
    """
    if not why.strip():
        raise UsageError("--why is empty; say in a few words why the days go")
    with watched_night(load_settings(), to.date(), None) as night:
        report = stages.roll_back(night, why, author(by))
    if as_json:
        print_json(report.as_dict())
        return
    counts = report.counts
    if counts["days"]:
        console.print(
            f"{counts['days']:,} days after {report.day} are rolled back; {counts['changes']:,} rings are other than "
            f"before, {counts['withdrawn']:,} of them withdrawn"
        )
    else:
        console.print(f"{report.day} is the newest published day; nothing is taken back")
    print_warnings(report)
