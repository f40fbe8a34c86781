"""What all accounts share: countries, networks, card issuers, and the dials of their world."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.simulate.world import World

COUNTRIES = pd.DataFrame(
    [
        ("US", 0.27, -6, "USD", 1, ("+12025", "+14152", "+13057", "+17136", "+16465", "+13124", "+12068", "+14043"), 6),
        ("IN", 0.17, 5, "INR", 85, ("+9198", "+9199"), 8),
        ("BR", 0.09, -3, "BRL", 5.5, ("+551197", "+551198", "+552198"), 7),
        ("DE", 0.09, 1, "EUR", 0.9, ("+49151", "+49157"), 8),
        ("GB", 0.08, 0, "GBP", 0.8, ("+4473", "+4475"), 8),
        ("FR", 0.06, 1, "EUR", 0.9, ("+3361", "+3362"), 7),
        ("JP", 0.06, 9, "JPY", 150, ("+81901", "+81802"), 7),
        ("ID", 0.05, 7, "IDR", 16000, ("+62812", "+62813"), 8),
        ("VN", 0.04, 7, "VND", 25000, ("+8497", "+8498"), 7),
        ("PL", 0.03, 1, "PLN", 4, ("+4851", "+4860"), 7),
        ("NG", 0.03, 1, "NGN", 1500, ("+234803", "+234806"), 7),
        ("TR", 0.03, 3, "TRY", 40, ("+90532", "+90542"), 7),
    ],
    columns=["country", "weight", "utc_offset", "currency", "per_dollar", "phone_prefixes", "phone_digits"],
)

ACCESS = ["line", "block", "lines", "sticky_days", "lease_days"]
STATIC = 100_000
VIRTUAL_BINS = 6

# Kinds of network with how many there are per country, and how often people take one abroad.
_PER_COUNTRY = {"residential": 3, "mobile": 2, "business": 2, "education": 1, "vpn": 1, "hosting": 1}
_ABROAD = {"vpn": 0.5, "hosting": 0.75, "business": 0.05}

# Addresses come from blocks that no household or company uses: IPv4 space that one defence agency holds and does not
# announce, IPv6 space that was never assigned. AS numbers are from the range for private use.
_IPV4_SLASH_8 = (11, 21, 22, 26, 28, 29, 30, 33, 55)
_BLOCK_ADDRESSES = 1 << 18
_FIRST_ASN = 64512

_WEIGHTS = COUNTRIES["weight"].to_numpy()
MOST_ISSUERS = 11


@dataclass(frozen=True)
class Landscape:
    """days: of feeds. blocks: kind, country (row of COUNTRIES), asn, base (first IPv4), addresses, ipv6; one a network.

    pools: for every network the lines that all its visitors share (mobile and vpn networks are used in this way).
    bins: first digits of cards, one row per country and a last one for virtual cards, which are sold everywhere.
    issuers: how many of these serve a country. weights: how many live in each country, as a share.
    """

    world: World
    days: int
    blocks: pd.DataFrame
    pools: pd.DataFrame
    bins: np.ndarray
    issuers: int
    weights: np.ndarray

    def countries(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draw rows of COUNTRIES by weight."""
        return rng.choice(len(COUNTRIES), size=count, p=self.weights)

    def block(self, rng: np.random.Generator, kind: str, country: np.ndarray) -> np.ndarray:
        """Draw for each entry of `country` a network of `kind`: there, or abroad as often as is usual for the kind."""
        per_country = np.flatnonzero(self.blocks["kind"] == kind).reshape(len(COUNTRIES), -1)
        abroad = rng.random(len(country)) < _ABROAD.get(kind, 0)
        where = np.where(abroad, rng.choice(len(COUNTRIES), size=len(country), p=_WEIGHTS), country)
        return np.asarray(per_country[where, rng.integers(per_country.shape[1], size=len(country))])


def build_landscape(rng: np.random.Generator, world: World, accounts: int, days: int) -> Landscape:
    """Return the networks and card issuers for `accounts` accounts."""
    weights, networks = _settled(world), _networks(world)
    blocks = _blocks(rng, networks, accounts * world.addresses_per_account * weights)
    visitors = accounts * weights[blocks["country"]] / networks["mobile"]
    exits = np.maximum(2, visitors / world.carrier_accounts_per_address).astype(np.int64)
    pools = lines(rng, np.arange(len(blocks)), count=exits)
    return Landscape(world, days, blocks, pools, _bins(rng), world.climate.issuers, weights)


def keys(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw keys that never meet by chance: 62 bits, positive."""
    return rng.integers(1, 1 << 62, size=count, dtype=np.int64)


def lines(
    rng: np.random.Generator, block: np.ndarray, count: Any = 1, sticky_days: Any = 1, lease_days: Any = STATIC
) -> pd.DataFrame:
    """Draw one access per entry of `block`: `count` lines, of which an account takes another every `sticky_days`.

    A line gets a new address of its network every `lease_days`.
    """
    return pd.DataFrame(
        {
            "line": keys(rng, len(block)),
            "block": block,
            "lines": count,
            "sticky_days": sticky_days,
            "lease_days": lease_days,
        }
    )


def _settled(world: World) -> np.ndarray:
    """Return the share of people in each country: all of them in those of the world's climate, if it names some."""
    if not world.climate.countries:
        return _WEIGHTS
    weights = np.where(COUNTRIES["country"].isin(world.climate.countries), _WEIGHTS, 0)
    return np.asarray(weights / weights.sum())


def _networks(world: World) -> dict[str, int]:
    """Return how many networks of each kind there are per country."""
    return _PER_COUNTRY | {"residential": world.climate.providers, "mobile": world.climate.carriers}


def _blocks(rng: np.random.Generator, networks: dict[str, int], addresses: np.ndarray) -> pd.DataFrame:
    kind = np.repeat(np.array([*networks], dtype=object), [len(COUNTRIES) * n for n in networks.values()])
    country = np.concatenate([np.repeat(np.arange(len(COUNTRIES)), n) for n in networks.values()])
    blocks = pd.DataFrame({"kind": kind, "country": country})
    number = np.arange(len(blocks))
    slash_8 = np.array(_IPV4_SLASH_8)[number % len(_IPV4_SLASH_8)]
    blocks["asn"] = _FIRST_ASN + rng.permutation(len(blocks))
    blocks["base"] = (slash_8 << 24) + number // len(_IPV4_SLASH_8) * _BLOCK_ADDRESSES
    # Many more than lines, so that a new lease is seldom another home's recent address.
    blocks["addresses"] = np.clip(addresses[country], 1 << 13, _BLOCK_ADDRESSES).astype(np.int64)
    blocks["ipv6"] = (blocks["kind"] == "residential") & (rng.random(len(blocks)) < 0.4)
    return blocks


def _bins(rng: np.random.Generator) -> np.ndarray:
    count = (len(COUNTRIES) + 1) * MOST_ISSUERS
    digits = rng.choice(np.arange(400_000, 559_999), size=count, replace=False).astype(str)
    two_more = np.char.zfill(rng.integers(100, size=count).astype(str), 2)
    bins = np.where(rng.random(count) < 0.4, np.char.add(digits, two_more), digits)
    return np.asarray(bins.astype(object).reshape(-1, MOST_ISSUERS))
