"""Rings of a few to some hundred accounts that are opened or bought: careless, careful, and distributed chains.

Each style draws all its rings at once. `ring` is each account's ring, sorted; what is drawn per ring is taken by it.
"""

from typing import Any

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
    referrals,
    sticky_days,
)
from ringwatch.simulate.exits import Exits, rent
from ringwatch.simulate.habits import Cast, devices, position, runs, shared, some
from ringwatch.simulate.identity import invent_names
from ringwatch.simulate.landscape import Landscape
from ringwatch.simulate.persons import home_lines, on_mobile, own_templates, spare_devices


def draw_careless(rng: np.random.Generator, landscape: Landscape, sizes: np.ndarray) -> Cast:
    """One card, few devices, signed up within days; from the operator's own line or a VPN."""
    ring = in_rings(sizes)
    country = landscape.countries(rng, len(sizes))
    opened = landscape.days - 2 - rng.exponential(150, len(sizes))
    created = opened[ring] + rng.random(len(ring)) * rng.uniform(1, 14, len(sizes))[ring]
    crowd = controlled(rng, landscape, "careless", ring, country[ring], created)
    crowd = crowd.assign(**_careless_contacts(rng, crowd, ring))
    account = crowd.index.to_numpy()
    on_vpn = np.flatnonzero((rng.random(len(sizes)) < 0.4)[ring])
    provider = landscape.block(rng, "vpn", country)
    return operate(
        rng,
        landscape,
        crowd,
        devices=[
            machines(rng, landscape, ring, runs(rng, ring, 3, 8), 0.9),
            shared(some(rng, len(ring), 0.35), runs(rng, ring, 2, 6), devices(rng, len(ring)), 0.3),
        ],
        addresses=[
            shared(account, ring, home_lines(rng, landscape, country), np.where(np.isin(account, on_vpn), 0.4, 0.85)),
            shared(on_vpn, ring, landscape.pools.take(provider), 0.6),
            on_mobile(rng, landscape, crowd, 0.5, 0.35),
        ],
        cards=[purses(rng, landscape, crowd, runs(rng, ring, 20, 40), 0.3)],
        templates=[own_templates(rng, crowd, 0.15)],
        transfers=[moved_balance(rng, landscape, ring, 0.4)],
    )


def draw_careful(
    rng: np.random.Generator, landscape: Landscape, exits: Exits, sizes: np.ndarray, style: str = "careful"
) -> Cast:
    """Aged accounts on residential exits; a card and a device serve a few accounts each."""
    world, ring = landscape.world, in_rings(sizes)
    crowd = controlled(rng, landscape, style, ring, exits.countries(rng, len(sizes))[ring])
    number = runs(rng, ring, 2, 5)
    one_phone = (rng.random(len(sizes)) < 0.35)[ring]
    crowd["phone"] = np.where(one_phone, crowd["phone"].to_numpy()[np.searchsorted(number, number)], crowd["phone"])
    machine = runs(rng, ring, *world.careful_accounts_per_device)
    pool, sticky = pool_sizes(rng, world, sizes, 3), sticky_days(rng, world, len(sizes))
    use = np.full(len(sizes), 0.5)
    return operate(
        rng,
        landscape,
        crowd,
        devices=[machines(rng, landscape, ring, machine, 0.92), *spare_devices(rng, crowd)],
        addresses=[
            rent(rng, landscape, exits, crowd, ring, pool, sticky, 0.9),
            on_mobile(rng, landscape, crowd, 0.5, 0.35),
        ],
        cards=[purses(rng, landscape, crowd, runs(rng, ring, *world.careful_accounts_per_card), 0.3)],
        templates=[own_templates(rng, crowd, 0.15), pooled_templates(rng, ring, world.pooled_template_share, use)],
        transfers=[moved_balance(rng, landscape, ring, 0.3)],
    )


def draw_chains(rng: np.random.Generator, landscape: Landscape, exits: Exits, sizes: np.ndarray) -> Cast:
    """A few new accounts a day, each sharing a device or card with its neighbour at most; exits come back."""
    world, ring = landscape.world, in_rings(sizes)
    rate = rng.uniform(*world.chain_accounts_a_day, size=len(sizes))
    newest = landscape.days - rng.exponential(60, len(sizes))
    created = newest[ring] - (sizes[ring] - position(ring) - rng.random(len(ring))) / rate[ring]
    crowd = controlled(rng, landscape, "chain", ring, exits.countries(rng, len(sizes))[ring], created)
    pool, sticky = pool_sizes(rng, world, sizes, 2), sticky_days(rng, world, len(sizes))
    use = np.full(len(sizes), 0.5)
    return operate(
        rng,
        landscape,
        crowd.assign(referrer=referrals(rng, ring, crowd["created"].to_numpy(), 0.15)),
        devices=[machines(rng, landscape, ring, _pairs(rng, ring, odd=1), 0.9), *spare_devices(rng, crowd)],
        addresses=[
            rent(rng, landscape, exits, crowd, ring, pool, sticky, 0.9),
            on_mobile(rng, landscape, crowd, 0.5, 0.35),
        ],
        cards=[purses(rng, landscape, crowd, _pairs(rng, ring, odd=0), 0.25)],
        templates=[own_templates(rng, crowd, 0.15), pooled_templates(rng, ring, world.pooled_template_share, use)],
        transfers=[moved_balance(rng, landscape, ring, 0.3)],
    )


def _careless_contacts(rng: np.random.Generator, crowd: pd.DataFrame, ring: np.ndarray) -> dict[str, Any]:
    """Rings that tag a few mailboxes, rings on a few domains of their own, rings that refer themselves."""
    rings, created = int(ring.max()) + 1, crowd["created"].to_numpy()
    way = rng.choice(3, size=rings, p=(0.4, 0.2, 0.4))[ring]
    box, site = runs(rng, ring, 3, 6), runs(rng, ring, 6, 15)
    own_domain = (invent_names(rng, int(site.max()) + 1) + ".com")[site]
    return {
        "mailbox": np.where(way == 0, crowd["mailbox"].to_numpy()[np.searchsorted(box, box)], crowd["mailbox"]),
        "tag": np.where(way == 0, position(box), crowd["tag"]),
        "domain": np.where(way == 0, "gmail.com", np.where(way == 1, own_domain, crowd["domain"])),
        "referrer": referrals(rng, ring, created, 0.35),
    }


def _pairs(rng: np.random.Generator, ring: np.ndarray, odd: int) -> np.ndarray:
    """Draw whose thing each account uses: its own or, mostly, its neighbour's. Pairs of both parities make chains."""
    place, own = position(ring), np.arange(len(ring))
    joins = (rng.random(len(ring)) < 0.75) & (place > 0)
    return np.where(joins, own - (place + odd) % 2, own)
