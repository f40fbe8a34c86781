"""The rows of a feed's files, as they arrived, in chunks that bound the memory. In: files that were surveyed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from ringwatch.errors import DataRefused
from ringwatch.gate.arrivals import Arrived, unreadable

Numbers = npt.NDArray[np.int64]

# A row of a CSV file must fit into a block, and a chunk is closed when it holds this much, whatever its rows.
_BLOCK_BYTES = 16 << 20
_CHUNK_BYTES = 64 << 20

# Rows of a Parquet file that are unpacked in one go, when nothing is known yet of how large they are.
_BATCH_ROWS = 8192

# Bytes of a column that are read in one go, so that a row group is not in memory as a whole.
_BUFFER_BYTES = 1 << 16

# Rows of a CSV file that do not have as many values as its header, from which the file is refused as a whole.
_MOST_RAGGED = 10_000

# Rows of a Parquet file, and rows for each of its bytes, from which it is taken for an attack: rows of real feeds take
# several bytes each, however well they pack.
_BOMB_ROWS = 4_000_000
_BOMB_ROWS_PER_BYTE = 10

_SHOWN = 4096  # characters of such a row that are kept


@dataclass(frozen=True)
class Ragged:
    """A row of a CSV file that has not as many values as the header: its place in the file, and its text."""

    file: str
    row: int
    line: int
    rule: str
    text: str


@dataclass(frozen=True)
class Chunk:
    """Rows that follow each other in a file.

    numbers: the row in its file, from 1; lines: the line on which it starts, None for Parquet; ragged: what was left
    out between them.
    """

    arrived: Arrived
    rows: pa.Table
    numbers: Numbers
    lines: Numbers | None = None
    ragged: tuple[Ragged, ...] = ()


def read(files: Iterable[Arrived], chunk_rows: int) -> Iterator[Chunk]:
    """Yield the rows of `files` in order, at most `chunk_rows` at once, CSV columns as text, empty text missing.

    Raises DataRefused when a file cannot be read to its end, was cut off, or changes meanwhile.
    """
    for arrived in files:
        yield from (_csv if arrived.is_csv else _parquet)(arrived, chunk_rows)
        arrived.check_unchanged()


def _gathered(tables: Iterable[pa.Table], chunk_rows: int) -> Iterator[pa.Table]:
    """Put tables together, or apart, to tables of `chunk_rows` rows, fewer where rows are large."""
    waiting: list[pa.Table] = []
    for table in tables:
        start = 0
        while start < len(table):
            waiting.append(table.slice(start, chunk_rows - sum(map(len, waiting))))
            start += len(waiting[-1])
            if sum(map(len, waiting)) == chunk_rows or sum(part.nbytes for part in waiting) > _CHUNK_BYTES:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def _parquet(arrived: Arrived, chunk_rows: int) -> Iterator[Chunk]:
    first = 1
    for rows in _gathered(_parquet_tables(arrived, min(chunk_rows, _BATCH_ROWS)), chunk_rows):
        yield Chunk(arrived, rows, np.arange(first, first + len(rows)))
        first += len(rows)


def _parquet_tables(arrived: Arrived, batch_rows: int) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(arrived.path, buffer_size=_BUFFER_BYTES, pre_buffer=False) as file:
            _refuse_bomb(arrived, file.metadata.num_rows)
            plain = pa.schema([(column.name, _plain(arrived, column)) for column in file.schema_arrow])
            for batch in file.iter_batches(batch_rows, use_threads=False):
                table = pa.Table.from_batches([batch]).cast(plain)
                table.validate(full=True)  # text that is not UTF-8
                yield table
    except (OSError, ValueError) as error:  # pyarrow's errors are all of these
        raise unreadable(arrived.path, error) from None


def _refuse_bomb(arrived: Arrived, rows: int) -> None:
    if rows > max(_BOMB_ROWS, _BOMB_ROWS_PER_BYTE * arrived.size):
        raise DataRefused(f"{arrived.path}: it has {rows:,} rows in {arrived.size:,} bytes; that is no feed")


def _plain(arrived: Arrived, column: pa.Field) -> pa.DataType:
    """The type in which values of a Parquet column are read. Raises DataRefused for those that are no single values."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_decimal(kind):
        return pa.float64()
    single = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null)
    if any(fits(kind) for fits in (*single, pa.types.is_timestamp, pa.types.is_date)):
        return kind
    raise DataRefused(f"{arrived.path}: the column {column.name} holds {column.type}, not text, numbers or times")


@dataclass(frozen=True)
class _Skipped:
    """A record that has not as many values as the header; number: which record of the file it is, the header is 1."""

    number: int
    rule: str
    text: str
    breaks: int


@dataclass
class _Position:
    """How far a CSV file was read: rows, line breaks inside of their values, and records that were left out."""

    rows: int = 0
    breaks: int = 0
    skipped: list[_Skipped] = field(default_factory=list)
    told: int = 0  # of those left out, how many were handed on


def _csv(arrived: Arrived, chunk_rows: int) -> Iterator[Chunk]:
    position = _Position(breaks=sum(name.count("\n") for name in arrived.header))
    last = _no_rows(arrived)
    try:
        with arrived.open() as stream:
            for rows in _gathered(_csv_tables(arrived, stream, position), chunk_rows):
                yield _placed(arrived, rows, position, ragged_until=len(rows))
                last = rows
    except (OSError, ValueError, EOFError) as error:  # Arrow, gzip and decoding errors are all of these
        raise _csv_error(arrived, position, error) from None
    _refuse_cut_off(arrived, position, last)
    if position.told < len(position.skipped):
        yield _placed(arrived, _no_rows(arrived), position, ragged_until=1)


def _csv_tables(arrived: Arrived, stream: IO[bytes], position: _Position) -> Iterator[pa.Table]:
    source = pa.PythonFile(stream, mode="r")
    if arrived.encoding != "utf-8":
        source = pa.transcoding_input_stream(source, arrived.encoding, "utf8")
    try:
        reader = pyarrow.csv.open_csv(
            source,
            pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
            pyarrow.csv.ParseOptions(
                delimiter=arrived.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=lambda record: _skip(position, record),
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(arrived.header, pa.string()), null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):  # nothing, or a header that no line break ends
            return
        raise
    for batch in reader:
        yield pa.Table.from_batches([batch]).rename_columns(arrived.columns)


def _skip(position: _Position, record: Any) -> str:
    rule = f"the row has {record.actual_columns} values and the header {record.expected_columns} columns"
    text = record.text
    position.skipped.append(_Skipped(record.number, rule, text[:_SHOWN], text.count("\n")))
    return "skip" if len(position.skipped) <= _MOST_RAGGED else "error"


def _placed(arrived: Arrived, rows: pa.Table, position: _Position, ragged_until: int) -> Chunk:
    """Return rows with their places, and what was left out up to the row `ragged_until` after the first of them.

    Empty lines are no rows. The place of a row follows from how many rows and records left out are before it.
    """
    skipped = position.skipped
    order = np.arange(len(skipped))
    rows_before = np.array([record.number for record in skipped], dtype=np.int64) - 2 - order
    skipped_breaks = np.cumsum([0, *(record.breaks for record in skipped)])
    index = position.rows + np.arange(len(rows) + 1)
    breaks = position.breaks + np.concatenate([[0], np.cumsum(_breaks(rows))])
    left_out = np.searchsorted(rows_before, index[:-1], side="right")
    numbers = index[:-1] + 1 + left_out
    lines = numbers + 1 + breaks[:-1] + skipped_breaks[left_out]
    here = order[position.told :][rows_before[position.told :] < position.rows + ragged_until]
    ragged = tuple(
        Ragged(
            arrived.name,
            skipped[i].number - 1,
            skipped[i].number + int(breaks[rows_before[i] - position.rows] + skipped_breaks[i]),
            skipped[i].rule,
            skipped[i].text,
        )
        for i in here
    )
    position.told += len(here)
    position.rows, position.breaks = int(index[-1]), int(breaks[-1])
    filled = _not_empty(rows)
    return Chunk(arrived, rows.filter(pa.array(filled)), numbers[filled], lines[filled], ragged)


def _breaks(rows: pa.Table) -> Numbers:
    """Line breaks inside the values of each row."""
    found = np.zeros(len(rows), dtype=np.int64)
    for column in rows.columns:
        if pc.any(pc.match_substring(column, "\n")).as_py():
            found += pc.fill_null(pc.count_substring(column, "\n"), 0).to_numpy()
    return found


def _not_empty(rows: pa.Table) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(rows), dtype=bool)
    for column in rows.columns:
        if found.all():
            break
        found |= column.is_valid().to_numpy()
    return found


def _no_rows(arrived: Arrived) -> pa.Table:
    return pa.table({name: pa.nulls(0, pa.string()) for name in arrived.columns})


def _refuse_cut_off(arrived: Arrived, position: _Position, last: pa.Table) -> None:
    """Refuse a file that ends inside a row or inside quotes."""
    ragged = bool(position.skipped) and position.skipped[-1].number == position.rows + len(position.skipped) + 1
    if ragged and not arrived.ended:
        raise DataRefused(f"{arrived.path}: it was cut off: {position.skipped[-1].rule} in its last row")
    if arrived.unquoted and (ragged or (len(last) and _breaks(last.slice(len(last) - 1)).any())):
        raise DataRefused(f"{arrived.path}: it was cut off, or a quote is not closed: its last value has no end")


def _csv_error(arrived: Arrived, position: _Position, error: Exception) -> DataRefused:
    if len(position.skipped) > _MOST_RAGGED:
        return DataRefused(
            f"{arrived.path}: more than {_MOST_RAGGED:,} of its rows have not as many values as its header has columns"
        )
    if "straddling" in str(error):
        return DataRefused(
            f"{arrived.path}: a quote is not closed, or a row is longer than {_BLOCK_BYTES >> 20} MB "
            f"(after row {position.rows + len(position.skipped):,})"
        )
    return unreadable(arrived.path, error)
