"""The review store as files, one a table, and back: from SQLite or Postgres into either."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ringwatch.errors import UsageError
from ringwatch.store import database
from ringwatch.store.tables import lease, metadata

_ROWS = 5_000
# Who works now is nothing to keep.
_TABLES = [table for table in metadata.sorted_tables if table.name != lease.name]


def write(engine: sa.Engine, folder: Path) -> dict[str, dict[str, Any]]:
    """Write all tables as they are at one moment; return rows and digest of each.

    The digest is over the rows as text, by primary key, and so the same on every database.
    """
    with database.reading(engine) as connection:
        return {table.name: _write(connection, table, folder) for table in _TABLES}


def digests(engine: sa.Engine) -> dict[str, dict[str, Any]]:
    """Return what `write` would, without writing."""
    with database.reading(engine) as connection:
        return {table.name: _told(_lines(connection, table)) for table in _TABLES}


def read(engine: sa.Engine, folder: Path) -> None:
    """Put what `write` left into an empty store. Raises UsageError when it is not empty."""
    with database.writing(engine) as connection:
        for table in _TABLES:
            if connection.scalar(sa.select(sa.func.count()).select_from(table)):
                raise UsageError(f"the review store is not empty: its table {table.name} has rows")
        for table in _TABLES:
            _read(connection, table, folder / f"{table.name}.jsonl.gz")


def _write(connection: sa.Connection, table: sa.Table, folder: Path) -> dict[str, Any]:
    with (folder / f"{table.name}.jsonl.gz").open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:

        def lines() -> Iterator[bytes]:
            for line in _lines(connection, table):
                packed.write(line)
                yield line

        return _told(lines())


def _told(lines: Iterator[bytes]) -> dict[str, Any]:
    digest, rows = hashlib.sha256(), 0
    for line in lines:
        digest.update(line)
        rows += 1
    return {"rows": rows, "sha256": digest.hexdigest()}


def _lines(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=_ROWS).execute(query).mappings():
        yield json.dumps(dict(row), default=_plain, sort_keys=True).encode() + b"\n"


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no type of the review store")


def _read(connection: sa.Connection, table: sa.Table, path: Path) -> None:
    with gzip.open(path, "rb") as lines:
        rows: list[dict[str, Any]] = []
        for line in lines:
            rows.append(_typed(table, json.loads(line)))
            if len(rows) == _ROWS:
                connection.execute(sa.insert(table), rows)
                rows.clear()
        if rows:
            connection.execute(sa.insert(table), rows)
    if connection.dialect.name == "postgresql":
        _go_on_counting(connection, table)


def _typed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    for column in table.columns:
        value = row.get(column.name)
        if isinstance(value, str) and isinstance(column.type, sa.DateTime):
            row[column.name] = datetime.fromisoformat(value)
        elif isinstance(value, str) and isinstance(column.type, sa.Date):
            row[column.name] = date.fromisoformat(value)
    return row


def _go_on_counting(connection: sa.Connection, table: sa.Table) -> None:
    """Let numbers that the database draws begin behind those that are there."""
    column = table.autoincrement_column
    sequence = column is not None and connection.scalar(
        sa.select(sa.func.pg_get_serial_sequence(table.name, column.name))
    )
    if column is not None and sequence:
        newest = sa.select(sa.func.coalesce(sa.func.max(column) + 1, 1)).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(sequence, newest, False)))
