"""Digests of what a published day says, and of what it follows from."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch.store.tables import delivery, run

if TYPE_CHECKING:
    import pandas as pd

    from ringwatch.store.records import Nightly

_DELIVERED = (delivery.c.feed, delivery.c.sha256, delivery.c.clean, delivery.c.held, delivery.c.quarantined)


def is_stale(connection: sa.Connection, day: date) -> bool:
    """Whether the day is published, and follows from something else than is delivered and published now."""
    query = sa.select(run.c.made_from).where(run.c.day == day, run.c.state == "published")
    made_from = connection.scalar(query)
    return made_from is not None and made_from != by_day(connection).get(day)


def content(night: Nightly) -> str:
    """Return a digest of all that a night says of rings, members and reasons."""
    tables = [night.rings.drop(columns="fingerprint", errors="ignore"), night.members, night.evidence]
    rows = [records(table) for table in tables]
    return _sha256(json.dumps(rows, sort_keys=True, default=str))


def by_day(connection: sa.Connection) -> dict[date, str]:
    """Return by day a digest of what was delivered up to it and of what the published days before it say."""
    delivered = connection.execute(sa.select(delivery.c.day, *_DELIVERED).order_by(delivery.c.day, delivery.c.feed))
    arrived = {day: str([tuple(row[1:]) for row in rows]) for day, rows in groupby(delivered, lambda row: row.day)}
    published = connection.execute(sa.select(run.c.day, run.c.content).where(run.c.state == "published"))
    says = {day: said or "" for day, said in published}
    chain, found = "", {}
    for day in sorted(arrived.keys() | says.keys()):
        chain = found[day] = _sha256(chain + arrived.get(day, ""))
        if day in says:
            chain = _sha256(chain + says[day])
    return found


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: lists for arrays, None for what is missing."""
    values = frame.astype(object).where(frame.notna(), None)
    rows: list[dict[str, Any]] = values.to_dict("records")  # type: ignore[assignment]
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
