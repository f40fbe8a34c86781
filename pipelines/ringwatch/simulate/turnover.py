"""Rings whose accounts change hands or are replaced: recycled accounts, and accounts opened again after a ban."""

import numpy as np
import pandas as pd

from ringwatch.simulate.control import (
    controlled,
    in_rings,
    machines,
    moved_balance,
    operate,
    pool_sizes,
    pooled_templates,
    purses,
    sticky_days,
)
from ringwatch.simulate.exits import Exits, rent
from ringwatch.simulate.habits import Cast, habit, position, runs
from ringwatch.simulate.landscape import Landscape
from ringwatch.simulate.persons import home_lines, on_mobile, own_cards, own_devices, own_templates


def draw_recycled(rng: np.random.Generator, landscape: Landscape, exits: Exits, sizes: np.ndarray) -> Cast:
    """Accounts that real people left behind, with their devices, cards and homes until the ring took them over."""
    world, ring = landscape.world, in_rings(sizes)
    crowd = controlled(rng, landscape, "recycled", ring, exits.countries(rng, len(sizes))[ring])
    account = crowd.index.to_numpy()
    began = rng.uniform(-60, 0.6 * landscape.days, len(sizes))
    taken = np.floor(np.maximum(began[ring] + rng.exponential(4, len(ring)), crowd["created"].to_numpy()))
    pool, sticky = pool_sizes(rng, world, sizes, 3), sticky_days(rng, world, len(sizes))
    home = habit(account, home_lines(rng, landscape, crowd["country"].to_numpy()), 0.85)
    rented = rent(rng, landscape, exits, crowd, ring, pool, sticky, 0.9)
    use = np.full(len(sizes), 0.5)
    return operate(
        rng,
        landscape,
        crowd,
        devices=[
            *(_until(owned, taken) for owned in own_devices(rng, crowd)),
            _since(machines(rng, landscape, ring, runs(rng, ring, *world.careful_accounts_per_device), 0.92), taken),
        ],
        addresses=[_until(home, taken), _since(rented, taken), on_mobile(rng, landscape, crowd, 0.5, 0.35)],
        cards=[
            _until(own_cards(rng, landscape, crowd, 0.5), taken),
            _since(purses(rng, landscape, crowd, runs(rng, ring, *world.careful_accounts_per_card), 0.3), taken),
        ],
        templates=[
            _until(own_templates(rng, crowd, 0.15), taken),
            _since(pooled_templates(rng, ring, world.pooled_template_share, use), taken),
        ],
        transfers=[_since(moved_balance(rng, landscape, ring, 0.4), taken)],
    )


def draw_recreated(rng: np.random.Generator, landscape: Landscape, exits: Exits, sizes: np.ndarray) -> Cast:
    """Each seat of the ring holds one account at a time; banned or deleted, it is opened anew within a day.

    The machine stays with the seat, cards are prepaid and serve a few accounts; accounts are used as long as they last.
    So the ring keeps its size while its accounts change. `sizes` counts all accounts there have been.
    """
    world, ring = landscape.world, in_rings(sizes)
    generations = rng.integers(2, 5, len(sizes))
    seats = -(-sizes // generations)
    generation, seat = position(ring) // seats[ring], position(ring) % seats[ring]
    begin = rng.uniform(-8, 1, len(sizes))
    stay = (0.85 * landscape.days - begin) / generations
    opened = begin[ring] + generation * stay[ring] + rng.random(len(ring)) * np.minimum(1, stay[ring])
    country = exits.countries(rng, len(sizes))[ring]
    crowd = controlled(rng, landscape, "recreated", ring, country, opened)
    crowd = crowd.assign(created=np.minimum(opened, landscape.days - 0.1), active=rng.beta(7, 3, len(ring)))
    machine = (seats.cumsum() - seats)[ring] + seat // rng.integers(1, 4, len(sizes))[ring]
    pool, sticky = pool_sizes(rng, world, sizes, 2), sticky_days(rng, world, len(sizes))
    cast = operate(
        rng,
        landscape,
        crowd,
        devices=[machines(rng, landscape, ring, machine, 0.9)],
        addresses=[
            rent(rng, landscape, exits, crowd, ring, pool, sticky, 0.9),
            on_mobile(rng, landscape, crowd, 0.4, 0.3),
        ],
        cards=[purses(rng, landscape, crowd, runs(rng, ring, 1, 3), 0.8)],
        templates=[pooled_templates(rng, ring, world.pooled_template_share, np.full(len(sizes), 0.6))],
        transfers=[moved_balance(rng, landscape, ring, 0.3)],
    )
    last = generation == (sizes[ring] - 1 - seat) // seats[ring]
    banned = np.maximum(opened + stay[ring] - rng.random(len(ring)), np.maximum(opened, 0) + 1)
    cast.people["ends"] = np.where(last, cast.people["ends"], banned)
    return cast


def _since(habits: pd.DataFrame, taken: np.ndarray) -> pd.DataFrame:
    return habits.assign(since=np.maximum(habits["since"], taken[habits["account"]]))


def _until(habits: pd.DataFrame, taken: np.ndarray) -> pd.DataFrame:
    return habits.assign(until=np.minimum(habits["until"], taken[habits["account"]]))
