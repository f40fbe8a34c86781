"""What the graph says, read from it: for when nobody knows what it was told last.

That is so after a load broke off, when `<home>/graph` was lost, or when the database is another or was restored.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch import duck
from ringwatch.days import history
from ringwatch.loading.tables import SQL_TYPES, Table, tables
from ringwatch.night import Night

ROWS = 50_000
_ARROW = {"integer": pa.int64(), "number": pa.float64()}  # times and days come as text


def survey(night: Night) -> Path:
    """Return a folder with what the graph says, a file for each table with its `columns`.

    What was not written by load, and so has no `updated_on`, is taken for something very old.
    """
    folder = night.files.graph / "survey"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for table in tables(night.model):
        _read(night, table, folder / f"{table.name}.text.parquet")
        _type(night, table, folder / f"{table.name}.text.parquet", folder / f"{table.name}.parquet")
    return folder


def _read(night: Night, table: Table, path: Path) -> None:
    schema = pa.schema([(name, _ARROW.get(kind, pa.string())) for name, kind in table.columns.items()])
    rows = 0
    with pq.ParquetWriter(path, schema, compression="lz4") as file:
        for columns in night.graph.read_columns(night.cypher(table.statement("read")), ROWS):
            file.write_table(pa.table(columns, schema))
            rows += len(next(iter(columns.values())))
            night.tell(f"load: reads what the graph says of {table.counted_as}: {rows:,}")


def _type(night: Night, table: Table, text: Path, typed: Path) -> None:
    columns = {name: f"CAST({name} AS {SQL_TYPES[kind]})" for name, kind in table.columns.items()}
    columns["updated_on"] = f"coalesce({columns['updated_on']}, DATE '0001-01-01')"
    with history.connect(night) as connection:
        rows = duck.read_parquet(connection, text).project(
            ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        )
        rows.write_parquet(str(typed), compression="lz4")
    text.unlink()
