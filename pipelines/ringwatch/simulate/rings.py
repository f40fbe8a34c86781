"""Rings of a few to some hundred accounts, in three styles.

Each style draws all its rings at once. `ring` is each account's ring, sorted; what is drawn per ring is taken by it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.simulate.exits import Exits, rent
from ringwatch.simulate.habits import (
    NOBODY,
    Cast,
    build_cast,
    cards,
    devices,
    habit,
    lifetimes,
    pay_probability,
    people,
    position,
    runs,
    shared,
    some,
    templates,
)
from ringwatch.simulate.identity import invent_names
from ringwatch.simulate.landscape import Landscape, draw_countries
from ringwatch.simulate.persons import home_lines, on_mobile, own_templates, spare_devices


def draw_careless(rng: np.random.Generator, landscape: Landscape, sizes: np.ndarray) -> Cast:
    """One card, few devices, signed up within days; from the operator's own line or a VPN."""
    ring = in_rings(sizes)
    country = draw_countries(rng, len(sizes))
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
            shared(account, runs(rng, ring, 3, 8), devices(rng, len(ring)), 0.9),
            shared(some(rng, len(ring), 0.35), runs(rng, ring, 2, 6), devices(rng, len(ring)), 0.3),
        ],
        addresses=[
            shared(account, ring, home_lines(rng, landscape, country), np.where(np.isin(account, on_vpn), 0.4, 0.85)),
            shared(on_vpn, ring, landscape.pools.take(provider), 0.6),
            on_mobile(rng, landscape, crowd, 0.5, 0.35),
        ],
        cards=[purses(rng, landscape, crowd, runs(rng, ring, 20, 40), 0.3)],
        templates=[own_templates(rng, crowd, 0.15)],
        transfers=[sweeps(rng, ring, 0.15)],
    )


def draw_careful(rng: np.random.Generator, landscape: Landscape, exits: Exits, sizes: np.ndarray) -> Cast:
    """Aged accounts on residential exits; a card and a device serve a few accounts each."""
    world, ring = landscape.world, in_rings(sizes)
    crowd = controlled(rng, landscape, "careful", ring, exits.countries(rng, len(sizes))[ring])
    number = runs(rng, ring, 2, 5)
    one_phone = (rng.random(len(sizes)) < 0.35)[ring]
    crowd["phone"] = np.where(one_phone, crowd["phone"].to_numpy()[np.searchsorted(number, number)], crowd["phone"])
    account = crowd.index.to_numpy()
    machine = runs(rng, ring, *world.careful_accounts_per_device)
    pool = np.maximum(3, sizes * rng.uniform(0.3, 1, len(sizes))).astype(np.int64)
    sticky = rng.integers(*world.sticky_exit_days, size=len(sizes), endpoint=True)
    return operate(
        rng,
        landscape,
        crowd,
        devices=[shared(account, machine, devices(rng, len(ring)), 0.92), *spare_devices(rng, crowd)],
        addresses=[
            rent(rng, landscape, exits, crowd, ring, pool, sticky, 0.9),
            on_mobile(rng, landscape, crowd, 0.5, 0.35),
        ],
        cards=[purses(rng, landscape, crowd, runs(rng, ring, *world.careful_accounts_per_card), 0.3)],
        templates=[own_templates(rng, crowd, 0.15), pooled_templates(rng, ring, 0.35, np.full(len(sizes), 0.5))],
        transfers=[sweeps(rng, ring, 0.1)],
    )


def draw_drip(rng: np.random.Generator, landscape: Landscape, exits: Exits, sizes: np.ndarray) -> Cast:
    """A few new accounts a day, each sharing a device or card with its neighbour at most; exits come back."""
    world, ring = landscape.world, in_rings(sizes)
    rate = rng.uniform(*world.drip_accounts_a_day, size=len(sizes))
    newest = landscape.days - rng.exponential(60, len(sizes))
    created = newest[ring] - (sizes[ring] - position(ring) - rng.random(len(ring))) / rate[ring]
    crowd = controlled(rng, landscape, "drip", ring, exits.countries(rng, len(sizes))[ring], created)
    sticky = rng.integers(2, world.sticky_exit_days[1], size=len(sizes), endpoint=True)
    return operate(
        rng,
        landscape,
        crowd,
        devices=[
            shared(crowd.index.to_numpy(), _chain(rng, ring, odd=1), devices(rng, len(ring)), 0.9),
            *spare_devices(rng, crowd),
        ],
        addresses=[
            rent(rng, landscape, exits, crowd, ring, np.maximum(2, sizes // 3), sticky, 0.9),
            on_mobile(rng, landscape, crowd, 0.5, 0.35),
        ],
        cards=[purses(rng, landscape, crowd, _chain(rng, ring, odd=0), 0.25)],
        templates=[own_templates(rng, crowd, 0.15), pooled_templates(rng, ring, 0.5, np.full(len(sizes), 0.5))],
    )


def in_rings(sizes: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes)


def controlled(
    rng: np.random.Generator,
    landscape: Landscape,
    style: str,
    ring: np.ndarray,
    country: np.ndarray,
    created: np.ndarray | None = None,
) -> pd.DataFrame:
    """Draw the people that operators pretend to be, opened at `created` (days) or aged like anybody's accounts."""
    crowd = people(rng, country, landscape.days, operator=ring, style=style, kind="operator")
    return crowd if created is None else crowd.assign(created=np.minimum(created, landscape.days - 0.1))


def operate(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, **habits: Sequence[pd.DataFrame]
) -> Cast:
    """Return the cast; its accounts survived until the first day and are found out at the operators' rate."""
    created = np.maximum(crowd["created"].to_numpy(), 0)
    ends = lifetimes(rng, created, landscape.world.operator_lifetime_days)
    return build_cast(crowd.assign(ends=ends, suspended=rng.random(len(crowd)) < 0.6), **habits)


def purses(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, purse: np.ndarray, prepaid_share: float
) -> pd.DataFrame:
    """Draw who pays; accounts of one `purse` pay with one card."""
    payers = some(rng, len(crowd), 0.72)
    card = cards(rng, landscape, of_group(purse, crowd["country"].to_numpy()), prepaid_share)
    return shared(payers, purse, card, pay_probability(rng, len(payers)))


def of_group(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return per group (row) the `value` that its accounts have in common; 0 for a number that no account has."""
    common = np.zeros(int(group.max()) + 1, dtype=value.dtype)
    common[group] = value
    return common


def pooled_templates(
    rng: np.random.Generator, ring: np.ndarray, rings_with_pool: float, use: np.ndarray
) -> pd.DataFrame:
    """Draw pools of two to six templates; each account keeps to one, and sends it with its ring's probability `use`."""
    account = some(rng, len(ring), (rng.random(len(use)) < rings_with_pool)[ring])
    size = rng.integers(2, 7, len(use))
    kept = ring * 6 + rng.integers(size[ring])
    return shared(account, kept, templates(rng, 6 * len(use)), use[ring[account]])


def sweeps(rng: np.random.Generator, ring: np.ndarray, givers: float) -> pd.DataFrame:
    """Transfers of balance to the first account of the ring."""
    first = np.searchsorted(ring, ring)
    giver = some(rng, len(ring), givers * (first != np.arange(len(ring))))
    return habit(giver, pd.DataFrame({"counterparty": first[giver]}), 0.1)


def _careless_contacts(rng: np.random.Generator, crowd: pd.DataFrame, ring: np.ndarray) -> dict[str, Any]:
    """Rings that tag a few mailboxes, rings on a few domains of their own, rings that refer themselves."""
    rings, created = int(ring.max()) + 1, crowd["created"].to_numpy()
    way = rng.choice(3, size=rings, p=(0.4, 0.2, 0.4))[ring]
    box, site = runs(rng, ring, 3, 6), runs(rng, ring, 6, 15)
    first = np.searchsorted(ring, ring)
    own_domain = (invent_names(rng, int(site.max()) + 1) + ".com")[site]
    refers = (rng.random(rings) < 0.35)[ring] & (created > created[first]) & (rng.random(len(ring)) < 0.5)
    return {
        "mailbox": np.where(way == 0, crowd["mailbox"].to_numpy()[np.searchsorted(box, box)], crowd["mailbox"]),
        "tag": np.where(way == 0, position(box), crowd["tag"]),
        "domain": np.where(way == 0, "gmail.com", np.where(way == 1, own_domain, crowd["domain"])),
        "referrer": np.where(refers, first, NOBODY),
    }


def _chain(rng: np.random.Generator, ring: np.ndarray, odd: int) -> np.ndarray:
    """Draw whose thing each account uses: its own or, mostly, its neighbour's. Pairs of both parities make chains."""
    place, own = position(ring), np.arange(len(ring))
    joins = (rng.random(len(ring)) < 0.75) & (place > 0)
    return np.where(joins, own - (place + odd) % 2, own)
