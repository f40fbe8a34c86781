"""What the graph should say, worked out key by key in plain Python: the rule of the runbook, without a database.

`docs/decisions/as-of.md` is what this follows; nothing here is taken from the queries.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

Row = dict[str, Any]
Days = dict[date, dict[str, list[Row]]]
WINDOW_DAYS, REFRESH_DAYS, HELD_DAYS = 9, 4, 2


@dataclass
class Fact:
    """What is known of a key, and what the graph was told of it last."""

    times: list[datetime] = field(default_factory=list)
    events: int = 0
    newest: date | None = None
    told: Row | None = None

    def saw(self, first: datetime, last: datetime, events: int, day: date) -> None:
        self.times += [first, last]
        self.events += events
        self.newest = day

    @property
    def first(self) -> datetime:
        return min(self.times)

    @property
    def last(self) -> datetime:
        return max(self.times[1::2])


@dataclass
class World:
    """The facts by table and key."""

    since: dict[str, date] = field(default_factory=dict)
    said: dict[str, Row] = field(default_factory=dict)
    accounts: dict[str, Fact] = field(default_factory=lambda: defaultdict(Fact))
    edges: dict[str, dict[tuple[str, str], Fact]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Fact))
    )
    platforms: dict[str, tuple[datetime, str] | None] = field(default_factory=dict)
    identifiers: dict[str, Row] = field(default_factory=dict)


def says(days: Days) -> dict[str, dict[Any, Row]]:
    """Return what the graph should say after the last of `days`: table, key, properties.

    `days` holds by day the clean rows of `accounts`, `devices`, `transfers`, and `held`: those of devices that wait.
    """
    world, before = World(), min(days) - timedelta(days=1)
    for day in sorted(days):
        passed = [before + timedelta(days=i) for i in range(1, (day - before).days + 1)]
        _live(world, day, days, [one.toordinal() % REFRESH_DAYS for one in passed])
        if any(one.weekday() == 6 for one in passed):
            _purge(world, day, days)
        before = day
    return _told(world)


def _live(world: World, day: date, days: Days, slots: list[int]) -> None:
    clean = days[day]
    for row in clean["accounts"]:
        world.since.setdefault(row["account_id"], day)
    devices = clean["devices"] + _admitted(world, day, days)
    lasting = [(row["account_id"], row["mailbox"]) for row in clean["accounts"]]
    hosts = [(row["account_id"], row["referred_by"]) for row in clean["accounts"]]
    used = [(r["account_id"], r["device"], r["first_seen"], r["last_seen"], r["sessions"]) for r in devices]
    sent = [(r["account_id"], r["counterparty"], r["sent_at"], r["sent_at"], None) for r in clean["transfers"]]
    at = datetime.combine(day, datetime.min.time())
    for table, pairs in (("HAS_MAILBOX", lasting), ("REFERRED_BY", hosts)):
        spoke, named = {pair[0] for pair in pairs}, set(pairs)
        edges = world.edges[table]
        for key in [key for key in edges if key[0] in spoke and key not in named]:
            del edges[key]
        _grow(world, table, day, slots, [(*pair, at, at, None) for pair in pairs], between=table == "REFERRED_BY")
    _grow(world, "USED_DEVICE", day, slots, used, between=False)
    _grow(world, "TRANSFERRED_TO", day, slots, sent, between=True)
    _grow_accounts(world, day, slots, clean["accounts"], [*used, *sent])
    _grow_devices(world, day, devices)
    for mailbox in {pair[1] for pair in lasting if pair[1]}:
        world.identifiers.setdefault(f"Mailbox {mailbox}", {"updated_on": day})


def _admitted(world: World, day: date, days: Days) -> list[Row]:
    return [
        row
        for held, feeds in days.items()
        if held <= day
        for row in feeds["held"]
        if (since := world.since.get(row["account_id"])) is not None
        if max(held, since) == day and since <= held + timedelta(days=HELD_DAYS)
    ]


def _grow(world: World, table: str, day: date, slots: list[int], rows: list[Any], between: bool) -> None:
    edges, seen = world.edges[table], set()
    for account, far, first, last, events in rows:
        if far is not None and not (between and far == account):
            edges[account, far].saw(first, last, 1 if events is None else events, day)
            seen.add((account, far))
    for key, fact in edges.items():
        ready = key[0] in world.since and (not between or key[1] in world.since)
        if fact.told is None and ready:
            fact.newest = day
        if _renewed(fact, day, slots, key[0], key in seen) if fact.told else ready:
            days = len({time.date() for time in fact.times[1::2]})
            fact.told = {"first_seen": fact.first, "last_seen": fact.last, "days": days, "events": fact.events}
            fact.told["updated_on"] = fact.newest


def _renewed(fact: Fact, day: date, slots: list[int], account: str, seen: bool) -> bool:
    return slot(account) in slots or (seen and fact.told["last_seen"].date() < day - timedelta(days=REFRESH_DAYS))


def slot(account: str) -> int:
    return int.from_bytes(hashlib.md5(account.encode()).digest()[8:], "little") % REFRESH_DAYS


def _grow_accounts(world: World, day: date, slots: list[int], named: list[Row], active: list[Any]) -> None:
    touched = {row["account_id"] for row in named} | {row[0] for row in active}
    changed = set()
    for account, _, first, last, _ in active:
        world.accounts[account].saw(first, last, 0, day)
    for account in sorted({row["account_id"] for row in named}):
        rows = [row for row in named if row["account_id"] == account]
        said = {name: max(row[name] for row in rows) for name in ("created_at", "status")}
        if world.said.get(account) != said:
            changed.add(account)
        world.said[account] = said
    for account in touched | set(world.accounts):
        fact = world.accounts[account]
        fact.newest = day if account in touched else fact.newest
        if account not in world.since:
            continue
        if fact.told is None or account in changed or _renewed(fact, day, slots, account, account in touched):
            opened = world.said[account]["created_at"]
            seen = {"first_seen": fact.first, "last_seen": fact.last} if fact.times else {}
            fact.told = {"first_seen": opened, "last_seen": opened} | seen | {"updated_on": fact.newest}


def _grow_devices(world: World, day: date, rows: list[Row]) -> None:
    for device in sorted({row["device"] for row in rows}):
        said = [(row["last_seen"], row["platform"]) for row in rows if row["device"] == device and row["platform"]]
        before = world.platforms.get(device)
        newest = max(said, default=None)
        now = before if newest is None or (before and before[0] > newest[0]) else newest
        world.platforms[device] = now
        known = world.identifiers.get(f"Device {device}")
        platform = now[1] if now else None
        if known is None or known["platform"] != platform:
            world.identifiers[f"Device {device}"] = {"platform": platform, "updated_on": day}


def _purge(world: World, day: date, days: Days) -> None:
    for table, feed in (("USED_DEVICE", "devices"), ("TRANSFERRED_TO", "transfers")):
        complete = sorted(
            (one for one in days if one <= day and feed not in days[one].get("partial", ())), reverse=True
        )
        if len(complete) >= WINDOW_DAYS:
            edges = world.edges[table]
            for key in [key for key, fact in edges.items() if fact.last.date() < complete[WINDOW_DAYS - 1]]:
                del edges[key]
    for label, table in (("Device", "USED_DEVICE"), ("Mailbox", "HAS_MAILBOX")):
        used = {f"{label} {far}" for _, far in world.edges[table]}
        for key in [key for key in world.identifiers if key.startswith(f"{label} ") and key not in used]:
            del world.identifiers[key]
            world.platforms.pop(key.removeprefix("Device "), None)


def _told(world: World) -> dict[str, dict[Any, Row]]:
    told: dict[str, dict[Any, Row]] = {"Account": {}, "Device": {}, "Mailbox": {}}
    for account, fact in world.accounts.items():
        if fact.told:
            told["Account"][account] = world.said[account] | fact.told
    for key, properties in world.identifiers.items():
        label, _, name = key.partition(" ")
        told[label][name] = properties
    for table, edges in world.edges.items():
        told[table] = {key: fact.told for key, fact in edges.items() if fact.told}
    return told
