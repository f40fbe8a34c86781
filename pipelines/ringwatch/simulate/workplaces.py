"""Honest people in crowds: companies and campuses, which look most like operators."""

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import (
    RHYTHMS,
    Cast,
    cards,
    devices,
    pay_probability,
    people,
    runs,
    shared,
    some,
    templates,
)
from ringwatch.simulate.identity import invent_names
from ringwatch.simulate.landscape import Landscape, lines
from ringwatch.simulate.persons import (
    home_lines,
    on_mobile,
    own_cards,
    own_devices,
    own_templates,
    settle,
    through_vpn,
)
from ringwatch.simulate.sizes import group_sizes

_SUFFIXES = np.array([".com", ".com", ".com", ".io", ".net", ".co"], dtype=object)


def offices(rng: np.random.Generator, landscape: Landscape, accounts: int) -> Cast:
    """Companies: one or two egress addresses; often one card, a mail domain, an in-house template, a shared device."""
    world, sizes = landscape.world, _office_sizes(rng, landscape, accounts)
    count, office = len(sizes), np.repeat(np.arange(len(sizes)), sizes)
    country = landscape.countries(rng, count)
    crowd = people(rng, landscape, country[office], context="office", rhythm=RHYTHMS.index("office"))
    crowd = crowd.assign(**_company(rng, landscape, crowd, office))
    account = crowd.index.to_numpy()
    on_card = some(rng, accounts, (rng.uniform(0.3, 1, count) * (rng.random(count) < world.office_card_share))[office])
    on_kiosk = some(rng, accounts, 0.6 * (rng.random(count) < world.office_kiosk_share)[office])
    on_template = some(rng, accounts, 0.6 * (rng.random(count) < world.office_template_share)[office])
    egress = lines(rng, landscape.block(rng, "business", country), count=rng.integers(1, 3, count))
    return settle(
        rng,
        landscape,
        crowd,
        devices=[*own_devices(rng, crowd), shared(on_kiosk, office, devices(rng, count), 0.2)],
        addresses=[
            shared(account, office, egress, rng.uniform(0.6, 0.98, accounts)),
            shared(account, account, home_lines(rng, landscape, country[office]), rng.uniform(0.1, 0.6, accounts)),
            on_mobile(rng, landscape, crowd, 0.4, 0.2),
            through_vpn(rng, landscape, crowd, 0.05, 0.3),
        ],
        cards=[
            shared(on_card, office, cards(rng, landscape, country, 0.05), pay_probability(rng, len(on_card))),
            own_cards(rng, landscape, crowd[~crowd.index.isin(on_card)], 0.35),
        ],
        templates=[shared(on_template, office, templates(rng, count), 0.6), own_templates(rng, crowd, 0.15)],
    )


def campuses(rng: np.random.Generator, landscape: Landscape, accounts: int) -> Cast:
    """Universities: few egress addresses, labs that share devices, term starts, course templates, few cards."""
    draw = rng.integers(*landscape.world.campus_accounts, size=200, endpoint=True)
    sizes = group_sizes(rng, accounts, draw)
    count, campus = len(sizes), np.repeat(np.arange(len(sizes)), sizes)
    country = landscape.countries(rng, count)
    domain = invent_names(rng, count) + ".edu"
    crowd = people(rng, landscape, country[campus], context="campus", domain=domain[campus])
    crowd["created"] = _term_start(rng, landscape, campus, crowd["created"].to_numpy())
    account = crowd.index.to_numpy()
    seat, course = _places(rng, runs(rng, campus, 20, 60), (3, 10)), _places(rng, campus, (1, 5))
    in_lab, in_course = some(rng, accounts, 0.4), some(rng, accounts, 0.35)
    egress = lines(rng, landscape.block(rng, "education", country), count=rng.integers(4, 17, count))
    return settle(
        rng,
        landscape,
        crowd,
        devices=[*own_devices(rng, crowd), shared(in_lab, seat, devices(rng, seat.max() + 1), 0.25)],
        addresses=[
            shared(account, campus, egress, rng.uniform(0.5, 0.95, accounts)),
            shared(account, account, home_lines(rng, landscape, country[campus]), rng.uniform(0.1, 0.5, accounts)),
            on_mobile(rng, landscape, crowd, 0.7, 0.35),
            through_vpn(rng, landscape, crowd, 0.05, 0.2),
        ],
        cards=[own_cards(rng, landscape, crowd, 0.2)],
        templates=[shared(in_course, course, templates(rng, course.max() + 1), 0.5), own_templates(rng, crowd, 0.1)],
    )


def _office_sizes(rng: np.random.Generator, landscape: Landscape, accounts: int) -> np.ndarray:
    smallest, largest = landscape.world.office_accounts
    largest = min(largest, max(smallest, accounts // 4))
    draw = np.clip(rng.lognormal(np.log(9), 1.0, 2000), smallest, largest)
    return group_sizes(rng, accounts, draw.astype(np.int64))


def _company(
    rng: np.random.Generator, landscape: Landscape, crowd: pd.DataFrame, office: np.ndarray
) -> dict[str, np.ndarray]:
    """Most companies have a mail domain, many are known as an organisation, half opened most accounts within days."""
    count, days = int(office.max(initial=-1)) + 1, landscape.days
    name = invent_names(rng, count)
    domain = (name + rng.choice(_SUFFIXES, size=count))[office]
    organisation = np.where(rng.random(count) < 0.4, name, np.array(None, dtype=object))[office]
    opened = (days - rng.exponential(240, count))[office] + rng.exponential(6, len(office))
    at_once = (rng.random(count) < 0.5)[office] & (rng.random(len(office)) < 0.8) & (opened < days)
    return {
        "domain": np.where((rng.random(count) < 0.75)[office], domain, crowd["domain"]),
        "organisation": organisation,
        "created": np.where(at_once, opened, crowd["created"]),
    }


def _places(rng: np.random.Generator, group: np.ndarray, per_group: tuple[int, int]) -> np.ndarray:
    """Seat each account at one of its group's places; places are numbered through all groups."""
    places = rng.integers(*per_group, size=int(group.max(initial=-1)) + 1, endpoint=True)
    return np.asarray((places.cumsum() - places)[group] + rng.integers(places[group]))


def _term_start(rng: np.random.Generator, landscape: Landscape, campus: np.ndarray, created: np.ndarray) -> np.ndarray:
    """Half of the students sign up within days of their term's start."""
    start = landscape.days - rng.uniform(8, 150, int(campus.max(initial=-1)) + 1)
    joined = np.minimum(start[campus] + rng.exponential(3, len(campus)), landscape.days - 0.01)
    return np.where(rng.random(len(campus)) < 0.5, joined, created)
