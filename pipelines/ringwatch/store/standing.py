"""What became of each ring, after a day was written or taken back: the table `ring` in line with the nights.

Statements on a connection that the store opened. No ring is ever lost: one that no night has any more is withdrawn,
and is known by its last members when it comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ringwatch.store import bookkeeping
from ringwatch.store.tables import ring, ring_night, run, withdrawal, withdrawn_member

if TYPE_CHECKING:
    import pandas as pd

_FLAGGED = sa.select(ring_night.c.ring_id).where(ring_night.c.flagged)


def settle(connection: sa.Connection, day: date, run_id: int, gone: pd.DataFrame, into: Mapping[str, str]) -> int:
    """Bring the table in line with the nights after a run wrote `day`; return how many rings that withdrew.

    `gone`: ring_id, account_id that the day had before; `into`: where most of a ring went that it has no more.
    """
    withdrawn = _withdraw(connection, day, run_id, gone, into)
    _days(connection)
    _canonical(connection)
    _states(connection)
    return withdrawn


def _withdraw(connection: sa.Connection, day: date, run_id: int, gone: pd.DataFrame, into: Mapping[str, str]) -> int:
    for table in (withdrawn_member, withdrawal):
        connection.execute(sa.delete(table).where(table.c.ring_id.in_(_FLAGGED)))
    left = gone[~gone["ring_id"].isin(set(connection.scalars(_FLAGGED)))]
    rings = left[["ring_id"]].drop_duplicates()
    rows = rings.assign(run_id=run_id, day=day, into_ring_id=rings["ring_id"].map(into))
    bookkeeping.insert(connection, withdrawal, rows)
    bookkeeping.insert(connection, withdrawn_member, left[["ring_id", "account_id"]])
    return len(rings)


def _days(connection: sa.Connection) -> None:
    """First and last day; a ring that was withdrawn keeps those it had."""
    flagged = ring_night.c.ring_id == ring.c.ring_id, ring_night.c.flagged
    first = sa.select(sa.func.min(ring_night.c.day)).where(*flagged).scalar_subquery()
    last = sa.select(sa.func.max(ring_night.c.day)).where(*flagged).scalar_subquery()
    connection.execute(
        sa.update(ring).values(
            first_day=sa.func.coalesce(first, ring.c.first_day), last_day=sa.func.coalesce(last, ring.c.last_day)
        )
    )


def _canonical(connection: sa.Connection) -> None:
    """A ring that is in another goes under the ring at the end of its chain.

    The chain ends: who took a ring in was flagged on that day, so its own merger can only be of a later day and its
    own withdrawal of a later run.
    """
    went = connection.execute(sa.select(withdrawal.c.ring_id, withdrawal.c.into_ring_id)).all()
    into = {ring_id: target for ring_id, target in went if target} | bookkeeping.absorbed(connection)
    rings = connection.execute(sa.select(ring.c.ring_id, ring.c.canonical_ring_id)).all()
    for ring_id, stored in rings:
        canonical = ring_id
        while canonical in into:
            canonical = into[canonical]
        if canonical != stored:
            connection.execute(sa.update(ring).where(ring.c.ring_id == ring_id).values(canonical_ring_id=canonical))


def _states(connection: sa.Connection) -> None:
    newest = sa.select(sa.func.max(run.c.day)).where(run.c.state == "published").scalar_subquery()
    state = sa.case(
        (ring.c.ring_id.in_(_FLAGGED.where(ring_night.c.day == newest)), "current"),
        (ring.c.ring_id.not_in(_FLAGGED), "withdrawn"),
        (ring.c.canonical_ring_id != ring.c.ring_id, "merged"),
        else_="dormant",
    )
    connection.execute(sa.update(ring).values(state=state))
