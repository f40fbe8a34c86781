"""`ringwatch review serve` and `review report`: the review page, and the report of a day as one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ringwatch.cli.output import Json, console, print_json
from ringwatch.cli.people import By, author
from ringwatch.errors import UsageError
from ringwatch.settings import Settings, load_settings

# For whom a report is made when nobody asks for it.
REPORTER = "ringwatch"

if TYPE_CHECKING:
    from pathlib import Path

    from ringwatch.web.page import Review

Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="Port on this machine; 0: a free one. [setting review_port]"),
]
Links = Annotated[int, typer.Option("--links", min=1, max=20, help="Sign-in links to print: one for each browser.")]
Day = Annotated[
    datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Published day; the newest if not given.")
]


def serve(port: Port = None, links: Links = 1, by: By = None) -> None:
    """Open the review page on this machine, until Ctrl-C. Each sign-in link works once."""
    from ringwatch.web import serving

    settings, name = load_settings(), author(by)
    with open_review(settings) as review:
        access = serving.access_of(settings, name)
        serving.serve(review, access, settings.review_port if port is None else port, _tell, links)


def _tell(address: str) -> None:
    console.print(f"Review page: {address}", soft_wrap=True)


def report(day: Day = None, as_json: Json = False) -> None:
    """Write the report of a day to days/DAY/report.html in the home: one file that opens from disk."""
    path = write_report(load_settings(), day.date() if day else None, REPORTER)
    if as_json:
        print_json({"report": path})
    else:
        console.print(f"Report: {path}", soft_wrap=True)


def write_report(settings: Settings, day: date | None, name: str) -> Path:
    """Write the report of a published day, the newest if none is given, and return its path."""
    from ringwatch.web import report as reports

    with open_review(settings) as review:
        days = review.days()
        if not days:
            raise UsageError("no rings are published yet; run `ringwatch run` first")
        return reports.write(review, name, day or days[-1])


@contextmanager
def open_review(settings: Settings) -> Iterator[Review]:
    """Open the review store of the settings. Raises UsageError when there is none."""
    from ringwatch.night import open_night
    from ringwatch.review.desk import Desk
    from ringwatch.web.page import Review

    if settings.store_url is None and not settings.home.joinpath("review.db").is_file():
        raise UsageError(f"there is no review store in {settings.home}; run `ringwatch run` first, or `ringwatch demo`")
    with open_night(settings, date.min) as night:
        yield Review(lambda name: Desk(night.store, settings, name), night)
