"""Who teaches: simulated worlds and labelled sources in; nights whose truth is known, whole and with a feed less, out.

Each comes whole, and once more without some of its feeds, another one each time: so that the card learns what the rest
says where a feed is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pandas as pd

from ringwatch import sources
from ringwatch.days.files import Files
from ringwatch.model import ACCOUNT_FEED
from ringwatch.night import Night
from ringwatch.settings import Settings
from ringwatch.simulate import START, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.simulate.families import VARIED, draw_world
from ringwatch.train.learning import Truth

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
        world, home = draw_world(family, number), folder / f"{family}-{number}"
        lasts = min(world.climate.window_days or days, days)
        simulate(home, accounts, lasts, number, world=world, write=write_clean)
        day = START + timedelta(days=lasts - 1)
        own = settings.model_copy(update={"home": home, "feeds": world.feeds, "window_days": max(lasts, days)})
        origin = "varied worlds" if family == VARIED else "worlds"
        yield Teacher(world.name, origin, True, Night(day, own, Files(home)), _truth_of_world(home, day))


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
            home = folder / f"{teacher.source} less {'+'.join(taken)}"
            yield replace(teacher, night=_poorer(teacher.night, left, home))


def _poorer(night: Night, feeds: tuple[str, ...], home: Path) -> Night:
    """Return the night of a deployment that has only these feeds: its clean files are those of `night`."""
    for path in sorted(night.files.home.glob("days/*/clean/*.parquet")):
        if path.stem in feeds:
            link = home / path.relative_to(night.files.home)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())
    settings = night.settings.model_copy(update={"home": home, "feeds": feeds})
    return Night(night.day, settings, Files(home))


def _truth_of_world(home: Path, day: object) -> Truth:
    members = pd.read_parquet(home / "truth" / "members.parquet")
    mine = members[(members["kind"] == "operator") & (members["first_day"] <= day)]
    return Truth(mine[["operator_id", "account_id"]], pd.Index(mine["account_id"]), pd.Index([], dtype="str"))


def _truth_of(source: sources.Source) -> Truth:
    truth = source.truth
    guilty = truth["label"].eq(1).fillna(False).astype(bool)
    rings = truth[guilty & truth["ring_id"].notna()]
    operators = rings[["ring_id", "account_id"]].rename(columns={"ring_id": "operator_id"})
    unknown = truth.loc[truth["label"].isna(), "account_id"]
    return Truth(operators, pd.Index(truth.loc[guilty, "account_id"]), pd.Index(unknown))
