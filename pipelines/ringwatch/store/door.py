"""What the doors of the review store have in common: each keeps one subject, and all can share a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ringwatch.store import bookkeeping, database


class Door:
    """Statements on one subject, each in a transaction of its own, or all in that of `connection` when there is one."""

    def __init__(self, engine: sa.Engine, connection: sa.Connection | None = None) -> None:
        self._engine = engine
        self._connection = connection

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        if self._connection is not None:
            yield self._connection
            return
        with database.reading(self._engine) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        if self._connection is not None:
            database.expect_writing(self._connection)
            yield self._connection
            return
        with database.writing(self._engine) as connection:
            yield connection

    def _rows(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with self._reading() as connection:
            return bookkeeping.rows(connection, query)

    def now(self) -> datetime:
        """UTC without a zone, by the clock of the store."""
        with self._reading() as connection:
            return database.now(connection)
