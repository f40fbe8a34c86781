"""How often people come: often, seldom, or once in their lives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import NOBODY, Cast
from ringwatch.simulate.landscape import Landscape

# Of a burst of sign-ups: days from one to the next.
_BURST_GAP = 4 / 1440


def keep_pace(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` coming as often as the world's people do."""
    active = cast.people["active"].to_numpy() ** landscape.world.climate.rarity
    paced = replace(cast, people=cast.people.assign(active=active))
    return _see_once(rng, landscape, paced) if landscape.world.climate.seen_once else paced


def _see_once(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Let each account be seen on the day it is opened and never again, as customers of a shop who buy once.

    Accounts are opened within the window, those of one company or operator as close to each other as before. Who pays
    at all pays then, from the account's first device.
    """
    people = cast.people
    created = np.mod(_bursts(rng, landscape, people), landscape.days)
    moved = people.assign(
        created=created,
        ends=created + np.maximum(1, people["ends"] - people["created"]),
        gone=np.floor(created) + 1,
        active=1.0,
        referrer=_invited_before(people["referrer"].to_numpy(), created),
    )
    return replace(cast, people=moved, devices=_first_for_sure(cast.devices), cards=cast.cards.assign(probability=1.0))


def _first_for_sure(devices: pd.DataFrame) -> pd.DataFrame:
    """Return `devices` with each account's first one that it keeps in use whenever it comes."""
    kept = devices["account"].where(np.isinf(devices["until"]) & np.isinf(devices["since"]))
    return devices.assign(probability=np.where(kept.notna() & ~kept.duplicated(), 1.0, devices["probability"]))


def _bursts(rng: np.random.Generator, landscape: Landscape, people: pd.DataFrame) -> np.ndarray:
    """Return when accounts are opened; a share of operators opens all of a ring within hours."""
    created = people["created"].to_numpy(copy=True)
    mine = people[people["operator"] != NOBODY]
    for rows in mine.groupby(["style", "operator"]).indices.values():
        if rng.random() < landscape.world.climate.burst_share:
            account = mine.index.to_numpy()[rows]
            created[account] = rng.uniform(0, landscape.days) + rng.exponential(_BURST_GAP, len(account)).cumsum()
    return created


def _invited_before(referrer: np.ndarray, created: np.ndarray) -> np.ndarray:
    """Return who invited each; nobody can who came later."""
    return np.where((referrer >= 0) & (created[referrer] < created), referrer, NOBODY)
