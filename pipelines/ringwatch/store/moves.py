"""Who joined and who left a ring on a published day, and what is known of why. Statements on an opened connection."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from ringwatch.store.tables import ring_night, ring_night_member, run

_MEMBER = ring_night_member.c


def moves(connection: sa.Connection, ring_id: str, day: date) -> list[dict[str, Any]]:
    """Return account_id, move (joined, departed), other_ring (it came from or went to, or None), why; those who joined
    first. None of a ring that is not flagged that day, or for the first time.
    """
    now, last = _members(connection, ring_id, day), _last_flagged(connection, ring_id, day)
    if not now or last is None:
        return []
    before = _members(connection, ring_id, last)
    joined, departed = sorted(now - before), sorted(before - now)
    origin, target = _rings(connection, joined, _published_before(connection, day)), _rings(connection, departed, day)
    earlier = _earlier(connection, ring_id, joined, last)
    return [
        *(_move(account, "joined", origin.get(account), _why_joined(earlier.get(account))) for account in joined),
        *(_move(account, "departed", target.get(account), "no longer tied to it") for account in departed),
    ]


def _move(account_id: str, move: str, other: str | None, why: str) -> dict[str, Any]:
    way = "from" if move == "joined" else "to"
    return {"account_id": account_id, "move": move, "other_ring": other, "why": f"{way} {other}" if other else why}


def _why_joined(last: date | None) -> str:
    return f"back, was here until {last}" if last else "new to it"


def _members(connection: sa.Connection, ring_id: str, day: date) -> set[str]:
    query = sa.select(_MEMBER.account_id).where(_MEMBER.ring_id == ring_id, _MEMBER.day == day)
    return set(connection.scalars(query))


def _last_flagged(connection: sa.Connection, ring_id: str, before: date) -> date | None:
    night = ring_night.c
    query = sa.select(sa.func.max(night.day)).where(night.ring_id == ring_id, night.flagged, night.day < before)
    last: date | None = connection.scalar(query)
    return last


def _published_before(connection: sa.Connection, day: date) -> date | None:
    query = sa.select(sa.func.max(run.c.day)).where(run.c.state == "published", run.c.day < day)
    last: date | None = connection.scalar(query)
    return last


def _rings(connection: sa.Connection, accounts: list[str], day: date | None) -> dict[str, str]:
    """Ring on a day, by account."""
    query = sa.select(_MEMBER.account_id, _MEMBER.ring_id).where(_MEMBER.day == day, _MEMBER.account_id.in_(accounts))
    return {row.account_id: row.ring_id for row in connection.execute(query)}


def _earlier(connection: sa.Connection, ring_id: str, accounts: list[str], before: date) -> dict[str, date]:
    """Last day before a day on which the accounts were in the ring."""
    query = sa.select(_MEMBER.account_id, sa.func.max(_MEMBER.day).label("last")).where(
        _MEMBER.ring_id == ring_id, _MEMBER.account_id.in_(accounts), _MEMBER.day < before
    )
    return {row.account_id: row.last for row in connection.execute(query.group_by(_MEMBER.account_id))}
