"""Which keys the tokens in the review store are under.

Tokens are in the identifiers of reasons. They are made anew in the transaction in which the store says so.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from ringwatch.store import database
from ringwatch.store.door import Door
from ringwatch.store.records import KeyRecord
from ringwatch.store.tables import ring_evidence, token_keys, verdict

# Makes the identifiers of a reason anew, given its facet.
Renewed = Callable[[str, list[str]], list[str]]


class Keys(Door):
    """When keys were taken into use, by whom, and what is under them."""

    def current(self) -> KeyRecord | None:
        """Return which keys the tokens of the store are under, None for the first one."""
        return next(reversed(self.records()), None)

    def records(self) -> list[KeyRecord]:
        """Return when keys were taken into use, oldest first; nothing of the first key, which always was."""
        columns = token_keys.c
        query = sa.select(columns.keys_name.label("keys"), columns.at, columns.author, columns.finished)
        return [KeyRecord(**row) for row in self._rows(query.order_by(columns.seq))]

    def renew(self, under: str, author: str, renewed: Renewed) -> None:
        """Make the tokens of the store anew, `under` these keys from now on; `finish` is to follow."""
        with self._writing() as connection:
            database.forget(connection)
            _renew_evidence(connection, renewed)
            _renew_verdicts(connection, renewed)
            said = {"keys_name": under, "at": database.now(connection), "author": author, "finished": False}
            connection.execute(sa.insert(token_keys).values(said))

    def finish(self) -> None:
        """Say that everything is under the newest keys."""
        with self._writing() as connection:
            connection.execute(sa.update(token_keys).values(finished=True))


def _renew_evidence(connection: sa.Connection, renewed: Renewed) -> None:
    reason = ring_evidence.c
    query = sa.select(reason.day, reason.ring_id, reason.position, reason.facet, reason.identifiers)
    changed = [
        {"of_day": row.day, "of_ring": row.ring_id, "at": row.position, "identifiers": new}
        for row in connection.execute(query).all()
        if (new := renewed(row.facet, row.identifiers)) != row.identifiers
    ]
    same = [reason.day == sa.bindparam("of_day"), reason.ring_id == sa.bindparam("of_ring")]
    if changed:
        connection.execute(sa.update(ring_evidence).where(*same, reason.position == sa.bindparam("at")), changed)


def _renew_verdicts(connection: sa.Connection, renewed: Renewed) -> None:
    query = sa.select(verdict.c.seq, verdict.c.facet, verdict.c.identifier).where(verdict.c.identifier.is_not(None))
    for row in connection.execute(query).all():
        (new,) = renewed(row.facet, [row.identifier])
        if new != row.identifier:
            connection.execute(sa.update(verdict).where(verdict.c.seq == row.seq).values(identifier=new))
