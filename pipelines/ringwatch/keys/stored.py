"""Which keys the tokens in the review store are under. Statements on a connection that the store opened.

Tokens are in the identifiers of reasons. They are made anew in the transaction in which the store says so.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from ringwatch.store import database
from ringwatch.store.records import KeyRecord
from ringwatch.store.tables import ring_evidence, token_keys

# Makes the identifiers of a reason anew, given its facet.
Renewed = Callable[[str, list[str]], list[str]]


def records(connection: sa.Connection) -> list[KeyRecord]:
    """Return when keys were taken into use, oldest first; nothing of the first key, which always was."""
    columns = token_keys.c
    query = sa.select(columns.keys_name.label("keys"), columns.at, columns.author, columns.finished)
    return [KeyRecord(**row) for row in connection.execute(query.order_by(columns.seq)).mappings()]


def renew(connection: sa.Connection, keys: str, author: str, renewed: Renewed) -> None:
    """Make the tokens anew and say that they are under `keys` from now on; the rotation is not finished by that."""
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
    said = {"keys_name": keys, "at": database.now(connection), "author": author, "finished": False}
    connection.execute(sa.insert(token_keys).values(said))


def finish(connection: sa.Connection) -> None:
    """Say that everything is under the newest keys."""
    connection.execute(sa.update(token_keys).values(finished=True))
