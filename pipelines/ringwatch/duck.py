"""The one way to open DuckDB."""

from __future__ import annotations

import duckdb


def connect(**config: str) -> duckdb.DuckDBPyConnection:
    """Return a connection to an empty database in memory, with the settings `config`.

    It shows no progress: that would come out on stdout, amid what commands print as JSON.
    """
    connection = duckdb.connect(config=dict(config))
    connection.execute("SET enable_progress_bar = false")
    return connection
