"""Groups below the threshold that reviewers are asked about: kept with members and reasons, and seen by no consumer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch.store import bookkeeping
from ringwatch.store.door import Door
from ringwatch.store.tables import ring, ring_night, run, sample, sample_evidence, sample_member, verdict
from ringwatch.store.views import ring_review

if TYPE_CHECKING:
    from ringwatch.store.records import Sample

_REVIEW = ("status", "outcome", "decided_by", "decided_at", "decided_day", "own_seq", "claimed_by", "claim_expires")


class Samples(Door):
    """Sampled groups, in the form of rings that are new on their day."""

    def rows(self, day: date, search: str = "") -> list[dict[str, Any]]:
        """Return the groups sampled on a day, by ring_id, with the columns of `Queue.rings`; `search`: as there."""
        query = _rows().where(sample.c.day == day)
        if search:
            inside = sa.select(sample_member.c.ring_id).where(
                sample_member.c.account_id.contains(search, autoescape=True)
            )
            reason = sample_evidence.c
            named = sa.select(reason.ring_id).where(bookkeeping.names(reason.identifiers, search))
            by_id = sample.c.ring_id.contains(search.upper(), autoescape=True)
            query = query.where(sa.or_(by_id, sample.c.ring_id.in_(inside), sample.c.ring_id.in_(named)))
        return [_as_ring(row) for row in self._rows(query.order_by(sample.c.ring_id))]

    def one(self, ring_id: str) -> dict[str, Any] | None:
        """Return a sampled group, None when the id is none of one."""
        return next((_as_ring(row) for row in self._rows(_rows().where(sample.c.ring_id == ring_id))), None)

    def members(self, ring_id: str) -> list[dict[str, Any]]:
        """Return account_id, probability, role of a group's members, most probable first."""
        member = sample_member.c
        query = sa.select(member.account_id, member.probability, member.role).where(member.ring_id == ring_id)
        return self._rows(query.order_by(member.probability.desc(), member.account_id))

    def evidence(self, ring_id: str) -> list[dict[str, Any]]:
        """Return the reasons for and against a group, the weightiest first, and what to check."""
        query = sa.select(sample.c.day, sample_evidence).join(sample, sample.c.ring_id == sample_evidence.c.ring_id)
        found = self._rows(query.where(sample.c.ring_id == ring_id).order_by(sample_evidence.c.position))
        return [row | {"lift": bookkeeping.lift(row)} for row in found]

    def decided(self) -> list[dict[str, Any]]:
        """Return ring_id, stratum, decision of each standing verdict on a sampled group, oldest first."""
        undone = sa.select(verdict.c.undoes).where(verdict.c.undoes.is_not(None))
        query = sa.select(verdict.c.ring_id, sample.c.stratum, verdict.c.decision)
        query = query.join(sample, sample.c.ring_id == verdict.c.ring_id)
        standing = query.where(
            verdict.c.subject == "ring", verdict.c.decision.not_in(["undo", "noted"]), verdict.c.seq.not_in(undone)
        )
        return self._rows(standing.order_by(verdict.c.seq))

    def nights(self) -> list[dict[str, Any]]:
        """Return a row for each published day that was sampled and stratum: day, stratum, groups (of the stratum on
        that day), rings (flagged on it).
        """
        of_day = sa.select(sample.c.day, sample.c.stratum, sa.func.sum(sample.c.weight).label("groups"))
        of_day = of_day.group_by(sample.c.day, sample.c.stratum)
        drawn = of_day.subquery()
        query = sa.select(drawn.c.day, drawn.c.stratum, drawn.c.groups, run.c.rings)
        query = query.join(run, (run.c.day == drawn.c.day) & (run.c.state == "published"))
        return self._rows(query.order_by(drawn.c.day, drawn.c.stratum))


def begin(connection: sa.Connection, drawn: Sample | None, day: date) -> None:
    """Make the ids known under which the groups of a night are reviewed; nobody is told of these."""
    if drawn is None:
        return
    known = set(connection.scalars(sa.select(ring.c.ring_id)))
    new = drawn.rings.loc[~drawn.rings["ring_id"].isin(known), ["ring_id", "fingerprint"]]
    new = new.assign(canonical_ring_id=new["ring_id"], first_day=day, last_day=day, state="withdrawn")
    bookkeeping.insert(connection, ring, new)


def write(connection: sa.Connection, drawn: Sample | None, day: date, run_id: int) -> None:
    """Insert the groups of a night in place of those that the day had."""
    forget(connection, day, [] if drawn is None else drawn.rings["ring_id"].tolist())
    if drawn is not None:
        bookkeeping.insert(connection, sample, drawn.rings.drop(columns="fingerprint").assign(day=day, run_id=run_id))
        bookkeeping.insert(connection, sample_member, drawn.members)
        bookkeeping.insert(connection, sample_evidence, drawn.evidence)


def forget(connection: sa.Connection, day: date, again: Iterable[str] = ()) -> None:
    """Remove what was sampled on a day, apart from groups that somebody decided on; and what is a ring now, or sampled
    `again`.
    """
    decided = sa.select(verdict.c.ring_id).where(verdict.c.ring_id.is_not(None))
    old = sa.select(sample.c.ring_id).where(sample.c.day == day, sample.c.ring_id.not_in(decided))
    flagged = sa.select(sample.c.ring_id).where(sample.c.ring_id.in_(sa.select(ring_night.c.ring_id)))
    gone = [*connection.scalars(old), *connection.scalars(flagged), *again]
    for table in (sample_evidence, sample_member, sample):
        connection.execute(sa.delete(table).where(table.c.ring_id.in_(gone)))


def _rows() -> sa.Select[Any]:
    review = [ring_review.c[name] for name in _REVIEW]
    seen = [ring.c.first_day, ring.c.state, run.c.at.label("published_at")]
    return (
        sa.select(sample, *seen, *review)
        .join(ring, ring.c.ring_id == sample.c.ring_id)
        .join(run, run.c.run_id == sample.c.run_id)
        .join(ring_review, ring_review.c.ring_id == sample.c.ring_id)
    )


def _as_ring(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row as one of a ring that is new."""
    new = {"event": "new", "related": [], "joined": row["size"], "departed": 0, "flagged": True, "band": None}
    found: dict[str, Any] = row | new | {"stake": None, "expected_harm": None} | row["harm"]
    return found
