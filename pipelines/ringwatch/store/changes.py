"""The feed of changes: what consumers see of rings before and after a step, and what of it is other.

Statements on a connection that the store opened.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ringwatch.store import bookkeeping
from ringwatch.store.tables import CHANGES, change, ring
from ringwatch.store.views import flagged_ring_members, flagged_rings

if TYPE_CHECKING:
    import pandas as pd

CURRENT = "current"
# What a ring that stays flagged can change in, each a kind of change.
ASPECTS = ["members", "band", "event", "kind"]


def seen(connection: sa.Connection) -> pd.DataFrame:
    """Return what consumers see of every ring, by ring_id: state, canonical_ring_id and, of those that are flagged now,
    members (all of them, as one value), band, event, kind, content_hash.
    """
    known = sa.select(ring.c.ring_id, ring.c.state, ring.c.canonical_ring_id)
    shown = flagged_rings.c
    now = sa.select(shown.ring_id, shown.band, shown.event, shown.kind, shown.content_hash)
    inside = sa.select(flagged_ring_members.c.ring_id, flagged_ring_members.c.account_id)
    members = bookkeeping.read(connection, inside).groupby("ring_id")["account_id"].agg(frozenset).rename("members")
    rings = bookkeeping.read(connection, known).merge(bookkeeping.read(connection, now), on="ring_id", how="left")
    return rings.join(members, on="ring_id").set_index("ring_id")


def write(connection: sa.Connection, day: date, run_id: int, before: pd.DataFrame) -> int:
    """Insert what consumers see anew since `before`, by ring_id and kind, and return how many rings that are."""
    after = seen(connection)
    rows = _kinds(before.reindex(after.index), after)
    rows = rows.assign(content_hash=rows["ring_id"].map(after["content_hash"]), day=day, run_id=run_id)
    bookkeeping.insert(connection, change, rows)
    return rows["ring_id"].nunique()


def _kinds(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return ring_id, change, sorted; a ring that stays flagged has a row for each aspect that is other."""
    import pandas as pd

    was, now = before["state"] == CURRENT, after["state"] == CURRENT
    told = {"added": now & ~was}
    told |= {aspect: now & was & (before[aspect] != after[aspect]) for aspect in ASPECTS}
    moved = (before["state"] != after["state"]) | (before["canonical_ring_id"] != after["canonical_ring_id"])
    told |= {state: moved & (after["state"] == state) for state in ("dormant", "merged", "withdrawn")}
    rows = [(ring_id, kind) for kind in CHANGES for ring_id in after.index[told[kind]]]
    found = pd.DataFrame(rows, columns=["ring_id", "change"], dtype=object)
    return found.sort_values("ring_id", kind="stable", ignore_index=True)
