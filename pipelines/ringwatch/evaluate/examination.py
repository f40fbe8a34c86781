"""An examination: trials in; for each, what was found in its world, and what the rest of its part asks for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from ringwatch.days.files import Files
from ringwatch.days.history import open_history
from ringwatch.evaluate import Evaluation, compare
from ringwatch.evaluate.apart import Failure, held
from ringwatch.evaluate.cost import Cost, cost, price_list
from ringwatch.evaluate.over_time import Delay, Stability, delay, stability
from ringwatch.evaluate.plan import Trial
from ringwatch.evaluate.run import judge_world, last_day, make_world, without
from ringwatch.evaluate.truth import Truth, read_truth
from ringwatch.night import Night
from ringwatch.settings import Settings
from ringwatch.simulate import START


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
class Examination:
    """What came of the trials, in order."""

    outcomes: tuple[Outcome, ...]
    failures: tuple[Failure, ...] = ()


def examine(
    trials: Sequence[Trial],
    settings: Settings,
    tell: Callable[[str], None],
    done: Callable[[Outcome | Failure], object],
    processes: int = 1,
) -> Examination:
    """Hold all `trials` (see `apart`); `done` is told what came of each, in order."""
    came: list[Outcome | Failure] = []
    with tempfile.TemporaryDirectory(prefix="ringwatch-worlds-") as folder:
        for one in held(trials, partial(_hold, folder=Path(folder)), settings, tell, processes):
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


def _hold(trial: Trial, settings: Settings, tell: Callable[[str], None], folder: Path) -> Outcome:
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
        judged = judge_world(without(home, (feed,), home.parent), day, fewer, tell)
        found[feed] = compare(judged, truth.by(day), day, settings.min_ring_size)
    return found


def _cost(trial: Trial, home: Path, settings: Settings, truth: Truth, judged: pd.DataFrame) -> Cost:
    night = Night(last_day(trial), settings, Files(home))
    with open_history(night, until=night.day) as connection:
        return cost(connection, truth, judged, str(trial.avoided), price_list())
