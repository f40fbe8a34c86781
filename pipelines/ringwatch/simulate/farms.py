"""Pools of many accounts: farms and relays, which one operator drives, and reseller pools, which real people use."""

import numpy as np
import pandas as pd

from ringwatch.simulate.control import (
    controlled,
    in_rings,
    machines,
    moved_balance,
    of_group,
    operate,
    ordinary,
    pool_sizes,
    pooled_templates,
    sticky_days,
)
from ringwatch.simulate.exits import Exits, rent
from ringwatch.simulate.habits import RHYTHMS, Cast, cards, devices, pay_probability, people, runs, shared, some
from ringwatch.simulate.landscape import VIRTUAL_BINS, Landscape, lines
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

_FARM_COUNTRIES = 3
_RELAY_EXCHANGES_A_DAY = 60.0
_PLATFORMS = (0.25, 0.15, 0.5, 0.05, 0.05)


def draw_farms(rng: np.random.Generator, landscape: Landscape, exits: Exits, sizes: np.ndarray) -> Cast:
    """Many accounts that ask little each: prepaid cards of few issuers, a pool of templates, servers and exits."""
    world, ring = landscape.world, in_rings(sizes)
    countries = exits.countries(rng, _FARM_COUNTRIES * len(sizes)).reshape(-1, _FARM_COUNTRIES)
    country = countries[ring, rng.integers(_FARM_COUNTRIES, size=len(ring))]
    opened = landscape.days - rng.uniform(20, 75, len(sizes))
    created = opened[ring] + rng.random(len(ring)) * rng.uniform(5, 40, len(sizes))[ring]
    crowd = controlled(rng, landscape, "farm", ring, country, created)
    crowd = crowd.assign(**_pace(rng, landscape, crowd, ring, world.farm_exchanges_a_day))
    account = crowd.index.to_numpy()
    on_server = rng.random(len(ring)) < rng.uniform(0.2, 0.8, len(sizes))[ring]
    pool, sticky = pool_sizes(rng, world, sizes, 6), sticky_days(rng, world, len(sizes))
    use = rng.uniform(*world.farm_template_use, size=len(sizes))
    return operate(
        rng,
        landscape,
        crowd,
        devices=[
            machines(rng, landscape, ring, runs(rng, ring, 3, 10), 0.9),
            *spare_devices(rng, crowd),
        ],
        addresses=[
            _servers(rng, landscape, crowd, ring, account[on_server]),
            rent(rng, landscape, exits, crowd[~on_server], ring[~on_server], pool, sticky, 0.92),
            on_mobile(rng, landscape, crowd, 0.45, 0.3),
        ],
        cards=[_prepaid(rng, landscape, crowd, ring)],
        templates=[pooled_templates(rng, ring, world.farm_template_share, use)],
        transfers=[moved_balance(rng, landscape, ring, 0.1)],
    )


def draw_relays(rng: np.random.Generator, landscape: Landscape, sizes: np.ndarray) -> Cast:
    """Accounts behind one relay, which resells them to many: a few servers, much traffic at all hours, any template."""
    ring = in_rings(sizes)
    country = landscape.countries(rng, len(sizes))
    opened = landscape.days - 3 - rng.exponential(60, len(sizes))
    created = opened[ring] + rng.random(len(ring)) * rng.uniform(2, 30, len(sizes))[ring]
    crowd = controlled(rng, landscape, "relay", ring, country[ring], created)
    crowd = crowd.assign(**_pace(rng, landscape, crowd, ring, _RELAY_EXCHANGES_A_DAY))
    account = crowd.index.to_numpy()
    return operate(
        rng,
        landscape,
        crowd,
        devices=[machines(rng, landscape, ring, runs(rng, ring, 2, 4), 0.35)],
        addresses=[
            _servers(rng, landscape, crowd, ring, account),
            shared(account, account, home_lines(rng, landscape, country[ring]), 0.06),
        ],
        cards=[_prepaid(rng, landscape, crowd, ring)],
        templates=[own_templates(rng, crowd, 0.3)],
        transfers=[moved_balance(rng, landscape, ring, 0.3)],
    )


def draw_reseller_pools(rng: np.random.Generator, landscape: Landscape, sizes: np.ndarray) -> Cast:
    """A pool that one card pays for, one device and line look after; behind each account is a real person."""
    pool, count = in_rings(sizes), len(sizes)
    country = landscape.countries(rng, count)
    crowd = people(rng, landscape, country[pool], operator=pool, style="reseller", kind="reseller")
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
            shared(looked_after, pool, home_lines(rng, landscape, country), 0.12),
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
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, ring: np.ndarray, exchanges_a_day: float
) -> dict[str, np.ndarray]:
    """Exchanges spread around a mean a day, at most hours, unless the ring takes care to ask like anybody."""
    count, like_anybody = len(ring), ordinary(rng, landscape, ring)
    active = np.where(like_anybody, crowd["active"], rng.beta(7, 3, count))
    spread = rng.uniform(0.3, 1.0, int(ring.max()) + 1)[ring]
    noise = np.exp(spread * rng.standard_normal(count) - spread**2 / 2)
    always = ~like_anybody & (rng.random(count) < 0.35)
    return {
        "active": active,
        "exchanges": np.where(like_anybody, crowd["exchanges"], exchanges_a_day / active * noise),
        "rhythm": np.where(always, RHYTHMS.index("always"), crowd["rhythm"]),
    }


def _servers(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, ring: np.ndarray, account: np.ndarray
) -> pd.DataFrame:
    """Addresses in a row at two hosting providers per ring; accounts change theirs every few days."""
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
