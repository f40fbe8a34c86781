"""The rows of one day, drawn from habits: a table per feed, with the columns of the input contract.

Nothing here knows whose account a row belongs to; rows are ordered by time, or by account where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from ringwatch.simulate.addresses import addresses_on
from ringwatch.simulate.habits import NOBODY, Cast
from ringwatch.simulate.identity import account_ids, emails, fingerprints, phones, tokens
from ringwatch.simulate.landscape import COUNTRIES, Landscape
from ringwatch.simulate.leases import while_leased, within_day
from ringwatch.simulate.skills import SKILLS, asked
from ringwatch.simulate.visits import (
    DAY_SECONDS,
    Visits,
    come_true,
    draw_visits,
    is_about,
    is_open,
    moments,
    opening_second,
)
from ringwatch.simulate.world import World

_DOLLARS = np.array([5, 10, 20, 20, 20, 25, 50, 100])
_OUTCOMES = np.array(["settled", "declined", "refunded", "chargeback"], dtype=object)
_COUNTRY = COUNTRIES["country"].to_numpy(dtype=object)


@dataclass(frozen=True)
class Book:
    """A cast with everything that is written the same on every day: ids and texts, aligned with people or habits."""

    cast: Cast
    account: np.ndarray
    profile: pa.Table
    device: np.ndarray
    instrument: np.ndarray
    template: np.ndarray


def open_book(rng: np.random.Generator, world: World, cast: Cast) -> Book:
    """Give every account, device, instrument and template its name."""
    people = cast.people
    account = account_ids(rng, len(people))
    referrer = people["referrer"].to_numpy()
    profile = pa.table(
        {
            "country": _text(_COUNTRY[people["declared"]]),
            "email": _text(emails(people)),
            "phone": _text(phones(people)),
            "referred_by": _text(pd.Series(account[referrer]).where(referrer != NOBODY)),
            "organisation": _text(people["organisation"]),
        }
    )
    return Book(
        cast,
        account,
        profile if world.contacts else _untold(profile),
        fingerprints(cast.devices["device"].to_numpy()),
        tokens(cast.cards["card"].to_numpy(), "pi_"),
        tokens(cast.templates["template"].to_numpy(), "t"),
    )


def _untold(profile: pa.Table) -> pa.Table:
    """Return `profile` without what leads to other accounts."""
    unknown = pa.nulls(len(profile), pa.string())
    given = {"email", "phone", "referred_by", "organisation"}
    return pa.table({name: unknown if name in given else profile[name] for name in profile.column_names})


def draw_day(rng: np.random.Generator, book: Book, landscape: Landscape, start: date, day: int) -> dict[str, pa.Table]:
    """Return the feeds of `start` + `day` by name."""
    midnight = np.datetime64(start + timedelta(days=day), "s")
    visits = draw_visits(rng, book.cast.people, start, day)
    visiting = np.zeros(len(book.account), dtype=bool)
    visiting[visits.account] = True
    devices = come_true(rng, book.cast.devices, visiting, day)
    addresses = come_true(rng, book.cast.addresses, visiting, day)
    templates = come_true(rng, book.cast.templates, visiting, day)
    drawn = {
        "accounts": _accounts(book, np.datetime64(start, "s"), day),
        "payments": _payments(rng, book, midnight, day),
        "devices": _devices(rng, book, visits, devices, midnight, landscape.world.climate.sessions_a_day),
        "ips": _ips(rng, book, visits, book.cast.addresses.iloc[addresses], landscape, midnight, day),
        "usage": _usage(rng, book, visits, templates),
    }
    return {feed: rows for feed, rows in drawn.items() if feed in landscape.world.feeds}


def _accounts(book: Book, start: np.datetime64, day: int) -> pa.Table:
    """Accounts opened or ended on `day`; on the first day all that exist, with their own time of opening."""
    people = book.cast.people
    opened, ended = np.floor(people["created"].to_numpy()), np.floor(people["ends"].to_numpy())
    rows = np.flatnonzero((opened == day) | ((ended == day) & (opened < day)) | ((day == 0) & (opened < 0)))
    created_at = np.floor(people["created"].to_numpy()[rows] * DAY_SECONDS).astype(np.int64)
    over = np.where(people["suspended"].to_numpy()[rows], "suspended", "closed")
    table = pa.table(
        {
            "account_id": _text(book.account[rows]),
            "created_at": _times(start, created_at),
            "status": _text(np.where(ended[rows] <= day, over, "active").astype(object)),
        }
        | _columns(book.profile.take(pa.array(rows)))
    )
    return _in_order(table, created_at, book.account[rows])


def _payments(rng: np.random.Generator, book: Book, midnight: np.datetime64, day: int) -> pa.Table:
    """Payments by instrument, and transfers of balance to accounts that are open."""
    people, cards, transfers = book.cast.people, book.cast.cards, book.cast.transfers
    here, there = is_about(people, day), is_open(people, day)
    paying, giving = come_true(rng, cards, here, day), come_true(rng, transfers, here, day)
    giving = giving[there[transfers["counterparty"].to_numpy()[giving]]]
    paid, given = cards.iloc[paying], transfers.iloc[giving]
    account = np.concatenate([paid["account"].to_numpy(), given["account"].to_numpy()])
    opened = opening_second(people, account, day)
    second = opened + rng.integers(DAY_SECONDS - opened)
    country = people["country"].to_numpy()[account]
    dollars = _DOLLARS[rng.integers(len(_DOLLARS), size=len(account))]
    sums = np.concatenate([_sums(paid), _sums(given)])
    dollars = np.where(sums > 0, sums, dollars)
    none, number = np.full(len(given), None, dtype=object), np.arange(len(account))
    table = pa.table(
        {
            "payment_id": _text(tokens(((midnight.astype(np.int64) // DAY_SECONDS) << 32) + number, "pay_")),
            "account_id": _text(book.account[account]),
            "paid_at": _times(midnight, second),
            "instrument": _text(np.concatenate([book.instrument[paying], none])),
            "instrument_kind": _text(np.concatenate([paid["instrument_kind"], np.full(len(given), "balance")])),
            "bin": _text(np.concatenate([paid["bin"], none])),
            "billing_country": _text(np.concatenate([paid["billing_country"], none])),
            "counterparty_account_id": _text(
                np.concatenate([np.full(len(paid), None), book.account[given["counterparty"]]])
            ),
            "amount": np.round(dollars * COUNTRIES["per_dollar"].to_numpy()[country], 2),
            "currency": _text(COUNTRIES["currency"].to_numpy(dtype=object)[country]),
            "outcome": _text(rng.choice(_OUTCOMES, size=len(account), p=(0.93, 0.05, 0.015, 0.005))),
        }
    )
    return _in_order(table, second, book.account[account])


def _sums(paid: pd.DataFrame) -> np.ndarray:
    """Return the dollars of each payment whose sum is given, 0 for any other."""
    return paid["dollars"].fillna(0).to_numpy() if "dollars" in paid else np.zeros(len(paid))


def _devices(
    rng: np.random.Generator, book: Book, visits: Visits, used: np.ndarray, midnight: np.datetime64, sessions: float
) -> pa.Table:
    used = used[~book.cast.devices.iloc[used].duplicated(["account", "device"]).to_numpy()]
    account = book.cast.devices["account"].to_numpy()[used]
    first, last = moments(rng, visits, account)
    table = pa.table(
        {
            "account_id": _text(book.account[account]),
            "device": _text(book.device[used]),
            "first_seen": _times(midnight, first),
            "last_seen": _times(midnight, last),
            "platform": _text(book.cast.devices["platform"].iloc[used]),
            "sessions": 1 + rng.poisson(sessions, len(used)),
        }
    )
    return _in_order(table, first, book.account[account])


def _ips(
    rng: np.random.Generator,
    book: Book,
    visits: Visits,
    used: pd.DataFrame,
    landscape: Landscape,
    midnight: np.datetime64,
    day: int,
) -> pa.Table:
    used = within_day(rng, visits, used)
    used = used.assign(ip=addresses_on(used, landscape, day).to_numpy(zero_copy_only=False))
    used = used.drop_duplicates(["account", "ip"])
    account, block = used["account"].to_numpy(), landscape.blocks.iloc[used["block"].to_numpy()]
    first, last = while_leased(used, *moments(rng, visits, account))
    exchanges = book.cast.people["exchanges"].to_numpy()[account]
    table = pa.table(
        {
            "account_id": _text(book.account[account]),
            "ip": _text(used["ip"]),
            "first_seen": _times(midnight, first),
            "last_seen": _times(midnight, last),
            "asn": block["asn"].to_numpy(),
            "network_kind": _text(block["kind"]),
            "country": _text(_COUNTRY[block["country"]]),
            "requests": 1 + rng.poisson(exchanges * rng.gamma(1.0, 1.0, len(used))),
        }
    )
    return _in_order(table, first, book.account[account])


def _usage(rng: np.random.Generator, book: Book, visits: Visits, sent: np.ndarray) -> pa.Table:
    """One row per account and capability: the usual one with the template `sent`, now and then a second."""
    people = book.cast.people
    account, capability, extra = asked(rng, people, visits.account[rng.random(len(visits.account)) < 0.93])
    mean = people["exchanges"].to_numpy()[account] * np.where(extra, 0.3, 1)
    exchanges = 1 + rng.poisson(mean * rng.gamma(3.0, 1 / 3, len(account)))
    each = people["tokens"].to_numpy()[account] * rng.lognormal(0, 0.4, len(account))
    template = np.full(len(people), None, dtype=object)
    template[book.cast.templates["account"].to_numpy()[sent]] = book.template[sent]
    table = pa.table(
        {
            "account_id": _text(book.account[account]),
            "capability": _text(np.array(SKILLS, dtype=object)[capability]),
            "exchanges": exchanges,
            "tokens": (exchanges * each).astype(np.int64),
            "template": _text(pd.Series(template[account]).where(~extra)),
            "active_hours": visits.hours[visits.row[account]],
        }
    )
    return _in_order(table, capability, book.account[account])


def _times(midnight: np.datetime64, second: np.ndarray) -> pa.Array:
    return pa.array((midnight + second).astype("datetime64[us]"), pa.timestamp("us", tz="UTC"))


def _text(values: np.ndarray | pd.Series) -> pa.Array:
    return pa.array(np.asarray(values, dtype=object), pa.string(), from_pandas=True)


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return dict(zip(table.column_names, table.columns, strict=True))


def _in_order(table: pa.Table, by: np.ndarray, account: np.ndarray) -> pa.Table:
    """Order rows by what they say themselves, so that their order tells nothing about how they were made."""
    return table.take(pa.array(np.lexsort((account.astype(str), by))))
