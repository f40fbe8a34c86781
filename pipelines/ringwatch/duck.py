"""The one way to open DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb


def connect(path: Path | None = None, read_only: bool = False, **config: str) -> duckdb.DuckDBPyConnection:
    """Return a connection to the database in the file `path`, or to an empty one in memory, with settings `config`.

    It shows no progress: that would come out on stdout, amid what commands print as JSON.
    """
    connection = duckdb.connect(str(path or ":memory:"), read_only=read_only, config=dict(config))
    connection.execute("SET enable_progress_bar = false")
    return connection
