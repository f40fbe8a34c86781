"""Companies that sell tools for coders: accounts on servers in a row, one template, one card, all asking for code."""

from __future__ import annotations

import numpy as np

from ringwatch.simulate.habits import Cast, cards, devices, pay_probability, people, runs, shared, some, templates
from ringwatch.simulate.landscape import Landscape, lines
from ringwatch.simulate.persons import own_devices, settle
from ringwatch.simulate.sizes import group_sizes

_ACCOUNTS = (4, 60)
_LINUX = (0.05, 0.15, 0.8, 0.0, 0.0)


def toolmakers(rng: np.random.Generator, landscape: Landscape, _usual: Cast, accounts: int) -> Cast:
    """One account per product, customer or team, opened as they grow; the company's name is known, and its domain."""
    sizes = group_sizes(rng, accounts, rng.integers(*_ACCOUNTS, size=300, endpoint=True))
    count, company = len(sizes), np.repeat(np.arange(len(sizes)), sizes)
    country = landscape.countries(rng, count)
    name = np.array([f"tools-{number}" for number in rng.integers(100_000, 999_999, count)], dtype=object)
    crowd = people(
        rng,
        landscape,
        country[company],
        context="toolmaker",
        domain=(name + ".com")[company],
        organisation=np.where(rng.random(count) < 0.5, name, np.array(None, dtype=object))[company],
    )
    crowd = crowd.assign(exchanges=rng.lognormal(np.log(40), 0.8, accounts), active=rng.beta(5, 2, accounts))
    account, machine = crowd.index.to_numpy(), runs(rng, company, 3, 8)
    payers = some(rng, accounts, 0.9)
    servers = lines(
        rng,
        landscape.block(rng, "hosting", country),
        count=rng.integers(2, 12, count),
        sticky_days=rng.integers(1, 8, count),
    )
    office = lines(rng, landscape.block(rng, "business", country))
    return settle(
        rng,
        landscape,
        crowd,
        devices=[
            shared(account, machine, devices(rng, int(machine.max(initial=-1)) + 1, _LINUX), 0.8),
            *own_devices(rng, crowd.take(some(rng, accounts, 0.5))),
        ],
        addresses=[shared(account, company, servers, 0.95), shared(account, company, office, 0.3)],
        cards=[shared(payers, company, cards(rng, landscape, country, 0.05), pay_probability(rng, len(payers)))],
        templates=[shared(account, company, templates(rng, count), 0.8)],
    )
