"""What was done with rows in quarantine, by whom and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ringwatch.store import bookkeeping, database
from ringwatch.store.door import Door
from ringwatch.store.records import Handled
from ringwatch.store.tables import quarantine_log

if TYPE_CHECKING:
    import pandas as pd


class Quarantine(Door):
    """The log of the quarantine, which is never changed."""

    def record(self, handled: Iterable[Handled], author: str, why: str | None = None) -> None:
        """Add what was done with rows in quarantine to the log."""
        with self._writing() as connection:
            said = {"at": database.now(connection), "author": author, "why": why}
            rows = [asdict(one) | said for one in handled]
            if rows:
                connection.execute(sa.insert(quarantine_log), rows)

    def log(self) -> pd.DataFrame:
        """Return what was done with rows in quarantine, oldest first.

        Columns: at (UTC), author, action, why, day, feed, file, rule, count, rows (places such as `3, 7-12`), sha256.
        """
        with self._reading() as connection:
            found = bookkeeping.read(connection, sa.select(quarantine_log).order_by(quarantine_log.c.seq))
        return found.drop(columns="seq")
