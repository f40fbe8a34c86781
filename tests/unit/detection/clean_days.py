"""Rows of clean days, as people would say them: A used the device d on Monday."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch import duck
from ringwatch.days.files import Files
from ringwatch.days.history import clean_schema
from ringwatch.night import Night
from ringwatch.settings import load_settings
from ringwatch.window import sharing

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 3, day) for day in (2, 3, 4, 5))

Rows = list[dict[str, Any]]


def accounts(*names: str, **columns: Any) -> Rows:
    """Accounts that were opened long before the window."""
    opened = {"created_at": datetime(2025, 1, 1), "status": "active"}
    return [opened | {"account_id": name} | columns for name in names]


def used(account: str, device: str, day: date) -> dict[str, Any]:
    noon = datetime(day.year, day.month, day.day, 12)
    return {"account_id": account, "device": device, "first_seen": noon, "last_seen": noon}


def connected(account: str, ip: str, day: date) -> dict[str, Any]:
    noon = datetime(day.year, day.month, day.day, 12)
    return {"account_id": account, "ip": ip, "first_seen": noon, "last_seen": noon}


def sent(account: str, to: str, day: date) -> dict[str, Any]:
    noon = datetime(day.year, day.month, day.day, 12)
    return {"payment_id": f"{account}>{to}", "account_id": account, "counterparty_account_id": to, "paid_at": noon}


def paid(account: str, instrument: str, day: date) -> dict[str, Any]:
    noon = datetime(day.year, day.month, day.day, 12)
    return {"payment_id": f"{account}@{day}", "account_id": account, "instrument": instrument, "paid_at": noon}


def write_days(home: Path, days: dict[date, dict[str, Rows]], **settings: Any) -> Night:
    """Write clean days ({day: {feed: rows}}) and return the night of the last one."""
    night = Night(max(days), load_settings(home=home, **settings), Files(home))
    for day, feeds in days.items():
        for feed, rows in feeds.items():
            path = night.files.clean(day, feed)
            path.parent.mkdir(parents=True, exist_ok=True)
            stamped = [row | {"day": day} for row in rows]
            schema = clean_schema(night.model.feeds[feed])
            pq.write_table(pa.Table.from_pylist(stamped, schema=schema), path)
    return night


def shared_copy(night: Night) -> duckdb.DuckDBPyConnection:
    """The tables of `sharing` in memory, to be changed."""
    sharing.open_sharing(night).close()
    copy = duck.connect()
    duck.attach(copy, night.files.sharing, "made")
    copy.execute("COPY FROM DATABASE made TO memory; DETACH made")
    return copy
