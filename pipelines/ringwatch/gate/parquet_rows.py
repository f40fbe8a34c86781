"""The rows of a Parquet feed file, as they arrived."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.errors import DataRefused
from ringwatch.gate import spelling
from ringwatch.gate.arrivals import Arrived, unreadable
from ringwatch.gate.pieces import Piece

# Rows that are unpacked in one go, when nothing is known yet of how large they are.
_BATCH_ROWS = 8192

# Bytes of a column that are read in one go, so that a row group is not in memory as a whole.
_BUFFER_BYTES = 1 << 16

# Rows of a file, and rows for each of its bytes, from which it is taken for an attack: rows of real feeds take several
# bytes each, however well they pack.
_BOMB_ROWS = 4_000_000
_BOMB_ROWS_PER_BYTE = 10


def read(arrived: Arrived) -> Iterator[Piece]:
    """Yield the rows of a Parquet file, or of its part, in order. Raises DataRefused when it cannot be read so."""
    first = 1 + sum(rows for rows, _ in arrived.row_groups[: arrived.part[0]]) if arrived.part else 1
    for rows in _tables(arrived):
        yield Piece(rows, np.arange(first, first + len(rows)))
        first += len(rows)


def _tables(arrived: Arrived) -> Iterator[pa.Table]:
    groups = range(*arrived.part) if arrived.part else None
    try:
        with pq.ParquetFile(arrived.path, buffer_size=_BUFFER_BYTES, pre_buffer=False) as file:
            _refuse_bomb(arrived, file.metadata.num_rows)
            _refuse_nested(arrived, file.schema_arrow)
            for batch in file.iter_batches(_BATCH_ROWS, row_groups=groups, use_threads=False):
                yield plain(pa.Table.from_batches([batch]))
    except (OSError, ValueError) as error:  # pyarrow's errors are all of these
        raise unreadable(arrived.path, error) from None


def whole(file: pq.ParquetFile, most_rows: int) -> pa.Table:
    """Return all rows of a small file in the types they have there. Raises ValueError when they are more, or nested."""
    if file.metadata.num_rows > most_rows:
        raise ValueError("too many rows")
    if nested := _nested(file.schema_arrow):
        raise ValueError(f"the column {nested[0].name} does not hold single values")
    return file.read(use_threads=False)


def plain(rows: pa.Table) -> pa.Table:
    """Return rows in the plainest types that lose nothing. Raises ValueError for what cannot be judged."""
    table = pa.table([_plain(name, rows[name].combine_chunks()) for name in rows.column_names], rows.column_names)
    table.validate(full=True)  # text that is not UTF-8
    return table


def _plain(name: str, values: pa.Array) -> pa.Array:
    """Raises ValueError with the name of a column of bytes that are no text."""
    try:
        return spelling.plain(values)
    except pa.ArrowInvalid:
        raise ValueError(f"the column {name} holds bytes that are no text") from None


def _refuse_bomb(arrived: Arrived, rows: int) -> None:
    if rows > max(_BOMB_ROWS, _BOMB_ROWS_PER_BYTE * arrived.size):
        raise DataRefused(f"{arrived.path}: it has {rows:,} rows in {arrived.size:,} bytes; that is no feed")


def _refuse_nested(arrived: Arrived, schema: pa.Schema) -> None:
    """Refuse a file with a column that does not hold single values."""
    for column in _nested(schema):
        raise DataRefused(f"{arrived.path}: the column {column.name} holds {column.type}, not text, numbers or times")


def _nested(schema: pa.Schema) -> list[pa.Field]:
    return [column for column in schema if not spelling.is_value(column.type)]
