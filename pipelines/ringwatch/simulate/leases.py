"""How long a line keeps its address: hours at one provider, years at another.

A lease of days is `lease_days` of a habit; one of hours is told by `leases_a_day`, and a row that comes true becomes
one for each lease in which the account was there, with its `lease_of_day` (from 0).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import Cast
from ringwatch.simulate.hashing import below
from ringwatch.simulate.landscape import STATIC, Landscape
from ringwatch.simulate.visits import DAY_SECONDS, Visits

_MOST_LEASES_A_DAY = 12
# A provider's leases differ by up to this factor from line to line.
_SPREAD = 1.5


def lease_out(rng: np.random.Generator, landscape: Landscape, cast: Cast) -> Cast:
    """Return `cast` with the leases of homes as their providers have them; static lines stay static."""
    if landscape.world.climate.leases is None:
        return cast
    shortest, longest = np.log(landscape.world.climate.leases)
    provider = rng.uniform(shortest, longest, len(landscape.blocks))
    block, line = cast.addresses["block"].to_numpy(), cast.addresses["line"].to_numpy()
    leased = (landscape.blocks["kind"] == "residential").to_numpy()[block]
    leased &= cast.addresses["lease_days"].to_numpy() < STATIC
    own = np.exp(provider[block] + np.log(_SPREAD) * (below(1000, line, 6) / 500 - 1))
    days = np.where(leased, np.clip(np.round(own), 1, STATIC - 1), cast.addresses["lease_days"]).astype(np.int64)
    a_day = np.where(leased & (own < 0.75), np.clip(np.round(1 / own), 2, _MOST_LEASES_A_DAY), 1).astype(np.int64)
    return replace(cast, addresses=cast.addresses.assign(lease_days=days, leases_a_day=a_day))


def within_day(rng: np.random.Generator, visits: Visits, used: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each lease of the day in which each of `used` was there: one to three at different times."""
    if "leases_a_day" not in used:
        return used
    a_day = used["leases_a_day"].to_numpy()
    times = np.where(a_day > 1, 1 + rng.integers(3, size=len(used)), 1)
    rows = used.take(np.repeat(np.arange(len(used)), times))
    begin = visits.first[visits.row[rows["account"]]]
    span = visits.last[visits.row[rows["account"]]] - begin
    second = begin + (rng.random(len(rows)) * span).astype(np.int64)
    return rows.assign(lease_of_day=second * rows["leases_a_day"].to_numpy() // DAY_SECONDS)


def spells(used: pd.DataFrame, spell: np.ndarray, day: int) -> np.ndarray:
    """Return the number of the lease of each row: `spell`, or where leases last hours those since the first day."""
    if "lease_of_day" not in used:
        return spell
    a_day = used["leases_a_day"].to_numpy()
    return np.where(a_day > 1, day * a_day + used["lease_of_day"].to_numpy(), spell)


def while_leased(used: pd.DataFrame, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return first and last second of each row within its lease."""
    if "lease_of_day" not in used:
        return first, last
    a_day, number = used["leases_a_day"].to_numpy(), used["lease_of_day"].to_numpy()
    begin, end = -(-number * DAY_SECONDS // a_day), -(-(number + 1) * DAY_SECONDS // a_day) - 1
    return np.clip(first, begin, end), np.clip(last, begin, end)
