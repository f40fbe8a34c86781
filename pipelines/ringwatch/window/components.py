"""What hangs together: ties of accounts in; parts that are judged apart from each other out, none larger than allowed.

Whole components, where they are small enough. A component that is too large is cut at its weakest links: its ties join
their ends in turn, the strongest first, as long as no part becomes too large (single linkage with a limit; of equals
the tie between the first nodes goes first). So a tie is cut only where what stronger ones had joined was too much for
one part.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Ties that are gone through at a time.
_AT_ONCE = 100_000


@dataclass(frozen=True)
class Ties:
    """source, target: nodes, of which those below `accounts` are accounts and the others what these share; bits: how
    much each tie says.
    """

    source: np.ndarray
    target: np.ndarray
    bits: np.ndarray
    accounts: int

    @property
    def nodes(self) -> int:
        return max(self.accounts, int(self.source.max(initial=-1)) + 1, int(self.target.max(initial=-1)) + 1)


def parts(ties: Ties, most: int) -> np.ndarray:
    """Return the number of its part for each node; no part has more than `most` accounts."""
    whole = _connected(ties, np.ones(len(ties.bits), dtype=bool))
    sizes = np.bincount(whole[: ties.accounts], minlength=int(whole.max(initial=-1)) + 1)
    large = sizes[whole[ties.source]] > most
    return _connected(ties, ~large | _kept(ties, large, most)) if large.any() else whole


def _connected(ties: Ties, kept: np.ndarray) -> np.ndarray:
    ends, shape = (ties.source[kept], ties.target[kept]), (ties.nodes, ties.nodes)
    found: np.ndarray = connected_components(coo_array((np.ones(kept.sum(), bool), ends), shape=shape), directed=False)[
        1
    ]
    return found


def _kept(ties: Ties, large: np.ndarray, most: int) -> np.ndarray:
    """Return which ties of components that are too large are kept: those whose ends one part has in the end."""
    inside = np.flatnonzero(large)
    order = inside[np.lexsort((ties.target[inside], ties.source[inside], -ties.bits[inside]))]
    source, target, accounts = _renumbered(ties, order)
    nodes = int(max(source.max(), target.max())) + 1
    size = array("i", bytes(4 * nodes))
    size[:accounts] = array("i", [1]) * accounts
    root = array("i", range(nodes))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = node = root[root[node]]
        return node

    for one, other in _pairs(source, target):
        a, b = find(one), find(other)
        if a != b and size[a] + size[b] <= most:
            root[b] = a
            size[a] += size[b]
    kept = np.zeros(len(large), dtype=bool)
    kept[order] = np.fromiter((find(one) == find(other) for one, other in _pairs(source, target)), bool, len(order))
    return kept


def _renumbered(ties: Ties, order: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the ends of ties in this order, numbered without gaps, accounts first; and how many accounts these are."""
    there = np.zeros(ties.nodes, dtype=bool)
    there[ties.source[order]] = there[ties.target[order]] = True
    number = np.cumsum(there, dtype=np.int32) - 1
    return number[ties.source[order]], number[ties.target[order]], int(there[: ties.accounts].sum())


def _pairs(source: np.ndarray, target: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield both ends of each tie; whole lists of them would take ten times the memory."""
    for start in range(0, len(source), _AT_ONCE):
        chunk = slice(start, start + _AT_ONCE)
        yield from zip(source[chunk].tolist(), target[chunk].tolist(), strict=True)


def packed(sizes: np.ndarray, most: int) -> np.ndarray:
    """Return the number of its shard, from 0 on, for each part of so many accounts; none has more than `most` of them.

    The largest part goes first, each into the shard that has fewest accounts (of equals the first), or into a new one.
    """
    shards = [(0, number) for number in range(-(-int(sizes.sum()) // most))]
    found = np.zeros(len(sizes), dtype=np.int64)
    for part in np.argsort(-sizes, kind="stable").tolist():
        size = int(sizes[part])
        filled, number = shards[0]
        if filled + size <= most:
            heapq.heapreplace(shards, (filled + size, number))
        else:
            number = len(shards)
            heapq.heappush(shards, (size, number))
        found[part] = number
    return found
