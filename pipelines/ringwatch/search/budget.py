"""How many pairs of accounts node similarity would compare, and which identifiers it is spared for that.

What accounts use in; the bits above which identifiers are compared out. That is a figure of the whole night: it is
worked out once, whatever the number of shards, and handed to each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ringwatch.window import bipartite

# Steps in which node similarity gives up weak identifiers when it would have to compare too many pairs.
WEAKEST_BITS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)


def least_bits(uses: pd.DataFrame, most_pairs: int) -> float:
    """Return the bits above which at most `most_pairs` pairs of accounts are connected by identifiers of `uses`
    (source, target, weight); inf when even the strongest connect more.
    """
    return next((bits for bits in WEAKEST_BITS if _pairs(uses, bits, _squared) <= most_pairs), np.inf)


def pairs(uses: pd.DataFrame, steps: Sequence[float]) -> np.ndarray:
    """Return how many pairs of accounts are connected without identifiers of at most each of so many bits."""
    return np.array([_pairs(uses, bits, _squared) for bits in steps])


def pairs_with_members(uses: pd.DataFrame, steps: Sequence[float]) -> np.ndarray:
    """Return the same for pairs of a Member and an Other (column `label`)."""
    return np.array([_pairs(uses, bits, _across) for bits in steps])


def _pairs(uses: pd.DataFrame, more_than: float, count: Callable[[pd.DataFrame], pd.Series]) -> float:
    uses = uses[uses["weight"] > more_than]
    if uses.empty:
        return 0.0
    part = bipartite.connected(pd.factorize(uses["source"])[0], pd.factorize(uses["target"])[0])
    accounts = uses.assign(part=part).drop_duplicates("source")
    return float(count(accounts).sum())


def _squared(accounts: pd.DataFrame) -> pd.Series:
    found: pd.Series = accounts.groupby("part").size().astype(float) ** 2
    return found


def _across(accounts: pd.DataFrame) -> pd.Series:
    member = (accounts["label"] == "Member").groupby(accounts["part"]).sum().astype(float)
    other = (accounts["label"] != "Member").groupby(accounts["part"]).sum().astype(float)
    found: pd.Series = member * other
    return found
