"""The statements behind the store. Each works on a connection whose transaction the store opened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch import __version__
from ringwatch.store import database, digests
from ringwatch.store.records import History, Nightly
from ringwatch.store.tables import (
    ring,
    ring_evidence,
    ring_harm,
    ring_night,
    ring_night_member,
    run,
    withdrawal,
    withdrawn_member,
)

if TYPE_CHECKING:
    import pandas as pd


def read(connection: sa.Connection, query: sa.Select[Any]) -> pd.DataFrame:
    """Return the rows of `query`, columns as selected, values as Python objects where pandas has no better type."""
    import pandas as pd

    result = connection.execute(query)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def rows(connection: sa.Connection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    """Return the rows of `query` by the names of the columns: for who shows them, without pandas."""
    return [dict(row) for row in connection.execute(query).mappings()]


def days(connection: sa.Connection) -> list[date]:
    """Return the published days, oldest first."""
    return list(connection.scalars(sa.select(run.c.day).where(run.c.state == "published").order_by(run.c.day)))


def last_run(connection: sa.Connection) -> int:
    """Return the newest run_id, 0 when there is none."""
    return connection.scalar(sa.select(sa.func.max(run.c.run_id))) or 0


def history(connection: sa.Connection, before: date) -> History:
    """Return what was published on days before `before`, and what else rings are known by for that day."""
    seen = _last_flagged(before)
    last_night = connection.scalar(sa.select(sa.func.max(run.c.day)).where(_published_before(before)))
    gone = set(absorbed(connection, before))
    night = ring_night.c
    rings = read(
        connection,
        sa.select(night.ring_id, seen.c.first_day, seen.c.last_day, night.kind, night.band, night.size).join(
            seen, (seen.c.ring_id == night.ring_id) & (seen.c.last_day == night.day)
        ),
    )
    taken = connection.execute(sa.select(ring.c.ring_id, ring.c.fingerprint)).all()
    return History(
        rings.assign(
            active=(rings["last_day"] == last_night).astype(bool),
            absorbed=rings["ring_id"].isin(gone),
        ).sort_values("ring_id", ignore_index=True),
        _last_members(connection, seen, before),
        {row.ring_id: row.fingerprint for row in taken},
        last_run(connection),
        _again(connection, before, set(rings["ring_id"])),
        _members(connection, later := _first_flagged_after(before), later.c.first_day),
        _withdrawn(connection),
        _before_last(connection, last_night),
        _identifiers(connection, seen, last_night),
    )


def _again(connection: sa.Connection, day: date, known: set[str]) -> pd.DataFrame:
    """Return the `members` by which the day's rings are known when it is published again.

    Of a day that is out of date these are rings of that day alone: those of days before it go on as these say now.
    """
    again = members(connection, day)
    return again[~again["ring_id"].isin(known)] if digests.is_stale(connection, day) else again


def members(connection: sa.Connection, day: date) -> pd.DataFrame:
    """Return ring_id, account_id, day of the rings published for `day`."""
    member = ring_night_member.c
    return read(connection, sa.select(member.ring_id, member.account_id, member.day).where(member.day == day))


def begin_run(
    connection: sa.Connection,
    day: date,
    night: Nightly,
    accounts: int,
    feeds: Iterable[str],
    state: str,
    reason: str | None = None,
) -> tuple[int, int]:
    """Insert a run and return its run_id and restatement."""
    earlier = connection.scalar(sa.select(sa.func.max(run.c.restatement)).where(run.c.day == day))
    restatement = 0 if earlier is None else earlier + 1
    values = {"day": day, "restatement": restatement, "state": state, "reason": reason, "version": __version__}
    values |= {"at": database.now(connection), "feeds": ",".join(sorted(feeds)) or None, "rolled_back": False}
    counts = {"rings": len(night.flagged), "members": len(night.members), "accounts": accounts}
    key = connection.execute(sa.insert(run).values(values | counts)).inserted_primary_key
    return int(key[0]) if key else last_run(connection), restatement


def forget(connection: sa.Connection, day: date) -> pd.DataFrame:
    """Remove what was published for `day`, its runs stay, as replaced; return its `members`."""
    gone = members(connection, day)
    for table in (ring_harm, ring_evidence, ring_night_member, ring_night):
        connection.execute(sa.delete(table).where(table.c.day == day))
    connection.execute(sa.update(run).where(run.c.day == day, run.c.state == "published").values(state="replaced"))
    return gone


def take_back(connection: sa.Connection, day: date, why: str) -> tuple[int, pd.DataFrame]:
    """Remove what was published for `day` without anything in its place; return its run_id and `members`."""
    published = connection.execute(sa.select(run.c.run_id).where(run.c.day == day, run.c.state == "published"))
    run_id = int(published.scalar_one())
    gone = forget(connection, day)
    connection.execute(sa.update(run).where(run.c.run_id == run_id).values(rolled_back=True, reason=why))
    return run_id, gone


def write(connection: sa.Connection, day: date, run_id: int, night: Nightly) -> None:
    """Insert the rows of `night`."""
    known = set(connection.scalars(sa.select(ring.c.ring_id)))
    minted = night.rings[~night.rings["ring_id"].isin(known)][["ring_id", "fingerprint"]]
    insert(
        connection,
        ring,
        minted.assign(canonical_ring_id=minted["ring_id"], first_day=day, last_day=day, state="current"),
    )
    insert(connection, ring_night, night.rings.drop(columns="fingerprint").assign(day=day, run_id=run_id))
    insert(connection, ring_night_member, night.members.assign(day=day))
    insert(connection, ring_evidence, night.evidence.assign(day=day))
    if night.harm is not None:
        insert(connection, ring_harm, night.harm.assign(day=day))


def absorbed(connection: sa.Connection, before: date | None = None) -> dict[str, str]:
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


def insert(connection: sa.Connection, table: sa.Table, rows: pd.DataFrame) -> None:
    """Insert frames as rows, missing values as NULL."""
    if not rows.empty:
        values = rows.astype(object).where(rows.notna(), None)
        records: list[dict[str, Any]] = values.to_dict("records")  # type: ignore[assignment]
        connection.execute(sa.insert(table), records)


def names(identifiers: sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Whether one of the `identifiers` of a reason has the text in it."""
    return sa.cast(identifiers, sa.Text).contains(json.dumps(text)[1:-1], autoescape=True)


def lift(reason: Mapping[str, Any]) -> float | None:
    """Observed / expected, None of a reason for which nothing is expected."""
    observed, expected = reason["observed"], reason["expected"]
    return round(observed / expected, 3) if observed is not None and expected else None


def _published_before(before: date) -> sa.ColumnElement[bool]:
    return (run.c.state == "published") & (run.c.day < before)


def _last_flagged(before: date) -> sa.Subquery:
    """ring_id, first_day, last_day of each ring that was flagged before a day."""
    night = ring_night.c
    days_flagged = sa.func.min(night.day).label("first_day"), sa.func.max(night.day).label("last_day")
    query = sa.select(night.ring_id, *days_flagged).where(night.flagged, night.day < before)
    return query.group_by(night.ring_id).subquery()


def _first_flagged_after(day: date) -> sa.Subquery:
    """ring_id, first_day of each ring that is flagged on a later day."""
    night = ring_night.c
    query = sa.select(night.ring_id, sa.func.min(night.day).label("first_day")).where(night.flagged, night.day > day)
    return query.group_by(night.ring_id).subquery()


def _members(connection: sa.Connection, nights: sa.Subquery, day: sa.ColumnElement[Any]) -> pd.DataFrame:
    """ring_id, account_id, day of the rings of `nights`, each on its `day`."""
    member = ring_night_member.c
    query = sa.select(member.ring_id, member.account_id, member.day)
    return read(connection, query.join(nights, (nights.c.ring_id == member.ring_id) & (day == member.day)))


def _last_members(connection: sa.Connection, seen: sa.Subquery, before: date) -> pd.DataFrame:
    """ring_id, account_id, probability of members on the last day of their rings, and the nights they were in these."""
    member = ring_night_member.c
    nights = sa.select(member.ring_id, member.account_id, sa.func.count().label("nights")).where(member.day < before)
    stay = nights.group_by(member.ring_id, member.account_id).subquery()
    query = sa.select(member.ring_id, member.account_id, member.probability, stay.c.nights)
    query = query.join(seen, (seen.c.ring_id == member.ring_id) & (seen.c.last_day == member.day))
    return read(
        connection, query.join(stay, (stay.c.ring_id == member.ring_id) & (stay.c.account_id == member.account_id))
    )


def _before_last(connection: sa.Connection, last_night: date | None) -> pd.DataFrame:
    """ring_id, account_id, day of the published day before `last_night`."""
    day = sa.select(sa.func.max(run.c.day)).where(_published_before(last_night or date.min)).scalar_subquery()
    member = ring_night_member.c
    return read(connection, sa.select(member.ring_id, member.account_id, member.day).where(member.day == day))


def _identifiers(connection: sa.Connection, seen: sa.Subquery, last_night: date | None) -> pd.DataFrame:
    """ring_id, facet, identifier that spoke for rings on their last day, of those not flagged on `last_night`."""
    reason = ring_evidence.c
    query = sa.select(reason.ring_id, reason.facet, reason.identifiers.label("identifier")).join(
        seen, (seen.c.ring_id == reason.ring_id) & (seen.c.last_day == reason.day)
    )
    found = read(connection, query.where(reason.direction == "for", seen.c.last_day < (last_night or date.min)))
    return found.explode("identifier").dropna().drop_duplicates(ignore_index=True)


def _withdrawn(connection: sa.Connection) -> pd.DataFrame:
    member = withdrawn_member.c
    query = sa.select(member.ring_id, member.account_id, withdrawal.c.day)
    return read(connection, query.join(withdrawal, withdrawal.c.ring_id == member.ring_id))
