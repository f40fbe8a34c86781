"""Crowds of honest people that only some climates know, beside the usual ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ringwatch.simulate.agencies import agencies, contractors
from ringwatch.simulate.climate import Climate
from ringwatch.simulate.dormitories import dormitories
from ringwatch.simulate.habits import Cast, join
from ringwatch.simulate.landscape import Landscape
from ringwatch.simulate.tablets import tablet_families
from ringwatch.simulate.toolmakers import toolmakers

# By context: draws so many accounts, who may have to do with the usual people.
_CROWDS: dict[str, Callable[[np.random.Generator, Landscape, Cast, int], Cast]] = {
    "dormitory": dormitories,
    "tablet_family": tablet_families,
    "agency": agencies,
    "contractor": contractors,
    "toolmaker": toolmakers,
}


def wanted(climate: Climate, accounts: int) -> dict[str, int]:
    """Return how many of `accounts` live in each crowd that there is."""
    sizes = {context: round(accounts * getattr(climate, f"{context}_share")) for context in _CROWDS}
    return {context: size for context, size in sizes.items() if size}


def beside(rng: np.random.Generator, landscape: Landscape, usual: Cast, sizes: dict[str, int]) -> Cast:
    """Return the usual people and behind them the crowds, each of its size."""
    return join([usual, *(_CROWDS[context](rng, landscape, usual, size) for context, size in sizes.items())])
