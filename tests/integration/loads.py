"""A small world with churn, late rows, held rows and a purge; and what a graph says as a whole."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.days import history, run_report
from ringwatch.graph import Graph
from ringwatch.night import Night, Report, open_night
from ringwatch.settings import Settings, load_settings
from ringwatch.stages import load

# Thursday to Monday: on the Sunday goes what three complete days did not renew.
DAYS = [date(2026, 3, 5) + timedelta(days=i) for i in range(5)]
ACCOUNTS = 40
Row = dict[str, Any]

# Both ends of a relationship by their keys; what link wrote has the day on which it changed last.
_NODES = """
MATCH (n)
RETURN labels(n) AS labels, CASE WHEN $plain AND n.hub IS NOT NULL THEN n{.*, updated_on: null} ELSE n{.*} END AS node
"""
_RELATIONSHIPS = """
MATCH (a)-[r]->(b)
RETURN labels(a) AS from_labels, a{.*, updated_on: null} AS source, type(r) AS type,
  CASE WHEN $plain AND type(r) = 'LINKED_TO' THEN r{.*, updated_on: null} ELSE r{.*} END AS properties,
  labels(b) AS to_labels, b{.*, updated_on: null} AS target
"""


def settings_at(home: Path, **more: Any) -> Settings:
    """Small batches, a short window, and a graph that hears of some things late."""
    return load_settings(home=home, batch_rows=15, window_days=3, refresh_days=2, **more)


def everything(graph: Graph, without_updated_on_of_link: bool = False) -> str:
    """A digest of all nodes and relationships with labels, types and properties, in whatever order they come."""
    plain = without_updated_on_of_link
    rows = [*graph.read(_NODES, plain=plain), *graph.read(_RELATIONSHIPS, plain=plain)]
    lines = sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def deliver(home: Path, days: list[date] = DAYS, seed: int = 7) -> None:
    """Leave the days in a home as validate does."""
    for day in days:
        with open_night(settings_at(home), day) as night:
            _leave(night, _rows(Random(f"{seed} {day}"), day))


def night_at(settings: Settings, day: date) -> Night:
    return open_night(settings, day)


def load_days(settings: Settings, days: list[date]) -> None:
    for day in days:
        with open_night(settings, day) as night:
            load.run(night)


def copy_days(source: Path, home: Path) -> None:
    shutil.rmtree(home / "days", ignore_errors=True)
    shutil.rmtree(home / "graph", ignore_errors=True)
    shutil.copytree(source / "days", home / "days")


def _leave(night: Night, feeds: dict[str, dict[str, list[Row]]]) -> None:
    counts: dict[str, int] = {}
    for name, parts in feeds.items():
        schema = history.clean_schema(night.model.feeds[name])
        for part, rows in parts.items():
            path = getattr(night.files, part)(night.day, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist([row | {"day": night.day} for row in rows], schema=schema), path)
        quarantine = night.files.quarantine(night.day, name)
        quarantine.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"row": pa.array([], pa.int64())}), quarantine)
        held = len(parts.get("held", []))
        counts |= {f"{name}.rows": len(parts["clean"]) + held, f"{name}.held": held, f"{name}.duplicates": 0}
    run_report.add(night, Report("validate", night.day, counts))


def _rows(draw: Random, day: date) -> dict[str, dict[str, list[Row]]]:
    first = day == DAYS[0]
    names = [f"A{i:02}" for i in range(ACCOUNTS)]
    here = [name for name in names if int(name[1:]) < 25 + 3 * (day - DAYS[0]).days]
    to_come = [name for name in names if name not in here]
    told = [name for name in here if first or draw.random() < 0.15 or int(name[1:]) >= len(here) - 3]
    return {
        "accounts": {"clean": [_account(draw, name, names, day) for name in told]},
        "devices": {
            "clean": [_device(draw, name, day) for name in here if draw.random() < 0.7],
            "held": [_device(draw, name, day) for name in to_come if draw.random() < 0.3],
        },
        "payments": {"clean": [_payment(draw, i, name, names, day) for i, name in enumerate(here)]},
        "usage": {"clean": [_usage(draw, name) for name in here if draw.random() < 0.5]},
    }


def _account(draw: Random, name: str, names: list[str], day: date) -> Row:
    return {
        "account_id": name,
        "created_at": datetime.combine(day, datetime.min.time()),
        "status": draw.choice(["active", "closed"]),
        "mailbox": draw.choice([f"m{name}", "shared", None]),
        "phone": draw.choice([f"p{name}", None]),
        "referred_by": draw.choice([*names, None, None]),
    }


def _device(draw: Random, name: str, day: date) -> Row:
    seen = _moment(draw, day)
    platform = draw.choice(["ios", 'a\nline, and "more"', "", None])
    key = f"d{draw.randrange(6)}" if draw.random() < 0.2 else f"d{name}-{draw.randrange(3)}"
    return {"account_id": name, "device": key, "first_seen": seen, "last_seen": seen, "platform": platform}


def _payment(draw: Random, i: int, name: str, names: list[str], day: date) -> Row:
    return {
        "payment_id": f"{day}-{i}",
        "account_id": name,
        "paid_at": _moment(draw, day),
        "instrument": draw.choice([f"c{name}", f"c{draw.randrange(4)}", None]),
        "instrument_kind": "card",
        "counterparty_account_id": draw.choice([*names, None, None, None]),
    }


def _usage(draw: Random, name: str) -> Row:
    template = draw.choice(["t1", "t2", f"t{name}"])
    return {"account_id": name, "capability": "chat", "exchanges": draw.randrange(9), "template": template}


def _moment(draw: Random, day: date) -> datetime:
    late = draw.choice([0, 0, 0, 1, 4])
    return datetime.combine(day - timedelta(days=late), datetime.min.time()) + timedelta(minutes=draw.randrange(1400))
