"""A system downstream that reads the review store by SQL, as the contract says, and keeps a table of its own."""

from datetime import date
from typing import Any

import sqlalchemy as sa

STEP_OF = {"added": "current", "dormant": "dormant", "merged": "merged", "withdrawn": "withdrawn"}


class Consumer:
    """`rings`: what it holds of each flagged ring; `states`: of each ring it was ever told of; `told`: the feed."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.seen = 0
        self.rings: dict[str, dict[str, Any]] = {}
        self.states: dict[str, str] = {}
        self.told: list[tuple[int, str, str]] = []

    def poll(self) -> list[tuple[str, str]]:
        """Take up what changed since the last time; return ring_id and change, in order."""
        with self.engine.connect() as connection:
            feed = connection.execute(
                sa.text("SELECT change_seq, ring_id, change FROM change WHERE change_seq > :seen ORDER BY change_seq"),
                {"seen": self.seen},
            ).all()
            for seq, ring_id, change in feed:
                self.told.append((seq, ring_id, change))
                self.states[ring_id] = STEP_OF.get(change, self.states.get(ring_id, "untold"))
                self.seen = seq
            for ring_id in {ring_id for _, ring_id, _ in feed}:
                self.rings.pop(ring_id, None)
                if self.states[ring_id] == "current":
                    self.rings[ring_id] = self._ring(connection, ring_id)
        return [(ring_id, change) for _, ring_id, change in feed]

    def table(self) -> dict[str, dict[str, Any]]:
        """What `flagged_rings` and `flagged_ring_members` show now."""
        with self.engine.connect() as connection:
            ids = connection.execute(sa.text("SELECT ring_id FROM flagged_rings")).scalars().all()
            return {ring_id: self._ring(connection, ring_id) for ring_id in ids}

    def resolve(self, ring_id: str) -> tuple[str, str]:
        """State of a ring and the id it goes under."""
        with self.engine.connect() as connection:
            query = sa.text("SELECT state, canonical_ring_id FROM ring WHERE ring_id = :ring_id")
            state, canonical = connection.execute(query, {"ring_id": ring_id}).one()
        return state, canonical

    def night(self, day: date) -> dict[str, Any] | None:
        """What became of a night; None if there was none."""
        with self.engine.connect() as connection:
            query = sa.text("SELECT * FROM flagged_nights WHERE day = :day")
            found = connection.execute(query, {"day": day.isoformat()}).mappings().one_or_none()
        return dict(found) if found else None

    def _ring(self, connection: sa.Connection, ring_id: str) -> dict[str, Any]:
        """Every column of both views but the day, which is the same in all rows."""
        ring = sa.text("SELECT * FROM flagged_rings WHERE ring_id = :ring_id")
        members = sa.text("SELECT * FROM flagged_ring_members WHERE ring_id = :ring_id ORDER BY account_id")
        of_ring, *of_members = (
            {column: value for column, value in row.items() if column != "day"}
            for rows in (ring, members)
            for row in connection.execute(rows, {"ring_id": ring_id}).mappings()
        )
        return of_ring | {"members": of_members}
