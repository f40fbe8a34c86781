"""Lasting draws: the same keys give the same number on every day, without a table to look it up in."""

from typing import Any

import numpy as np


def mix(*parts: Any) -> np.ndarray:
    """Return unsigned 64-bit numbers drawn by integers or arrays of them (SplitMix64, Steele et al. 2014).

    Each step is a bijection: different last parts after equal first parts never give the same number.
    """
    state = np.uint64(0)
    with np.errstate(over="ignore"):
        for part in parts:
            state = _scramble(state ^ np.asarray(part).astype(np.int64).astype(np.uint64))
    return np.asarray(state)


def below(limit: Any, *parts: Any) -> np.ndarray:
    """Return lasting draws from 0 to `limit` - 1."""
    return (mix(*parts) % np.asarray(limit).astype(np.uint64)).astype(np.int64)


def _scramble(value: Any) -> Any:
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
