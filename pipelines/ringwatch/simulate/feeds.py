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
from ringwatch.simulate.habits import CAPABILITIES, NOBODY, RHYTHMS, Cast
from ringwatch.simulate.identity import account_ids, emails, fingerprints, phones, tokens
from ringwatch.simulate.landscape import COUNTRIES, Landscape

FEEDS = ("accounts", "payments", "devices", "ips", "usage")

_DAY = 86_400
_PRICES = np.array([5, 10, 20, 20, 20, 25, 50, 100])
_OUTCOMES = np.array(["settled", "declined", "refunded", "chargeback"], dtype=object)
# Share of the most active hour for each hour of the local day, by rhythm.
_HOURS = {
    "day": [0, 0, 0, 0, 0, 1, 2, 4, 6, 8, 9, 9, 8, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    "evening": [3, 1, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 5, 6, 8, 9, 9, 9, 8, 5],
    "office": [0, 0, 0, 0, 0, 0, 1, 4, 8, 9, 9, 8, 6, 8, 9, 9, 7, 4, 1, 1, 0, 0, 0, 0],
    "always": [5] * 24,
}
_RHYTHM = np.array([_HOURS[name] for name in RHYTHMS]) / 9 * 0.35


@dataclass(frozen=True)
class Book:
    """A cast with everything that is written the same on every day: ids and texts, aligned with people or habits."""

    cast: Cast
    account: np.ndarray
    accounts: pa.Table
    device: pa.Array
    instrument: pa.Array
    template: np.ndarray


@dataclass(frozen=True)
class _Visits:
    """Who uses the service on a day (rows of people), the hours as a 24-bit mask, first and last second."""

    account: np.ndarray
    hours: np.ndarray
    first: np.ndarray
    last: np.ndarray


def open_book(rng: np.random.Generator, cast: Cast) -> Book:
    """Give every account, device, instrument and template its name."""
    people = cast.people
    account = account_ids(rng, len(people))
    referrer = people["referrer"].to_numpy()
    accounts = pa.table(
        {
            "account_id": account,
            "country": pa.array(COUNTRIES["country"].to_numpy(dtype=object)[people["country"]], pa.string()),
            "email": pa.array(emails(people), pa.string()),
            "phone": pa.array(phones(people), pa.string()),
            "referred_by": pa.array(np.where(referrer == NOBODY, None, account[referrer]), pa.string()),
            "organisation": _text(people["organisation"]),
        }
    )
    return Book(
        cast,
        account,
        accounts,
        pa.array(fingerprints(cast.devices["device"].to_numpy())),
        pa.array(tokens(cast.cards["card"].to_numpy(), "pi_")),
        tokens(cast.templates["template"].to_numpy(), "t"),
    )


def draw_day(rng: np.random.Generator, book: Book, landscape: Landscape, start: date, day: int) -> dict[str, pa.Table]:
    """Return the feeds of `start` + `day` by name."""
    midnight = np.datetime64(start + timedelta(days=day), "us")
    visits = _visits(rng, book.cast.people, start, day)
    return {
        "accounts": _accounts(book, np.datetime64(start, "us"), day),
        "payments": _payments(rng, book, midnight, day),
        "devices": _devices(rng, book, visits, midnight, day),
        "ips": _ips(rng, book, landscape, visits, midnight, day),
        "usage": _usage(rng, book, visits, day),
    }


def _visits(rng: np.random.Generator, people: pd.DataFrame, start: date, day: int) -> _Visits:
    weekend = (start + timedelta(days=day)).weekday() >= 5
    office = people["rhythm"].to_numpy() == RHYTHMS.index("office")
    probability = people["active"].to_numpy() * np.where(weekend & office, 0.2, 1)
    account = np.flatnonzero(_present(people, day) & (rng.random(len(people)) < probability))
    opened = np.clip((people["created"].to_numpy()[account] - day) * _DAY, 0, _DAY - 1)
    hours = _active_hours(rng, people.iloc[account], opened)
    first = np.maximum(hours.argmax(axis=1) * 3600 + rng.integers(3600, size=len(account)), opened)
    latest = (24 - hours[:, ::-1].argmax(axis=1)) * 3600 - 1
    last = np.maximum(first, latest - rng.integers(1800, size=len(account)))
    return _Visits(account, hours @ (1 << np.arange(24)), first.astype(np.int64), last.astype(np.int64))


def _present(people: pd.DataFrame, day: int) -> np.ndarray:
    """Whose account is open on `day`: from the moment it was opened until the day before it ends."""
    return np.asarray((people["created"] < day + 1) & (np.floor(people["ends"]) > day))


def _active_hours(rng: np.random.Generator, people: pd.DataFrame, opened: np.ndarray) -> np.ndarray:
    """Draw hours (accounts x 24) by rhythm and time zone, none before the account was opened, at least one."""
    utc_offset = COUNTRIES["utc_offset"].to_numpy()[people["country"]]
    local = (np.arange(24) + utc_offset[:, None]) % 24
    chance = _RHYTHM[people["rhythm"].to_numpy()[:, None], local]
    open_hour = (opened // 3600).astype(np.int64)[:, None]
    hours = (rng.random(chance.shape) < chance) & (np.arange(24) >= open_hour)
    likeliest = np.where(np.arange(24) >= open_hour, chance + rng.random(chance.shape) / 10, -1).argmax(axis=1)
    hours[np.arange(len(hours)), likeliest] |= ~hours.any(axis=1)
    return hours


def _accounts(book: Book, start: np.datetime64, day: int) -> pa.Table:
    """Accounts opened or ended on `day`; on the first day all that exist, with their own time of opening."""
    people = book.cast.people
    created, ended = np.floor(people["created"].to_numpy()), np.floor(people["ends"].to_numpy())
    rows = np.flatnonzero((created == day) | ((ended == day) & (created < day)) | ((day == 0) & (created < 0)))
    rows = rows[np.lexsort((book.account[rows], people["created"].to_numpy()[rows]))]
    seconds = np.floor(people["created"].to_numpy()[rows] * _DAY).astype("timedelta64[s]")
    over = ended[rows] <= day
    status = np.where(over, np.where(people["suspended"].to_numpy()[rows], "suspended", "closed"), "active")
    table = book.accounts.take(pa.array(rows))
    table = table.add_column(1, "created_at", _times(start + seconds))
    return table.add_column(2, "status", pa.array(status.astype(object), pa.string()))


def _payments(rng: np.random.Generator, book: Book, midnight: np.datetime64, day: int) -> pa.Table:
    people, cards, transfers = book.cast.people, book.cast.cards, book.cast.transfers
    paying, giving = _drawn(rng, cards, people, day), _drawn(rng, transfers, people, day)
    paid, given = cards.iloc[paying], transfers.iloc[giving]
    account = np.concatenate([paid["account"], given["account"]]).astype(np.int64)
    given_to = book.account[given["counterparty"].to_numpy(dtype=np.int64)]
    nothing = [None] * len(given)
    opened = np.clip((people["created"].to_numpy()[account] - day) * _DAY, 0, _DAY - 1)
    second = (opened + rng.random(len(account)) * (_DAY - opened)).astype(np.int64)
    country = people["country"].to_numpy()[account]
    dollars = _PRICES[rng.integers(len(_PRICES), size=len(account))]
    table = pa.table(
        {
            "payment_id": _payment_ids(account, midnight, len(paid)),
            "account_id": pa.array(book.account[account], pa.string()),
            "paid_at": _times(midnight + second.astype("timedelta64[s]")),
            "instrument": pa.concat_arrays([book.instrument.take(pa.array(paying)), pa.array(nothing, pa.string())]),
            "instrument_kind": pa.array([*paid["instrument_kind"], *["balance"] * len(given)], pa.string()),
            "bin": pa.concat_arrays([_text(paid["bin"]), pa.array(nothing, pa.string())]),
            "billing_country": pa.array([*paid["billing_country"], *nothing], pa.string()),
            "counterparty_account_id": pa.array([*[None] * len(paid), *given_to], pa.string()),
            "amount": np.round(dollars * COUNTRIES["per_dollar"].to_numpy()[country], 2),
            "currency": pa.array(COUNTRIES["currency"].to_numpy(dtype=object)[country], pa.string()),
            "outcome": pa.array(rng.choice(_OUTCOMES, size=len(account), p=(0.93, 0.05, 0.015, 0.005)), pa.string()),
        }
    )
    return _in_order(table, second, book.account[account])


def _payment_ids(account: np.ndarray, midnight: np.datetime64, paid: int) -> pa.Array:
    day = int(midnight.astype("datetime64[D]").astype(np.int64))
    place = np.arange(len(account))
    return pa.array(tokens((day << 32) + place, "pay_"), pa.string())


def _devices(rng: np.random.Generator, book: Book, visits: _Visits, midnight: np.datetime64, day: int) -> pa.Table:
    habits = book.cast.devices
    rows = _drawn(rng, habits, book.cast.people, day, visits.account)
    account = habits["account"].to_numpy()[rows]
    first, last = _seen(rng, visits, account, len(book.account))
    table = pa.table(
        {
            "account_id": pa.array(book.account[account], pa.string()),
            "device": book.device.take(pa.array(rows)),
            "first_seen": _times(midnight + first),
            "last_seen": _times(midnight + last),
            "platform": _text(habits["platform"].iloc[rows]),
            "sessions": 1 + rng.poisson(1.2, len(rows)),
        }
    )
    return _in_order(table, first, book.account[account])


def _ips(
    rng: np.random.Generator, book: Book, landscape: Landscape, visits: _Visits, midnight: np.datetime64, day: int
) -> pa.Table:
    habits = book.cast.addresses
    rows = _drawn(rng, habits, book.cast.people, day, visits.account)
    used = habits.iloc[rows]
    account, block = used["account"].to_numpy(), landscape.blocks.iloc[used["block"].to_numpy()]
    first, last = _seen(rng, visits, account, len(book.account))
    exchanges = book.cast.people["exchanges"].to_numpy()[account]
    table = pa.table(
        {
            "account_id": pa.array(book.account[account], pa.string()),
            "ip": addresses_on(used, landscape, day),
            "first_seen": _times(midnight + first),
            "last_seen": _times(midnight + last),
            "asn": block["asn"].to_numpy(),
            "network_kind": _text(block["kind"]),
            "country": pa.array(COUNTRIES["country"].to_numpy(dtype=object)[block["country"]], pa.string()),
            "requests": 1 + rng.poisson(exchanges * rng.gamma(1.0, 1.0, len(rows))),
        }
    )
    return _in_order(table, first, book.account[account])


def _usage(rng: np.random.Generator, book: Book, visits: _Visits, day: int) -> pa.Table:
    """One row per account and capability; a second capability now and then, the template on the first."""
    people = book.cast.people
    template = _templates_today(rng, book, visits, day)
    asked = np.flatnonzero(rng.random(len(visits.account)) < 0.93)
    also = asked[rng.random(len(asked)) < 0.15]
    visit = np.concatenate([asked, also])
    account = visits.account[visit]
    capability = people["capability"].to_numpy()[account]
    capability[len(asked) :] = (capability[len(asked) :] + rng.integers(1, len(CAPABILITIES), len(also))) % len(
        CAPABILITIES
    )
    mean = people["exchanges"].to_numpy()[account] * np.where(np.arange(len(visit)) < len(asked), 1, 0.3)
    exchanges = 1 + rng.poisson(mean * rng.gamma(3.0, 1 / 3, len(visit)))
    per_exchange = people["tokens"].to_numpy()[account] * rng.lognormal(0, 0.4, len(visit))
    names = np.where(np.arange(len(visit)) < len(asked), template[account], None)
    table = pa.table(
        {
            "account_id": pa.array(book.account[account], pa.string()),
            "capability": pa.array(np.array(CAPABILITIES, dtype=object)[capability], pa.string()),
            "exchanges": exchanges,
            "tokens": (exchanges * per_exchange).astype(np.int64),
            "template": pa.array(names, pa.string()),
            "active_hours": visits.hours[visit],
        }
    )
    return _in_order(table, capability, book.account[account])


def _templates_today(rng: np.random.Generator, book: Book, visits: _Visits, day: int) -> np.ndarray:
    """Template of each account (row of people) that dominates on `day`, or None."""
    rows = _drawn(rng, book.cast.templates, book.cast.people, day, visits.account)
    today = np.full(len(book.account), None, dtype=object)
    today[book.cast.templates["account"].to_numpy()[rows]] = book.template[rows]
    return today


def _drawn(
    rng: np.random.Generator, habits: pd.DataFrame, people: pd.DataFrame, day: int, visitors: np.ndarray | None = None
) -> np.ndarray:
    """Draw the rows of `habits` that come true on `day`, for `visitors` or for all open accounts."""
    here = _present(people, day)
    if visitors is not None:
        here = np.zeros(len(people), dtype=bool)
        here[visitors] = True
    on = here[habits["account"].to_numpy()] & (habits["since"].to_numpy() <= day) & (habits["until"].to_numpy() > day)
    return np.flatnonzero(on & (rng.random(len(habits)) < habits["probability"].to_numpy()))


def _seen(
    rng: np.random.Generator, visits: _Visits, account: np.ndarray, accounts: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw first and last time of rows within the visit of their account, as spans since midnight."""
    visit = np.zeros(accounts, dtype=np.int64)
    visit[visits.account] = np.arange(len(visits.account))
    begin, end = visits.first[visit[account]], visits.last[visit[account]]
    early, late = np.sort(rng.random((2, len(account))), axis=0)
    span = end - begin
    first = begin + (early**2 * span).astype(np.int64)
    last = begin + (np.sqrt(late) * span).astype(np.int64)
    return first.astype("timedelta64[s]"), np.maximum(first, last).astype("timedelta64[s]")


def _times(times: np.ndarray) -> pa.Array:
    return pa.array(times.astype("datetime64[us]"), pa.timestamp("us", tz="UTC"))


def _text(column: pd.Series) -> pa.Array:
    return pa.array(column.to_numpy(dtype=object), pa.string(), from_pandas=True)


def _in_order(table: pa.Table, by: np.ndarray, account: np.ndarray) -> pa.Table:
    """Order rows so that they tell nothing about how they were made."""
    return table.take(pa.array(np.lexsort((account.astype(str), by))))
