"""How many pairs of accounts node similarity would compare, and which identifiers it is spared for that.

What accounts use in; the bits above which identifiers are compared out. That is a figure of the whole night: it is
worked out once, whatever the number of shards, and handed to each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ringwatch.window import bipartite

# Steps in which node similarity gives up weak identifiers when it would have to compare too many pairs.
WEAKEST_BITS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)


def least_bits(uses: pd.DataFrame, most_pairs: int) -> float:
    """Return the bits above which at most `most_pairs` pairs of accounts are connected by identifiers of `uses`
    (source, target, weight); inf when even the strongest connect more.
    """
    return next((bits for bits in WEAKEST_BITS if pairs(uses, (bits,))[0] <= most_pairs), np.inf)


def pairs(uses: pd.DataFrame, steps: Sequence[float]) -> np.ndarray:
    """Return how many pairs of accounts are connected without identifiers of at most each of so many bits."""
    every = np.ones(len(uses), dtype=bool)
    return np.array([(sizes**2).sum() for (sizes,) in _sizes(uses, steps, every)])


def pairs_with_members(uses: pd.DataFrame, steps: Sequence[float]) -> np.ndarray:
    """Return the same for pairs of a Member and an Other (column `label`)."""
    member = (uses["label"] == "Member").to_numpy()
    return np.array([(members * others).sum() for members, others in _sizes(uses, steps, member, ~member)])


def _sizes(uses: pd.DataFrame, steps: Sequence[float], *kinds: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Yield for each step how many accounts of each kind (rows of which it is true) are in each connected part."""
    source, target = (pd.factorize(uses[end])[0] for end in ("source", "target"))
    weight = uses["weight"].to_numpy()
    for bits in steps:
        kept = np.flatnonzero(weight > bits)
        if not len(kept):
            yield [np.zeros(0)] * len(kinds)
            continue
        part = bipartite.connected(source[kept], target[kept])
        _, first = np.unique(source[kept], return_index=True)
        yield [np.bincount(part[first], kind[kept[first]]) for kind in kinds]
