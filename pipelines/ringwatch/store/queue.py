"""Rings as reviewers see them: what was published of each, what is at stake, and what was decided."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from ringwatch.store.bookkeeping import names
from ringwatch.store.door import Door
from ringwatch.store.tables import ring, ring_evidence, ring_harm, ring_night, ring_night_member, run
from ringwatch.store.views import ring_review

_REVIEW = ("status", "outcome", "decided_by", "decided_at", "decided_day", "own_seq", "claimed_by", "claim_expires")


class Queue(Door):
    """Rows of rings for the queue and the page of a ring."""

    def rings(self, day: date, search: str = "") -> list[dict[str, Any]]:
        """Return the flagged rings of a published day, by ring_id: columns of ring_night, ring_harm and ring_review,
        first_day, and published_at. `search`: only those with this in their id, an account or an identifier.
        """
        query = _rings().where(ring_night.c.day == day, ring_night.c.flagged)
        if search:
            query = query.where(_matches(day, search))
        return self._rows(query.order_by(ring_night.c.ring_id))

    def ring(self, ring_id: str) -> dict[str, Any] | None:
        """Return the newest flagged night of a ring, with the columns of `rings`; None when it has none."""
        query = _rings().where(ring_night.c.ring_id == ring_id, ring_night.c.flagged)
        return next(iter(self._rows(query.order_by(ring_night.c.day.desc()).limit(1))), None)

    def resting_on(self, facet: str, identifier: str, day: date) -> list[dict[str, Any]]:
        """Return ring_id, size, ring_bits, bits, identifiers of reasons of `day` that name an identifier."""
        reason, night = ring_evidence.c, ring_night.c
        query = sa.select(night.ring_id, night.size, night.bits.label("ring_bits"), reason.bits, reason.identifiers)
        query = query.join(ring_night, (night.day == reason.day) & (night.ring_id == reason.ring_id))
        found = query.where(reason.day == day, reason.facet == facet, names(reason.identifiers, identifier)).order_by(
            night.ring_id
        )
        return [row for row in self._rows(found) if identifier in row["identifiers"]]

    def runs(self, day: date) -> list[dict[str, Any]]:
        """Return all attempts to publish a day, oldest first."""
        return self._rows(sa.select(run).where(run.c.day == day).order_by(run.c.run_id))

    def events(self, day: date) -> dict[str, int]:
        """Return how many rings had each event on a day."""
        event = ring_night.c.event
        query = sa.select(event, sa.func.count().label("rings")).where(ring_night.c.day == day)
        return {row["event"]: row["rings"] for row in self._rows(query.group_by(event).order_by(event))}

    def aliases(self, ring_id: str) -> list[str]:
        """Return the ids that go under the ring, its own among them, sorted."""
        query = sa.select(ring.c.ring_id).where(ring.c.canonical_ring_id == ring_id)
        return sorted({ring_id, *(row["ring_id"] for row in self._rows(query))})


def _rings() -> sa.Select[Any]:
    harm = [column for column in ring_harm.c if column.name not in ("day", "ring_id")]
    review = [ring_review.c[name] for name in _REVIEW]
    seen = [ring.c.first_day, ring.c.state, run.c.at.label("published_at")]
    return (
        sa.select(ring_night, *seen, *review, *harm)
        .join(ring, ring.c.ring_id == ring_night.c.ring_id)
        .join(run, run.c.run_id == ring_night.c.run_id)
        .join(ring_review, ring_review.c.ring_id == ring_night.c.ring_id)
        .outerjoin(ring_harm, (ring_harm.c.day == ring_night.c.day) & (ring_harm.c.ring_id == ring_night.c.ring_id))
    )


def _matches(day: date, search: str) -> sa.ColumnElement[bool]:
    member, reason = ring_night_member.c, ring_evidence.c
    inside = sa.select(member.ring_id).where(member.day == day, member.account_id.contains(search, autoescape=True))
    named = sa.select(reason.ring_id).where(reason.day == day, names(reason.identifiers, search))
    ring_id = ring_night.c.ring_id
    return sa.or_(ring_id.contains(search.upper(), autoescape=True), ring_id.in_(inside), ring_id.in_(named))
