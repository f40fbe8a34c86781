"""Trials that do not cost each other anything: what came of each in, in order, whatever became of the others.

They are held one after the other, or several at a time in processes with a server each. A trial that fails takes no
other with it: what it was for is left out, and why is told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import Queue, get_context
from pathlib import Path
from typing import Any, Protocol, TypeVar

from neo4j.exceptions import DriverError, Neo4jError

from ringwatch import server
from ringwatch.errors import InfrastructureError, RingwatchError
from ringwatch.settings import Settings

_log = logging.getLogger(__name__)


class Held(Protocol):
    """A trial. part, name: what it is called; work: what it costs, roughly."""

    @property
    def part(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def work(self) -> int: ...


T = TypeVar("T", bound=Held)
R = TypeVar("R")
Tell = Callable[[str], None]
Hold = Callable[[T, Settings, Tell], R]


@dataclass(frozen=True)
class Failure:
    """A trial that came to nothing. reason: one sentence; exit_code: what it means for the command (see `errors`)."""

    trial: Held
    reason: str
    exit_code: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"part": self.trial.part, "name": self.trial.name, "reason": self.reason, "exit_code": self.exit_code}


class TrialsFailed(RingwatchError):
    """Some of `trials` came to nothing; the exit code is the gravest of theirs."""

    def __init__(self, failures: Sequence[Failure], trials: int, report: Path) -> None:
        names = ", ".join(f"{failure.trial.part} {failure.trial.name}" for failure in failures)
        super().__init__(f"{len(failures)} of {trials} trials failed ({names}): {report} says why, and has the others")
        self.exit_code = max(failure.exit_code for failure in failures)


def held(
    trials: Sequence[T], hold: Hold[T, R], settings: Settings, tell: Tell, processes: int = 1
) -> Iterator[R | Failure]:
    """Yield what `hold` makes of each trial, in order, as many at a time as there are processes.

    Processes have a server each, in homes of their own below that of `settings`, and stop it at the end. For them
    `hold` must be a function of a module.
    """
    if processes > 1:
        yield from _held_apart(trials, hold, settings, tell, processes)
    else:
        yield from (_try(trial, hold, settings, tell) for trial in trials)


def _held_apart(
    trials: Sequence[T], hold: Hold[T, R], settings: Settings, tell: Tell, processes: int
) -> Iterator[R | Failure]:
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
            yield from _collected(pool, trials, hold)
    finally:
        for place in places:
            server.stop(place)


def _collected(pool: Executor, trials: Sequence[T], hold: Hold[T, R]) -> Iterator[R | Failure]:
    """Yield what comes of the trials, in order; those with most work begin first, so that none is left at the end."""
    begin = sorted(range(len(trials)), key=lambda place: -trials[place].work)
    futures = {place: pool.submit(_try_in_place, trials[place], hold) for place in begin}
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


def _try_in_place(trial: T, hold: Hold[T, R]) -> R | Failure:
    return _try(trial, hold, _place[0], lambda _doing: None)


def _try(trial: T, hold: Hold[T, R], settings: Settings, tell: Tell) -> R | Failure:
    """Hold a trial; nothing that goes wrong with it is worth the outcomes of all others, not even a defect of ours."""
    try:
        return hold(trial, settings, tell)
    except RingwatchError as error:
        return Failure(trial, _first_line(error), error.exit_code)
    except (OSError, MemoryError, DriverError, Neo4jError) as error:
        return Failure(trial, f"{type(error).__name__}: {_first_line(error)}", InfrastructureError.exit_code)
    except Exception as error:
        _log.exception("%s: %s failed", trial.part, trial.name)
        return Failure(trial, f"{type(error).__name__}: {_first_line(error)}", RingwatchError.exit_code)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
