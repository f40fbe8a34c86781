"""Arithmetic on rows that belong to groups: what NumPy lacks for it."""

from __future__ import annotations

import math

import numpy as np


def spread(first: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for rows with `count` entries each from `first` on: the row of each entry, and where the entry is."""
    row = np.repeat(np.arange(len(count)), count)
    before = np.cumsum(count) - count
    return row, np.arange(len(row)) - np.repeat(before - first, count)


def starts(*keys: np.ndarray) -> np.ndarray:
    """Return where runs of rows with equal `keys` begin."""
    changes = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return np.flatnonzero(np.concatenate([[True], changes])) if len(keys[0]) else np.array([], dtype=np.intp)


def over(combine: np.ufunc, values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the values of each run, from `first` to the next, as one."""
    found: np.ndarray = combine.reduceat(values, first) if len(first) else values[:0]
    return found


def numbered(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row of each of the groups that `key` tells apart, in its order, and the group of each row."""
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    return first, group


def counted(group: np.ndarray, groups: int, holds: np.ndarray | None = None) -> np.ndarray:
    """Return how many rows each group has, or for how many of them something `holds`."""
    return np.bincount(group if holds is None else group[holds], minlength=groups)


def summed(group: np.ndarray, groups: int, values: np.ndarray) -> np.ndarray:
    """Return the sum of the values of each group."""
    return np.bincount(group, values, groups)


def highest(group: np.ndarray, groups: int, values: np.ndarray, none: float) -> np.ndarray:
    """Return the highest value of each group, `none` where it has none; what is unknown is passed over."""
    found = np.full(groups, -np.inf)
    np.fmax.at(found, group, values)
    return np.where(np.isneginf(found), none, found)


def medians(group: np.ndarray, groups: int, values: np.ndarray) -> np.ndarray:
    """Return the median of what is known of the values of each group, NaN where nothing is."""
    known = ~np.isnan(values)
    group, values = group[known], values[known]
    size = counted(group, groups)
    ordered = np.concatenate([values[np.lexsort((values, group))], [np.nan]])
    first = np.cumsum(size) - size
    low, high = (np.where(size > 0, first + at, len(values)) for at in ((size - 1) // 2, size // 2))
    answer: np.ndarray = ordered[low] + (ordered[high] - ordered[low]) / 2
    return answer


def deviations(group: np.ndarray, groups: int, values: np.ndarray) -> np.ndarray:
    """Return the median absolute deviation of the values of each group, NaN where none is known."""
    return medians(group, groups, np.abs(values - medians(group, groups, values)[group]))


def rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """Return the values to so many digits, halves away from zero."""
    scaled = values * 10.0**digits
    whole = np.trunc(scaled)
    found: np.ndarray = np.where(np.abs(scaled - whole) == 0.5, whole + np.sign(scaled), np.rint(scaled)) / 10.0**digits
    return found


def log2(values: np.ndarray) -> np.ndarray:
    """Return logarithms to base two, as the C library has them: NumPy's own differ in the last bit by machine."""
    return np.fromiter(map(_log2, values.tolist()), float, len(values))


def _log2(value: float) -> float:
    return math.log2(value) if value > 0 else math.nan if value < 0 or math.isnan(value) else -math.inf
