"""What single persons own and where they connect: the habits of honest people, and the cover of others.

`crowd` is people of one cast, all or some of them; habits name their rows.
"""

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
    some,
    templates,
)
from ringwatch.simulate.landscape import STATIC, Landscape, lines


def home_lines(rng: np.random.Generator, landscape: Landscape, country: np.ndarray) -> pd.DataFrame:
    """Draw the line of one home per entry of `country`: static, or leased anew every few days."""
    lease = rng.integers(*landscape.world.lease_days, size=len(country), endpoint=True)
    static = rng.random(len(country)) < landscape.world.static_line_share
    return lines(rng, landscape.block(rng, "residential", country), lease_days=np.where(static, STATIC, lease))


def own_devices(
    rng: np.random.Generator, crowd: pd.DataFrame, platforms: Sequence[float] = PLATFORM_WEIGHTS
) -> list[pd.DataFrame]:
    """Draw what people own: a device for most days, and what `spare_devices` adds."""
    account = crowd.index.to_numpy()
    return [habit(account, devices(rng, len(account), platforms), 0.93), *spare_devices(rng, crowd)]


def spare_devices(rng: np.random.Generator, crowd: pd.DataFrame) -> list[pd.DataFrame]:
    """Draw who owns a second device, and who a third."""
    second, third = _owners(rng, crowd, 0.45), _owners(rng, crowd, 0.15)
    return [habit(second, devices(rng, len(second)), 0.3), habit(third, devices(rng, len(third)), 0.15)]


def on_mobile(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, users: float, probability: float
) -> pd.DataFrame:
    """Draw who also connects through a mobile carrier of the own country."""
    account = _owners(rng, crowd, users)
    carrier = landscape.block(rng, "mobile", crowd["country"].loc[account].to_numpy())
    return habit(account, landscape.pools.take(carrier), probability)


def through_vpn(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, users: float, probability: float
) -> pd.DataFrame:
    """Draw who also connects through a public VPN."""
    account = _owners(rng, crowd, users)
    provider = landscape.block(rng, "vpn", crowd["country"].loc[account].to_numpy())
    return habit(account, landscape.pools.take(provider), probability)


def own_cards(rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, payers: float) -> pd.DataFrame:
    account = _owners(rng, crowd, payers)
    card = cards(rng, landscape, crowd["country"].loc[account].to_numpy())
    return habit(account, card, pay_probability(rng, len(account)))


def own_templates(rng: np.random.Generator, crowd: pd.DataFrame, users: float) -> pd.DataFrame:
    account = _owners(rng, crowd, users)
    return habit(account, templates(rng, len(account)), rng.uniform(0.3, 0.9, len(account)))


def settle(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, **habits: Sequence[pd.DataFrame]
) -> Cast:
    """Give each person the lifetime of an honest account and return the cast."""
    ends = lifetimes(rng, crowd["created"].to_numpy(), landscape.world.lifetime_days)
    return build_cast(crowd.assign(ends=ends), **habits)


def _owners(rng: np.random.Generator, crowd: pd.DataFrame, part: float) -> np.ndarray:
    return np.asarray(crowd.index.to_numpy()[some(rng, len(crowd), part)])
