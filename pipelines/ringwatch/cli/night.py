"""`ringwatch run` and a command for each stage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from ringwatch import notifying, stages
from ringwatch.cli.failures import foreseen
from ringwatch.cli.output import Json, Watched, console, notes, print_json, print_mapping, table
from ringwatch.cli.review_page import REPORTER, write_report
from ringwatch.errors import UsageError
from ringwatch.night import Night, Report, check_feeds, open_night, settings_model
from ringwatch.settings import Settings, load_settings

if TYPE_CHECKING:
    from ringwatch.shadow import Comparison

ACCOUNTS = "accounts"
DAY_FORMAT = ["%Y-%m-%d"]


def _folder(feeds: str | None) -> str | None:
    """Raises BadParameter for a file."""
    if feeds and Path(feeds).is_file():
        raise typer.BadParameter(f"Directory {feeds!r} is a file.")
    return feeds


Feeds = Annotated[
    str | None,
    typer.Option(
        "--feeds",
        metavar="DIRECTORY",
        help="Folder with one folder a day; else the setting feeds_dir.",
        callback=_folder,
    ),
]
Day = Annotated[datetime | None, typer.Option("--day", formats=DAY_FORMAT, help="Day the data are about.")]
From = Annotated[datetime | None, typer.Option("--from", formats=DAY_FORMAT, help="First of several days.")]
To = Annotated[datetime | None, typer.Option("--to", formats=DAY_FORMAT, help="Last of several days, included.")]
Without = Annotated[
    list[str] | None, typer.Option("--without", metavar="FEED", help="A feed that this deployment does not have.")
]


Shadow = Annotated[
    bool, typer.Option("--shadow", help="Judge the days without publishing, and show what that would change.")
]
Other = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SETTING=VALUE", help="A setting of the shadow night, e.g. flag_probability=0.4."),
]
Engine = Annotated[
    str | None,
    typer.Option("--engine", help="gds, local or spark: who works out communities; else the setting engine."),
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
    engine: Engine = None,
    shadow: Shadow = False,
    other: Other = None,
    as_json: Json = False,
) -> None:
    """Run one night, or several in order; a night that stops, stops those after it.

    With --shadow a day is judged by other settings, and compared with what is published; nothing is.

    The embedded Neo4j is left running for `ringwatch query` and Neo4j Browser; `ringwatch server stop` ends it.
    """
    settings = night_settings(without or [], with_engine(engine))
    if other and not shadow:
        raise UsageError(
            "--set is for --shadow; real nights take their settings from ringwatch.toml and the environment"
        )
    if shadow:
        run_shadow(settings, _days(day, from_day, to_day), other or [], as_json)
        return
    done = run_nights(settings, feeds, _days(day, from_day, to_day), quiet=as_json)
    if as_json:
        print_json([night.as_dict() for night in done])
    else:
        reports = settings.home / "days"
        notes.print(f"Run reports: {reports}/<day>/report.json. Next: `ringwatch rings list`", soft_wrap=True)


def run_nights(
    settings: Settings, feeds: Path | str | None, days: list[date], quiet: bool = False
) -> list[FinishedNight]:
    """Run the nights of `days` one after the other and print a line for each unless `quiet`."""
    done = []
    for day in days:
        done.append(_run_night(settings, feeds, day))
        write_report(settings, day, REPORTER)
        if not quiet:
            _print_night(done[-1])
    if done:
        newest = done[-1].as_dict()
        notifying.send(settings, notifying.digest(settings, done[-1].day, newest["stages"]))
    return done


def _run_night(settings: Settings, feeds: Path | str | None, day: date) -> FinishedNight:
    """Run a night; when it stops, those whom the settings name are told."""
    at: str | None = None
    started = perf_counter()

    def begins(stage: str) -> None:
        nonlocal at
        at = stage
        night.tell(stage)

    try:
        with watched_night(settings, day, feeds) as night:
            reports = stages.run_night(night, begins)
    except Exception as error:
        notifying.of_failure(settings, notifying.night_of(day), at, foreseen(error))
        raise
    return FinishedNight(day, {report.stage: report for report in reports}, perf_counter() - started)


def run_shadow(settings: Settings, days: list[date], other: list[str], as_json: bool) -> None:
    """Judge days by other settings, and print what that would change in what is published for them."""
    from ringwatch.shadow import judge
    from ringwatch.working import working

    changed = _with(settings, other)
    found = []
    for day in days:
        with watched_night(settings, day, None) as night, working(night, f"shadow night of {day}"):
            night.tell("shadow")
            found.append(judge(night, changed))
        if not as_json:
            _print_shadow(found[-1])
    if as_json:
        print_json([comparison.as_dict() for comparison in found])


def _with(settings: Settings, other: list[str]) -> Settings:
    """Return the settings with NAME=VALUE of `other`, read as in the environment."""
    named = dict(each.partition("=")[::2] for each in other)
    given = settings.model_dump(include=settings.model_fields_set) | {
        name: json.loads(value) if value[:1] in ("{", "[") else value for name, value in named.items()
    }
    return load_settings(**given)


def _print_shadow(found: Comparison) -> None:
    counts = found.counts
    by = ", ".join(f"{name} {value}" for name, value in found.settings.items()) or "the settings as they are"
    console.print(
        f"{found.day} by {by}: {counts['accused']:,} accounts would be newly accused, {counts['cleared']:,} no longer, "
        f"{counts['stay']:,} stay; {counts['rings gained']:,} rings gained, {counts['rings lost']:,} lost",
        highlight=False,
        soft_wrap=True,
    )
    for change, rows in found.accounts.groupby("change", sort=True):
        console.print(
            table(
                f"Accounts {change}",
                ("ring", "accounts"),
                [
                    (ring_id, ", ".join(inside))
                    for ring_id, inside in rows.groupby("ring_id")["account_id"].agg(list).items()
                ],
            )
        )
    for warning in found.warnings:
        notes.print(f"  {warning}", style="yellow", soft_wrap=True)


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


def with_engine(engine: str | None) -> dict[str, str]:
    """Return the setting that the option --engine stands for, if it is given."""
    return {} if engine is None else {"engine": engine}


def night_settings(without: list[str], other: Mapping[str, str] = MappingProxyType({})) -> Settings:
    """Return the settings, with `other` on top, without the feeds that this deployment does not have."""
    settings = load_settings(**other)
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
def watched_night(settings: Settings, day: date, feeds: Path | str | None) -> Iterator[Night]:
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
