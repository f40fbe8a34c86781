"""How far a probability may be off: odds and what a scorecard knows of groups of like odds in, ends of intervals out.

Odds mean what they say on average; how surely they do depends on how many groups of like odds the scorecard was checked
on. Between two parts of its reliability, what is known of both counts by how near they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Of a two-sided 90 % interval.
DEVIATES = 1.645
# What a probability of six digits can be: nothing is certain, so that there is room on both sides.
LEAST = 1e-6
# Room that is seen when probability and ends are told in two digits.
ROOM = 0.01 + LEAST * 100


def around(
    odds: np.ndarray, reliability: Sequence[tuple[float, int, int]], moved: float, trust: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return low and high of the probabilities whose log2 odds are `odds` + `moved`, each beyond its probability, and
    by as much as is seen in two digits.

    Wilson's interval for as many groups as are like it, around its own share of rings and around that of these groups,
    moved like the odds; to six digits, outwards. On a night beyond the depth of the card (trust below 1, see
    `depth.py`) these groups count for less.
    """
    groups, seen = _like(odds, reliability)
    groups = groups * trust**2
    ends = [wilson(share, groups) for share in (_share(odds), seen)]
    low, high = np.minimum(ends[0][0], ends[1][0]), np.maximum(ends[0][1], ends[1][1])
    own = bounded(_share(odds + moved))
    low, high = np.minimum(_moved(low, moved), own - ROOM), np.maximum(_moved(high, moved), own + ROOM)
    return np.floor(low / LEAST).clip(0) * LEAST, np.ceil(high / LEAST).clip(None, 1 / LEAST) * LEAST


def bounded(probability: np.ndarray) -> np.ndarray:
    """Return probabilities to six digits, none of them 0 or 1."""
    bounded: np.ndarray = np.round(probability, 6).clip(LEAST, 1 - LEAST)
    return bounded


def wilson(share: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return low and high of the interval around shares that were seen among `of` (Wilson, 1927)."""
    tail = DEVIATES**2 / of
    middle = (share + tail / 2) / (1 + tail)
    reach = DEVIATES * np.sqrt(share * (1 - share) / of + tail / (4 * of)) / (1 + tail)
    return middle - reach, middle + reach


def _like(odds: np.ndarray, reliability: Sequence[tuple[float, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return how many groups are like those of `odds`, and which share of them was a ring."""
    centre, groups, rings = (np.array(column, dtype=float) for column in zip(*reliability, strict=True))
    seen = np.log2((rings + 0.5) / (groups - rings + 0.5))
    return np.exp2(np.interp(odds, centre, np.log2(groups))), _share(np.interp(odds, centre, seen))


def _share(odds: np.ndarray) -> np.ndarray:
    share: np.ndarray = 1 / (1 + np.exp2(-np.clip(odds, -60, 60)))
    return share


def _moved(share: np.ndarray, moved: float) -> np.ndarray:
    inside = share.clip(1e-15, 1 - 1e-15)
    return _share(np.log2(inside / (1 - inside)) + moved)
