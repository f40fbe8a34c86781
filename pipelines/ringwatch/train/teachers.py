"""Who teaches: simulated worlds and labelled sources in; nights whose truth is known, whole and with a feed less, out.

Each comes whole, and once more without some of its feeds, another one each time: so that the card learns what the rest
says where a feed is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from ringwatch import sources
from ringwatch.days.files import Files
from ringwatch.evaluate.metrics import OPERATOR
from ringwatch.evaluate.plan import Trial
from ringwatch.evaluate.run import last_day, make_world, without
from ringwatch.evaluate.truth import read_truth
from ringwatch.model import ACCOUNT_FEED
from ringwatch.night import Night
from ringwatch.settings import Settings
from ringwatch.simulate.families import VARIED, draw_world
from ringwatch.train.learning import Truth

# On which day young worlds are looked at, in turn, and how many times smaller they are.
FIRST_DAYS, YOUNG = (4, 7, 5, 2), 5
# Feeds that are taken away, in turn.
_TAKEN = (("devices",), ("payments",), ("usage",), ("ips",), ("usage", "payments"), ("ips", "usage"))


@dataclass(frozen=True)
class Teacher:
    """A night whose truth is known; source: its name; origin: the generator, or whoever delivered it; simulated: by
    this program.
    """

    source: str
    origin: str
    simulated: bool
    night: Night
    truth: Truth


def worlds(
    folder: Path, family: str, numbers: range, accounts: int, days: int, settings: Settings, tell: Callable[[str], None]
) -> Iterator[Teacher]:
    """Yield worlds of a family, made below `folder`; those of a family that varies have windows of their own."""
    for number in numbers:
        tell(f"world {number} of family {family}")
        world = draw_world(family, number)
        yield _world(folder, family, number, accounts, min(world.climate.window_days or days, days), days, settings)


def young_worlds(
    folder: Path, family: str, numbers: range, accounts: int, days: int, settings: Settings, tell: Callable[[str], None]
) -> Iterator[Teacher]:
    """Yield smaller worlds of a family in their first days, when little has been seen of anybody."""
    for place, number in enumerate(numbers):
        lasts = FIRST_DAYS[place % len(FIRST_DAYS)]
        tell(f"world {number} of family {family} on day {lasts}")
        yield _world(folder, family, number, accounts // YOUNG, lasts, days, settings)


def _world(
    folder: Path, family: str, number: int, accounts: int, lasts: int, window_days: int, settings: Settings
) -> Teacher:
    world = draw_world(family, number)
    trial = Trial("train", world.name, world, accounts, lasts, number)
    home, day = make_world(folder, trial), last_day(trial)
    own = settings.model_copy(update={"home": home, "feeds": world.feeds, "window_days": max(lasts, window_days)})
    origin = "varied worlds" if family == VARIED else "worlds"
    return Teacher(world.name, origin, True, Night(day, own, Files(home)), _truth_of_world(home, day))


def from_sources(
    folders: list[Path], settings: Settings, cache: Path, tell: Callable[[str], None]
) -> Iterator[Teacher]:
    """Yield the sources below `folders`, their days passed through the gate; those of one generator share an origin."""
    for folder in folders:
        for path in sources.find(folder):
            source = sources.read(path)
            tell(f"source {source.name}")
            origin = source.name if source.real else source.origin or source.name
            yield Teacher(
                source.name, origin, False, sources.prepared(source, settings, cache, tell), _truth_of(source)
            )


def with_feeds_missing(teachers: list[Teacher], folder: Path) -> Iterator[Teacher]:
    """Yield each teacher, and again without some of its feeds if another is left beside accounts."""
    for place, teacher in enumerate(teachers):
        yield teacher
        taken = _TAKEN[place % len(_TAKEN)]
        left = tuple(feed for feed in teacher.night.settings.feeds if feed not in taken)
        if left not in (teacher.night.settings.feeds, (ACCOUNT_FEED,)):
            night = teacher.night
            home = without(night.files.home, taken, folder)
            settings = night.settings.model_copy(update={"home": home, "feeds": left})
            yield replace(teacher, night=Night(night.day, settings, Files(home)))


def _truth_of_world(home: Path, day: date) -> Truth:
    members = read_truth(home / "truth").by(day).members
    mine = members[members["kind"] == OPERATOR]
    return Truth(mine[["operator_id", "account_id"]], pd.Index(mine["account_id"]), pd.Index([], dtype="str"))


def _truth_of(source: sources.Source) -> Truth:
    truth = source.truth
    guilty = truth["label"].eq(1).fillna(False).astype(bool)
    rings = truth[guilty & truth["ring_id"].notna()]
    operators = rings[["ring_id", "account_id"]].rename(columns={"ring_id": "operator_id"})
    unknown = truth.loc[truth["label"].isna(), "account_id"]
    return Truth(operators, pd.Index(truth.loc[guilty, "account_id"]), pd.Index(unknown))
