"""Honest people: households, people who live alone in several ways, companies and campuses."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ringwatch.simulate import crowds
from ringwatch.simulate.habits import (
    PLATFORM_WEIGHTS,
    Cast,
    cards,
    devices,
    habit,
    join,
    pay_probability,
    people,
    position,
    shared,
    some,
)
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
from ringwatch.simulate.workplaces import campuses, offices

_BUILDERS = (0.1, 0.2, 0.6, 0.05, 0.05)


@dataclass(frozen=True)
class _Ways:
    """How people who live alone differ; a pair is the share of people and their probability a day."""

    at_home: float = 0.85
    on_mobile: tuple[float, float] = (0.5, 0.35)
    through_vpn: tuple[float, float] = (0.06, 0.25)
    on_server: tuple[float, float] = (0.04, 0.6)
    own_template: float = 0.12
    payers: float = 0.62
    card_for: tuple[int, ...] = (1,)
    builds: bool = False


_WAYS = {
    "developer": _Ways(on_server=(0.6, 0.7), own_template=0.6, payers=0.85, builds=True),
    "service": _Ways(0.1, (0.1, 0.2), on_server=(1.0, 0.95), own_template=0.7, payers=0.85, builds=True),
    "carrier": _Ways(at_home=0.2, on_mobile=(1.0, 0.95)),
    "vpn": _Ways(at_home=0.35, through_vpn=(1.0, 0.85)),
    "proxy_customer": _Ways(),
    "friends": _Ways(payers=1.0, card_for=(3, 4, 5)),
}


def honest_people(rng: np.random.Generator, landscape: Landscape, accounts: int) -> Cast:
    """Return `accounts` honest accounts, each with the context it lives in."""
    world = landscape.world
    campus, office = round(accounts * world.campus_share), round(accounts * world.office_share)
    nat = round(accounts * world.nat_share)
    alone = {context: round(accounts * getattr(world, f"{context}_share")) for context in _WAYS}
    more = crowds.wanted(world.climate, accounts)
    others = campus + office + nat + sum(alone.values()) + sum(more.values())
    usual = join(
        [
            _households(rng, landscape, accounts - others),
            *(_singles(rng, landscape, count, context) for context, count in alone.items()),
            _behind_nat(rng, landscape, nat),
            offices(rng, landscape, office),
            campuses(rng, landscape, campus),
        ]
    )
    return crowds.beside(rng, landscape, usual, more)


def _households(rng: np.random.Generator, landscape: Landscape, accounts: int) -> Cast:
    """One to five people on one line; families may have a device, card, phone or mailbox together."""
    weights = np.round(np.array(landscape.world.household_sizes) * 100).astype(np.int64)
    sizes = group_sizes(rng, accounts, np.repeat(np.arange(len(weights)) + 1, weights))
    home = np.repeat(np.arange(len(sizes)), sizes)
    country = landscape.countries(rng, len(sizes))
    family = sizes > 1
    crowd = people(rng, landscape, country[home], context=np.where(family, "family", "solo")[home])
    crowd = crowd.assign(**_family_contacts(rng, crowd, home))
    account = crowd.index.to_numpy()
    one_device = family & (rng.random(len(sizes)) < 0.4)
    one_card = family & (rng.random(len(sizes)) < 0.4)
    on_device, on_card = np.flatnonzero(one_device[home]), some(rng, accounts, 0.8 * one_card[home])
    return settle(
        rng,
        landscape,
        crowd,
        devices=[*own_devices(rng, crowd), shared(on_device, home, devices(rng, len(sizes)), 0.35)],
        addresses=[
            shared(account, home, home_lines(rng, landscape, country), rng.uniform(0.75, 1, accounts)),
            on_mobile(rng, landscape, crowd, 0.6, 0.4),
            through_vpn(rng, landscape, crowd, 0.06, 0.25),
        ],
        cards=[
            own_cards(rng, landscape, crowd[~one_card[home]], landscape.world.paying_share),
            shared(on_card, home, cards(rng, landscape, country), pay_probability(rng, len(on_card))),
        ],
        templates=[own_templates(rng, crowd, 0.12)],
    )


def _behind_nat(rng: np.random.Generator, landscape: Landscape, accounts: int) -> Cast:
    """Homes that a small provider, or one house, puts behind one address: strangers who all live on it."""
    smallest, largest = landscape.world.nat_accounts
    sizes = group_sizes(rng, accounts, np.exp(rng.uniform(np.log(smallest), np.log(largest), 500)).astype(np.int64))
    nat = np.repeat(np.arange(len(sizes)), sizes)
    country = landscape.countries(rng, len(sizes))
    crowd = people(rng, landscape, country[nat], context="nat")
    return settle(
        rng,
        landscape,
        crowd,
        devices=own_devices(rng, crowd),
        addresses=[
            shared(crowd.index.to_numpy(), nat, home_lines(rng, landscape, country), rng.uniform(0.7, 1, accounts)),
            on_mobile(rng, landscape, crowd, 0.5, 0.35),
            through_vpn(rng, landscape, crowd, 0.06, 0.25),
        ],
        cards=[own_cards(rng, landscape, crowd, landscape.world.paying_share)],
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
        "tag": np.where(one_mailbox, position(home), crowd["tag"]),
    }


def _singles(rng: np.random.Generator, landscape: Landscape, accounts: int, context: str) -> Cast:
    """People who live alone, with the ways of their context; some split the bill of one card with friends."""
    ways = _WAYS[context]
    sizes = group_sizes(rng, accounts, np.array(ways.card_for))
    circle = np.repeat(np.arange(len(sizes)), sizes)
    country = landscape.countries(rng, len(sizes))[circle]
    crowd = people(rng, landscape, country, context=context)
    if ways.builds:
        crowd = crowd.assign(exchanges=rng.lognormal(np.log(26), 0.9, accounts), active=rng.beta(4, 2, accounts))
    on_server, use = some(rng, accounts, ways.on_server[0]), ways.on_server[1]
    payers = some(rng, accounts, ways.payers)
    return settle(
        rng,
        landscape,
        crowd,
        devices=own_devices(rng, crowd, _BUILDERS if ways.builds else PLATFORM_WEIGHTS),
        addresses=[
            habit(crowd.index.to_numpy(), home_lines(rng, landscape, country), ways.at_home),
            on_mobile(rng, landscape, crowd, *ways.on_mobile),
            through_vpn(rng, landscape, crowd, *ways.through_vpn),
            habit(on_server, lines(rng, landscape.block(rng, "hosting", country[on_server])), use),
        ],
        cards=[shared(payers, circle, cards(rng, landscape, country), pay_probability(rng, len(payers)))],
        templates=[own_templates(rng, crowd, ways.own_template)],
    )
