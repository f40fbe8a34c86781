"""What became of nights: those that are withheld, those that are out of date, and what people did with them.

A published day is stale when what it follows from is another now: what was delivered up to it, and what the published
days before it say.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch.errors import UsageError
from ringwatch.store import database, digests
from ringwatch.store.door import Door
from ringwatch.store.records import Candidates, Released
from ringwatch.store.tables import canary, night_log, run, withheld_night

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from ringwatch.store.records import Nightly


class Nights(Door):
    """Nights, without their rings."""

    def withheld(
        self, run_id: int, frame: Callable[[str, list[dict[str, Any]]], pd.DataFrame]
    ) -> tuple[date, Candidates]:
        """Return the day of a withheld run and what was judged in it; `frame` makes a table of rows, by its name.

        Raises UsageError when the run is not withheld, or its day was judged again since.
        """
        with self._reading() as connection:
            known = connection.execute(sa.select(run).where(run.c.run_id == run_id)).one_or_none()
            kept = connection.execute(sa.select(withheld_night).where(withheld_night.c.run_id == run_id)).one_or_none()
            waiting = list(connection.scalars(sa.select(withheld_night.c.run_id).order_by(withheld_night.c.run_id)))
        if known is None or known.state != "withheld":
            raise UsageError(f"run {run_id} is not withheld; {_waiting(waiting)}")
        if kept is None:
            raise UsageError(
                f"run {run_id} cannot be released: {known.day} was judged again since; {_waiting(waiting)}"
            )
        return known.day, Candidates(*(frame(name, getattr(kept, name)) for name in ("rings", "members", "evidence")))

    def released_day(self, run_id: int) -> date | None:
        """Return the day that is published by the release of a withheld run, None when none is."""
        query = sa.select(run.c.day).where(run.c.released_run == run_id, run.c.state == "published")
        with self._reading() as connection:
            return connection.scalar(query)

    def log(self) -> list[dict[str, Any]]:
        """Return what people did with nights, oldest first: at, author, action, day, run_id, why."""
        return self._rows(sa.select(night_log).order_by(night_log.c.seq))

    def runs(self) -> list[dict[str, Any]]:
        """Return what is published, what waits to be released, and the newest run of every other day, by day."""
        newest = sa.select(sa.func.max(run.c.run_id)).group_by(run.c.day)
        waiting = sa.select(withheld_night.c.run_id)
        shown = sa.or_(run.c.state == "published", run.c.run_id.in_(waiting), run.c.run_id.in_(newest))
        return self._rows(sa.select(run).where(shown).order_by(run.c.day, run.c.run_id))

    def stale(self, after: date = date.min) -> list[date]:
        """Return the published days after a day that do not follow from what is delivered and published now, oldest
        first. Of days that an earlier version published it is not known.
        """
        known = sa.select(run.c.day, run.c.made_from).where(run.c.state == "published", run.c.made_from.is_not(None))
        with self._reading() as connection:
            now = digests.by_day(connection)
            days = connection.execute(known.where(run.c.day > after).order_by(run.c.day))
            return [day for day, made_from in days if made_from != now.get(day)]

    def trail(self, day: date, nights: int) -> list[tuple[int, int]]:
        """Return rings and accounts flagged on the last published days before a day, newest first."""
        query = sa.select(run.c.rings, run.c.members).where(run.c.state == "published", run.c.day < day)
        with self._reading() as connection:
            found = connection.execute(query.order_by(run.c.day.desc()).limit(nights))
            return [(row.rings, row.members) for row in found]

    def canaries(self, before: date | None = None) -> list[dict[str, Any]]:
        """Return how canaries fared, oldest night first; on nights before a day, if one is given."""
        query = sa.select(canary).order_by(canary.c.day, canary.c.honest, canary.c.difficulty)
        return self._rows(query if before is None else query.where(canary.c.day < before))

    def record_canaries(self, day: date, rows: list[dict[str, Any]]) -> None:
        """Make `rows` all that is said of the canaries of a day."""
        with self._writing() as connection:
            connection.execute(sa.delete(canary).where(canary.c.day == day))
            if rows:
                connection.execute(sa.insert(canary), [row | {"day": day} for row in rows])


def keep(connection: sa.Connection, day: date, run_id: int, judged: Candidates) -> None:
    """Keep what was judged of a withheld night, in place of what was kept of the day before."""
    forget(connection, day)
    tables = {name: digests.records(getattr(judged, name)) for name in ("rings", "members", "evidence")}
    connection.execute(sa.insert(withheld_night).values(run_id=run_id, **tables))


def forget(connection: sa.Connection, day: date) -> None:
    """Forget what was kept of a withheld night of the day."""
    of_day = sa.select(run.c.run_id).where(run.c.day == day)
    connection.execute(sa.delete(withheld_night).where(withheld_night.c.run_id.in_(of_day)))


def note(connection: sa.Connection, action: str, day: date, run_id: int, author: str, why: str) -> None:
    """Add to the log what somebody did with a night."""
    about = {"action": action, "day": day, "run_id": run_id, "author": author, "why": why}
    connection.execute(sa.insert(night_log).values(at=database.now(connection), **about))


def settle(connection: sa.Connection, day: date, run_id: int, night: Nightly, released: Released | None) -> None:
    """Note with the run of a day that was just written what it says, what that follows from, and who released it."""
    values: dict[str, Any] = {"content": digests.content(night)}
    if released:
        values |= {"released_run": released.run_id, "reason": released.why}
        note(connection, "released", day, run_id, released.author, released.why)
    connection.execute(sa.update(run).where(run.c.run_id == run_id).values(values))
    made_from = {"made_from": digests.by_day(connection)[day]}
    connection.execute(sa.update(run).where(run.c.run_id == run_id).values(made_from))


def _waiting(runs: list[int]) -> str:
    return (
        f"withheld runs that can be released: {', '.join(map(str, runs))}" if runs else "no night waits to be released"
    )
