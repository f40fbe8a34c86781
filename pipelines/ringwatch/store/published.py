"""What was published: rings, their nights, members and reasons. In: nights. Out: frames and rows.

Readers see yesterday or today, never a mixture: a night is one transaction, and so is each reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.store import accounts, bookkeeping, changes, erasure, moves, nights, samples, standing
from ringwatch.store.door import Door
from ringwatch.store.records import Candidates, History, Nightly, Publication, Released, RolledBack, Standing
from ringwatch.store.tables import (
    ring,
    ring_evidence,
    ring_night,
    ring_night_member,
    run,
    sample,
    withdrawal,
    withdrawn_member,
)
from ringwatch.store.views import flagged_nights, ring_member

if TYPE_CHECKING:
    import pandas as pd

FLAGGED = ["day", "ring_id", "account_id", "role", "member_probability", "account_probability", "ring_probability"]
FLAGGED += ["ring_low", "ring_high", "band", "kind", "size", "event", "first_day"]


class Published(Door):
    """Rings as they were published, night by night."""

    def history(self, before: date) -> History:
        """Return what was published on days before `before`; later days do not count."""
        with self._reading() as connection:
            return bookkeeping.history(connection, before)

    def publish(
        self,
        day: date,
        night: Nightly,
        accounts: int,
        last_run: int,
        feeds: Iterable[str] = (),
        released: Released | None = None,
    ) -> Publication:
        """Make `night` the published state of `day`, in one transaction; what was published for it before goes.

        `accounts` is how many are known; `last_run` is that of the history `night` was made from; `feeds` is what it
        was judged by; `released` says who published it although it was withheld. Raises InfrastructureError if another
        night was published since.
        """
        with self._writing() as connection:
            if bookkeeping.last_run(connection) != last_run:
                raise InfrastructureError(
                    f"another night was published while {day} was being put together; run `ringwatch publish` again"
                )
            samples.begin(connection, night.sample, day)
            before = changes.seen(connection)
            gone = bookkeeping.forget(connection, day)
            run_id, restatement = bookkeeping.begin_run(connection, day, night, accounts, feeds, "published")
            bookkeeping.write(connection, day, run_id, night)
            samples.write(connection, night.sample, day, run_id)
            withdrawn = standing.settle(connection, day, run_id, gone, night.replaced)
            changed = len(changes.write(connection, day, run_id, before))
            nights.settle(connection, day, run_id, night, released)
            nights.forget(connection, day)
            return Publication(bookkeeping.days(connection)[-1] == day, restatement, changed, withdrawn)

    def withhold(
        self,
        day: date,
        night: Nightly,
        accounts: int,
        reason: str,
        feeds: Iterable[str] = (),
        judged: Candidates | None = None,
    ) -> int:
        """Record that `night` was not published and why; what is visible stays as it is. Returns the run_id.

        `judged` is what it was made from, kept so that the run can be released.
        """
        with self._writing() as connection:
            run_id, _ = bookkeeping.begin_run(connection, day, night, accounts, feeds, "withheld", reason)
            if judged is not None:
                nights.keep(connection, day, run_id, judged)
            return run_id

    def roll_back(self, to: date, why: str, author: str = "") -> RolledBack:
        """Take back all published days after `to`, newest first, so that consumers see that day.

        Rings that no other day has are withdrawn, and come back under their ids when the day is published again.
        Nothing is left when `to` is the day before the first one. Raises UsageError for other days that have no rings.
        """
        with self._writing() as connection:
            days = bookkeeping.days(connection)
            if to not in days and (not days or to != days[0] - timedelta(1)):
                raise UsageError(_not_published(to, days))
            done = [self._take_back(connection, day, why, author) for day in reversed(days) if day > to]
            return RolledBack(
                tuple(day for day in reversed(days) if day > to),
                len(set().union(*(changed for changed, _ in done))),
                sum(withdrawn for _, withdrawn in done),
            )

    def _take_back(self, connection: sa.Connection, day: date, why: str, author: str) -> tuple[set[str], int]:
        """Return the rings that are other than before, and how many were withdrawn."""
        before = changes.seen(connection)
        run_id, gone = bookkeeping.take_back(connection, day, why)
        samples.forget(connection, day)
        withdrawn = standing.settle(connection, day, run_id, gone, {})
        nights.note(connection, "rolled back", day, run_id, author, why)
        return changes.write(connection, day, run_id, before), withdrawn

    def days(self) -> list[date]:
        """Return the published days, oldest first."""
        with self._reading() as connection:
            return bookkeeping.days(connection)

    def flagged(self, day: date) -> pd.DataFrame:
        """Return the members of the rings published for `day`, sorted by ring_id, account_id.

        Columns: those of `FLAGGED`. Raises UsageError when the day is not published.
        """
        member, night = ring_night_member.c, ring_night.c
        belongs = member.probability.label("member_probability")
        of_member = [member.day, member.ring_id, member.account_id, member.role, belongs]
        numbers = {"probability": "ring_probability", "low": "ring_low", "high": "ring_high"}
        of_ring = [night[name].label(shown) for name, shown in numbers.items()]
        query = (
            sa.select(*of_member, *of_ring, night.band, night.kind, night.size, night.event, ring.c.first_day)
            .join(ring_night, (night.day == member.day) & (night.ring_id == member.ring_id))
            .join(ring, ring.c.ring_id == member.ring_id)
            .where(member.day == day)
        )
        found = self._frame(day, query).sort_values(["ring_id", "account_id"], ignore_index=True)
        found = found.astype(dict.fromkeys(["member_probability", *numbers.values()], float) | {"size": int})
        return found.assign(account_probability=found["member_probability"] * found["ring_probability"])[FLAGGED]

    def rings(self, day: date) -> list[dict[str, Any]]:
        """Return the rows of ring_night of a published `day`, most probable first, those no longer flagged last.

        Raises UsageError when the day is not published.
        """
        found = self._rows_on(day, sa.select(ring_night).where(ring_night.c.day == day))
        return sorted(found, key=_most_probable_first)

    def canonical(self, ring_id: str) -> str | None:
        """Return the ring that `ring_id` now goes under, or None when there is no such ring."""
        with self._reading() as connection:
            query = sa.select(ring.c.canonical_ring_id).where(ring.c.ring_id == ring_id)
            return connection.scalar(query)

    def standing(self, ring_id: str) -> Standing:
        """Return what became of a ring. Raises KeyError when there is none of that id."""
        query = sa.select(ring.c.state, ring.c.first_day, ring.c.last_day, withdrawal.c.day)
        query = query.outerjoin(withdrawal, withdrawal.c.ring_id == ring.c.ring_id).where(ring.c.ring_id == ring_id)
        inside = sa.select(withdrawn_member.c.account_id).where(withdrawn_member.c.ring_id == ring_id)
        with self._reading() as connection:
            found = connection.execute(query).one_or_none()
            accounts = sorted(connection.scalars(inside))
        if found is None:
            raise KeyError(ring_id)
        return Standing(*found, accounts)

    def nights_seen(self) -> pd.DataFrame:
        """Return the rows of the view flagged_nights, oldest first."""
        with self._reading() as connection:
            return bookkeeping.read(connection, sa.select(flagged_nights).order_by(flagged_nights.c.day))

    def ring_ids(self) -> list[str]:
        """Return the ids of all rings there ever were, sorted; groups that were only sampled are none."""
        sampled = sa.select(sample.c.ring_id)
        with self._reading() as connection:
            return sorted(connection.scalars(sa.select(ring.c.ring_id).where(ring.c.ring_id.not_in(sampled))))

    def nights(self, ring_id: str) -> list[dict[str, Any]]:
        """Return the rows of ring_night of one ring, oldest first; none when there is no such ring."""
        query = sa.select(ring_night).where(ring_night.c.ring_id == ring_id).order_by(ring_night.c.day)
        with self._reading() as connection:
            return bookkeeping.rows(connection, query)

    def members(self, ring_id: str, day: date) -> list[dict[str, Any]]:
        """Return account_id, probability, role of a ring's members on a published day, most probable first."""
        member = ring_night_member.c
        query = sa.select(member.account_id, member.probability, member.role)
        found = self._rows_on(day, query.where(member.day == day, member.ring_id == ring_id))
        return sorted(found, key=lambda row: (-row["probability"], row["account_id"]))

    def moves(self, ring_id: str, day: date) -> list[dict[str, Any]]:
        """Return who joined and who left a ring on a published day since it was last flagged; see `moves.moves`."""
        with self._on(day) as connection:
            return moves.moves(connection, ring_id, day)

    def evidence(self, ring_id: str, day: date) -> list[dict[str, Any]]:
        """Return the reasons for and against a ring on a published day, the weightiest first, and what to check.

        `lift`, observed / expected, comes with those for which something is expected.
        """
        query = sa.select(ring_evidence).where(ring_evidence.c.day == day, ring_evidence.c.ring_id == ring_id)
        found = self._rows_on(day, query.order_by(ring_evidence.c.position))
        return [row | {"lift": bookkeeping.lift(row)} for row in found]

    def stays(self) -> pd.DataFrame:
        """Return who is in which ring in the newest published state and since when: ring_id, account_id,
        probability, role, since.
        """
        stay = ring_member.c
        query = sa.select(stay.ring_id, stay.account_id, stay.probability, stay.role, stay.valid_from.label("since"))
        with self._reading() as connection:
            found = bookkeeping.read(connection, query.where(stay.valid_to.is_(None)))
        return found.sort_values(["ring_id", "account_id"], ignore_index=True)

    def since(self, ring_id: str, day: date) -> dict[str, date]:
        """Return, by account_id, the day since which the members of a ring on `day` were in it without a break."""
        member = ring_night_member.c
        place = sa.func.row_number().over(order_by=run.c.day).label("n")
        days = sa.select(run.c.day, place).where(run.c.state == "published", run.c.day <= day).subquery()
        order = sa.func.row_number().over(partition_by=member.account_id, order_by=member.day)
        nights = sa.select(member.account_id, member.day, (days.c.n - order).label("stay"))
        inside = nights.join(days, days.c.day == member.day).where(member.ring_id == ring_id).subquery()
        begins = sa.select(inside.c.account_id, sa.func.min(inside.c.day).label("since"))
        query = begins.group_by(inside.c.account_id, inside.c.stay).having(sa.func.max(inside.c.day) == day)
        return {row["account_id"]: row["since"] for row in self._rows(query)}

    def former(self, since: date) -> pd.DataFrame:
        """Return who left which ring after `since` and is in it no more; columns: see `accounts.former`."""
        with self._reading() as connection:
            return accounts.former(connection, since)

    def left(self, ring_id: str, day: date) -> list[dict[str, Any]]:
        """Return account_id, since of the accounts that were in a ring up to the published day before `day`."""
        stay = ring_member.c
        query = sa.select(stay.account_id, stay.valid_from.label("since")).order_by(stay.account_id)
        return self._rows(query.where(stay.ring_id == ring_id, stay.valid_to == day))

    def nights_of(self, account_id: str) -> pd.DataFrame:
        """Return the published nights on which an account was in a ring; columns: see `accounts.nights`."""
        with self._reading() as connection:
            return accounts.nights(connection, account_id)

    def withheld(self, after: date | None) -> tuple[date, str] | None:
        """Return day and reason of the newest night, if that was withheld and is of a day after `after`."""
        with self._reading() as connection:
            return accounts.withheld(connection, after)

    def rings_of(self, account_id: str) -> pd.DataFrame:
        """Return ring_id, nights, last_day, size (on that day) of the rings the account was ever in."""
        with self._reading() as connection:
            return erasure.rings_of(connection, account_id)

    def _frame(self, day: date, query: sa.Select[Any]) -> pd.DataFrame:
        with self._on(day) as connection:
            return bookkeeping.read(connection, query)

    def _rows_on(self, day: date, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with self._on(day) as connection:
            return bookkeeping.rows(connection, query)

    @contextmanager
    def _on(self, day: date) -> Iterator[sa.Connection]:
        with self._reading() as connection:
            days = bookkeeping.days(connection)
            if day not in days:
                raise UsageError(_not_published(day, days))
            yield connection


def _most_probable_first(row: dict[str, Any]) -> tuple[Any, ...]:
    """Rings that are flagged no more have no probability."""
    return not row["flagged"], -(row["probability"] or 0), -row["size"], row["ring_id"]


def _not_published(day: date, days: list[date]) -> str:
    if not days:
        return f"no rings are published for {day}, nor for any other day; run `ringwatch run` first"
    nearest = min(days, key=lambda other: (abs(other - day), other))
    return f"no rings are published for {day}; the nearest of {len(days)} published days is {nearest}"
