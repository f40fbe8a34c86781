"""Homes whose line is rented out as an exit, and who connects through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import Cast, habit
from ringwatch.simulate.hashing import below
from ringwatch.simulate.landscape import ACCESS, COUNTRIES, Landscape

_FEWEST_EXITS = 40


@dataclass(frozen=True)
class Exits:
    """lines: the access of each home that is rented out, sorted by country; first, count: where a country's begin."""

    lines: pd.DataFrame
    first: np.ndarray
    count: np.ndarray

    def countries(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draw countries by the number of their exits."""
        return rng.choice(len(self.count), size=size, p=self.count / self.count.sum())


def rent_out(rng: np.random.Generator, landscape: Landscape, honest: Cast) -> tuple[Exits, np.ndarray]:
    """Pick homes whose line becomes an exit. Return the exits and the accounts (rows of people) that live there."""
    residential = (landscape.blocks["kind"] == "residential").to_numpy()
    living = honest.people["context"].isin(["family", "solo"]).to_numpy()
    at_home = honest.addresses[residential[honest.addresses["block"]] & living[honest.addresses["account"]]]
    homes = at_home.drop_duplicates("line")
    wanted = max(_FEWEST_EXITS, round(len(homes) * landscape.world.exit_line_share))
    picked = homes.sample(min(len(homes), wanted), random_state=rng)
    country = landscape.blocks["country"].to_numpy()[picked["block"]]
    lines = picked.iloc[np.argsort(country, kind="stable")][ACCESS]
    count = np.bincount(country, minlength=len(COUNTRIES))
    hosts = at_home.loc[at_home["line"].isin(picked["line"]), "account"].unique()
    return Exits(lines, count.cumsum() - count, count), hosts


def rent(
    rng: np.random.Generator,
    landscape: Landscape,
    exits: Exits,
    crowd: pd.DataFrame,
    unit: np.ndarray,
    pool: np.ndarray,
    sticky_days: np.ndarray,
    probability: Any,
) -> pd.DataFrame:
    """Give each of `crowd` an exit of its unit's pool in its own country, and another every `sticky_days`.

    `unit` is per account; `pool` (how many exits) and `sticky_days` are per unit. Where a country has no exits,
    its accounts get none.
    """
    served = exits.count[crowd["country"].to_numpy()] > 0
    account, country, unit = crowd.index.to_numpy()[served], crowd["country"].to_numpy()[served], unit[served]
    sticky = sticky_days[unit]
    spells = -(-landscape.days // sticky) + 1
    row = np.repeat(np.arange(len(account)), spells)
    spell = np.arange(len(row)) - np.repeat(spells.cumsum() - spells, spells)
    since = (spell - rng.random(len(account))[row]) * sticky[row]
    salt = int(rng.integers(1 << 62))
    member = below(pool[unit[row]], salt, account[row], spell)
    line = exits.first[country[row]] + below(exits.count[country[row]], salt, unit[row], member + 1)
    return habit(account[row], exits.lines.take(line), probability, np.floor(since), np.floor(since + sticky[row]))


def customers(rng: np.random.Generator, landscape: Landscape, exits: Exits, honest: Cast) -> pd.DataFrame:
    """Give honest customers of exits theirs: each on its own, out of all exits of the country."""
    crowd = honest.people[honest.people["context"] == "proxy_customer"]
    unit = np.arange(len(crowd))
    return rent(rng, landscape, exits, crowd, unit, np.full(len(crowd), 50), np.full(len(crowd), 2), 0.6)
