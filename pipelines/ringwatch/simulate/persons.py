"""What single persons own and where they connect: the habits of honest people, and the cover of others."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import (
    PLATFORM_WEIGHTS,
    Cast,
    build_cast,
    cards,
    devices,
    habit,
    lifetimes,
    pay_probability,
    templates,
)
from ringwatch.simulate.landscape import STATIC, Landscape, lines
from ringwatch.simulate.world import World


def home_lines(rng: np.random.Generator, landscape: Landscape, world: World, country: np.ndarray) -> pd.DataFrame:
    """Draw the line of one home per entry of `country`: static, or leased anew every few days."""
    lease = rng.integers(*world.lease_days, size=len(country), endpoint=True)
    static = rng.random(len(country)) < world.static_line_share
    return lines(rng, landscape.block(rng, "residential", country), lease_days=np.where(static, STATIC, lease))


def own_devices(
    rng: np.random.Generator, account: np.ndarray, platforms: Sequence[float] = PLATFORM_WEIGHTS
) -> list[pd.DataFrame]:
    """Draw what each account owns: a device for most days, often a second, seldom a third."""
    second, third = (account[rng.random(len(account)) < owners] for owners in (0.45, 0.15))
    return [
        habit(account, devices(rng, len(account), platforms), 0.93),
        habit(second, devices(rng, len(second)), 0.3),
        habit(third, devices(rng, len(third)), 0.15),
    ]


def on_mobile(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, owners: float, probability: float
) -> pd.DataFrame:
    """Draw who of `crowd` also connects through a mobile carrier of the own country."""
    account = crowd.index.to_numpy()[rng.random(len(crowd)) < owners]
    carrier = landscape.block(rng, "mobile", crowd["country"].loc[account].to_numpy())
    return habit(account, landscape.pools.take(carrier), probability)


def through_vpn(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, users: float, probability: float
) -> pd.DataFrame:
    account = crowd.index.to_numpy()[rng.random(len(crowd)) < users]
    provider = landscape.block(rng, "vpn", account)
    return habit(account, landscape.pools.take(provider), probability)


def own_cards(
    rng: np.random.Generator, landscape: Landscape, world: World, crowd: pd.DataFrame, payers: float
) -> pd.DataFrame:
    account = crowd.index.to_numpy()[rng.random(len(crowd)) < payers]
    drawn = cards(rng, landscape, crowd["country"].loc[account].to_numpy(), world.prepaid_share)
    return habit(account, drawn, pay_probability(rng, len(account)))


def own_templates(rng: np.random.Generator, crowd: pd.DataFrame, users: float) -> pd.DataFrame:
    account = crowd.index.to_numpy()[rng.random(len(crowd)) < users]
    return habit(account, templates(rng, len(account)), rng.uniform(0.3, 0.9, len(account)))


def settle(rng: np.random.Generator, world: World, crowd: pd.DataFrame, **habits: list[pd.DataFrame]) -> Cast:
    """Give each person a lifetime and return the cast."""
    ends = lifetimes(rng, crowd["created"].to_numpy(), world.lifetime_days)
    return build_cast(crowd.assign(ends=ends), **habits)
