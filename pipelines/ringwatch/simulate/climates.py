"""The climates of family D: what a deployment delivers, and how the people of a world come and live, drawn for each.

What can be drawn is meant to be wider than what is known of any deployment, so that nothing that holds in one of them
alone is learnt.
"""

from __future__ import annotations

from dataclasses import replace
from math import exp, lgamma
from typing import Any

import numpy as np

from ringwatch.simulate.climate import Climate, Gap, Money, Skills
from ringwatch.simulate.landscape import COUNTRIES, MOST_ISSUERS
from ringwatch.simulate.operators import STYLES
from ringwatch.simulate.world import FEEDS, World

_WINDOWS = (7, 14, 28, 300)
_ACCOUNTS = (2_000, 1_000_000)
# A larger world would take minutes to draw, or longer.
_MOST_VISITS = 8_000_000
_SMALL_COUNTRY_ACCOUNTS = 100_000
# On fewer a day there are days without any sign-up, device or payment, which come in one drop with others.
_FEWEST_A_DAY = 100
# How often a feed is delivered; one that tells where somebody was or what was paid always is.
_DELIVERED = {"payments": 0.85, "devices": 0.85, "ips": 0.8, "usage": 0.6}
_TELLING = ("payments", "devices", "ips")
_MAY_LACK = {
    "accounts": ("country", "email", "phone", "referred_by", "organisation"),
    "payments": ("bin", "billing_country", "amount", "currency", "outcome"),
    "devices": ("platform", "sessions"),
    "ips": ("asn", "network_kind", "country", "requests"),
    "usage": ("tokens", "template", "active_hours"),
}
# Days from two hours to four years.
_LEASES = (1 / 12, 1500)
# The largest share of accounts in each.
_CROWDS = {"dormitory": 0.1, "tablet_family": 0.08, "agency": 0.05, "contractor": 0.06, "toolmaker": 0.03}
# The largest share of rings, companies, families or accounts that take part in each.
_MOVES = {
    "fan_out": 0.8,
    "sweep": 0.8,
    "peel": 0.5,
    "cycle": 0.5,
    "payroll": 0.5,
    "family": 0.6,
    "friend": 0.2,
    "pupil": 0.1,
    "shopper": 0.4,
    "trader": 0.5,
    "affiliate": 0.05,
}
# Accounts that are seen once cannot change hands.
_LASTING_STYLES = ("recycled",)


def draw_climate(rng: np.random.Generator, world: World) -> World:
    """Return `world` with a climate, feeds and a prevalence of its own."""
    climate = _crowds(rng, _lines(rng, _people(rng, _place(rng, _delivery(rng)))))
    climate = replace(climate, gaps=_gaps(rng), styles=_styles(rng, climate), skills=_skills(rng))
    feeds, wallets = _feeds(rng), bool(rng.random() < 0.1 and not climate.seen_once)
    return replace(
        world,
        feeds=("accounts", "payments") if wallets else feeds,
        instruments=not wallets,
        prevalence=_log_uniform(rng, 0.003, 0.08),
        sweeping_share=0.0,
        climate=replace(climate, money=_money(rng, wallets)),
    )


def _delivery(rng: np.random.Generator) -> Climate:
    window = int(rng.choice(_WINDOWS))
    one_drop = bool(rng.random() < (0.7 if window == max(_WINDOWS) else 0.25))
    return Climate(window_days=window, one_drop=one_drop)


def _place(rng: np.random.Generator, climate: Climate) -> Climate:
    """A small country, with few of everything; a part of the world; or all of it."""
    codes = COUNTRIES["country"].to_numpy(dtype=str)
    kind = rng.choice(3, p=(0.3, 0.35, 0.35))
    if kind == 0:
        home = str(rng.choice(codes))
        issuers, providers = int(rng.integers(2, 5)), int(rng.integers(1, 3))
        return replace(climate, countries=(home,), issuers=issuers, providers=providers, carriers=3)
    some = tuple(str(code) for code in np.sort(rng.choice(codes, int(rng.integers(2, 7)), replace=False)))
    issuers, providers = int(rng.integers(4, MOST_ISSUERS + 1)), int(rng.integers(2, 7))
    return replace(
        climate,
        countries=some if kind == 1 else (),
        issuers=issuers,
        providers=providers,
        carriers=int(rng.integers(2, 5)),
    )


def _people(rng: np.random.Generator, climate: Climate) -> Climate:
    """How many people there are, how often they come, and how well their devices are told apart."""
    once, coarse = bool(rng.random() < 0.2), bool(rng.random() < 0.35)
    rarity = 1.0 if once else _log_uniform(rng, 0.15, 6)
    days = climate.window_days or 1
    wanted = _log_uniform(rng, *_ACCOUNTS)
    most = _MOST_VISITS / (1 if once else days * _comes(rarity))
    most = min(most, _SMALL_COUNTRY_ACCOUNTS) if len(climate.countries) == 1 else most
    accounts = round(min(wanted, most))
    return replace(
        climate,
        accounts=accounts,
        one_drop=climate.one_drop or (once and accounts < _FEWEST_A_DAY * days),
        rarity=rarity,
        sessions_a_day=_log_uniform(rng, 0.2, 8),
        seen_once=once,
        burst_share=float(rng.uniform(0, 0.8)) if once else 0.0,
        coarse_device_share=float(rng.uniform(0.1, 1)) if coarse else 0.0,
        devices_per_id=_log_uniform(rng, 1.3, 6) if coarse else 1.0,
    )


def _lines(rng: np.random.Generator, climate: Climate) -> Climate:
    """How long addresses are leased, for how long carriers pin one, who has no line but a phone, companies' lines."""
    leases, pins, phones, branches = rng.random(4)
    often = 0.8 if len(climate.countries) == 1 else 0.25
    shortest, longest = sorted(_log_uniform(rng, *_LEASES) for _ in range(2))
    return replace(
        climate,
        leases=(shortest, longest) if leases < 0.7 else None,
        carrier_pin_days=(1, int(_log_uniform(rng, 2, 400))) if pins < 0.5 else (1, 1),
        phone_only_share=float(rng.uniform(0.1, 0.9)) if phones < often else 0.0,
        company_lines=(1, int(rng.integers(3, 25))) if branches < 0.6 else (1, 2),
    )


def _crowds(rng: np.random.Generator, climate: Climate) -> Climate:
    """Which of the crowds there are that look like rings in a way of their own, and how many live in them."""
    there, size = rng.random(len(_CROWDS)) < 0.5, rng.uniform(0.2, 1, len(_CROWDS))
    shares: dict[str, Any] = {
        f"{crowd}_share": float(largest * part * is_there)
        for (crowd, largest), part, is_there in zip(_CROWDS.items(), size, there, strict=True)
    }
    return replace(climate, **shares)


def _money(rng: np.random.Generator, wallets: bool) -> Money | None:
    """Which moves of money there are; where accounts are wallets, there are many, of honest people too."""
    there, size = rng.random(len(_MOVES)) < (0.8 if wallets else 0.5), rng.uniform(0.1, 1, len(_MOVES))
    if rng.random() < 0.3 and not wallets:
        return None
    shares = zip(_MOVES.items(), size, there, strict=True)
    drawn = {f"{move}_share": float(largest * part * is_there) for (move, largest), part, is_there in shares}
    return Money(**drawn, outside_share=float(rng.uniform(0, 1)))


def _skills(rng: np.random.Generator) -> Skills | None:
    """To what degree people, and operators, use the service for one thing."""
    if rng.random() < 0.3:
        return None
    low, high, least, most = rng.uniform((0.1, 0.4, 0.1, 0.5), (0.4, 0.95, 0.5, 1.0))
    return Skills(_log_uniform(rng, 0.3, 3), (float(low), float(high)), (float(least), float(most)))


def _comes(rarity: float) -> float:
    """Return the mean chance that somebody comes on a day: of a beta variable to the power of `rarity`."""
    shape = 2.2
    return exp(lgamma(shape + rarity) + lgamma(2 * shape) - lgamma(2 * shape + rarity) - lgamma(shape))


def _feeds(rng: np.random.Generator) -> tuple[str, ...]:
    there = {feed for feed, share in _DELIVERED.items() if rng.random() < share}
    least = str(rng.choice(_TELLING))
    there |= set() if there & set(_TELLING) else {least}
    return tuple(feed for feed in FEEDS if feed == "accounts" or feed in there)


def _gaps(rng: np.random.Generator) -> tuple[Gap, ...]:
    """Draw what is lacking: much in some deployments, little in others; of a part of the columns a part."""
    lacking, partly = rng.uniform(0.05, 0.75), rng.uniform(0.05, 0.3)
    gaps = []
    for feed, columns in _MAY_LACK.items():
        for column in columns:
            chance, known, empty = rng.random(), float(rng.uniform(0.05, 0.95)), bool(rng.random() < 0.5)
            if chance < lacking:
                gaps.append(Gap(feed, column, empty=empty))
            elif chance < lacking + partly:
                gaps.append(Gap(feed, column, known))
    return tuple(gaps)


def _styles(rng: np.random.Generator, climate: Climate) -> tuple[str, ...]:
    """Draw which operators there are: at least three styles."""
    possible = [style for style in STYLES if not (climate.seen_once and style in _LASTING_STYLES)]
    count = int(rng.integers(3, len(possible) + 1))
    chosen = rng.choice(len(possible), count, replace=False)
    return tuple(possible[place] for place in np.sort(chosen))


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
