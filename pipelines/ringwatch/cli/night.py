"""`ringwatch run` and a command for each stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.text import Text

from ringwatch import stages
from ringwatch.cli.output import Json, Watched, console, notes, print_json, print_mapping
from ringwatch.cli.review_page import REPORTER, write_report
from ringwatch.errors import UsageError
from ringwatch.night import Night, Report, check_feeds, open_night, settings_model
from ringwatch.settings import Settings, load_settings

ACCOUNTS = "accounts"
DAY_FORMAT = ["%Y-%m-%d"]
Feeds = Annotated[
    Path | None,
    typer.Option("--feeds", help="Folder with one folder a day; else the setting feeds_dir.", file_okay=False),
]
Day = Annotated[datetime | None, typer.Option("--day", formats=DAY_FORMAT, help="Day the data are about.")]
From = Annotated[datetime | None, typer.Option("--from", formats=DAY_FORMAT, help="First of several days.")]
To = Annotated[datetime | None, typer.Option("--to", formats=DAY_FORMAT, help="Last of several days, included.")]
Without = Annotated[
    list[str] | None, typer.Option("--without", metavar="FEED", help="A feed that this deployment does not have.")
]


@dataclass(frozen=True)
class FinishedNight:
    """A night that was run: its reports by stage, in seconds of the wall clock."""

    day: date
    reports: dict[str, Report]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "day": self.day,
            "seconds": round(self.seconds, 3),
            "stages": {name: report.as_dict() for name, report in self.reports.items()},
        }


def run(
    feeds: Feeds = None,
    day: Day = None,
    from_day: From = None,
    to_day: To = None,
    without: Without = None,
    as_json: Json = False,
) -> None:
    """Run one night, or several in order; a night that stops, stops those after it.

    The embedded Neo4j is left running for `ringwatch query` and Neo4j Browser; `ringwatch server stop` ends it.
    """
    settings = night_settings(without or [])
    done = run_nights(settings, feeds, _days(day, from_day, to_day), quiet=as_json)
    if as_json:
        print_json([night.as_dict() for night in done])
    else:
        reports = settings.home / "days"
        notes.print(f"Run reports: {reports}/<day>/report.json. Next: `ringwatch rings list`", soft_wrap=True)


def run_nights(settings: Settings, feeds: Path | None, days: list[date], quiet: bool = False) -> list[FinishedNight]:
    """Run the nights of `days` one after the other and print a line for each unless `quiet`."""
    done = []
    for day in days:
        with watched_night(settings, day, feeds) as night:
            started = perf_counter()
            reports = stages.run_night(night, night.tell)
        done.append(FinishedNight(day, {report.stage: report for report in reports}, perf_counter() - started))
        write_report(settings, day, REPORTER)
        if not quiet:
            _print_night(done[-1])
    return done


def stage_command(name: str) -> Any:
    """Return the command that runs the stage `name` of one day."""

    def command(
        day: Annotated[datetime, typer.Option("--day", formats=DAY_FORMAT, help="Day the data are about.")],
        feeds: Feeds = None,
        without: Without = None,
        as_json: Json = False,
    ) -> None:
        with watched_night(night_settings(without or []), day.date(), feeds) as night:
            night.tell(name)
            report = stages.run_stage(name, night)
        if as_json:
            print_json(report.as_dict())
            return
        print_report(report)

    command.__doc__ = f"Run the stage {name} of one day, alone."
    return command


def print_report(report: Report) -> None:
    """Print counts, seconds and warnings of a stage."""
    seconds = {f"seconds: {step}": seconds for step, seconds in report.seconds.items()}
    print_mapping(f"{report.stage} of {report.day}", report.counts | seconds)
    print_feeds(report)
    print_warnings(report)


def night_settings(without: list[str]) -> Settings:
    """Return the settings without the feeds that this deployment does not have."""
    settings = load_settings()
    model = settings_model(settings)
    if ACCOUNTS in without:
        raise UsageError(f"--without {ACCOUNTS}: every deployment has accounts; without them there is nothing to link")
    check_feeds("--without", without, model)
    kept = tuple(feed for feed in settings.feeds if feed in model.feeds and feed not in without)
    return settings.model_copy(update={"feeds": kept}) if without else settings


def _days(day: datetime | None, first: datetime | None, last: datetime | None) -> list[date]:
    if day and not (first or last):
        return [day.date()]
    if day or not (first and last):
        raise UsageError("say which nights to run: --day DAY, or --from DAY --to DAY")
    if last < first:
        raise UsageError(f"--to {last:%F} is before --from {first:%F}")
    return [first.date() + timedelta(days=i) for i in range((last - first).days + 1)]


@contextmanager
def watched_night(settings: Settings, day: date, feeds: Path | None) -> Iterator[Night]:
    """Open a night that shows people what it is doing."""
    watched = Watched(f"{day}")
    with watched, open_night(settings, day, feeds, lambda doing: watched.tell(f"{day} {doing}")) as night:
        yield night


def _print_night(night: FinishedNight) -> None:
    """One line: what arrived, what was found, how long it took."""
    counts = {name: report.counts for name, report in night.reports.items()}
    arrived = {key.partition(".")[2]: 0 for key in counts["validate"]}
    for key, count in counts["validate"].items():
        arrived[key.partition(".")[2]] += count
    published = counts["publish"]
    console.print(
        Text(str(night.day), "bold") + f"  {arrived['rows']:,} rows ({arrived['quarantined']:,} quarantined, "
        f"{arrived['duplicates']:,} duplicates)  {counts['link']['links']:,} links  "
        f"{published['candidates']:,} candidates  "
        + Text(f"{published['rings']:,} rings", "bold")
        + f" of {published['members']:,} accounts  {night.seconds:.1f} s",
        soft_wrap=True,
    )
    print_feeds(night.reports["validate"])
    for stage_report in night.reports.values():
        print_warnings(stage_report)


def print_feeds(report: Report) -> None:
    """Print which feeds are used, which are not there, and the scorecard that follows, where a stage says so."""
    feeds = report.feeds
    if not feeds:
        return
    absent = [feed for feed in feeds.get("expected", ()) if feed not in feeds["arrived"]]
    unused = [feed for feed in feeds.get("arrived", ()) if feed not in feeds["used"]]
    told = {
        "feeds used": ", ".join(feeds["used"]),
        "not there": ", ".join(absent),
        "there and not used": ", ".join(unused),
        "scorecard": " + ".join(feeds["scorecard"]),
    }
    said = "; ".join(f"{what}: {which}" for what, which in told.items() if which)
    console.print(f"  {said}", highlight=False, markup=False, soft_wrap=True)


def print_warnings(report: Report) -> None:
    """Print what a stage wants people to know."""
    for warning in report.warnings:
        notes.print(f"  {report.stage}: {warning}", style="yellow", soft_wrap=True)
