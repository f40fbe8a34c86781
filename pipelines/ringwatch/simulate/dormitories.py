"""Dormitories: hundreds of strangers behind a few addresses, who move in together, study the same and lend nothing."""

from __future__ import annotations

import numpy as np

from ringwatch.simulate.habits import Cast, habit, people, runs, shared, some, templates
from ringwatch.simulate.landscape import Landscape, lines
from ringwatch.simulate.persons import on_mobile, own_cards, own_devices, own_templates, settle, through_vpn
from ringwatch.simulate.sizes import group_sizes

_RESIDENTS = (25, 400)
_ADDRESSES = (1, 4)
_NEIGHBOURS_ON_A_COURSE = (5, 30)


def dormitories(rng: np.random.Generator, landscape: Landscape, _usual: Cast, accounts: int) -> Cast:
    """Houses behind one to four addresses of a home provider; half moved in within a week, many are on one course."""
    low, high = np.log(_RESIDENTS)
    sizes = group_sizes(rng, accounts, np.exp(rng.uniform(low, high, 300)).astype(np.int64))
    count, house = len(sizes), np.repeat(np.arange(len(sizes)), sizes)
    country = landscape.countries(rng, count)
    crowd = people(rng, landscape, country[house], context="dormitory")
    moved_in = (landscape.days - rng.uniform(8, 200, count))[house] + rng.exponential(4, accounts)
    at_once = (rng.random(accounts) < 0.5) & (moved_in < landscape.days)
    crowd = crowd.assign(created=np.where(at_once, moved_in, crowd["created"]))
    account, course = crowd.index.to_numpy(), runs(rng, house, *_NEIGHBOURS_ON_A_COURSE)
    on_course = some(rng, accounts, 0.3)
    egress = lines(
        rng,
        landscape.block(rng, "residential", country),
        count=rng.integers(*_ADDRESSES, size=count, endpoint=True),
        sticky_days=rng.integers(1, 30, count),
    )
    return settle(
        rng,
        landscape,
        crowd,
        devices=own_devices(rng, crowd),
        addresses=[
            habit(account, egress.take(house), rng.uniform(0.7, 1, accounts)),
            on_mobile(rng, landscape, crowd, 0.7, 0.4),
            through_vpn(rng, landscape, crowd, 0.08, 0.3),
        ],
        cards=[own_cards(rng, landscape, crowd, 0.35)],
        templates=[
            shared(on_course, course, templates(rng, int(course.max(initial=-1)) + 1), 0.4),
            own_templates(rng, crowd, 0.12),
        ],
    )
