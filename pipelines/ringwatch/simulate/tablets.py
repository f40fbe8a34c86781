"""Families with three tablets that lie about the house: everybody uses each of them, one card pays for all."""

from __future__ import annotations

import numpy as np

from ringwatch.simulate.habits import (
    Cast,
    cards,
    devices,
    habit,
    pay_probability,
    people,
    shared,
    some,
)
from ringwatch.simulate.landscape import Landscape
from ringwatch.simulate.persons import home_lines, on_mobile, own_devices, own_templates, settle
from ringwatch.simulate.sizes import group_sizes

TABLETS = 3
_TABLET = (0.0, 0.0, 0.0, 0.5, 0.5)


def tablet_families(rng: np.random.Generator, landscape: Landscape, _usual: Cast, accounts: int) -> Cast:
    """Three to six people on one line; half have a phone of their own besides, a few opened all accounts in an hour."""
    sizes = group_sizes(rng, accounts, np.array([3, 4, 4, 5, 6]))
    count, home = len(sizes), np.repeat(np.arange(len(sizes)), sizes)
    country = landscape.countries(rng, count)
    crowd = people(rng, landscape, country[home], context="tablet_family")
    together = (rng.random(count) < 0.3)[home]
    first = crowd["created"].to_numpy()[np.searchsorted(home, home)]
    opened = np.minimum(first + rng.exponential(0.02, accounts), landscape.days - 0.01)
    crowd = crowd.assign(created=np.where(together, opened, crowd["created"]))
    account, payers = crowd.index.to_numpy(), some(rng, accounts, 0.7)
    tablet = devices(rng, TABLETS * count, _TABLET)
    each = [habit(account, tablet.take(TABLETS * home + number), 0.45) for number in range(TABLETS)]
    return settle(
        rng,
        landscape,
        crowd,
        devices=[*each, *own_devices(rng, crowd.take(some(rng, accounts, 0.5)))],
        addresses=[
            shared(account, home, home_lines(rng, landscape, country), rng.uniform(0.75, 1, accounts)),
            on_mobile(rng, landscape, crowd, 0.5, 0.35),
        ],
        cards=[shared(payers, home, cards(rng, landscape, country), pay_probability(rng, len(payers)))],
        templates=[own_templates(rng, crowd, 0.1)],
    )
