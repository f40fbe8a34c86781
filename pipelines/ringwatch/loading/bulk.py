"""A first load: what a state says as CSV files, and these into the embedded server by Neo4j's offline import."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from ringwatch import duck, server
from ringwatch.days import history
from ringwatch.loading.tables import Table, tables
from ringwatch.model import ACCOUNT
from ringwatch.night import Night

_NEO4J_TYPES = {
    "text": "string",
    "integer": "long",
    "number": "double",
    "timestamp": "localdatetime",
    "date": "date",
}
_TIME = "%Y-%m-%dT%H:%M:%S.%f"


def fill(night: Night, state: Path) -> dict[str, int]:
    """Make the embedded server's database say what the state says and nothing else; return the rows by count.

    The server is ended for it; the next use of the graph starts it. Raises InfrastructureError when the import fails.
    """
    folder = night.files.graph / "bulk"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    counts, multiline = {}, False
    with history.connect(night) as connection:
        for table in tables(night.model):
            night.tell(f"load: writes {table.counted_as} for the import")
            counts[table.counted_as], broken = _export(connection, table, state, folder)
            multiline = multiline or broken
    night.tell(f"load: Neo4j imports {sum(counts.values()):,} rows")
    night.close_graph()
    server.import_database(night.settings, _files(night, folder, multiline))
    shutil.rmtree(folder)
    return counts


def _export(connection: duckdb.DuckDBPyConnection, table: Table, state: Path, folder: Path) -> tuple[int, bool]:
    """Write the CSV file of a table; return its rows and whether a text in it has a line break."""
    duck.read_parquet(connection, state / f"{table.name}.parquet").create_view(f"state_{table.name}")
    rows = f"FROM state_{table.name} WHERE updated_on IS NOT NULL"
    columns = ", ".join(f'{column} AS "{header}"' for header, column in _columns(table))
    csv = connection.sql(f"SELECT {columns} {rows}")
    csv.write_csv(str(folder / f"{table.name}.csv"), header=True, timestamp_format=_TIME)
    texts = [name for name, kind in table.columns.items() if kind == "text"]
    breaks = " OR ".join(f"regexp_matches({name}, '[\\r\\n]')" for name in texts) or "false"
    (counted,) = connection.execute(f"SELECT count(*), coalesce(bool_or({breaks}), false) {rows}").fetchall()
    return counted


def _columns(table: Table) -> Iterator[tuple[str, str]]:
    """Yield each field of Neo4j's header and the column that goes there."""
    if table.far is not None:
        near, far = table.keys
        yield f":START_ID({ACCOUNT})", near
        yield f":END_ID({table.far})", far
    for name, kind in table.keys.items() if table.far is None else ():
        yield f"{name if kind == 'text' else ''}:ID({table.name})", name
        if kind != "text":
            yield f"{name}:{_NEO4J_TYPES[kind]}", name
    for name, kind in table.said.items():
        yield f"{name}:{_NEO4J_TYPES[kind]}", name


def _files(night: Night, folder: Path, multiline: bool) -> server.ImportFiles:
    every = tables(night.model)
    return server.ImportFiles(
        nodes={table.name: folder / f"{table.name}.csv" for table in every if table.far is None},
        relationships={table.name: folder / f"{table.name}.csv" for table in every if table.far is not None},
        multiline=multiline,
    )
