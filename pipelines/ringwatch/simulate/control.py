"""What operators of every style do: open accounts, share machines and cards among them, move balance between them.

`ring` is each account's ring, sorted; what is drawn per ring is taken by it.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import (
    Cast,
    build_cast,
    cards,
    devices,
    habit,
    lifetimes,
    pay_probability,
    people,
    shared,
    some,
    templates,
)
from ringwatch.simulate.landscape import Landscape
from ringwatch.simulate.world import World

_TRANSFER_A_DAY = 0.1


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
    """Draw the people that operators pretend to be, opened at `created` (days), or bought aged like anybody's accounts.

    Each ring buys a share of its own; without `created` it buys all.
    """
    crowd = people(rng, landscape, country, operator=ring, style=style, kind="operator")
    if created is None:
        return crowd
    aged = rng.random(len(ring)) < rng.uniform(*landscape.world.aged_share, size=_rings(ring))[ring]
    return crowd.assign(created=np.where(aged, crowd["created"], np.minimum(created, landscape.days - 0.1)))


def operate(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, **habits: Sequence[pd.DataFrame]
) -> Cast:
    """Return the cast; its accounts survived until the first day and are found out at the operators' rate."""
    created = np.maximum(crowd["created"].to_numpy(), 0)
    ends = lifetimes(rng, created, landscape.world.operator_lifetime_days)
    return build_cast(crowd.assign(ends=ends, suspended=rng.random(len(crowd)) < 0.6), **habits)


def machines(
    rng: np.random.Generator, landscape: Landscape, ring: np.ndarray, machine: np.ndarray, probability: float
) -> pd.DataFrame:
    """Draw the device of each account: that of its `machine`, or, for a share drawn per ring, one of its own."""
    count = len(ring)
    own = rng.random(count) < rng.uniform(*landscape.world.own_device_share, size=_rings(ring))[ring]
    device = np.where(own, count + np.arange(count), machine)
    return shared(np.arange(count), device, devices(rng, 2 * count), probability)


def purses(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, purse: np.ndarray, prepaid_share: float
) -> pd.DataFrame:
    """Draw who pays; accounts of one `purse` pay with one card, but for a share that has one of its own."""
    count, payers = len(crowd), some(rng, len(crowd), 0.72)
    own = rng.random(count) < landscape.world.own_card_share
    purse = np.where(own, count + np.arange(count), purse)
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


def pool_sizes(rng: np.random.Generator, world: World, sizes: np.ndarray, fewest: int) -> np.ndarray:
    """Draw how many exits each ring rotates through."""
    return np.maximum(fewest, sizes * rng.uniform(*world.exits_per_account, size=len(sizes))).astype(np.int64)


def sticky_days(rng: np.random.Generator, world: World, rings: int) -> np.ndarray:
    """Draw for how many days an account of each ring keeps an exit."""
    return rng.integers(*world.sticky_exit_days, size=rings, endpoint=True)


def moved_balance(rng: np.random.Generator, landscape: Landscape, ring: np.ndarray, givers: float) -> pd.DataFrame:
    """Draw transfers inside some rings: all to the first account (sweep), each to the next (chain), or from the first.

    `givers` is the share of accounts with a transfer, in rings that move balance at all.
    """
    rings, account = _rings(ring), np.arange(len(ring))
    way = np.where(rng.random(rings) < landscape.world.sweeping_share, rng.integers(3, size=rings), -1)[ring]
    first = np.searchsorted(ring, ring)
    others = (first != account) & (way >= 0)
    chosen = some(rng, len(ring), givers * others)
    way = way[chosen]
    giver = np.where(way == 2, first[chosen], chosen)
    receiver = np.select([way == 0, way == 1], [first[chosen], chosen - 1], chosen)
    return habit(giver, pd.DataFrame({"counterparty": receiver}), _TRANSFER_A_DAY)


def referrals(rng: np.random.Generator, ring: np.ndarray, created: np.ndarray, rings_with_tree: float) -> np.ndarray:
    """Draw who invited whom: in some rings most accounts name the first, or any earlier one of the ring (a tree)."""
    rings, first = _rings(ring), np.searchsorted(ring, ring)
    place = np.arange(len(ring)) - first
    way = np.where(rng.random(rings) < rings_with_tree, rng.integers(2, size=rings), -1)[ring]
    host = np.where(way == 0, first, first + (rng.random(len(ring)) * place).astype(np.int64))
    invited = (way >= 0) & (created > created[host]) & (rng.random(len(ring)) < 0.6)
    return np.where(invited, host, -1)


def ordinary(rng: np.random.Generator, landscape: Landscape, ring: np.ndarray) -> np.ndarray:
    """Draw whose volume is like anybody's, ring by ring."""
    return np.asarray((rng.random(_rings(ring)) < landscape.world.ordinary_volume_share)[ring])


def _rings(ring: np.ndarray) -> int:
    return int(ring.max(initial=-1)) + 1
