"""The rows of a CSV feed file, as they arrived, with the line on which each starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ringwatch.errors import DataRefused
from ringwatch.gate import dialect
from ringwatch.gate.arrivals import Arrived, decoded, unreadable
from ringwatch.gate.pieces import BLOCK_BYTES, MOST_RAGGED, Numbers, Piece, Ragged, shown

# A block is as large as the file when that is less than BLOCK_BYTES, for a large one takes a while to be made.
_LEAST_BLOCK = 1 << 12


@dataclass(frozen=True)
class _Skipped:
    """A record that has not as many values as the header; number: which record of the file it is, the header is 1."""

    number: int
    rule: str
    text: str
    breaks: int


@dataclass
class Position:
    """How far a CSV file was read: rows, line breaks inside of their values, and records that were left out."""

    rows: int = 0
    breaks: int = 0
    skipped: list[_Skipped] = field(default_factory=list)
    told: int = 0  # of those left out, how many were handed on
    most_skipped: int = MOST_RAGGED


def read(arrived: Arrived) -> Iterator[Piece]:
    """Yield the rows of a CSV file in order, as text, empty text missing.

    Raises DataRefused when it cannot be read to its end or was cut off.
    """
    position = Position(breaks=arrived.preamble + sum(name.count("\n") for name in arrived.header))
    last = no_rows(arrived)
    try:
        with arrived.open() as stream:
            for rows in tables(arrived, stream, position):
                yield placed(arrived, rows, position, ragged_until=len(rows))
                last = rows
    except (OSError, ValueError, EOFError) as error:  # Arrow, gzip and decoding errors are all of these
        raise _error(arrived, position, error) from None
    _refuse_cut_off(arrived, position, last)
    if position.told < len(position.skipped):
        yield placed(arrived, no_rows(arrived), position, ragged_until=1)


def tables(arrived: Arrived, stream: IO[bytes], position: Position) -> Iterator[pa.Table]:
    """Yield the rows of a stream that is written as `arrived` says; `position` hears of records that are left out."""
    source = pa.PythonFile(stream, mode="r")
    if arrived.escape != arrived.quote:
        texts = dialect.doubled(decoded(arrived, arrived.encoding), arrived.delimiter, arrived.quote)
        source = pa.PythonFile(dialect.Stream(texts), mode="r")
    elif arrived.encoding != "utf-8":
        source = pa.transcoding_input_stream(source, arrived.encoding, "utf8")
    try:
        reader = pyarrow.csv.open_csv(
            source,
            pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=min(BLOCK_BYTES, max(arrived.unpacked, _LEAST_BLOCK)),
                skip_rows=arrived.preamble,
            ),
            pyarrow.csv.ParseOptions(
                delimiter=arrived.delimiter,
                quote_char=arrived.quote,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=lambda record: _skip(position, record, arrived.preamble),
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
        yield pa.Table.from_batches([batch]).rename_columns(arrived.named)


def _skip(position: Position, record: Any, preamble: int) -> str:
    rule = f"the row has {record.actual_columns} values and the header {record.expected_columns} columns"
    text = record.text
    position.skipped.append(_Skipped(record.number - preamble, rule, shown(text), text.count("\n")))
    return "skip" if len(position.skipped) <= position.most_skipped else "error"


def placed(arrived: Arrived, rows: pa.Table, position: Position, ragged_until: int) -> Piece:
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
    return Piece(rows.filter(pa.array(filled)), numbers[filled], lines[filled], ragged)


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


def no_rows(arrived: Arrived) -> pa.Table:
    return pa.table({name: pa.nulls(0, pa.string()) for name in arrived.named})


def _refuse_cut_off(arrived: Arrived, position: Position, last: pa.Table) -> None:
    """Refuse a file that ends inside a row or inside quotes."""
    ragged = bool(position.skipped) and position.skipped[-1].number == position.rows + len(position.skipped) + 1
    if ragged and not arrived.ended:
        raise DataRefused(f"{arrived.path}: it was cut off: {position.skipped[-1].rule} in its last row")
    if arrived.unquoted and (ragged or (len(last) and _breaks(last.slice(len(last) - 1)).any())):
        raise DataRefused(f"{arrived.path}: it was cut off, or a quote is not closed: its last value has no end")


def _error(arrived: Arrived, position: Position, error: Exception) -> DataRefused:
    if len(position.skipped) > MOST_RAGGED:
        return DataRefused(
            f"{arrived.path}: more than {MOST_RAGGED:,} of its rows have not as many values as its header has columns"
        )
    if "straddling" in str(error):
        return DataRefused(
            f"{arrived.path}: a quote is not closed, or a row is longer than {BLOCK_BYTES >> 20} MB "
            f"(after row {position.rows + len(position.skipped):,})"
        )
    return unreadable(arrived.path, error)
