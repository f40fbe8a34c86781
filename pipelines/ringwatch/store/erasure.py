"""Takes an account out of the review store. Statements on a connection that the store opened.

A keyed token takes the place of its id wherever that is kept, so that sizes, counts and history of rings stay right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch.store import bookkeeping, changes
from ringwatch.store.contents import content_hashes, fingerprint
from ringwatch.store.tables import (
    erasure_request,
    metadata,
    night_log,
    quarantine_log,
    ring,
    ring_night,
    ring_night_member,
    run,
    verdict,
    withdrawn_member,
)

if TYPE_CHECKING:
    import pandas as pd

# What an erased account is called from then on: this and the token of its id.
ERASED_PREFIX = "erased-"

_Place = tuple[sa.Table, sa.Column[Any]]

# A verdict says the same for ever, apart from these.
_IN_VERDICTS = ("account_id", "other_account_id", "identifier", "note")
# So does what was done with a night.
_IN_NIGHT_LOG = ("why",)

# Characters from which an id is also sought inside sentences; a shorter one is a number or a word of the language, too.
_TELLING = 5


def rings_of(connection: sa.Connection, account_id: str) -> pd.DataFrame:
    """Return ring_id, nights, last_day, size (on that day) of the rings the account was in, sorted by ring_id."""
    member = ring_night_member.c
    stays = sa.select(member.ring_id, sa.func.count().label("nights"), sa.func.max(member.day).label("last_day")).where(
        member.account_id == account_id
    )
    found = stays.group_by(member.ring_id).subquery()
    query = sa.select(found.c.ring_id, found.c.nights, found.c.last_day, ring_night.c.size).join(
        ring_night, (ring_night.c.ring_id == found.c.ring_id) & (ring_night.c.day == found.c.last_day)
    )
    return bookkeeping.read(connection, query.order_by(found.c.ring_id))


def count(connection: sa.Connection, account_id: str) -> int:
    """Return how many values of the store name the account."""
    return sum(len(_naming(connection, place, account_id)) for place in _places())


def replace(connection: sa.Connection, account_id: str, word: str) -> int:
    """Put `word` in place of the account; tell consumers of the rings that are other than before by that.

    Returns how many rings of the newest published day those are.
    """
    before = changes.seen(connection)
    member = ring_night_member.c
    nights = connection.execute(sa.select(member.day, member.ring_id).where(member.account_id == account_id)).all()
    began = [(day, ring_id) for day, ring_id in nights if _is_named_after(connection, day, ring_id)]
    ended = [
        (day, ring_id)
        for day, ring_id in _withdrawn(connection, account_id)
        if _is_named_after(connection, day, ring_id)
    ]
    for place in _places():
        _replace(connection, place, account_id, word)
    for day, ring_id in nights:
        _hash_again(connection, day, ring_id)
    for day, ring_id in began + ended:
        new = {"fingerprint": _fingerprint(connection, day, ring_id)}
        connection.execute(sa.update(ring).where(ring.c.ring_id == ring_id).values(new))
    newest = sa.select(run.c.day, run.c.run_id).where(run.c.state == "published").order_by(run.c.day.desc())
    published = connection.execute(newest.limit(1)).one_or_none()
    return len(changes.write(connection, *published, before)) if published else 0


def without(text: str, account_id: str, word: str) -> str:
    """Return `text` with `word` in place of the account: of all of it, or of whole words of a sentence."""
    if len(account_id) < _TELLING:
        return word if text == account_id else text
    return re.sub(rf"(?<![\w-]){re.escape(account_id)}(?![\w-])", word, text)


def _places() -> Iterator[_Place]:
    """Yield every column that could name an account for good; the log of the quarantine names files and rules only."""
    for table in metadata.sorted_tables:
        if table not in {quarantine_log, erasure_request}:
            named = (column for column in table.c if isinstance(column.type, sa.Text | sa.JSON))
            may = {verdict: _IN_VERDICTS, night_log: _IN_NIGHT_LOG}.get(table)
            yield from ((table, column) for column in named if may is None or column.name in may)


def _naming(connection: sa.Connection, place: _Place, account_id: str) -> list[tuple[Any, ...]]:
    """Return key and value of the rows of a table whose column names the account."""
    table, column = place
    written = json.dumps(account_id)[1:-1] if isinstance(column.type, sa.JSON) else account_id
    holds = sa.cast(column, sa.Text).contains(written, autoescape=True)
    rows = connection.execute(sa.select(*table.primary_key, column.label("_value")).where(holds)).all()
    return [tuple(row) for row in rows if _renamed(row[-1], account_id, "") != row[-1]]


def _replace(connection: sa.Connection, place: _Place, account_id: str, word: str) -> None:
    table, column = place
    for *key, value in _naming(connection, place, account_id):
        same = [part == known for part, known in zip(table.primary_key, key, strict=True)]
        new = {column.name: _renamed(value, account_id, word)}
        connection.execute(sa.update(table).where(*same).values(new))


def _renamed(value: Any, account_id: str, word: str) -> Any:
    if isinstance(value, str):
        return without(value, account_id, word)
    if isinstance(value, list):
        return [_renamed(part, account_id, word) for part in value]
    if isinstance(value, dict):
        return {key: _renamed(part, account_id, word) for key, part in value.items()}
    return value


def _is_named_after(connection: sa.Connection, day: date, ring_id: str) -> bool:
    """Whether the ring has its id from its members of that day, so that it keeps it when the day is published again."""
    kept = connection.scalar(sa.select(ring.c.fingerprint).where(ring.c.ring_id == ring_id))
    return kept == _fingerprint(connection, day, ring_id)


def _fingerprint(connection: sa.Connection, day: date, ring_id: str) -> str:
    return fingerprint(day, _accounts(connection, day, ring_id))


def _withdrawn(connection: sa.Connection, account_id: str) -> list[tuple[date, str]]:
    """First day and id of the withdrawn rings that had the account."""
    query = sa.select(ring.c.first_day, ring.c.ring_id).join(withdrawn_member)
    return [
        (day, ring_id) for day, ring_id in connection.execute(query.where(withdrawn_member.c.account_id == account_id))
    ]


def _accounts(connection: sa.Connection, day: date, ring_id: str) -> list[str]:
    """Return a ring's accounts on a day, those it had at last if it is withdrawn."""
    last = sa.select(withdrawn_member.c.account_id).where(withdrawn_member.c.ring_id == ring_id)
    return list(_members(connection, day, ring_id)["account_id"]) or list(connection.scalars(last))


def _members(connection: sa.Connection, day: date, ring_id: str) -> pd.DataFrame:
    """Return the rows of a ring's members on a day, by account."""
    member = ring_night_member.c
    rows = sa.select(ring_night_member).where(member.day == day, member.ring_id == ring_id)
    return bookkeeping.read(connection, rows).sort_values("account_id", ignore_index=True)


def _hash_again(connection: sa.Connection, day: date, ring_id: str) -> None:
    """Bring the content hash of a ring's night in line with its members."""
    of_night = [ring_night.c.day == day, ring_night.c.ring_id == ring_id]
    rings = bookkeeping.read(connection, sa.select(ring_night).where(*of_night))
    new = {"content_hash": content_hashes(rings, _members(connection, day, ring_id))[ring_id]}
    connection.execute(sa.update(ring_night).where(*of_night).values(new))
