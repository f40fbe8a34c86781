"""The statements behind the store. Each works on a connection whose transaction the store opened."""

from datetime import date
from typing import Any

import pandas as pd
import sqlalchemy as sa

from ringwatch import __version__
from ringwatch.review.records import History, Nightly
from ringwatch.review.tables import (
    change,
    flagged_rings,
    ring,
    ring_evidence,
    ring_night,
    ring_night_member,
    run,
)


def read(connection: sa.Connection, query: sa.Select[Any]) -> pd.DataFrame:
    """Return the rows of `query`, columns as selected, values as Python objects where pandas has no better type."""
    result = connection.execute(query)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def days(connection: sa.Connection) -> list[date]:
    """Return the published days, oldest first."""
    return list(connection.scalars(sa.select(run.c.day).where(run.c.state == "published").order_by(run.c.day)))


def last_run(connection: sa.Connection) -> int:
    """Return the newest run_id, 0 when there is none."""
    return connection.scalar(sa.select(sa.func.max(run.c.run_id))) or 0


def history(connection: sa.Connection, before: date) -> History:
    """Return what was published on days before `before`."""
    seen = _last_flagged(before)
    last_night = connection.scalar(sa.select(sa.func.max(run.c.day)).where(_published_before(before)))
    absorbed = set(_absorbed(connection, before))
    rings = read(
        connection,
        sa.select(ring_night.c.ring_id, seen.c.first_day, seen.c.last_day, ring_night.c.kind, ring_night.c.size).join(
            seen, (seen.c.ring_id == ring_night.c.ring_id) & (seen.c.last_day == ring_night.c.day)
        ),
    )
    member = ring_night_member.c
    members = sa.select(member.ring_id, member.account_id).join(
        seen, (seen.c.ring_id == member.ring_id) & (seen.c.last_day == member.day)
    )
    taken = connection.execute(sa.select(ring.c.ring_id, ring.c.fingerprint)).all()
    return History(
        rings.assign(
            active=(rings["last_day"] == last_night).astype(bool),
            absorbed=rings["ring_id"].isin(absorbed),
        ).sort_values("ring_id", ignore_index=True),
        read(connection, members),
        {row.ring_id: row.fingerprint for row in taken},
        last_run(connection),
    )


def begin_run(
    connection: sa.Connection, day: date, night: Nightly, accounts: int, state: str, reason: str | None = None
) -> tuple[int, int]:
    """Insert a run and return its run_id and restatement."""
    earlier = connection.scalar(sa.select(sa.func.max(run.c.restatement)).where(run.c.day == day))
    restatement = 0 if earlier is None else earlier + 1
    values = {"day": day, "restatement": restatement, "state": state, "reason": reason, "version": __version__}
    counts = {"rings": len(night.flagged), "members": len(night.members), "accounts": accounts}
    key = connection.execute(sa.insert(run).values(values | counts)).inserted_primary_key
    return int(key[0]) if key else last_run(connection), restatement


def forget(connection: sa.Connection, day: date) -> None:
    """Remove what was published for `day`; its runs stay, as replaced."""
    for table in (ring_evidence, ring_night_member, ring_night):
        connection.execute(sa.delete(table).where(table.c.day == day))
    connection.execute(sa.update(run).where(run.c.day == day, run.c.state == "published").values(state="replaced"))


def write(connection: sa.Connection, day: date, run_id: int, night: Nightly) -> None:
    """Insert the rows of `night`."""
    known = set(connection.scalars(sa.select(ring.c.ring_id)))
    minted = night.rings[~night.rings["ring_id"].isin(known)][["ring_id", "fingerprint"]]
    _insert(connection, ring, minted.assign(canonical_ring_id=minted["ring_id"], first_day=day, last_day=day))
    _insert(connection, ring_night, night.rings.drop(columns="fingerprint").assign(day=day, run_id=run_id))
    _insert(connection, ring_night_member, night.members.assign(day=day))
    _insert(connection, ring_evidence, night.evidence.assign(day=day))


def settle_rings(connection: sa.Connection) -> None:
    """Bring the ring table in line with the nights: first and last day, canonical ids; rings of no night go."""
    flagged = ring_night.c.ring_id == ring.c.ring_id, ring_night.c.flagged
    first = sa.select(sa.func.min(ring_night.c.day)).where(*flagged).scalar_subquery()
    last = sa.select(sa.func.max(ring_night.c.day)).where(*flagged).scalar_subquery()
    connection.execute(
        sa.update(ring).values(
            first_day=sa.func.coalesce(first, ring.c.first_day), last_day=sa.func.coalesce(last, ring.c.last_day)
        )
    )
    _settle_canonical(connection)
    connection.execute(sa.delete(ring).where(ring.c.ring_id.not_in(sa.select(ring_night.c.ring_id))))


def shown(connection: sa.Connection) -> dict[str, str]:
    """Return the content hash of each ring that consumers see, by ring_id."""
    rows = connection.execute(sa.select(flagged_rings.c.ring_id, flagged_rings.c.content_hash)).all()
    return {row.ring_id: row.content_hash for row in rows}


def write_changes(
    connection: sa.Connection, day: date, run_id: int, before: dict[str, str], after: dict[str, str]
) -> int:
    """Insert what consumers see anew, sorted by ring_id, and return how many rings that are."""
    kinds = dict.fromkeys(before.keys() - after.keys(), "removed")
    kinds |= dict.fromkeys(after.keys() - before.keys(), "added")
    kinds |= {ring_id: "changed" for ring_id in before.keys() & after.keys() if before[ring_id] != after[ring_id]}
    rows = pd.DataFrame(sorted(kinds.items()), columns=["ring_id", "change"])
    _insert(connection, change, rows.assign(day=day, run_id=run_id))
    return len(rows)


def _published_before(before: date) -> sa.ColumnElement[bool]:
    return (run.c.state == "published") & (run.c.day < before)


def _last_flagged(before: date) -> sa.Subquery:
    """ring_id, first_day, last_day of each ring that was flagged before a day."""
    night = ring_night.c
    days_flagged = sa.func.min(night.day).label("first_day"), sa.func.max(night.day).label("last_day")
    query = sa.select(night.ring_id, *days_flagged).where(night.flagged, night.day < before)
    return query.group_by(night.ring_id).subquery()


def _absorbed(connection: sa.Connection, before: date | None = None) -> dict[str, str]:
    """Rings whose newest night (before a day) is that of their merger, with the ring they went into."""
    night = ring_night.c
    newest = sa.select(night.ring_id, sa.func.max(night.day).label("day")).group_by(night.ring_id)
    if before is not None:
        newest = newest.where(night.day < before)
    last = newest.subquery()
    query = sa.select(night.ring_id, night.related).join(
        last, (last.c.ring_id == night.ring_id) & (last.c.day == night.day)
    )
    rows = connection.execute(query.where(night.event == "merged", sa.not_(night.flagged))).all()
    return {ring_id: related[0] for ring_id, related in rows}


def _settle_canonical(connection: sa.Connection) -> None:
    """A ring that was merged goes under the ring at the end of its chain of mergers.

    The chain ends: who took a ring in was flagged that night, so its own merger can only be of a later one.
    """
    into = _absorbed(connection)
    rings = connection.execute(sa.select(ring.c.ring_id, ring.c.canonical_ring_id)).all()
    for ring_id, stored in rings:
        canonical = ring_id
        while canonical in into:
            canonical = into[canonical]
        if canonical != stored:
            connection.execute(sa.update(ring).where(ring.c.ring_id == ring_id).values(canonical_ring_id=canonical))


def _insert(connection: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> None:
    if not rows.empty:
        values = rows.astype(object).where(rows.notna(), None)
        records: list[dict[str, Any]] = values.to_dict("records")  # type: ignore[assignment]
        connection.execute(sa.insert(table), records)
