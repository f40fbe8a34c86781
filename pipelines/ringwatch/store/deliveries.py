"""The completeness ledger: what arrived of each feed on each day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from ringwatch.store.door import Door
from ringwatch.store.records import LedgerEntry
from ringwatch.store.tables import delivery


class Deliveries(Door):
    """The ledger, one entry a day and feed."""

    def record(self, day: date, entries: Iterable[LedgerEntry]) -> None:
        """Make `entries` all that is said of `day`; a feed whose content is another than before counts as restated."""
        with self._writing() as connection:
            before = {row.feed: row for row in connection.execute(sa.select(delivery).where(delivery.c.day == day))}
            connection.execute(sa.delete(delivery).where(delivery.c.day == day))
            rows = [
                asdict(entry) | {"day": day, "restated": _restated(entry, before.get(entry.feed))}
                for entry in sorted(entries, key=lambda entry: entry.feed)
            ]
            if rows:
                connection.execute(sa.insert(delivery), rows)

    def between(self, first: date | None = None, last: date | None = None) -> list[dict[str, Any]]:
        """Return the ledger from `first` to `last`, both included, sorted by day and feed.

        Columns: day, feed, files, rows, clean, held, quarantined, duplicates, late, sha256, complete, restated (how
        often other content than before was delivered for the day).
        """
        query = sa.select(delivery)
        if first:
            query = query.where(delivery.c.day >= first)
        if last:
            query = query.where(delivery.c.day <= last)
        return self._rows(query.order_by(delivery.c.day, delivery.c.feed))

    def of(self, day: date) -> list[LedgerEntry]:
        """Return the ledger of `day`, one entry a feed."""
        columns = [delivery.c[field.name] for field in fields(LedgerEntry)]
        query = sa.select(*columns).where(delivery.c.day == day).order_by(delivery.c.feed)
        return [LedgerEntry(**row) for row in self._rows(query)]


def _restated(entry: LedgerEntry, before: Any) -> int:
    """The same files judged again are no restatement."""
    if before is None:
        return 0
    return int(before.restated + (before.sha256 != entry.sha256))
