"""The completeness ledger: what arrived of each feed on each day. Statements on a connection that the store opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch.store import bookkeeping
from ringwatch.store.records import LedgerEntry
from ringwatch.store.tables import delivery

if TYPE_CHECKING:
    pass


def record(connection: sa.Connection, day: date, entries: Iterable[LedgerEntry]) -> None:
    """Make `entries` all that is said of `day`; a feed whose content is another than before counts as restated."""
    before = {row.feed: row for row in connection.execute(sa.select(delivery).where(delivery.c.day == day))}
    connection.execute(sa.delete(delivery).where(delivery.c.day == day))
    rows = [
        asdict(entry) | {"day": day, "restated": _restated(entry, before.get(entry.feed))}
        for entry in sorted(entries, key=lambda entry: entry.feed)
    ]
    if rows:
        connection.execute(sa.insert(delivery), rows)


def deliveries(connection: sa.Connection, first: date | None, last: date | None) -> list[dict[str, Any]]:
    """Return the rows of `delivery` from `first` to `last`, both included, sorted by day and feed."""
    query = sa.select(delivery)
    if first:
        query = query.where(delivery.c.day >= first)
    if last:
        query = query.where(delivery.c.day <= last)
    return bookkeeping.rows(connection, query.order_by(delivery.c.day, delivery.c.feed))


def entries(connection: sa.Connection, day: date) -> list[LedgerEntry]:
    """Return what is said of `day`, by feed."""
    columns = [delivery.c[field.name] for field in fields(LedgerEntry)]
    query = sa.select(*columns).where(delivery.c.day == day).order_by(delivery.c.feed)
    return [LedgerEntry(**row) for row in connection.execute(query).mappings()]


def _restated(entry: LedgerEntry, before: Any) -> int:
    """The same files judged again are no restatement."""
    if before is None:
        return 0
    return int(before.restated + (before.sha256 != entry.sha256))
