"""Which changes the webhook was told, and which it has yet to be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ringwatch.store.door import Door
from ringwatch.store.tables import change, ring, ring_night, webhook_delivery

# What is told: rings that are newly flagged, and rings that no published day has any more.
TOLD = ("added", "withdrawn")


class Webhooks(Door):
    """Deliveries by change_seq: each change is delivered once, after those before it."""

    def pending(self) -> list[dict[str, Any]]:
        """Return what is to be told, oldest first. At the very first time that is what the newest run changed."""
        first = sa.select(sa.func.min(webhook_delivery.c.change_seq)).scalar_subquery()
        newest = sa.select(sa.func.max(change.c.run_id)).scalar_subquery()
        done = sa.select(webhook_delivery.c.change_seq).where(webhook_delivery.c.delivered.is_not(None))
        begun = sa.exists(sa.select(webhook_delivery.c.change_seq))
        from_there = sa.or_(sa.and_(begun, change.c.change_seq >= first), sa.and_(~begun, change.c.run_id == newest))
        night, seq = ring_night.c, change.c.change_seq
        shown = [night.probability, night.kind, night.size, night.summary]
        query = (
            sa.select(seq, change.c.day, change.c.ring_id, change.c.change, change.c.content_hash)
            .add_columns(ring.c.state, ring.c.canonical_ring_id, *shown)
            .join(ring, ring.c.ring_id == change.c.ring_id)
            .outerjoin(ring_night, (night.ring_id == change.c.ring_id) & (night.day == change.c.day))
            .where(change.c.change.in_(TOLD), from_there, seq.not_in(done))
        )
        return self._rows(query.order_by(seq))

    def record(self, change_seq: int, at: datetime, delivered: bool, attempts: int, answer: str) -> None:
        """Keep what became of a delivery."""
        with self._writing() as connection:
            same = webhook_delivery.c.change_seq == change_seq
            before = connection.execute(sa.select(webhook_delivery).where(same)).one_or_none()
            connection.execute(sa.delete(webhook_delivery).where(same))
            tried = before.first_tried if before else at
            attempts += before.attempts if before else 0
            values = {"change_seq": change_seq, "first_tried": tried, "delivered": at if delivered else None}
            connection.execute(sa.insert(webhook_delivery).values(**values, attempts=attempts, answer=answer))
