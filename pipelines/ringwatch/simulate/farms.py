"""Pools of many accounts: farms, which one operator drives, and reseller pools, which real people use."""

import numpy as np
import pandas as pd

from ringwatch.simulate.exits import Exits, rent
from ringwatch.simulate.habits import RHYTHMS, Cast, cards, devices, pay_probability, people, runs, shared, some
from ringwatch.simulate.landscape import VIRTUAL_BINS, Landscape, draw_countries, lines
from ringwatch.simulate.persons import (
    home_lines,
    on_mobile,
    own_cards,
    own_devices,
    own_templates,
    settle,
    spare_devices,
    through_vpn,
)
from ringwatch.simulate.rings import controlled, in_rings, of_group, operate, pooled_templates, sweeps

_FARM_COUNTRIES = 3
_PLATFORMS = (0.25, 0.15, 0.5, 0.05, 0.05)


def draw_farms(rng: np.random.Generator, landscape: Landscape, exits: Exits, sizes: np.ndarray) -> Cast:
    """Many accounts that ask little each: prepaid cards of few issuers, a pool of templates, servers and exits."""
    world, ring = landscape.world, in_rings(sizes)
    countries = exits.countries(rng, _FARM_COUNTRIES * len(sizes)).reshape(-1, _FARM_COUNTRIES)
    crowd = controlled(rng, landscape, "farm", ring, countries[ring, rng.integers(_FARM_COUNTRIES, size=len(ring))])
    crowd = crowd.assign(**_pace(rng, landscape, crowd, ring))
    account = crowd.index.to_numpy()
    on_server = rng.random(len(ring)) < rng.uniform(0.2, 0.8, len(sizes))[ring]
    sticky = rng.integers(*world.sticky_exit_days, size=len(sizes), endpoint=True)
    use = rng.uniform(*world.farm_template_use, size=len(sizes))
    return operate(
        rng,
        landscape,
        crowd,
        devices=[
            shared(account, runs(rng, ring, 3, 10), devices(rng, len(ring), _PLATFORMS), 0.9),
            *spare_devices(rng, crowd),
        ],
        addresses=[
            _servers(rng, landscape, crowd, ring, account[on_server]),
            rent(rng, landscape, exits, crowd[~on_server], ring[~on_server], np.maximum(6, sizes // 3), sticky, 0.92),
            on_mobile(rng, landscape, crowd, 0.45, 0.3),
        ],
        cards=[_prepaid(rng, landscape, crowd, ring)],
        templates=[pooled_templates(rng, ring, 1.0, use)],
        transfers=[sweeps(rng, ring, 0.03)],
    )


def draw_reseller_pools(rng: np.random.Generator, landscape: Landscape, sizes: np.ndarray) -> Cast:
    """A pool that one card pays for and one device looks after; behind each account is a real person."""
    pool, count = in_rings(sizes), len(sizes)
    country = draw_countries(rng, count)
    crowd = people(rng, country[pool], landscape.days, operator=pool, style="reseller", kind="reseller")
    opened = landscape.days - 5 - rng.exponential(150, count)
    crowd["created"] = np.minimum(opened[pool] + rng.exponential(25, len(pool)), landscape.days - 0.1)
    account = crowd.index.to_numpy()
    looked_after = some(rng, len(pool), 0.6 * (rng.random(count) < 0.7)[pool])
    return settle(
        rng,
        landscape,
        crowd,
        devices=[*own_devices(rng, crowd), shared(looked_after, pool, devices(rng, count), 0.12)],
        addresses=[
            shared(account, account, home_lines(rng, landscape, country[pool]), 0.85),
            on_mobile(rng, landscape, crowd, 0.6, 0.35),
            through_vpn(rng, landscape, crowd, 0.08, 0.25),
        ],
        cards=[
            shared(account, pool, cards(rng, landscape, country, 0.3), pay_probability(rng, len(pool))),
            own_cards(rng, landscape, crowd, 0.1),
        ],
        templates=[own_templates(rng, crowd, 0.15)],
    )


def _pace(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, ring: np.ndarray
) -> dict[str, np.ndarray]:
    """Sign-ups over some weeks beside bought aged accounts; exchanges spread around the known mean a day."""
    rings, count = int(ring.max()) + 1, len(ring)
    opened = landscape.days - rng.uniform(20, 75, rings)
    created = opened[ring] + rng.random(count) * rng.uniform(5, 40, rings)[ring]
    aged = rng.random(count) < rng.uniform(0.2, 0.8, rings)[ring]
    active = rng.beta(7, 3, count)
    spread = rng.uniform(0.3, 1.0, rings)[ring]
    noise = np.exp(spread * rng.standard_normal(count) - spread**2 / 2)
    return {
        "created": np.where(aged, crowd["created"], np.minimum(created, landscape.days - 0.1)),
        "active": active,
        "exchanges": landscape.world.farm_exchanges_a_day / active * noise,
        "rhythm": np.where(rng.random(count) < 0.35, RHYTHMS.index("always"), crowd["rhythm"]),
    }


def _servers(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, ring: np.ndarray, account: np.ndarray
) -> pd.DataFrame:
    """Addresses in a row at two hosting providers per farm; accounts change theirs every few days."""
    country = np.repeat(of_group(ring, crowd["country"].to_numpy()), 2)
    per_site, sticky_days = np.repeat(np.maximum(4, np.bincount(ring) // 8), 2), rng.integers(1, 4, len(country))
    site = lines(rng, landscape.block(rng, "hosting", country), per_site, sticky_days)
    return shared(account, 2 * ring + rng.integers(2, size=len(ring)), site, 0.92)


def _prepaid(rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, ring: np.ndarray) -> pd.DataFrame:
    """Prepaid cards for one to a few accounts each, all of a farm under one to a few BINs."""
    purse = runs(rng, ring, *landscape.world.farm_accounts_per_card)
    farm = of_group(purse, ring)
    bins = rng.integers(*landscape.world.farm_bins, size=int(ring.max()) + 1, endpoint=True)
    start = rng.integers(VIRTUAL_BINS, size=len(bins))
    card = cards(rng, landscape, of_group(purse, crowd["country"].to_numpy()), 1.0)
    card["bin"] = landscape.bins[-1, (start[farm] + rng.integers(bins[farm])) % VIRTUAL_BINS]
    payers = some(rng, len(crowd), 0.8)
    return shared(payers, purse, card, pay_probability(rng, len(payers)))
