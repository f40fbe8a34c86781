"""One part of the rows, on an executor: batches of the tables that it needs in, rows of the tables that it makes out.

A batch has a column of structs for each table, and of each row one is filled. The statements run in a DuckDB of its
own, on the disk of the executor; what Arrow or Spark cannot hold travels as something else (`PACKED`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ringwatch import duck
from ringwatch.window.statements import macros

# Types of DuckDB that travel as others: Arrow has no strings of bits, Spark no numbers without a sign.
PACKED = {"BIT": "VARCHAR", "UBIGINT": "DECIMAL(20,0)", "HUGEINT": "DECIMAL(38,0)"}

# Columns of a table and their types in DuckDB.
Types = Mapping[str, str]


@dataclass(frozen=True)
class Made:
    """A table that a part makes: the SELECT, its parameters, and its columns as they travel."""

    table: str
    select: str
    values: dict[str, Any]
    types: Types
    adds: bool = False
    view: bool = False


@dataclass(frozen=True)
class Work:
    """What is done to each part.

    reads: tables that come as batches; again: those whose rows may come more than once; small: tables that every part
    has as a whole.
    """

    reads: Mapping[str, Types]
    makes: tuple[Made, ...]
    again: frozenset[str] = frozenset()
    small: Mapping[str, tuple[pa.Table, Types]] = field(default_factory=dict)
    parts: int = 1
    memory_mb: int = 1024

    @property
    def schema(self) -> pa.Schema:
        """Columns of what comes out."""
        return pa.schema([(one.table, pa.struct(list(arrow_schema(one.types)))) for one in self.made])

    @property
    def made(self) -> tuple[Made, ...]:
        return tuple(one for one in self.makes if not one.view)


def arrow_schema(types: Types) -> pa.Schema:
    """Return the columns of a table as they travel."""
    columns = ", ".join(f"NULL::{PACKED.get(kind, kind)} AS {name}" for name, kind in types.items())
    with duck.connect() as connection:
        schema: pa.Schema = connection.sql(f"SELECT {columns} WHERE false").to_arrow_table().schema
        return schema


def types_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    relation = connection.sql(f"FROM {table} LIMIT 0")
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def packing(types: Types) -> str:
    return ", ".join(f"CAST({name} AS {PACKED.get(kind, kind)}) AS {name}" for name, kind in types.items())


def unpacking(types: Types) -> str:
    return ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in types.items())


def work(todo: Work, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield what a part makes."""
    from pyspark import TaskContext

    task = TaskContext.get()
    number = task.partitionId() if task else 0
    with opened(todo, batches) as connection:
        for one in todo.makes:
            values = one.values | {name: value for name, value in _place(todo, number).items() if name in one.values}
            connection.execute(_into(one), values)
        schema = todo.schema
        for one in todo.made:
            found = connection.sql(f"SELECT {packing(one.types)} FROM {_name(one)}").to_arrow_table()
            for batch in found.cast(arrow_schema(one.types)).to_batches():
                yield _filled(schema, one.table, batch)


def _place(todo: Work, number: int) -> dict[str, int]:
    return {"bucket": number, "buckets": todo.parts}


@contextmanager
def opened(todo: Work, batches: Iterator[pa.RecordBatch]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that has the tables of a part, in a database on the executor's disk."""
    with tempfile.TemporaryDirectory() as folder, duck.connect(Path(folder) / "part.duckdb") as connection:
        connection.execute(f"SET memory_limit = '{todo.memory_mb}MiB'; SET threads = 1")
        connection.execute("SET temp_directory = $folder", {"folder": str(Path(folder) / "spill")})
        connection.execute(macros())
        _fill(connection, todo, batches)
        yield connection


def _fill(connection: duckdb.DuckDBPyConnection, todo: Work, batches: Iterator[pa.RecordBatch]) -> None:
    for table, (rows, types) in todo.small.items():
        put(connection, table, rows, types)
    for table, types in todo.reads.items():
        put(connection, table, arrow_schema(types).empty_table(), types)
    for batch in batches:
        for table, types in todo.reads.items():
            structs = batch.column(table)
            if structs.null_count < len(structs):
                rows = pa.RecordBatch.from_struct_array(structs.filter(structs.is_valid()))
                connection.register("given", pa.Table.from_batches([rows]))
                connection.execute(f"INSERT INTO {table} SELECT {unpacking(types)} FROM given")
                connection.unregister("given")
    for table in sorted(todo.again):
        connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT DISTINCT * FROM {table}")


def put(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, types: Types) -> None:
    connection.register("given", rows)
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {unpacking(types) or '*'} FROM given")
    connection.unregister("given")


def _name(one: Made) -> str:
    return f"added_{one.table}" if one.adds else one.table


def _into(one: Made) -> str:
    if one.view:
        return f"CREATE OR REPLACE TEMP VIEW {one.table} AS {one.select}"
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in one.types.items())
    return f"CREATE OR REPLACE TABLE {_name(one)} AS SELECT {columns} FROM ({one.select})"


def _filled(schema: pa.Schema, table: str, rows: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows of one table as a batch of all."""
    columns = [
        pa.StructArray.from_arrays(rows.columns, fields=list(rows.schema))
        if one.name == table
        else pa.nulls(len(rows), one.type)
        for one in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
