"""What accounts do: who uses which device, address, card and template, how often and from when to when.

A cast holds people and their habits. The feeds are drawn from habits alone, the same way for everybody: nothing that
writes a row knows whose account it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.simulate.landscape import COUNTRIES, VIRTUAL_BINS, Landscape, keys

RHYTHMS = ("day", "evening", "office", "always")
CAPABILITIES = ("chat", "code", "agents", "vision", "embeddings")
PLATFORMS = ("windows", "macos", "linux", "android", "ios")
PLATFORM_WEIGHTS = (0.36, 0.2, 0.1, 0.2, 0.14)
NOBODY = -1

_FREE_MAIL = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "proton.me", "gmx.de", "mail.com", "zoho.com")
_FREE_MAIL_WEIGHTS = (0.5, 0.16, 0.1, 0.09, 0.05, 0.04, 0.03, 0.03)


@dataclass(frozen=True)
class Cast:
    """people: one row per account. Habits: account (row of people), a thing, probability a day, since and until (days).

    devices: device, platform. addresses: line, block, lines, sticky_days, lease_days. cards: card, instrument_kind,
    bin, billing_country. templates: template. transfers: counterparty (row of people).
    """

    people: pd.DataFrame
    devices: pd.DataFrame
    addresses: pd.DataFrame
    cards: pd.DataFrame
    templates: pd.DataFrame
    transfers: pd.DataFrame


def build_cast(people: pd.DataFrame, **habits: Sequence[pd.DataFrame]) -> Cast:
    """Return a cast of `people` with each kind of habit stacked; kinds not given are empty."""
    kinds = [field.name for field in fields(Cast) if field.name != "people"]
    return Cast(people, **{kind: stack(habits.get(kind, ())) for kind in kinds})


def join(casts: Sequence[Cast]) -> Cast:
    """Return one cast of all people, rows of people being renumbered."""
    offsets = np.cumsum([0] + [len(cast.people) for cast in casts])
    shifted = [_shift(cast, int(offset)) for cast, offset in zip(casts, offsets, strict=False)]
    return Cast(*(stack([getattr(cast, field.name) for cast in shifted]) for field in fields(Cast)))


def stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all `frames`, numbered anew."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({"account": pd.Series(dtype="int64")})


def habit(
    account: np.ndarray, thing: pd.DataFrame, probability: Any, since: Any = -np.inf, until: Any = np.inf
) -> pd.DataFrame:
    """Return one habit per entry of `account`, with the row of `thing` beside it."""
    return thing.assign(account=account, probability=probability, since=since, until=until).reset_index(drop=True)


def shared(account: np.ndarray, group: np.ndarray, things: pd.DataFrame, probability: Any) -> pd.DataFrame:
    """Return the habit of each of `account` of using the thing of its group; `group` is per row of people."""
    return habit(account, things.take(group[account]), probability)


def people(rng: np.random.Generator, landscape: Landscape, country: np.ndarray, **given: Any) -> pd.DataFrame:
    """Draw one person per entry of `country`, ordinary in all that is not `given`.

    declared: country given at sign-up. created, ends: days since the first day; gone: day from which nobody is seen any
    more, though the account may last. active: probability of a day's use.
    exchanges: mean a day of use. mailbox, phone: keys, equal when shared. context: of honest people; operator, style
    and kind: of the others.
    """
    count = len(country)
    drawn = {
        "country": country,
        "declared": np.where(rng.random(count) < 0.05, landscape.countries(rng, count), country),
        "created": landscape.days - rng.exponential(np.where(rng.random(count) < 0.35, 60.0, 320.0)),
        "gone": np.inf,
        "suspended": rng.random(count) < 0.15,
        "active": rng.beta(2.2, 2.2, count),
        "exchanges": rng.lognormal(np.log(9), 1.1, count),
        "tokens": rng.lognormal(np.log(900), 0.8, count),
        "rhythm": rng.choice(len(RHYTHMS), size=count, p=(0.35, 0.35, 0.15, 0.15)),
        "capability": rng.choice(len(CAPABILITIES), size=count, p=(0.55, 0.22, 0.1, 0.08, 0.05)),
        "domain": rng.choice(np.array(_FREE_MAIL, dtype=object), size=count, p=_FREE_MAIL_WEIGHTS),
        "organisation": None,
        "mailbox": keys(rng, count),
        "tag": np.where(rng.random(count) < 0.02, rng.integers(1, 10, count), 0),
        "phone": np.where(rng.random(count) < 0.6, keys(rng, count), NOBODY),
        "referrer": NOBODY,
        "operator": NOBODY,
        "context": None,
        "style": None,
        "kind": None,
    }
    return pd.DataFrame(drawn | given)


def devices(rng: np.random.Generator, count: int, weights: Sequence[float] = PLATFORM_WEIGHTS) -> pd.DataFrame:
    """Draw `count` devices; `weights` are of PLATFORMS."""
    platform = rng.choice(np.array(PLATFORMS, dtype=object), size=count, p=weights)
    return pd.DataFrame({"device": keys(rng, count), "platform": platform})


def cards(
    rng: np.random.Generator, landscape: Landscape, country: np.ndarray, prepaid_share: float | None = None
) -> pd.DataFrame:
    """Draw one way to pay per entry of `country`; prepaid ones are virtual cards, sold everywhere under a few BINs."""
    count = len(country)
    prepaid = rng.random(count) < (landscape.world.prepaid_share if prepaid_share is None else prepaid_share)
    kinds = np.array(["card", "bank", "wallet", "invoice"], dtype=object)
    kind = np.where(prepaid, "prepaid", rng.choice(kinds, size=count, p=(0.8, 0.08, 0.1, 0.02)))
    row = np.where(prepaid, len(COUNTRIES), country)
    column = rng.integers(np.where(prepaid, VIRTUAL_BINS, landscape.issuers))
    bins = landscape.bins[row, column]
    bins[~np.isin(kind, ["card", "prepaid"])] = None
    billing = COUNTRIES["country"].to_numpy(dtype=object)[country]
    return pd.DataFrame({"card": keys(rng, count), "instrument_kind": kind, "bin": bins, "billing_country": billing})


def templates(rng: np.random.Generator, count: int) -> pd.DataFrame:
    return pd.DataFrame({"template": keys(rng, count)})


def pay_probability(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw how likely each account pays on a day: monthly plans, weekly and frequent top-ups."""
    return rng.choice(np.array([1 / 30, 1 / 8, 1 / 4]), size=count, p=(0.45, 0.35, 0.2))


def lifetimes(rng: np.random.Generator, created: np.ndarray, mean_days: float) -> np.ndarray:
    """Draw the day on which each account ends."""
    return np.asarray(created + rng.exponential(mean_days, len(created)))


def some(rng: np.random.Generator, count: int, part: Any) -> np.ndarray:
    """Draw a share `part` (one for all, or one each) of the rows 0 to `count` - 1."""
    return np.flatnonzero(rng.random(count) < part)


def runs(rng: np.random.Generator, unit: np.ndarray, low: int, high: int) -> np.ndarray:
    """Cut each unit's accounts into runs of a length drawn per unit from `low` to `high`; return each account's run.

    `unit` is sorted. Runs are numbered from 0 without gaps.
    """
    length = rng.integers(low, high + 1, size=int(unit.max(initial=-1)) + 1)
    run = position(unit) // length[unit]
    begins = (np.diff(unit, prepend=-1) != 0) | (np.diff(run, prepend=-1) != 0)
    return np.asarray(begins.cumsum() - 1)


def position(unit: np.ndarray) -> np.ndarray:
    """Return each account's place within its unit, from 0; `unit` is sorted."""
    return np.asarray(np.arange(len(unit)) - np.searchsorted(unit, unit))


def _shift(cast: Cast, offset: int) -> Cast:
    moved = {"people": _moved(cast.people, "referrer", offset), "transfers": _moved(cast.transfers, "account", offset)}
    moved["transfers"] = _moved(moved["transfers"], "counterparty", offset)
    for kind in ("devices", "addresses", "cards", "templates"):
        moved[kind] = _moved(getattr(cast, kind), "account", offset)
    return Cast(**moved)


def _moved(frame: pd.DataFrame, name: str, offset: int) -> pd.DataFrame:
    if frame.empty:
        return frame
    return frame.assign(**{name: frame[name].where(frame[name] < 0, frame[name] + offset)})
