"""Mobile carriers: some pin an account to an address for weeks, and some people have no other line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import NOBODY, Cast, habit, stack
from ringwatch.simulate.hashing import below
from ringwatch.simulate.landscape import Landscape

_AT_HOME = ("family", "solo", "friends", "tablet_family", "nat")


def through_carriers(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` with carriers that pin addresses, and homes without a line of their own."""
    return _pin(rng, landscape, _leave_lines(rng, landscape, cast))


def _pin(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Let each carrier keep an account on an address for days of its own."""
    low, high = landscape.world.climate.carrier_pin_days
    days = np.exp(rng.uniform(np.log(low), np.log(high), len(landscape.blocks))).round().astype(np.int64)
    block = cast.addresses["block"].to_numpy()
    mobile = (landscape.blocks["kind"] == "mobile").to_numpy()[block]
    sticky = np.where(mobile, days[block], cast.addresses["sticky_days"])
    return replace(cast, addresses=cast.addresses.assign(sticky_days=sticky))


def _leave_lines(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Let whole homes do without their line; whoever lived on it takes a carrier of the country instead.

    Lines that an operator also uses stay: who is framed or rented out must have one.
    """
    share, addresses = landscape.world.climate.phone_only_share, cast.addresses
    if not share:
        return cast
    people = cast.people
    home = (landscape.blocks["kind"] == "residential").to_numpy()[addresses["block"]]
    living = people["context"].isin(_AT_HOME).to_numpy()[addresses["account"]]
    controlled = addresses.loc[(people["operator"] != NOBODY).to_numpy()[addresses["account"]], "line"]
    given_up = below(1 << 20, addresses["line"].to_numpy(), 7) < share * (1 << 20)
    left = home & living & given_up & ~addresses["line"].isin(controlled).to_numpy()
    account = np.unique(addresses["account"].to_numpy()[left])
    carrier = landscape.block(rng, "mobile", people["country"].to_numpy()[account])
    instead: pd.DataFrame = habit(account, landscape.pools.take(carrier), 0.95)
    return replace(cast, addresses=stack([addresses[~left], instead]))
