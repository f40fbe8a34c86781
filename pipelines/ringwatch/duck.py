"""The one way to open DuckDB, and to name files to it.

A path is data: DuckDB would take `*`, `?` and `[` in one for a pattern, `key=value` for a partition, `name:` for
another kind of database, and a quote for the end of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import duckdb


def connect(path: Path | None = None, read_only: bool = False, **config: str) -> duckdb.DuckDBPyConnection:
    """Return a connection to the database in the file `path`, or to an empty one in memory, with settings `config`.

    It shows no progress: that would come out on stdout, amid what commands print as JSON.
    """
    name = str(path.absolute()) if path else ":memory:"
    connection = duckdb.connect(name, read_only=read_only, config=dict(config))
    connection.execute("SET enable_progress_bar = false")
    return connection


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str, read_only: bool = False) -> None:
    """Attach the database in the file `path` as `name`; a path cannot be a parameter there."""
    quoted = str(path.absolute()).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS {name}{' (READ_ONLY)' if read_only else ''}")


def read_parquet(
    connection: duckdb.DuckDBPyConnection, paths: Path | Iterable[Path], filename: bool = False
) -> duckdb.DuckDBPyRelation:
    """Return the rows of these files, columns by name; `filename` adds a column of that name."""
    every = [paths] if isinstance(paths, Path) else paths
    return connection.read_parquet(
        [verbatim(path) for path in every], union_by_name=True, hive_partitioning=False, filename=filename
    )


def verbatim(path: Path) -> str:
    """Return what DuckDB reads as this path and no other, where a statement takes files as a parameter."""
    return re.sub(r"([*?\[])", r"[\1]", str(path.absolute()))
