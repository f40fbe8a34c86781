"""Small worlds of clean days for the loader: a model of three feeds, rows at random, and nights that see them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from by_hand import HELD_DAYS, REFRESH_DAYS, WINDOW_DAYS, Days, Row

from ringwatch.days import history
from ringwatch.days.files import Files
from ringwatch.night import Night
from ringwatch.resources import SCHEMAS
from ringwatch.settings import load_settings

EVIDENCE = "{facet: %s, bits: 2, hub_limit: 30, cap_bits: 4, wording: share it}"
FEEDS = {
    "accounts": f"""
feed: accounts
description: Accounts.
key: [account_id]
columns:
  account_id: {{type: text, required: true, description: Id.}}
  created_at: {{type: timestamp, required: true, description: Opened.}}
  status: {{type: text, required: true, description: Status.}}
  mailbox: {{type: text, description: Mailbox.}}
  referred_by: {{type: text, description: Host.}}
node: {{label: Account, key: account_id, properties: [created_at, status]}}
relationships:
  HAS_MAILBOX: {{to: {{label: Mailbox, key: mailbox}}, lasting: true, evidence: {EVIDENCE % "mailbox"}}}
  REFERRED_BY:
    to: {{label: Account, key: account_id, column: referred_by}}
    lasting: true
    evidence: {EVIDENCE % "referral"}
""",
    "devices": f"""
feed: devices
description: Devices.
key: [account_id, device]
columns:
  account_id: {{type: account, required: true, description: Id.}}
  device: {{type: text, required: true, description: Device.}}
  first_seen: {{type: timestamp, required: true, description: First.}}
  last_seen: {{type: timestamp, required: true, description: Last.}}
  platform: {{type: text, description: Platform.}}
  sessions: {{type: integer, description: Sessions.}}
relationships:
  USED_DEVICE:
    to: {{label: Device, key: device, properties: {{platform: platform}}}}
    seen: [first_seen, last_seen]
    events: sessions
    evidence: {EVIDENCE % "device"}
""",
    "transfers": f"""
feed: transfers
description: Transfers.
key: [account_id]
columns:
  account_id: {{type: account, required: true, description: Id.}}
  counterparty: {{type: text, description: Receiver.}}
  sent_at: {{type: timestamp, required: true, description: When.}}
relationships:
  TRANSFERRED_TO:
    to: {{label: Account, key: account_id, column: counterparty}}
    seen: [sent_at, sent_at]
    evidence: {EVIDENCE % "transfer"}
""",
}


@dataclass
class Ledger:
    """The only part of the store that the loader asks: a store whose door it is, too."""

    partial: list[tuple[date, str]] = field(default_factory=list)

    @property
    def deliveries(self) -> Ledger:
        return self

    def between(self, first: date | None = None, last: date | None = None) -> list[dict[str, Any]]:
        days = [(day, feed) for day, feed in self.partial if last is None or day <= last]
        return [{"day": day, "feed": feed, "complete": False, "rows": 1} for day, feed in days]

    def close(self) -> None:
        pass


def write_model(folder: Path) -> Path:
    (folder / "schemas").mkdir(parents=True, exist_ok=True)
    shutil.copy(SCHEMAS / "defaults.yml", folder / "schemas")
    for name, text in FEEDS.items():
        (folder / "schemas" / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder


def night_of(home: Path, model: Path, day: date, days: Days, **settings: Any) -> Night:
    chosen = {"window_days": WINDOW_DAYS, "refresh_days": REFRESH_DAYS, "held_days": HELD_DAYS} | settings
    night = Night(day, load_settings(home=home, model_dir=model, **chosen), Files(home))
    partial = [(one, feed) for one, feeds in days.items() for feed in feeds.get("partial", ())]
    night.doors.store = Ledger(partial)
    return night


def write_days(night: Night, days: Days) -> None:
    """Leave the files of `days` as validate would."""
    for day, feeds in days.items():
        for name, feed in night.model.feeds.items():
            write_rows(night.files.clean(day, name), feed, feeds[name], day)
        if feeds["held"]:
            write_rows(night.files.held(day, "devices"), night.model.feeds["devices"], feeds["held"], day)


def write_rows(path: Path, feed: Any, rows: list[Row], day: date) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([row | {"day": day} for row in rows], schema=history.clean_schema(feed))
    pq.write_table(table, path)


def random_days(seed: int, start: date = date(2026, 3, 4), span: int = 30) -> Days:
    """Days with gaps, late rows, accounts that come late, mailboxes that change, held rows, partial deliveries."""
    draw = Random(seed)
    names = [f"A{i}" for i in range(10)]
    come = {name: start + timedelta(days=draw.choice([0, 0, 0, 1, 3, 8, 20])) for name in names}
    days: Days = {}
    for offset in range(span):
        day = start + timedelta(days=offset)
        if offset == 0 or draw.random() > 0.2:
            days[day] = _random_day(draw, day, names, come)
    return days


def _random_day(draw: Random, day: date, names: list[str], come: dict[str, date]) -> Any:
    known = [name for name in names if come[name] <= day]
    waiting = [name for name in names if come[name] > day]
    opened = [name for name in known if come[name] == day or draw.random() < 0.08]
    return {
        "accounts": [_account(draw, name, names, come) for name in opened if draw.random() < 0.95],
        "devices": [_device(draw, name, day) for name in known for _ in range(draw.choice([0, 0, 1, 2]))],
        "transfers": [_transfer(draw, name, names, day) for name in known if draw.random() < 0.2],
        "held": [_device(draw, name, day) for name in waiting if draw.random() < 0.4],
        "partial": [feed for feed in ("devices", "transfers") if draw.random() < 0.15],
    }


def _account(draw: Random, name: str, names: list[str], come: dict[str, date]) -> Row:
    return {
        "account_id": name,
        "created_at": datetime.combine(come[name], datetime.min.time()),
        "status": draw.choice(["active", "active", "closed"]),
        "mailbox": draw.choice([None, f"m{name}", "shared", "other"]),
        "referred_by": draw.choice([None, None, *names]),
    }


def _device(draw: Random, name: str, day: date) -> Row:
    first = _moment(draw, day)
    return {
        "account_id": name,
        "device": f"d{draw.choice([0, 1, 2, int(name[1:]) + 3, int(name[1:]) + 3])}",
        "first_seen": first,
        "last_seen": first + timedelta(hours=draw.choice([0, 1])),
        "platform": draw.choice([None, None, "ios", "linux"]),
        "sessions": draw.choice([None, 0, 2, 5]),
    }


def _transfer(draw: Random, name: str, names: list[str], day: date) -> Row:
    return {"account_id": name, "counterparty": draw.choice([None, *names]), "sent_at": _moment(draw, day)}


def _moment(draw: Random, day: date) -> datetime:
    late = draw.choice([0, 0, 0, 0, 1, 3, 12])
    return datetime.combine(day - timedelta(days=late), datetime.min.time()) + timedelta(hours=draw.randrange(22))
