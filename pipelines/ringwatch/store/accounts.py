"""What the review store knows of one account. Statements on a connection that the store opened."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ringwatch.store import bookkeeping
from ringwatch.store.tables import ring, ring_night, ring_night_member, run
from ringwatch.store.views import ring_member

if TYPE_CHECKING:
    import pandas as pd


def nights(connection: sa.Connection, account_id: str) -> pd.DataFrame:
    """Return the published nights on which the account was in a ring, oldest first.

    Columns: day, ring_id, canonical_ring_id (that it goes under now), event, ring_probability, size, probability, role.
    """
    member, night = ring_night_member.c, ring_night.c
    query = (
        sa.select(
            member.day,
            member.ring_id,
            ring.c.canonical_ring_id,
            night.event,
            night.probability.label("ring_probability"),
            night.size,
            member.probability,
            member.role,
        )
        .join(ring_night, (night.day == member.day) & (night.ring_id == member.ring_id))
        .join(ring, ring.c.ring_id == member.ring_id)
        .where(member.account_id == account_id)
    )
    return bookkeeping.read(connection, query.order_by(member.day))


def former(connection: sa.Connection, since: date) -> pd.DataFrame:
    """Return the last stay of each account in each ring that it left after `since` and is in no more.

    Columns: account_id, ring_id, state (of the ring), probability, role, since, until; sorted by ring_id, account_id.
    """
    stay, key = ring_member.c, ["ring_id", "account_id"]
    about = [stay.account_id, stay.ring_id, ring.c.state, stay.probability, stay.role]
    query = (
        sa.select(*about, stay.valid_from.label("since"), stay.valid_to.label("until"))
        .join(ring, ring.c.ring_id == stay.ring_id)
        .where(sa.or_(stay.valid_to > since, stay.valid_to.is_(None)))
    )
    newest = bookkeeping.read(connection, query.order_by(stay.valid_from)).drop_duplicates(key, keep="last")
    return newest[newest["until"].notna()].sort_values(key, ignore_index=True)


def withheld(connection: sa.Connection, after: date | None) -> tuple[date, str] | None:
    """Return day and reason of the newest night that was withheld, if it is of a day after `after`."""
    query = sa.select(run.c.day, run.c.state, run.c.reason).order_by(run.c.day.desc(), run.c.run_id.desc())
    newest = connection.execute(query.limit(1)).one_or_none()
    if newest is None or newest.state != "withheld" or (after and newest.day <= after):
        return None
    return newest.day, newest.reason
