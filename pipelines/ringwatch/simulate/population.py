"""Honest people: households, single people of several habits, companies and campuses."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ringwatch.simulate.habits import (
    PLATFORM_WEIGHTS,
    RHYTHMS,
    Cast,
    cards,
    devices,
    habit,
    join,
    pay_probability,
    people,
    position,
    share,
    templates,
)
from ringwatch.simulate.identity import invent_names
from ringwatch.simulate.landscape import Landscape, draw_countries, lines
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
from ringwatch.simulate.world import World


@dataclass(frozen=True)
class _Ways:
    """How people who live alone differ; a pair is the share of people and their probability a day."""

    at_home: float = 0.85
    on_mobile: tuple[float, float] = (0.5, 0.35)
    through_vpn: tuple[float, float] = (0.06, 0.25)
    rents_server: float = 0.04
    own_template: float = 0.12
    payers: float = 0.62
    one_card_a_circle: bool = False
    platforms: tuple[float, ...] = PLATFORM_WEIGHTS


_SINGLES = {
    "developer": _Ways(rents_server=0.6, own_template=0.6, payers=0.85, platforms=(0.1, 0.2, 0.6, 0.05, 0.05)),
    "carrier": _Ways(at_home=0.2, on_mobile=(1.0, 0.95)),
    "vpn": _Ways(at_home=0.35, through_vpn=(1.0, 0.85)),
    "proxy_customer": _Ways(),
    "friends": _Ways(one_card_a_circle=True),
}


def honest_people(rng: np.random.Generator, landscape: Landscape, world: World, accounts: int, days: int) -> Cast:
    """Return `accounts` honest accounts, each with the context it lives in."""
    campus, office = round(accounts * world.campus_share), round(accounts * world.office_share)
    single = {
        "developer": round(accounts * world.developer_share),
        "carrier": round(accounts * world.carrier_share),
        "vpn": round(accounts * world.vpn_share),
        "proxy_customer": round(accounts * world.proxy_customer_share),
        "friends": round(accounts * world.friends_share),
    }
    rest = accounts - campus - office - sum(single.values())
    return join(
        [
            _households(rng, landscape, world, rest, days),
            *(_singles(rng, landscape, world, count, days, context) for context, count in single.items()),
            _offices(rng, landscape, world, office, days),
            _campuses(rng, landscape, world, campus, days),
        ]
    )


def _households(rng: np.random.Generator, landscape: Landscape, world: World, accounts: int, days: int) -> Cast:
    kinds = np.repeat(
        np.arange(len(world.household_sizes)) + 1, np.round(np.array(world.household_sizes) * 100).astype(int)
    )
    sizes = group_sizes(rng, accounts, kinds)
    home = np.repeat(np.arange(len(sizes)), sizes)
    country = draw_countries(rng, len(sizes))
    crowd = people(rng, country[home], days, context=np.where(sizes[home] > 1, "family", "solo"))
    crowd = crowd.assign(**_family_contacts(rng, crowd, home))
    account = crowd.index.to_numpy()
    family_device = account[(rng.random(len(sizes)) < 0.4)[home] & (sizes[home] > 1)]
    family_card = (rng.random(len(sizes)) < 0.4)[home] & (sizes[home] > 1)
    on_card, alone = account[family_card & (rng.random(accounts) < 0.8)], crowd[~family_card]
    at_home = home_lines(rng, landscape, world, country)
    return settle(
        rng,
        world,
        crowd,
        devices=[
            *own_devices(rng, account),
            habit(family_device, devices(rng, len(sizes)).take(home[family_device]), 0.35),
        ],
        addresses=[
            habit(account, at_home.take(home), rng.uniform(0.75, 1, accounts)),
            on_mobile(rng, landscape, crowd, 0.6, 0.4),
            through_vpn(rng, landscape, crowd, 0.06, 0.25),
        ],
        cards=[
            own_cards(rng, landscape, world, alone, world.paying_share),
            habit(
                on_card,
                cards(rng, landscape, country, world.prepaid_share).take(home[on_card]),
                pay_probability(rng, len(on_card)),
            ),
        ],
        templates=[own_templates(rng, crowd, 0.12)],
    )


def _family_contacts(rng: np.random.Generator, crowd: pd.DataFrame, home: np.ndarray) -> dict[str, np.ndarray]:
    """A few families use one phone number, or one mailbox with a tag per account."""
    homes = int(home.max(initial=-1)) + 1
    one_phone, one_mailbox = (rng.random(homes) < 0.05)[home], (rng.random(homes) < 0.03)[home]
    first = np.searchsorted(home, home)
    return {
        "phone": np.where(one_phone, crowd["phone"].to_numpy()[first], crowd["phone"]),
        "mailbox": np.where(one_mailbox, crowd["mailbox"].to_numpy()[first], crowd["mailbox"]),
        "domain": np.where(one_mailbox, crowd["domain"].to_numpy()[first], crowd["domain"]),
        "tag": np.where(one_mailbox, position(home), 0),
    }


def _singles(
    rng: np.random.Generator, landscape: Landscape, world: World, accounts: int, days: int, context: str
) -> Cast:
    """People who live alone, with the ways of their context."""
    ways = _SINGLES[context]
    country = draw_countries(rng, accounts)
    crowd = people(rng, country, days, context=context)
    if context == "developer":
        crowd["exchanges"] = rng.lognormal(np.log(26), 0.9, accounts)
        crowd["active"] = rng.beta(4, 2, accounts)
    account = crowd.index.to_numpy()
    rented = account[rng.random(accounts) < ways.rents_server]
    return settle(
        rng,
        world,
        crowd,
        devices=own_devices(rng, account, ways.platforms),
        addresses=[
            habit(account, home_lines(rng, landscape, world, country), ways.at_home),
            on_mobile(rng, landscape, crowd, *ways.on_mobile),
            through_vpn(rng, landscape, crowd, *ways.through_vpn),
            habit(rented, lines(rng, landscape.block(rng, "hosting", rented)), 0.7),
        ],
        cards=[
            _circle_cards(rng, landscape, world, crowd)
            if ways.one_card_a_circle
            else own_cards(rng, landscape, world, crowd, ways.payers)
        ],
        templates=[own_templates(rng, crowd, ways.own_template)],
    )


def _circle_cards(rng: np.random.Generator, landscape: Landscape, world: World, crowd: pd.DataFrame) -> pd.DataFrame:
    """Three to five friends split the bill of one card."""
    sizes = group_sizes(rng, len(crowd), np.array([3, 4, 5]))
    circle = np.repeat(np.arange(len(sizes)), sizes)
    card = cards(rng, landscape, crowd["country"].to_numpy(), world.prepaid_share)
    return habit(crowd.index.to_numpy(), card.take(circle), 0.12)


def _offices(rng: np.random.Generator, landscape: Landscape, world: World, accounts: int, days: int) -> Cast:
    """Companies: one egress address, often one card, one mail domain, one in-house template, a shared device."""
    smallest, largest = world.office_accounts
    draw = np.clip(rng.lognormal(np.log(9), 1.0, 2000), smallest, min(largest, max(smallest, accounts // 4)))
    sizes = group_sizes(rng, accounts, draw.astype(np.int64))
    office = np.repeat(np.arange(len(sizes)), sizes)
    country = draw_countries(rng, len(sizes))
    names = invent_names(rng, len(sizes))
    suffix = rng.choice(np.array([".com", ".io", ".co", ".net"], dtype=object), size=len(sizes), p=(0.6, 0.2, 0.1, 0.1))
    own_domain, known = rng.random(len(sizes)) < 0.75, rng.random(len(sizes)) < 0.4
    crowd = people(rng, country[office], days, context="office", rhythm=RHYTHMS.index("office"))
    crowd["domain"] = np.where(own_domain[office], (names + suffix)[office], crowd["domain"])
    crowd["organisation"] = np.where(known[office], names[office], None)
    crowd["created"] = _rolled_out(rng, office, crowd["created"].to_numpy(), days)
    account = crowd.index.to_numpy()
    covered = (np.where(rng.random(len(sizes)) < 0.7, rng.uniform(0.3, 1, len(sizes)), 0))[office]
    by_office = rng.random(accounts) < covered
    company_card = cards(rng, landscape, country, 0.05)
    kiosk = account[(rng.random(len(sizes)) < 0.15)[office] & (rng.random(accounts) < 0.6)]
    with_template = account[(rng.random(len(sizes)) < 0.4)[office] & (rng.random(accounts) < 0.6)]
    egress = lines(rng, landscape.block(rng, "business", country), count=rng.integers(1, 3, len(sizes)))
    return settle(
        rng,
        world,
        crowd,
        devices=[*own_devices(rng, account), habit(kiosk, devices(rng, len(sizes)).take(office[kiosk]), 0.2)],
        addresses=[
            habit(account, egress.take(office), rng.uniform(0.6, 0.98, accounts)),
            habit(account, home_lines(rng, landscape, world, country[office]), rng.uniform(0.1, 0.6, accounts)),
            on_mobile(rng, landscape, crowd, 0.4, 0.2),
            through_vpn(rng, landscape, crowd, 0.05, 0.3),
        ],
        cards=[
            habit(account[by_office], company_card.take(office[by_office]), pay_probability(rng, int(by_office.sum()))),
            own_cards(rng, landscape, world, crowd[~by_office], 0.35),
        ],
        templates=[
            habit(with_template, templates(rng, len(sizes)).take(office[with_template]), 0.6),
            own_templates(rng, crowd, 0.15),
        ],
    )


def _campuses(rng: np.random.Generator, landscape: Landscape, world: World, accounts: int, days: int) -> Cast:
    """Universities: few egress addresses, labs that share devices, sign-ups at term start, course templates, few cards."""
    sizes = group_sizes(rng, accounts, rng.integers(*world.campus_accounts, size=200, endpoint=True))
    campus = np.repeat(np.arange(len(sizes)), sizes)
    country = draw_countries(rng, len(sizes))
    names = invent_names(rng, len(sizes)) + ".edu"
    crowd = people(rng, country[campus], days, context="campus", domain=names[campus])
    crowd["created"] = _term_start(rng, campus, crowd["created"].to_numpy(), days)
    account = crowd.index.to_numpy()
    lab = share(rng, campus, 12, 40)
    seats = rng.integers(3, 11, int(lab.max(initial=-1)) + 1)
    seat = (seats.cumsum() - seats)[lab] + rng.integers(seats[lab])
    in_lab, in_course = account[rng.random(accounts) < 0.4], account[rng.random(accounts) < 0.35]
    courses = rng.integers(1, 6, len(sizes))
    course = (courses.cumsum() - courses)[campus] + rng.integers(courses[campus])
    egress = lines(rng, landscape.block(rng, "education", country), count=rng.integers(4, 17, len(sizes)))
    return settle(
        rng,
        world,
        crowd,
        devices=[*own_devices(rng, account), habit(in_lab, devices(rng, int(seats.sum())).take(seat[in_lab]), 0.25)],
        addresses=[
            habit(account, egress.take(campus), rng.uniform(0.5, 0.95, accounts)),
            habit(account, home_lines(rng, landscape, world, country[campus]), rng.uniform(0.1, 0.5, accounts)),
            on_mobile(rng, landscape, crowd, 0.7, 0.35),
            through_vpn(rng, landscape, crowd, 0.05, 0.2),
        ],
        cards=[own_cards(rng, landscape, world, crowd, 0.2)],
        templates=[
            habit(in_course, templates(rng, int(courses.sum())).take(course[in_course]), 0.5),
            own_templates(rng, crowd, 0.1),
        ],
    )


def _rolled_out(rng: np.random.Generator, office: np.ndarray, created: np.ndarray, days: int) -> np.ndarray:
    """Half of the companies open most accounts within days, the others one by one."""
    offices = int(office.max(initial=-1)) + 1
    start = days - rng.exponential(240, offices) - 0.01
    opened = start[office] + rng.exponential(6, len(office))
    at_once = (rng.random(offices) < 0.5)[office] & (rng.random(len(office)) < 0.8) & (opened < days)
    return np.where(at_once, opened, created)


def _term_start(rng: np.random.Generator, campus: np.ndarray, created: np.ndarray, days: int) -> np.ndarray:
    campuses = int(campus.max(initial=-1)) + 1
    start = days - rng.uniform(8, 150, campuses)
    joined = rng.random(len(campus)) < 0.5
    return np.where(joined, np.minimum(start[campus] + rng.exponential(3, len(campus)), days - 0.01), created)
