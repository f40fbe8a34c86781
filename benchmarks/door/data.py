"""Feeds of a made-up service for the door's benchmark: two days, about five rows an account and day, some rows bad.

The first day names all accounts. On the second, 95 of 100 (account, identifier) pairs are those of the first day, seen
again at other times; the others are new. Everything follows from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.door.damage import spoil
from benchmarks.door.names import addresses, emails, phones, tokens
from ringwatch.simulate.hashing import below

FIRST_DAY = date(2026, 3, 2)
SECOND_DAY = FIRST_DAY + timedelta(days=1)
KNOWN_SHARE = 0.95
BAD_SHARE = 0.01

# (account, identifier) pairs per account and day.
_DEVICES, _IPS, _PAYMENTS, _USAGE = 1.2, 1.7, 0.8, 0.9

# Share of accounts that are new, and that change their status, on the second day.
_NEW, _CHANGED = 0.01, 0.01

_DAY_US = 86_400_000_000
_COUNTRIES = pa.array(["US"] * 6 + ["DE", "GB", "FR", "BR", "IN", "JP"])
_KINDS = pa.array(["residential"] * 6 + ["mobile"] * 3 + ["business", "hosting", "vpn"])
_PLATFORMS = pa.array(["windows", "macos", "android", "ios", "linux", None])
_PAID_WITH = pa.array(["card"] * 7 + ["bank", "wallet", "prepaid"])
_OUTCOMES = pa.array(["settled"] * 18 + ["declined", "refunded"])


@dataclass(frozen=True)
class Pairs:
    """Which account is seen with which identifier: two arrays of numbers, one pair per row of a feed."""

    account: np.ndarray
    identifier: np.ndarray


def write_feeds(folder: Path, accounts: int, seed: int, days: tuple[date, ...] = (FIRST_DAY, SECOND_DAY)) -> int:
    """Write the feeds of one or two days below `folder` and return how many rows all of them have."""
    rng = np.random.default_rng(seed)
    pairs = first_pairs(rng, accounts)
    rows = 0
    for i, day in enumerate(days):
        if i:
            pairs = {feed: next_pairs(rng, was, accounts) for feed, was in pairs.items()}
        tables = {"accounts": _accounts(rng, accounts, seed, i > 0)}
        tables |= {feed: _FEEDS[feed](rng, which, day, seed) for feed, which in pairs.items()}
        rows += sum(_write(rng, folder / day.isoformat(), feed, table, day, i == 0) for feed, table in tables.items())
    return rows


def first_pairs(rng: np.random.Generator, accounts: int) -> dict[str, Pairs]:
    """Return the pairs of the first day by feed: most identifiers one account's own, some a few's, some very many's."""
    few, many = max(accounts // 4, 1), max(accounts // 500, 1)
    return {
        "devices": _distinct(_draw(rng, accounts, _DEVICES, own=0.92, pool=few)),
        "ips": _distinct(_draw(rng, accounts, _IPS, own=0.7, pool=many)),
        "payments": _distinct(_draw(rng, accounts, _PAYMENTS, own=0.97, pool=few)),
        "usage": _distinct(_draw(rng, accounts, _USAGE, own=0.4, pool=many)),
    }


def next_pairs(rng: np.random.Generator, pairs: Pairs, accounts: int) -> Pairs:
    """Return as many pairs, of which KNOWN_SHARE are among `pairs`; one in four of the new is of a new account."""
    count = len(pairs.account)
    new = count - round(KNOWN_SHARE * count)
    again = np.sort(rng.choice(count, count - new, replace=False))
    strangers = accounts + np.arange(new // 4) % new_accounts(accounts)
    account = np.concatenate([strangers, rng.integers(0, accounts, new - len(strangers))])
    identifier = 4 * accounts + np.arange(new)  # nobody had them before
    both = Pairs(np.concatenate([pairs.account[again], account]), np.concatenate([pairs.identifier[again], identifier]))
    return _distinct(both)


def new_accounts(accounts: int) -> int:
    """How many accounts there are on the second day that the first did not name."""
    return max(round(_NEW * accounts), 1)


def _draw(rng: np.random.Generator, accounts: int, each: float, own: float, pool: int) -> Pairs:
    """Draw pairs: a share `own` with an identifier of the account's own, the others from a pool with heavy tail."""
    count = round(each * accounts)
    account = np.concatenate([np.arange(min(count, accounts)), rng.integers(0, accounts, max(count - accounts, 0))])
    shared = accounts * 3 + (pool * rng.random(count) ** 3).astype(np.int64)
    mine = account + accounts * (np.arange(count) >= accounts)
    return Pairs(account, np.where(rng.random(count) < own, mine, shared))


def _distinct(pairs: Pairs) -> Pairs:
    both = np.unique(np.stack([pairs.account, pairs.identifier]), axis=1)
    return Pairs(both[0], both[1])


def _accounts(rng: np.random.Generator, accounts: int, seed: int, later: bool) -> pa.Table:
    """All accounts; on a later day those that changed, and those that are new."""
    changed = np.sort(rng.choice(accounts, max(round(_CHANGED * accounts), 1), replace=False))
    number = np.concatenate([changed, accounts + np.arange(new_accounts(accounts))]) if later else np.arange(accounts)
    name = number + _offset(seed)
    age_us = below(700 * _DAY_US, name, 20)
    return pa.table(
        {
            "account_id": tokens("acc_", name),
            "created_at": _times(FIRST_DAY, np.where(number < accounts, -age_us, age_us % _DAY_US + _DAY_US)),
            "status": pa.array(np.where(later & (number < accounts), "suspended", "active")),
            "country": _COUNTRIES.take(pa.array(below(len(_COUNTRIES), name, 21))),
            "email": _where(below(100, name, 22) < 97, emails(name)),
            "phone": _where(below(100, name, 23) < 60, phones(name)),
            "referred_by": _where(below(10, name, 24) == 0, tokens("acc_", below(accounts, name, 25) + _offset(seed))),
            "organisation": _where(below(20, name, 26) == 0, tokens("org_", below(accounts // 50 + 1, name, 27))),
        }
    )


def _devices(rng: np.random.Generator, pairs: Pairs, day: date, seed: int) -> pa.Table:
    name = pairs.identifier + _offset(seed)
    device = tokens("fp", name)
    return pa.table(
        {
            "account_id": tokens("acc_", pairs.account + _offset(seed)),
            "device": _where(rng.random(len(name)) > 0.003, device, "unknown"),
            **_seen(rng, day, len(name)),
            "platform": _PLATFORMS.take(pa.array(below(len(_PLATFORMS), name, 30))),
            "sessions": pa.array(rng.integers(1, 9, len(name))),
        }
    )


def _ips(rng: np.random.Generator, pairs: Pairs, day: date, seed: int) -> pa.Table:
    name = pairs.identifier + _offset(seed)
    return pa.table(
        {
            "account_id": tokens("acc_", pairs.account + _offset(seed)),
            "ip": addresses(name),
            **_seen(rng, day, len(name)),
            "asn": pa.array(64_512 + below(900, name, 40)),
            "network_kind": _KINDS.take(pa.array(below(len(_KINDS), name, 41))),
            "country": _COUNTRIES.take(pa.array(below(len(_COUNTRIES), name, 42))),
            "requests": pa.array(rng.integers(1, 400, len(name))),
        }
    )


def _payments(rng: np.random.Generator, pairs: Pairs, day: date, seed: int) -> pa.Table:
    name = pairs.identifier + _offset(seed)
    count = len(name)
    transfer = rng.random(count) < 0.04
    someone = rng.choice(pairs.account, count)
    first = pa.array(below(90, name, 50) * 10_000 + 400_000).cast(pa.string())
    return pa.table(
        {
            "payment_id": tokens("pay_", np.arange(count) + _offset(seed) + day.toordinal() * (1 << 32)),
            "account_id": tokens("acc_", pairs.account + _offset(seed)),
            "paid_at": _times(day, rng.integers(0, _DAY_US, count)),
            "instrument": _where(~transfer, tokens("pi_", name)),
            "instrument_kind": _where(
                ~transfer, _PAID_WITH.take(pa.array(below(len(_PAID_WITH), name, 51))), "balance"
            ),
            "bin": _where(~transfer, first),
            "billing_country": _COUNTRIES.take(pa.array(below(len(_COUNTRIES), name, 52))),
            "counterparty_account_id": _where(transfer, tokens("acc_", someone + _offset(seed))),
            "amount": pa.array(rng.integers(100, 50_000, count) / 100),
            "currency": pa.array(np.where(below(2, name, 53) == 0, "USD", "EUR")),
            "outcome": _OUTCOMES.take(pa.array(rng.integers(0, len(_OUTCOMES), count))),
        }
    )


def _usage(rng: np.random.Generator, pairs: Pairs, _day: date, seed: int) -> pa.Table:
    name = pairs.identifier + _offset(seed)
    own = pairs.account + _offset(
        seed
    )  # the key of a row is account, capability, template: at most one has no template
    exchanges = rng.integers(1, 200, len(name))
    return pa.table(
        {
            "account_id": tokens("acc_", own),
            "capability": pa.array(np.where(below(3, name, 60) == 0, "code", "chat")),
            "exchanges": pa.array(exchanges),
            "tokens": pa.array(exchanges * rng.integers(50, 2_000, len(name))),
            "template": _where(own < name, tokens("tpl_", name)),
            "active_hours": pa.array(rng.integers(1, 1 << 24, len(name))),
        }
    )


_FEEDS = {"devices": _devices, "ips": _ips, "payments": _payments, "usage": _usage}


def _seen(rng: np.random.Generator, day: date, count: int) -> dict[str, pa.Array]:
    both = np.sort(rng.integers(0, _DAY_US, (2, count)), axis=0)
    return {"first_seen": _times(day, both[0]), "last_seen": _times(day, both[1])}


def _times(day: date, after_us: np.ndarray) -> pa.Array:
    return pa.array(np.datetime64(day, "us") + after_us.astype("timedelta64[us]"))


def _where(condition: np.ndarray, values: pa.Array, other: str | None = None) -> pa.Array:
    return pc.if_else(pa.array(condition), values, pa.scalar(other, values.type))


def _offset(seed: int) -> int:
    """Accounts and identifiers of different seeds have different numbers."""
    return seed * (1 << 34)


def _write(rng: np.random.Generator, folder: Path, feed: str, table: pa.Table, day: date, first: bool) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    spoilt = spoil(rng, feed, table, day, BAD_SHARE, first)
    pq.write_table(spoilt, folder / f"{feed}.parquet", row_group_size=1 << 17)
    return int(spoilt.num_rows)
