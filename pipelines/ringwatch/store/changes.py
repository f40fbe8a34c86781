"""The feed of changes: what consumers see of rings before and after a step, and what of it is other.

It follows from the contract's views, column by column, so that nobody who takes over what it names misses anything.
Statements on a connection that the store opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from ringwatch.store.tables import CHANGES, change, ring
from ringwatch.store.views import flagged_ring_members, flagged_rings

CURRENT = "current"
RING, MEMBER = ["ring_id"], ["ring_id", "account_id"]
# The kind of change that another value of a column is, in each view; a ring with other accounts has changed in members.
OF_RING = {
    "band": "band",
    "event": "event",
    "kind": "kind",
    "size": "members",
    "first_day": "first_day",
    "probability": "probability",
    "low": "probability",
    "high": "probability",
    "summary": "summary",
}
OF_MEMBER = {
    "kind": "kind",
    "size": "members",
    "member_probability": "probability",
    "ring_probability": "probability",
    "account_probability": "probability",
    "role": "role",
}
# `day` is the same in all rows, the newest published one; `content_hash` follows from members, band, event and kind.
NOT_TOLD = ("day", "content_hash")


@dataclass(frozen=True)
class Seen:
    """What consumers see, by ring_id: standing (state, canonical_ring_id) of every ring, content_hash of those that are
    flagged; rings and members: what is told of the rows of the views, by ring_id and by ring_id, account_id.
    """

    standing: dict[str, tuple[str, str]]
    hashes: dict[str, str]
    rings: dict[tuple[str, ...], tuple[object, ...]]
    members: dict[tuple[str, ...], tuple[object, ...]]

    @property
    def flagged(self) -> set[str]:
        return set(self.hashes)


def seen(connection: sa.Connection) -> Seen:
    """Return what consumers see now."""
    known = connection.execute(sa.select(ring.c.ring_id, ring.c.state, ring.c.canonical_ring_id))
    hashes = connection.execute(sa.select(flagged_rings.c.ring_id, flagged_rings.c.content_hash))
    return Seen(
        {ring_id: (state, canonical) for ring_id, state, canonical in known},
        {row.ring_id: row.content_hash for row in hashes},
        _rows(connection, flagged_rings, RING, OF_RING),
        _rows(connection, flagged_ring_members, MEMBER, OF_MEMBER),
    )


def _rows(
    connection: sa.Connection, view: sa.TableClause, key: list[str], told: dict[str, str]
) -> dict[tuple[str, ...], tuple[object, ...]]:
    query = sa.select(*(view.c[name] for name in (*key, *told)))
    return {tuple(row[: len(key)]): tuple(row[len(key) :]) for row in connection.execute(query)}


def write(connection: sa.Connection, day: date, run_id: int, before: Seen) -> set[str]:
    """Insert what consumers see anew since `before`, by ring_id and kind, and return the rings."""
    after = seen(connection)
    told = _moves(before, after) | _aspects(before, after)
    order = {kind: place for place, kind in enumerate(CHANGES)}
    about = {"day": day, "run_id": run_id}
    rows = [
        {"ring_id": ring_id, "change": kind, "content_hash": after.hashes.get(ring_id), **about}
        for ring_id, kind in sorted(told, key=lambda each: (each[0], order[each[1]]))
    ]
    if rows:
        connection.execute(sa.insert(change), rows)
    return {ring_id for ring_id, _ in told}


def _moves(before: Seen, after: Seen) -> set[tuple[str, str]]:
    """Rings that are flagged now, and those that are not: why, also where an id leads that leads elsewhere now."""
    added = {(ring_id, "added") for ring_id in after.flagged - before.flagged}
    left = {
        (ring_id, state)
        for ring_id, (state, canonical) in after.standing.items()
        if state != CURRENT and (state, canonical) != before.standing.get(ring_id)
    }
    return added | left


def _aspects(before: Seen, after: Seen) -> set[tuple[str, str]]:
    """Rings that stay flagged, with the kinds of what is other in their rows, or in who is a member."""
    stay = before.flagged & after.flagged
    told = {(ring_id, "members") for ring_id, _ in before.members.keys() ^ after.members.keys() if ring_id in stay}
    for was, now, kinds in (
        (before.rings, after.rings, [*OF_RING.values()]),
        (before.members, after.members, [*OF_MEMBER.values()]),
    ):
        for key in was.keys() & now.keys():
            if was[key] != now[key]:
                told |= {(key[0], kinds[place]) for place in _unlike(was[key], now[key])}
    return told


def _unlike(was: tuple[object, ...], now: tuple[object, ...]) -> list[int]:
    return [place for place, (one, other) in enumerate(zip(was, now, strict=True)) if one != other]
