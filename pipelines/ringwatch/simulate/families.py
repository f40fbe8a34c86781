"""Families of worlds: A and D to train on, B to choose by, C as the exam; stress worlds, in each one thing gone wrong.

A world of a family draws every dial below evenly from the family's range; a pair is two draws, in order. B is shifted
against A, C stretched beyond both. Nothing may be chosen by looking at C. D takes A and B together and has a climate of
its own in each world: what is delivered, how people come and live (see `climates`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np

from ringwatch.errors import UsageError
from ringwatch.simulate.climates import draw_climate
from ringwatch.simulate.world import World

VARIED = "D"
FAMILIES = ("A", "B", "C", VARIED)

# Dial: its ranges in A, B and C.
_RANGES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    # honest people
    "office_share": ((0.08, 0.16), (0.11, 0.20), (0.05, 0.24)),
    "campus_share": ((0.04, 0.10), (0.06, 0.13), (0.02, 0.16)),
    "developer_share": ((0.02, 0.05), (0.03, 0.06), (0.01, 0.08)),
    "service_share": ((0.01, 0.04), (0.02, 0.05), (0.01, 0.06)),
    "carrier_share": ((0.03, 0.08), (0.05, 0.11), (0.02, 0.15)),
    "vpn_share": ((0.01, 0.03), (0.02, 0.04), (0.01, 0.06)),
    "nat_share": ((0.01, 0.05), (0.02, 0.07), (0.01, 0.10)),
    "friends_share": ((0.005, 0.015), (0.005, 0.02), (0.0, 0.03)),
    "proxy_customer_share": ((0.003, 0.01), (0.005, 0.015), (0.001, 0.02)),
    "office_card_share": ((0.5, 0.8), (0.6, 0.9), (0.4, 1.0)),
    "office_template_share": ((0.2, 0.5), (0.3, 0.6), (0.2, 0.8)),
    "office_kiosk_share": ((0.05, 0.2), (0.1, 0.25), (0.0, 0.35)),
    "reseller_share": ((0.002, 0.006), (0.003, 0.01), (0.002, 0.015)),
    # networks
    "static_line_share": ((0.3, 0.6), (0.2, 0.5), (0.1, 0.7)),
    "addresses_per_account": ((12, 24), (8, 20), (5, 30)),
    "exit_line_share": ((0.01, 0.02), (0.01, 0.025), (0.005, 0.03)),
    # coincidences
    "default_fingerprint_share": ((0.01, 0.04), (0.02, 0.06), (0.01, 0.08)),
    "colliding_device_share": ((0.005, 0.02), (0.01, 0.03), (0.005, 0.06)),
    "resold_device_share": ((0.005, 0.015), (0.01, 0.02), (0.0, 0.03)),
    "cafe_visitor_share": ((0.04, 0.10), (0.06, 0.13), (0.02, 0.16)),
    "traveller_share": ((0.01, 0.04), (0.02, 0.05), (0.01, 0.08)),
    "guest_share": ((0.08, 0.18), (0.12, 0.22), (0.05, 0.28)),
    "tool_template_share": ((0.25, 0.45), (0.3, 0.5), (0.15, 0.6)),
    "rented_number_share": ((0.005, 0.015), (0.01, 0.02), (0.0, 0.03)),
    "referred_share": ((0.05, 0.15), (0.08, 0.2), (0.03, 0.25)),
    "transfer_share": ((0.005, 0.015), (0.008, 0.02), (0.0, 0.03)),
    # operators
    "prevalence": ((0.006, 0.018), (0.005, 0.016), (0.004, 0.02)),
    "farm_share": ((0.25, 0.45), (0.3, 0.5), (0.2, 0.5)),
    "largest_farm_share": ((0.002, 0.008), (0.003, 0.010), (0.002, 0.015)),
    "operator_lifetime_days": ((60, 150), (40, 120), (25, 200)),
    "exits_per_account": ((0.2, 0.8), (0.3, 1.2), (0.2, 2.0)),
    "sticky_exit_days": ((1, 5), (2, 6), (1, 8)),
    "aged_share": ((0.0, 0.6), (0.2, 0.8), (0.0, 1.0)),
    "own_device_share": ((0.0, 0.15), (0.05, 0.25), (0.0, 0.4)),
    "careful_accounts_per_card": ((2, 8), (2, 6), (2, 8)),
    "careful_accounts_per_device": ((2, 6), (2, 5), (2, 6)),
    "pooled_template_share": ((0.2, 0.6), (0.1, 0.5), (0.0, 0.6)),
    "farm_template_share": ((0.8, 1.0), (0.6, 1.0), (0.5, 1.0)),
    "ordinary_volume_share": ((0.0, 0.4), (0.2, 0.6), (0.0, 0.9)),
    "framing_share": ((0.0, 0.2), (0.1, 0.3), (0.0, 0.4)),
    "sweeping_share": ((0.1, 0.5), (0.1, 0.4), (0.0, 0.6)),
}

# One evasion, or one misfortune, each on top of family B's first world unless it is about the prior.
_NO_RINGS: dict[str, Any] = {"prevalence": 0.0, "fewest_rings": 0, "fewest_rare_rings": 0, "fewest_farms": 0}
_OWN_CARDS: dict[str, Any] = {
    "careful_accounts_per_card": (1, 1),
    "farm_accounts_per_card": (1, 1),
    "own_card_share": 1.0,
}
_OWN_DEVICES: dict[str, Any] = {"own_device_share": (0.95, 1.0)}
_NO_TEMPLATE: dict[str, Any] = {"pooled_template_share": 0.0, "farm_template_share": 0.0}
STRESSES: dict[str, dict[str, Any]] = {
    "usual": {},
    "ring-free": _NO_RINGS,
    "giant-farm": {"giant_farm_share": 0.17},
    "farm": {"giant_farm_share": 0.015},
    "few-rings": {"prevalence": 0.002, "fewest_rings": 1, "fewest_farms": 1},
    "sticky-exits": {"sticky_exit_days": (6, 6)},
    "huge-pool": {"exits_per_account": (8.0, 20.0)},
    "all-aged": {"aged_share": (1.0, 1.0)},
    "ordinary-volume": {"ordinary_volume_share": 1.0},
    "no-shared-template": _NO_TEMPLATE,
    "own-devices": _OWN_DEVICES,
    "own-cards": _OWN_CARDS,
    "own-devices-and-cards": _OWN_DEVICES | _OWN_CARDS,
    "all-avoided": _OWN_DEVICES
    | _OWN_CARDS
    | _NO_TEMPLATE
    | {"exits_per_account": (8.0, 20.0), "aged_share": (1.0, 1.0), "ordinary_volume_share": 1.0},
    "pairs-only": {
        "careful_accounts_per_card": (1, 2),
        "careful_accounts_per_device": (1, 2),
        "farm_accounts_per_card": (1, 2),
    },
    "cafe-noise": {"cafe_visitor_share": 0.2},
    "colliding-fingerprints": {"colliding_device_share": 0.2},
    "corporate-everywhere": {"office_card_share": 1.0, "office_template_share": 1.0},
    "many-resellers": {"reseller_share": 0.03},
    "many-nats": {"nat_share": 0.3},
    "framing": {"framing_share": 1.0},
    "spoofing": {"framing_share": 1.0, "spoofing_share": 1.0},
    "fast-turnover": {"operator_lifetime_days": 8.0},
    "aged-sticky-own": {
        "aged_share": (1.0, 1.0),
        "ordinary_volume_share": 1.0,
        "sticky_exit_days": (6, 6),
        "own_device_share": (0.8, 0.8),
    },
    "devices-only": {"feeds": ("accounts", "devices"), "contacts": False},
    "transfers-only": {
        "feeds": ("accounts", "payments"),
        "contacts": False,
        "instruments": False,
        "sweeping_share": 1.0,
        "transfer_share": 0.1,
        "collected_share": 0.02,
    },
}


def choose_world(family: str | None = None, number: int = 1, stress: str | None = None) -> World:
    """Return a world of a family, a stress world, or without either the default one. Raises UsageError for both."""
    if family and stress:
        raise UsageError("a world is of a family or a stress world, not both; leave out --family or --stress")
    if stress:
        return stress_world(stress)
    return draw_world(family, number) if family else World()


def draw_world(family: str, number: int) -> World:
    """Return world `number` (from 1) of a family. Raises UsageError when there is no such world."""
    if family not in FAMILIES or number < 1:
        raise UsageError(
            f"there is no world {number} of family {family}; families are {', '.join(FAMILIES)}, worlds count from 1"
        )
    rng = np.random.default_rng([crc32(family.encode()), number])
    defaults = World()
    dials = {name: _draw(rng, _range(family, ranges), getattr(defaults, name)) for name, ranges in _RANGES.items()}
    world = World(name=f"{family}-{number}", **dials)
    return draw_climate(rng, world) if family == VARIED else world


def stress_world(name: str) -> World:
    """Return the world in which `name` went wrong. Raises UsageError when there is none of that name."""
    if name not in STRESSES:
        raise UsageError(f"there is no stress world {name}; there are {', '.join(STRESSES)}")
    return replace(draw_world("B", 1), name=name, **STRESSES[name])


def ring_free(world: World) -> World:
    """Return the same world without operators."""
    return replace(world, name=f"{world.name} ring-free", **_NO_RINGS)


def _range(family: str, ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the range of a dial in a family; D's spans those of A and B."""
    if family == VARIED:
        return min(low for low, _ in ranges[:2]), max(high for _, high in ranges[:2])
    return ranges[FAMILIES.index(family)]


def _draw(rng: np.random.Generator, between: tuple[float, float], like: Any) -> Any:
    """Draw a value of the type of `like`: a number, or a pair in order."""
    if isinstance(like, tuple):
        low, high = sorted(rng.uniform(*between, 2))
        return (round(low), round(high)) if isinstance(like[0], int) else (low, high)
    return type(like)(rng.uniform(*between))
