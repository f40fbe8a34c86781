"""What an examination consists of: a list of trials, each a world and what is done with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from ringwatch.errors import UsageError
from ringwatch.simulate.families import draw_world, ring_free, stress_world
from ringwatch.simulate.world import World

DAYS = 28
# Feeds of which one at a time is taken away; without accounts there is nothing to judge.
OPTIONAL = ("payments", "devices", "ips", "usage")
# What an operator may pay to avoid, and the stress world in which all operators do.
NOTHING = "nothing"
AVOIDED = {
    NOTHING: "usual",
    "shared devices": "own-devices",
    "shared cards": "own-cards",
    "shared devices and cards": "own-devices-and-cards",
    "exits that come back": "huge-pool",
    "shared templates": "no-shared-template",
    "young accounts": "all-aged",
    "all of these": "all-avoided",
}
_SINGLE = ("devices-only", "transfers-only")
# Accounts of a trial, as a share of those of the family's worlds.
_GIANT, _SMALL, _SMALLEST = 1.5, 0.6, 0.4


@dataclass(frozen=True)
class Trial:
    """A world, judged on its last day.

    part: what it is for; without: feeds to take away, one at a time, and judge again; every_night: judge all days
    instead; avoided: what its operators pay for, to work out what that costs them.
    """

    part: str
    name: str
    world: World
    accounts: int
    days: int = DAYS
    seed: int = 1
    without: tuple[str, ...] = ()
    every_night: bool = False
    avoided: str | None = None

    @property
    def work(self) -> int:
        """Accounts to judge, once for each night and each feed that is taken away: what it costs, roughly."""
        return self.accounts * (self.days if self.every_night else 1 + len(self.without))


def plan(
    family: str,
    worlds: int,
    accounts: int,
    days: int | None,
    seed: int,
    parts: Sequence[str] | None = None,
) -> list[Trial]:
    """Return the trials of an examination on `worlds` worlds of a family of `accounts` accounts and `days` days each.

    Worlds whose climate draws a size have at most that many accounts, and as many days as its window unless `days` are
    given. Raises UsageError for a part there is not.
    """
    unknown = [part for part in parts or () if part not in PARTS]
    if unknown:
        raise UsageError(f"there is no part {unknown[0]}; the parts are {', '.join(PARTS)}")
    chosen = parts or PARTS
    made = [trial for part in PARTS if part in chosen for trial in _PLANS[part](family, worlds, accounts)]
    return [replace(_sized(trial, days), seed=seed) for trial in _once(made)]


def _sized(trial: Trial, days: int | None) -> Trial:
    climate = trial.world.climate
    most = climate.accounts or trial.accounts
    return replace(trial, accounts=min(trial.accounts, most), days=days or climate.window_days or trial.days)


def _once(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials, those that take feeds away in the place of the ones that judge the same worlds whole."""
    poorer = {trial.world: trial for trial in trials if trial.part == "missing"}
    whole = {trial.world for trial in trials if trial.part == "worlds"}
    made = [
        replace(trial, without=poorer[trial.world].without)
        if trial.part == "worlds" and trial.world in poorer
        else trial
        for trial in trials
    ]
    return [trial for trial in made if trial.part != "missing" or trial.world not in whole]


def stress_plan(names: Iterable[str], accounts: int, days: int | None, seed: int) -> list[Trial]:
    """Return a trial of each stress world of `names`."""
    return [Trial("stress", name, stress_world(name), accounts, days or DAYS, seed) for name in names]


def _worlds(family: str, worlds: int, accounts: int) -> list[Trial]:
    drawn = [draw_world(family, number) for number in range(1, worlds + 1)]
    return [Trial("worlds", world.name, world, accounts) for world in drawn]


def _missing(family: str, worlds: int, accounts: int) -> list[Trial]:
    """The first two worlds again, each with one feed less."""
    return [
        replace(trial, part="missing", without=tuple(feed for feed in OPTIONAL if feed in trial.world.feeds))
        for trial in _worlds(family, min(2, worlds), accounts)
    ]


def _ring_free(family: str, worlds: int, accounts: int) -> list[Trial]:
    """Worlds with no operator at all, other ones than are judged with."""
    drawn = [ring_free(draw_world(family, number)) for number in range(worlds + 1, worlds + 3)]
    return [Trial("ring-free", world.name, world, accounts) for world in drawn]


def _stressed(part: str, names: Sequence[str], size: float, accounts: int) -> list[Trial]:
    return [Trial(part, name, stress_world(name), round(accounts * size)) for name in names]


def _nights(family: str, _worlds: int, accounts: int) -> list[Trial]:
    """The family's first world that is delivered day by day."""
    drawn = (draw_world(family, number) for number in count(1))
    world = next(world for world in drawn if not world.climate.one_drop)
    return [Trial("nights", world.name, world, round(accounts * _SMALLEST), every_night=True)]


def _cost(_family: str, _worlds: int, accounts: int) -> list[Trial]:
    """As many people and operators in each; what operators avoid differs, and what chance gives them beside that."""
    return [
        Trial("cost", name, replace(stress_world(name), name="cost"), round(accounts * _SMALLEST), avoided=avoided)
        for avoided, name in AVOIDED.items()
    ]


_PLANS = {
    "worlds": _worlds,
    "missing": _missing,
    "ring-free": _ring_free,
    "giant-farm": lambda _family, _worlds, accounts: _stressed("giant-farm", ("giant-farm",), _GIANT, accounts),
    "framing": lambda _family, _worlds, accounts: _stressed("framing", ("framing", "spoofing"), _SMALL, accounts),
    "single-facet": lambda _family, _worlds, accounts: _stressed("single-facet", _SINGLE, _SMALL, accounts),
    "nights": _nights,
    "cost": _cost,
}
PARTS = tuple(_PLANS)
