"""What consumers read: rings and members as of any day, and the feed of changes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch.store import bookkeeping
from ringwatch.store.door import Door
from ringwatch.store.tables import change
from ringwatch.store.views import flagged_ring_members_history, flagged_rings_history

if TYPE_CHECKING:
    import pandas as pd

HISTORIES = {"rings": flagged_rings_history, "members": flagged_ring_members_history}


class Consumers(Door):
    """The views of the contract, read-only."""

    def as_of(self, what: str, day: date) -> pd.DataFrame:
        """Return `rings` or `members` as a consumer saw them on `day`: those of the newest published day up to then."""
        view = HISTORIES[what].c
        still = sa.or_(view.valid_to.is_(None), view.valid_to > day)
        return self._frame(sa.select(HISTORIES[what]).where(view.day <= day, still), what)

    def history(self, what: str) -> pd.DataFrame:
        """Return `rings` or `members` of all published days, each with the day from which it is another."""
        return self._frame(sa.select(HISTORIES[what]), what)

    def changes(self, since: int = 0) -> pd.DataFrame:
        """Return the changes after `since`, in order: change_seq, day, ring_id, change, content_hash."""
        query = sa.select(change.c.change_seq, change.c.day, change.c.ring_id, change.c.change, change.c.content_hash)
        with self._reading() as connection:
            return bookkeeping.read(connection, query.where(change.c.change_seq > since).order_by(change.c.change_seq))

    def _frame(self, query: sa.Select[Any], what: str) -> pd.DataFrame:
        view = HISTORIES[what].c
        order = [view.day, view.ring_id, *([view.account_id] if what == "members" else [])]
        with self._reading() as connection:
            return bookkeeping.read(connection, query.order_by(*order))
