"""validate: feed files of the day in; clean rows, held rows, quarantine and counts out.

It stops the night when an expected feed is not usable. Every row that arrived is clean, held, in quarantine, or counted
as a duplicate.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from ringwatch.days import amend, history
from ringwatch.days.in_use import feeds_in_use
from ringwatch.errors import DataRefused
from ringwatch.gate import cards, causes, delivery, feeds, kinds, outcomes, reuse, trends
from ringwatch.gate.arrivals import Arrived
from ringwatch.gate.gatekeeper import Gatekeeper
from ringwatch.gate.sorting import Judged
from ringwatch.gate.survey import together
from ringwatch.model import ACCOUNT_FEED
from ringwatch.night import Night, Report
from ringwatch.quarantine import restating
from ringwatch.score import scorecard
from ringwatch.spark.gatekeeper import gatekeeper
from ringwatch.store.records import LedgerEntry

PARTS = ("clean", "held", "quarantine")
_WAITED = (
    "{feed}: {rows:,} held rows are of accounts that were not named within {days} days; `ringwatch quarantine list "
    "--feed {feed}` shows of which days, `ringwatch quarantine discard` lets go of them"
)


@dataclass(frozen=True)
class Day:
    """Every feed of a day after the gate: accounts first; what to say of them, and seconds by feed."""

    judged: tuple[Judged, ...]
    warnings: tuple[str, ...]
    seconds: dict[str, float]


def run(night: Night) -> Report:
    """Judge every feed of the day; write what became of its rows only when no feed stops the night.

    Raises DataRefused when an expected feed is missing, empty, unreadable, lacks a column, has no row that passes, a
    row that stops the night, or far fewer rows than usual.
    """
    with amend.amending(night) as staged:
        prepare(staged)
        day = _restated(night, judge(night, staged), staged)
        outcomes.write(
            staged / night.files.outcomes(night.day).name, (one for judged in day.judged for one in judged.outcomes)
        )
        done = report(night, day)
        shutil.rmtree(night.files.docs(night.day), ignore_errors=True)
        amend.replace_delivery(night, staged, _ledger(night, day), done)
    return done


def judge(night: Night, staged: Path, stops: list[DataRefused] | None = None) -> Day:
    """Judge every feed of the day and write what became of its rows below `staged`, a folder that is prepared.

    What stops the night is raised, or added to `stops`, when that is given, and the other feeds are judged all the
    same.
    """
    with gatekeeper(night, stops) as gate:
        return _judge_all(gate, staged, stops)


def _judge_all(gate: Gatekeeper, staged: Path, stops: list[DataRefused] | None) -> Day:
    night = gate.night
    arrived, warnings = _arrived(gate, stops)
    judged: list[Judged] = []
    seconds: dict[str, float] = {}
    for some in _in_turn(arrived):
        with gate.judging(some, _known(night, staged, judged), staged) as judge:
            for name, files in some.items():
                started = perf_counter()
                with _each(stops):
                    judged.append(_passed(judge(name), files))
                    warnings += judged[-1].warnings
                    warnings += tuple(trends.often_broken(night, judged[-1].outcomes))
                    warnings += trends.unusual(night, judged[-1].feed, staged / "clean" / f"{name}.parquet")
                seconds[name] = perf_counter() - started
    clean = {one.feed.feed: staged / "clean" / f"{one.feed.feed}.parquet" for one in judged}
    warnings += (*causes.told(night, judged), *kinds.told(night.model, clean), *_reused(gate, clean, arrived))
    return Day(tuple(judged), warnings, seconds)


def _reused(gate: Gatekeeper, clean: dict[str, Path], arrived: dict[str, list[Arrived]]) -> Iterator[str]:
    return reuse.told(gate.night, clean, lambda accounts: gate.places(arrived[ACCOUNT_FEED], accounts))


def report(night: Night, day: Day) -> Report:
    """Return the counts of a judged day: rows = clean + held + quarantined + duplicates, for each feed.

    And which feeds were expected, arrived and are used, with the scorecard that follows.
    """
    found = feeds_in_use(night, {judged.feed.feed: judged.clean for judged in day.judged})
    known = scorecard.known_feeds(found.used)
    feeds = {"expected": found.expected, "arrived": found.arrived, "used": found.used, "scorecard": known}
    counts: dict[str, int] = {}
    for judged in day.judged:
        counts |= _counts(judged)
    return Report("validate", night.day, counts, day.seconds, (*day.warnings, *found.warnings), feeds)


def prepare(folder: Path) -> None:
    """Make in an empty folder one for each of PARTS."""
    for part in PARTS:
        (folder / part).mkdir()


def _restated(night: Night, day: Day, staged: Path) -> Day:
    """Return the day as it is after what was decided on its rows before."""
    found = restating.restate(night, staged, _ledger(night, day))
    judged = tuple(
        replace(one, held=one.held - again, quarantined=one.quarantined + again)
        for one in day.judged
        for again in [found.discarded_again.get(one.feed.feed, 0)]
    )
    return replace(day, judged=judged, warnings=(*day.warnings, *found.warnings, *_waiting(night)))


def _waiting(night: Night) -> Iterator[str]:
    """Yield what to say of rows of earlier days whose account was not named in time."""
    for feed, rows in history.count_waited_in_vain(night).items():
        yield _WAITED.format(feed=feed, rows=rows, days=night.settings.held_days)


@contextmanager
def _each(stops: list[DataRefused] | None) -> Iterator[None]:
    """Let what stops the night stop it, or keep it in `stops`."""
    try:
        yield
    except DataRefused as error:
        if stops is None:
            raise
        stops.append(error)


def _arrived(gate: Gatekeeper, stops: list[DataRefused] | None) -> tuple[dict[str, list[Arrived]], tuple[str, ...]]:
    """Return the files of each feed that is there, accounts first, and what to say of those that are not."""
    night = gate.night
    folder = delivery.folder(night)
    found: dict[str, list[Path]] = {}
    for name in delivery.expected(night):
        with _each(stops):
            found[name] = delivery.files(night, folder, name)
    arrived: dict[str, list[Arrived]] = {}
    for name, paths in found.items():
        with _each(stops):
            arrived |= {name: _surveyed(gate, name, paths)} if paths else {}
    return arrived, (*_left_out(night, folder), *_resembling(night, folder))


def _left_out(night: Night, folder: Path) -> Iterator[str]:
    """Yield what to say of feeds that are there, though this deployment does not expect them."""
    for name in (name for name in night.model.feeds if name not in night.settings.feeds):
        there = [path.name for pattern in (name, f"{name}[-.]*") for path in sorted(folder.glob(pattern))]
        if there:
            yield f"the feed {name} is left out, by the setting feeds or --without, though {there[0]} has arrived"


def _resembling(night: Night, folder: Path) -> Iterator[str]:
    """Yield what to say of files that may be meant for a feed, and are not read."""
    for feed, names in feeds.resembling(folder, list(night.model.feeds)):
        if feed in night.settings.feeds:
            others = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
            yield (
                f"{names[0]}{others}: not read, though called nearly like the feed {feed}; files of it are called "
                f"{feed}.csv or {feed}-2.csv, or lie in the folder {feed}/"
            )


def _surveyed(gate: Gatekeeper, name: str, paths: list[Path]) -> list[Arrived]:
    """Return what the files of a feed are. Raises DataRefused when they do not belong together."""
    gate.night.tell(f"validate: {name}, looking at {len(paths)} {'file' if len(paths) == 1 else 'files'}")
    files = gate.survey(gate.night.model.feeds[name], paths)
    _refuse_headless(gate.night, files)
    return together(files)


def _refuse_headless(night: Night, files: list[Arrived]) -> None:
    """Refuse a file whose names of columns, which are told, hold a card number: its first line is a row."""
    issuers = night.model.defaults.card_numbers
    named = {name for file in files for name in file.delivered}
    headless = {name for name in named if cards.masked(name, issuers) == cards.MASK}
    for file in files:
        if not headless.isdisjoint(file.delivered):
            raise DataRefused(
                f"{file.path}: its first line does not name the columns, and holds what looks like a card number"
            )


def _in_turn(arrived: dict[str, list[Arrived]]) -> Iterator[dict[str, list[Arrived]]]:
    """Yield the accounts, then the other feeds, whose rows are held to them."""
    for first in (True, False):
        yield {name: files for name, files in arrived.items() if (name == ACCOUNT_FEED) is first}


def _known(night: Night, staged: Path, before: list[Judged]) -> list[Path] | None:
    """Return files of known accounts; that no account is known counts only when the feed of accounts was judged."""
    if not any(judged.feed.feed == ACCOUNT_FEED for judged in before):
        return None
    return [*history.account_files(night), staged / "clean" / "accounts.parquet"]


def _passed(judged: Judged, files: list[Arrived]) -> Judged:
    """Return what became of a feed. Raises DataRefused when no row passes."""
    if judged.rows and not judged.clean:
        first = judged.first_rule or "account_id is not a known account"
        raise DataRefused(f"{files[0].path}: not one of {judged.rows:,} rows passes; the first: {first}")
    return judged


def _counts(judged: Judged) -> dict[str, int]:
    counts = {
        "rows": judged.rows,
        "clean": judged.clean,
        "held": judged.held,
        "quarantined": judged.quarantined,
        "duplicates": judged.duplicates,
        "noted": judged.noted,
    }
    if judged.rows != judged.clean + judged.held + judged.quarantined + judged.duplicates:
        raise RuntimeError(f"rows of {judged.feed.feed} were lost at the gate: {counts}")
    late = {} if judged.late is None else {"late": judged.late}
    return {f"{judged.feed.feed}.{name}": count for name, count in (counts | late).items()}


def _ledger(night: Night, day: Day) -> Iterator[LedgerEntry]:
    """Yield what the ledger says of each feed that this deployment has."""
    judged = {one.feed.feed: one for one in day.judged}
    for name in night.model.feeds:
        if name in judged:
            yield _entry(judged[name])
        elif name in night.settings.feeds:
            yield LedgerEntry(name, 0, 0, 0, 0, 0, 0, None, hashlib.sha256().hexdigest(), complete=False)


def _entry(judged: Judged) -> LedgerEntry:
    listed = "".join(f"{file.sha256}  {file.name}\n" for file in judged.arrived)
    return LedgerEntry(
        feed=judged.feed.feed,
        files=len(judged.arrived),
        rows=judged.rows,
        clean=judged.clean,
        held=judged.held,
        quarantined=judged.quarantined,
        duplicates=judged.duplicates,
        late=judged.late,
        sha256=hashlib.sha256(listed.encode()).hexdigest(),
        complete=True,
    )
