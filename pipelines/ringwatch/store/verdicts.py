"""What reviewers decided, and who reviews what now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch.errors import UsageError
from ringwatch.store import bookkeeping
from ringwatch.store.door import Door
from ringwatch.store.records import Decisions
from ringwatch.store.tables import (
    claim,
    ring,
    ring_evidence,
    ring_night,
    ring_night_member,
    run,
    sample,
    sample_member,
    verdict,
    verdict_member,
)

if TYPE_CHECKING:
    import pandas as pd

_NEWEST = sa.select(sa.func.max(run.c.day)).where(run.c.state == "published").scalar_subquery()


class Verdicts(Door):
    """Decisions, which are only ever added, and claims."""

    def add(self, at: datetime, author: str, subject: str, decision: str, **about: Any) -> int:
        """Add a decision and return its seq.

        `about`: other columns of `verdict`. What is published of the ring at that moment, its members among it, is kept
        with the decision. Raises UsageError when another has claimed the ring, whose claim of one's own ends here.
        """
        with self._writing() as connection:
            ring_id = about.get("ring_id")
            if ring_id:
                _refuse_claimed(connection, ring_id, author, at)
            values = {"at": at, "author": author, "subject": subject, "decision": decision, "stream": "queue"}
            values |= {"day": connection.scalar(sa.select(_NEWEST)), **_as_published(connection, ring_id), **about}
            key = connection.execute(sa.insert(verdict).values(values)).inserted_primary_key
            seq = int(key[0]) if key else 0
            if ring_id:
                _keep_members(connection, seq, ring_id)
            if ring_id and subject == "ring" and decision != "noted":
                connection.execute(sa.delete(claim).where(claim.c.ring_id == ring_id, claim.c.author == author))
            return seq

    def claim(self, ring_id: str, author: str, at: datetime, hours: float) -> datetime:
        """Take the ring for `hours` and return the end of them. Raises UsageError when another has it."""
        with self._writing() as connection:
            _refuse_claimed(connection, ring_id, author, at)
            connection.execute(sa.delete(claim).where(claim.c.ring_id == ring_id))
            until = at + timedelta(hours=hours)
            connection.execute(sa.insert(claim).values(ring_id=ring_id, author=author, at=at, expires=until))
            return until

    def end_claims(self, at: datetime) -> int:
        """Take away claims that ran out by then; return how many."""
        with self._writing() as connection:
            return int(connection.execute(sa.delete(claim).where(claim.c.expires <= at)).rowcount)

    def unclaim(self, ring_id: str, author: str) -> bool:
        """Give the ring back, and return whether it was the author's."""
        with self._writing() as connection:
            mine = claim.c.ring_id == ring_id, claim.c.author == author
            return bool(connection.execute(sa.delete(claim).where(*mine)).rowcount)

    def one(self, seq: int) -> dict[str, Any] | None:
        """Return the verdict, with `undone_by`, None when there is none."""
        return next(iter(self._rows(_told().where(verdict.c.seq == seq))), None)

    def log(
        self, rings: Iterable[str] | None = None, account_id: str | None = None, subject: str | None = None
    ) -> list[dict[str, Any]]:
        """Return verdicts, oldest first: rows of `verdict` and `undone_by` (author); of `rings`, of one account, or on
        one kind of subject.
        """
        query = _told().order_by(verdict.c.seq)
        if subject is not None:
            query = query.where(verdict.c.subject == subject)
        if rings is not None:
            query = query.where(verdict.c.ring_id.in_(list(rings)))
        if account_id is not None:
            named = sa.or_(verdict.c.account_id == account_id, verdict.c.other_account_id == account_id)
            query = query.where(named)
        return self._rows(query)

    def rings_in(self, stream: str) -> set[str]:
        """Return the rings that were decided on in a stream, taken back or not."""
        query = sa.select(verdict.c.ring_id).distinct().where(verdict.c.stream == stream, verdict.c.subject == "ring")
        return {row["ring_id"] for row in self._rows(query)}

    def newest_on_ring_of(self, account_id: str, day: date) -> dict[str, Any] | None:
        """Return the newest verdict on a ring that had the account, of those made before `day` was published."""
        inside = sa.select(verdict_member.c.seq).where(verdict_member.c.account_id == account_id)
        query = _standing(day).where(verdict.c.subject == "ring", verdict.c.seq.in_(inside))
        return next(reversed(self._rows(query)), None)

    def allowances(self) -> list[dict[str, Any]]:
        """Return the newest decision on each identifier that was not taken back, by facet and identifier."""
        with self._reading() as connection:
            rows = bookkeeping.rows(connection, _standing(None).where(verdict.c.subject == "identifier"))
        newest = {(row["facet"], row["identifier"]): row for row in rows}
        return [newest[key] for key in sorted(newest)]

    def allowed(self, day: date) -> list[tuple[str, str]]:
        """Return facet and identifier of those that do not count on `day`: allowed before it, and not expired."""
        with self._reading() as connection:
            rows = bookkeeping.rows(connection, _standing(day).where(verdict.c.subject == "identifier"))
        newest = {(row["facet"], row["identifier"]): row["expires"] for row in rows}
        return sorted(key for key, expires in newest.items() if expires is None or day < expires)

    def decided(self) -> list[dict[str, Any]]:
        """Return decision, author, stream of each standing verdict on a ring, oldest first, and what was then published
        of it: ring_id, kind, band, probability, reason (the one that weighed most for it, None if there is none).
        """
        night, reason = ring_night.c, ring_evidence.alias("reason")
        heaviest = sa.select(reason.c.reason).where(
            reason.c.day == night.day, reason.c.ring_id == night.ring_id, reason.c.direction == "for"
        )
        heaviest = heaviest.order_by(reason.c.bits.desc(), reason.c.position).limit(1)
        told = _standing(None).where(verdict.c.subject == "ring").order_by(None).subquery()
        query = sa.select(
            *(told.c[name] for name in ("decision", "author", "stream", "ring_id")),
            night.kind,
            night.band,
            night.probability,
            heaviest.correlate(ring_night).scalar_subquery().label("reason"),
        )
        joined = query.join(ring_night, (night.ring_id == told.c.ring_id) & (night.day == told.c.day))
        return self._rows(joined.order_by(told.c.seq))

    def decisions(self, day: date) -> Decisions:
        """Return what was decided before `day` was published and is not taken back."""
        with self._reading() as connection:
            rows = bookkeeping.rows(connection, _standing(day))
            members = sa.select(verdict_member).where(verdict_member.c.seq.in_([row["seq"] for row in rows]))
            found = bookkeeping.read(connection, members.order_by(verdict_member.c.seq, verdict_member.c.account_id))
            return Decisions(rows, found, _identifiers(connection, rows))


def _told() -> sa.Select[Any]:
    undo = verdict.alias("undo")
    query = sa.select(verdict, undo.c.author.label("undone_by"))
    return query.outerjoin(undo, undo.c.undoes == verdict.c.seq)


def _standing(day: date | None) -> sa.Select[Any]:
    """Verdicts that nobody took back, oldest first; of those that were made before `day` was published."""
    undo = sa.select(verdict.c.undoes).where(verdict.c.undoes.is_not(None))
    query = sa.select(verdict).where(verdict.c.decision.not_in(["undo", "noted"]))
    if day is not None:
        query, undo = query.where(_before(day)), undo.where(_before(day))
    return query.where(verdict.c.seq.not_in(undo)).order_by(verdict.c.seq)


def _identifiers(connection: sa.Connection, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return seq, facet, identifier of what the rings that were confirmed rested on."""
    import pandas as pd

    reason = ring_evidence.c
    confirmed = [row["seq"] for row in rows if row["decision"] in ("confirmed", "partly_confirmed")]
    query = sa.select(verdict.c.seq, reason.facet, reason.identifiers)
    query = query.join(verdict, (verdict.c.day == reason.day) & (verdict.c.ring_id == reason.ring_id))
    strong = query.where(verdict.c.seq.in_(confirmed), reason.direction == "for", reason.bits >= 1)
    found = bookkeeping.rows(connection, strong.order_by(verdict.c.seq, reason.position))
    named = [(row["seq"], row["facet"], identifier) for row in found for identifier in row["identifiers"]]
    return pd.DataFrame(named, columns=["seq", "facet", "identifier"], dtype=object)


def _before(day: date) -> sa.ColumnElement[bool]:
    return sa.or_(verdict.c.day.is_(None), verdict.c.day < day)


def _refuse_claimed(connection: sa.Connection, ring_id: str, author: str, at: datetime) -> None:
    held = connection.execute(sa.select(claim).where(claim.c.ring_id == ring_id)).one_or_none()
    if held and held.author != author and held.expires > at:
        raise UsageError(f"{held.author} is reviewing {ring_id}, until {held.expires:%F %H:%M} UTC")


def _as_published(connection: sa.Connection, ring_id: str | None) -> dict[str, Any]:
    night = ring_night.c
    query = sa.select(night.probability, night.content_hash).where(night.ring_id == ring_id, night.flagged)
    newest = connection.execute(query.order_by(night.day.desc()).limit(1)).one_or_none()
    if newest is None:
        newest = connection.execute(sa.select(sample.c.probability).where(sample.c.ring_id == ring_id)).one_or_none()
    return dict(newest._mapping) if newest else {}


def _keep_members(connection: sa.Connection, seq: int, ring_id: str) -> None:
    member = ring_night_member.c
    last = sa.select(ring.c.last_day).where(ring.c.ring_id == ring_id).scalar_subquery()
    inside = sa.select(sa.literal(seq), member.account_id).where(member.ring_id == ring_id, member.day == last)
    asked = sa.select(sa.literal(seq), sample_member.c.account_id).where(sample_member.c.ring_id == ring_id)
    connection.execute(sa.insert(verdict_member).from_select(["seq", "account_id"], inside.union(asked)))
