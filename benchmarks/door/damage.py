"""Rows that a gate must refuse, count or hold: put into clean feeds, each bad row breaking one rule."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Rows that are delivered twice, that say something else about the same key, and of accounts that nobody named.
_TWICE, _CONFLICTING, _STRANGERS = 0.002, 0.0002, 0.001

_LASTING = ("email", "phone")


def spoil(rng: np.random.Generator, feed: str, table: pa.Table, day: date, share: float, first: bool) -> pa.Table:
    """Return `table` with a bad value in a `share` of its rows, some rows of strangers, repeats and conflicts.

    `first`: no account was named before. On later days nothing bad takes the place of an e-mail address or phone number
    that was good: whoever only sends rows does not take back what they no longer say.
    """
    rows = rng.permutation(table.num_rows)
    faults = [fault for fault in _faults(feed, day) if first or fault[0] not in _LASTING]
    each = min(max(round(share * len(rows) / len(faults)), 1), len(rows) // (10 * len(faults)))
    for i, (column, value) in enumerate(faults):
        table = _put(table, column, rows[i * each : (i + 1) * each], value)
    spare = rows[len(faults) * each :]
    strangers, twice, conflicting = _shares(spare, _STRANGERS, _TWICE, _CONFLICTING)
    if feed != "accounts":
        table = _put(table, "account_id", strangers, "acc_nobody")
    repeated = table.take(pa.array(np.sort(twice)))
    other = table.take(pa.array(np.sort(conflicting)))
    column, values = _ELSE[feed]
    other = other.set_column(other.schema.get_field_index(column), column, values(other[column]))
    return pa.concat_tables([table, repeated, other])


def _shares(rows: np.ndarray, *shares: float) -> list[np.ndarray]:
    """Cut off parts of `rows`, each at least one long where there are enough."""
    ends = np.cumsum([max(round(share * len(rows)), 1) for share in shares])
    return np.split(rows, ends)[:-1]


def _faults(feed: str, day: date) -> list[tuple[str, Any]]:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # feeds without a zone are in UTC
    days_later, ancient = midnight + timedelta(days=2, hours=3), datetime(1970, 1, 1)  # noqa: DTZ001
    everywhere: list[tuple[str, Any]] = [
        ("account_id", None),
        ("account_id", "acc_\x07bell"),
        ("account_id", "x" * 300),
    ]
    seen = [("first_seen", None), ("last_seen", days_later), ("first_seen", ancient), ("last_seen", midnight)]
    own: dict[str, list[tuple[str, Any]]] = {
        "accounts": [
            *[("created_at", None), ("created_at", days_later), ("status", "banned"), ("country", "X1")],
            *[("email", "not an address"), ("phone", "twelve")],
        ],
        "devices": [("device", None), ("device", "y" * 300), ("sessions", -3), *seen],
        "ips": [
            *[("ip", "999.1.1.1"), ("ip", None), ("asn", 1 << 33), ("network_kind", "pigeon"), ("country", "X1")],
            *seen,
        ],
        "payments": [
            *[("paid_at", None), ("paid_at", days_later), ("instrument_kind", "iou"), ("bin", "12AB")],
            *[("amount", -5.0), ("currency", "QQQ"), ("outcome", "lost"), ("billing_country", "X1")],
        ],
        "usage": [("capability", None), ("exchanges", -1), ("tokens", -1), ("active_hours", 1 << 24)],
    }
    return own[feed] + everywhere


def _put(table: pa.Table, column: str, rows: np.ndarray, value: Any) -> pa.Table:
    chosen = np.zeros(table.num_rows, dtype=bool)
    chosen[rows] = True
    was = table[column]
    new = pc.if_else(pa.array(chosen), pa.scalar(value, was.type), was)
    return table.set_column(table.schema.get_field_index(column), column, new)


def _other_text(values: pa.ChunkedArray) -> pa.Array:
    return pa.array(["closed"] * len(values), values.type)


def _one_more(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.add(values, 1)


# A column outside the key, and what a conflicting row says in it.
_ELSE: dict[str, Any] = {
    "accounts": ("status", _other_text),
    "devices": ("sessions", _one_more),
    "ips": ("requests", _one_more),
    "payments": ("amount", _one_more),
    "usage": ("exchanges", _one_more),
}
