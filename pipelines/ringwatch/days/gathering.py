"""Tables of a day that come in parts: in DuckDB, on the disk as far as memory does not hold them, till they are whole.

    with gathering(night, {"rings": RINGS}) as tables:
        tables.add("rings", part)                     as often as there are parts, in any order
        tables.write("rings", path, "candidate")      the same bytes whatever the parts were

Stages put together in this way what they find shard by shard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.days.history import connect
from ringwatch.night import Night

# Rows of a row group.
_ROWS = 1 << 17


@dataclass(frozen=True)
class Gathering:
    """Tables by name with their columns, on a connection of their own, where they can be asked about."""

    connection: duckdb.DuckDBPyConnection
    tables: Mapping[str, pa.Schema]

    def add(self, name: str, rows: pd.DataFrame) -> None:
        """Add rows to a table; columns that it has not are left out."""
        self.connection.register("given", pa.Table.from_pandas(rows, self.tables[name], preserve_index=False))
        self.connection.execute(f"INSERT INTO {name} FROM given")
        self.connection.unregister("given")

    def write(self, name: str, path: Path, order: str, without: str | None = None) -> None:
        """Write a table into a file, in an order that leaves nothing open; `without` is a column that is left out."""
        schema = pa.schema([field for field in self.tables[name] if field.name != without])
        rows = self.connection.sql(f"SELECT {', '.join(schema.names)} FROM {name} ORDER BY {order}")
        with pq.ParquetWriter(path, schema) as file:
            for some in _sized(rows.to_arrow_reader(_ROWS), schema):
                file.write_table(some)


@contextmanager
def gathering(night: Night, tables: Mapping[str, pa.Schema]) -> Iterator[Gathering]:
    """Yield empty tables of these columns; they are gone when the block ends."""
    with connect(night) as connection:
        for name, schema in tables.items():
            connection.register("none", schema.empty_table())
            connection.execute(f"CREATE TABLE {name} AS FROM none")
            connection.unregister("none")
        yield Gathering(connection, tables)


def _sized(batches: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the same rows, as many at a time as a row group has: batches are of any size."""
    rest = schema.empty_table()
    for batch in batches:
        rest = pa.concat_tables([rest, pa.Table.from_batches([batch]).cast(schema)])
        while len(rest) >= _ROWS:
            yield rest.slice(0, _ROWS)
            rest = rest.slice(_ROWS)
    yield rest
