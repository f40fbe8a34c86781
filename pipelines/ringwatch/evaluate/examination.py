"""An examination: trials in; for each, what was found in its world, and what the rest of its part asks for.

A trial that fails takes no other with it: what it was for is left out, and why is told.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from multiprocessing import Queue, get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
from neo4j.exceptions import DriverError, Neo4jError

from ringwatch import server
from ringwatch.days.files import Files
from ringwatch.days.history import open_history
from ringwatch.errors import InfrastructureError, RingwatchError
from ringwatch.evaluate import Evaluation, compare
from ringwatch.evaluate.cost import Cost, cost, price_list
from ringwatch.evaluate.over_time import Delay, Stability, delay, stability
from ringwatch.evaluate.plan import Trial
from ringwatch.evaluate.run import judge_world, last_day, make_world, without
from ringwatch.evaluate.truth import Truth, read_truth
from ringwatch.night import Night
from ringwatch.settings import Settings
from ringwatch.simulate import START

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of a trial. missing: by feed that was taken away; seconds: of the whole trial."""

    trial: Trial
    found: Evaluation
    missing: dict[str, Evaluation] = field(default_factory=dict)
    stability: Stability | None = None
    delay: Delay | None = None
    cost: Cost | None = None
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        trial = {name: getattr(self.trial, name) for name in ("part", "name", "accounts", "days", "seed")}
        more = {name: asdict(getattr(self, name)) for name in ("stability", "delay", "cost") if getattr(self, name)}
        missing = {feed: found.as_dict() for feed, found in self.missing.items()}
        return trial | {"found": self.found.as_dict(), "missing": missing, "seconds": round(self.seconds, 1)} | more


@dataclass(frozen=True)
class Failure:
    """A trial that came to nothing. reason: one sentence; exit_code: what it means for the command (see `errors`)."""

    trial: Trial
    reason: str
    exit_code: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"part": self.trial.part, "name": self.trial.name, "reason": self.reason, "exit_code": self.exit_code}


@dataclass(frozen=True)
class Examination:
    """What came of the trials, in order."""

    outcomes: tuple[Outcome, ...]
    failures: tuple[Failure, ...] = ()


class TrialsFailed(RingwatchError):
    """Some trials came to nothing; the exit code is the gravest of theirs."""

    def __init__(self, examination: Examination, report: Path) -> None:
        failures = examination.failures
        names = ", ".join(f"{failure.trial.part} {failure.trial.name}" for failure in failures)
        trials = len(failures) + len(examination.outcomes)
        super().__init__(f"{len(failures)} of {trials} trials failed ({names}): {report} says why, and has the others")
        self.exit_code = max(failure.exit_code for failure in failures)


def examine(
    trials: Sequence[Trial],
    settings: Settings,
    tell: Callable[[str], None],
    done: Callable[[Outcome | Failure], object],
    processes: int = 1,
) -> Examination:
    """Hold all `trials`, as many at a time as there are processes; `done` is told what came of each, in order.

    Processes have a server each, in homes of their own below that of `settings`. All servers are stopped at the end.
    """
    came: list[Outcome | Failure] = []
    with tempfile.TemporaryDirectory(prefix="ringwatch-worlds-") as folder:
        held = _held_apart(trials, settings, Path(folder), tell, processes) if processes > 1 else None
        for one in held or (_try(trial, settings, Path(folder), tell) for trial in trials):
            came.append(one)
            done(one)
    outcomes = tuple(one for one in came if isinstance(one, Outcome))
    return Examination(outcomes, tuple(one for one in came if isinstance(one, Failure)))


def parted(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Return the outcomes by part. What is missing was tried on worlds that also count as worlds."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        parts = {outcome.trial.part, "missing"} if outcome.missing else {outcome.trial.part}
        for part in parts:
            found.setdefault(part, []).append(outcome)
    return found


def _held_apart(
    trials: Sequence[Trial], settings: Settings, folder: Path, tell: Callable[[str], None], processes: int
) -> Iterator[Outcome | Failure]:
    """Yield what comes of trials that are held in processes of their own."""
    context = get_context("spawn")
    # Any free ports: of servers that start at once, all but one would begin again for having lost the usual ones.
    any_ports = {"server_bolt_port": 0, "server_http_port": 0}
    homes = (settings.home / f"worker-{i}" for i in range(1, processes + 1))
    places = [settings.model_copy(update={"home": home} | any_ports) for home in homes]
    free = context.Queue()
    for place in places:
        free.put(place)
    try:
        with ProcessPoolExecutor(processes, context, _take_place, (free,)) as pool:
            tell(f"{len(trials)} trials, {processes} at a time")
            yield from _collected(pool, trials, folder)
    finally:
        for place in places:
            server.stop(place)


def _collected(pool: Executor, trials: Sequence[Trial], folder: Path) -> Iterator[Outcome | Failure]:
    """Yield what comes of the trials, in order; those with most work begin first, so that none is left at the end."""
    begin = sorted(range(len(trials)), key=lambda place: -trials[place].work)
    futures = {place: pool.submit(_try_in_place, trials[place], folder) for place in begin}
    try:
        for place, trial in enumerate(trials):
            try:
                yield futures[place].result()
            except BrokenProcessPool:  # takes all that was not done with it
                why = "a process was killed, perhaps for want of memory; ask for fewer --processes or --accounts"
                yield Failure(trial, why, InfrastructureError.exit_code)
    finally:
        pool.shutdown(cancel_futures=True)


# What this process works with: one of the places, taken before its first trial.
_place: list[Settings] = []


def _take_place(free: Queue[Settings]) -> None:
    _place.append(free.get())


def _try_in_place(trial: Trial, folder: Path) -> Outcome | Failure:
    return _try(trial, _place[0], folder, lambda _doing: None)


def _try(trial: Trial, settings: Settings, folder: Path, tell: Callable[[str], None]) -> Outcome | Failure:
    """Hold a trial; nothing that goes wrong with it is worth the outcomes of all others, not even a defect of ours."""
    try:
        return _hold(trial, settings, folder, tell)
    except RingwatchError as error:
        return Failure(trial, _first_line(error), error.exit_code)
    except (OSError, MemoryError, DriverError, Neo4jError) as error:
        return Failure(trial, f"{type(error).__name__}: {_first_line(error)}", InfrastructureError.exit_code)
    except Exception as error:
        _log.exception("%s: %s failed", trial.part, trial.name)
        return Failure(trial, f"{type(error).__name__}: {_first_line(error)}", RingwatchError.exit_code)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _hold(trial: Trial, settings: Settings, folder: Path, tell: Callable[[str], None]) -> Outcome:
    started = perf_counter()
    tell(f"{trial.name}: {trial.accounts:,} accounts")
    with tempfile.TemporaryDirectory(dir=folder) as place:
        home = make_world(Path(place), trial)
        truth, day = read_truth(home / "truth"), last_day(trial)
        settings = settings.model_copy(update={"feeds": trial.world.feeds} | _window(trial))
        nights = _nights(trial, home, settings, tell)
        return Outcome(
            trial,
            compare(nights[day], truth.by(day), day, settings.min_ring_size),
            _missing(trial, home, settings, truth, tell),
            stability(nights, settings.keep_probability) if trial.every_night else None,
            delay(nights, truth, settings.min_ring_size) if trial.every_night else None,
            _cost(trial, home, settings, truth, nights[day]) if trial.avoided else None,
            perf_counter() - started,
        )


def _window(trial: Trial) -> dict[str, int]:
    """Return the window, where the deployment has one of its own."""
    own = trial.world.climate.window_days
    return {"window_days": own} if own else {}


def _nights(trial: Trial, home: Path, settings: Settings, tell: Callable[[str], None]) -> dict[date, pd.DataFrame]:
    first = 0 if trial.every_night else trial.days - 1
    days = [START + timedelta(days=offset) for offset in range(first, trial.days)]
    return {day: judge_world(home, day, settings, tell) for day in days}


def _missing(
    trial: Trial, home: Path, settings: Settings, truth: Truth, tell: Callable[[str], None]
) -> dict[str, Evaluation]:
    """Judge the last day again for each feed of the trial that is taken away."""
    found, day = {}, last_day(trial)
    for feed in trial.without:
        tell(f"{trial.name} without {feed}")
        fewer = settings.model_copy(update={"feeds": tuple(name for name in settings.feeds if name != feed)})
        with without(home, feed) as poorer:
            judged = judge_world(poorer, day, fewer, tell)
        found[feed] = compare(judged, truth.by(day), day, settings.min_ring_size)
    return found


def _cost(trial: Trial, home: Path, settings: Settings, truth: Truth, judged: pd.DataFrame) -> Cost:
    night = Night(last_day(trial), settings, Files(home))
    with open_history(night, until=night.day) as connection:
        return cost(connection, truth, judged, str(trial.avoided), price_list())
