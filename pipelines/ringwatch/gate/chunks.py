"""The rows of a feed's files, as they arrived, in chunks that bound the memory. In: files that were surveyed.

Rows of several files make one chunk when their columns are of the same types, so that many small files take about as
long as a large one, and nothing that one file holds changes how another one is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ringwatch.gate import csv_rows, json_rows, parquet_rows, small_files
from ringwatch.gate.arrivals import SMALL_BYTES, Arrived
from ringwatch.gate.pieces import Piece, Ragged
from ringwatch.gate.portions import Portion, portions

# A chunk is closed when it holds this much, whatever its rows.
_CHUNK_BYTES = 64 << 20

# Small files are read together when they have one shape, at most so many bytes at once.
_TOGETHER_BYTES = 1 << 24

_READERS = {"csv": csv_rows.read, "jsonl": json_rows.read, "parquet": parquet_rows.read}
_TOGETHER = {"csv": small_files.csv, "jsonl": small_files.json, "parquet": small_files.parquet}


@dataclass(frozen=True)
class Chunk:
    """Rows of one file or of several, in the order in which they were read.

    files: which of the files each row is from, from 0; numbers: the row in its file, from 1; lines: the line on which
    it starts, null for Parquet; ragged: rows that could not be read apart.
    """

    rows: pa.Table
    files: npt.NDArray[np.int32]
    numbers: pa.Int64Array
    lines: pa.Int64Array
    ragged: tuple[Ragged, ...] = ()


def read(files: Sequence[Arrived], chunk_rows: int) -> Iterator[Chunk]:
    """Yield the rows of all files of a feed, as `read_portion` does."""
    for portion in portions(files):
        yield from read_portion(portion, chunk_rows)


def read_portion(portion: Portion, chunk_rows: int) -> Iterator[Chunk]:
    """Yield the rows of a portion, at most `chunk_rows` at once, text as it is, empty text of CSV files missing.

    Raises DataRefused when a file cannot be read to its end, was cut off, or changes meanwhile.
    """
    waiting: list[_Waiting] = []
    room, size = chunk_rows, 0
    for piece in _pieces(portion):
        mine = _waiting_for(waiting, piece)
        mine.ragged += piece.ragged
        start = 0
        while start < len(piece.rows):
            rows = piece.rows.slice(start, room)
            mine.add(piece, rows, start)
            start, room, size = start + len(rows), room - len(rows), size + rows.nbytes
            if not room or size > _CHUNK_BYTES:
                yield from (one.chunk() for one in waiting if one.parts or one.ragged)
                room, size = chunk_rows, 0
                waiting = [mine := _Waiting(piece.rows.schema)]
    yield from (one.chunk() for one in waiting if one.parts or one.ragged)


def _pieces(portion: Portion) -> Iterator[Piece]:
    """Yield what the files hold under the names that columns are known by, with those that their folders name."""
    for first, group in _groups(portion.files):
        known = dict(zip(group[0].delivered, group[0].columns, strict=True))
        for piece in _read(group):
            rows, of = piece.rows, piece.of_files
            for name in group[0].partitions:
                values = pa.array([arrived.partitions[name] for arrived in group], pa.string())
                rows = rows.append_column(name, values.take(pa.array(of)))
            rows = rows.rename_columns([known.get(name, name) for name in rows.column_names])
            yield replace(piece, rows=rows, files=of + portion.first + first)


def _groups(files: Sequence[Arrived]) -> Iterator[tuple[int, Sequence[Arrived]]]:
    """Yield neighbours that are read together, with the number of the first of them."""
    start = 0
    while start < len(files):
        end, size = start + 1, files[start].to_read
        while size <= _TOGETHER_BYTES and end < len(files) and _belong_together(files[start], files[end]):
            size, end = size + files[end].to_read, end + 1
        yield start, files[start:end]
        start = end


def _belong_together(one: Arrived, other: Arrived) -> bool:
    return max(one.to_read, other.to_read) <= SMALL_BYTES and one.shape == other.shape


def _read(group: Sequence[Arrived]) -> Iterator[Piece]:
    """Yield the rows of files that are read together, or alone when one of them is odd."""
    together = _TOGETHER[group[0].form.kind](group) if len(group) > 1 else None
    if together is not None:
        yield from together
    for number, arrived in enumerate(group):
        if together is None:
            for piece in _READERS[arrived.form.kind](arrived):
                yield replace(piece, files=np.full(len(piece.rows), number))
        arrived.check_unchanged()


@dataclass
class _Waiting:
    """Rows that wait until there are enough of them for a chunk; schema: columns and types, the same for all."""

    schema: pa.Schema
    parts: list[pa.Table] = field(default_factory=list)
    files: list[npt.NDArray[np.int32]] = field(default_factory=list)
    numbers: list[pa.Int64Array] = field(default_factory=list)
    lines: list[pa.Int64Array] = field(default_factory=list)
    ragged: tuple[Ragged, ...] = ()

    def fits(self, schema: pa.Schema) -> bool:
        """Whether rows of this schema can be put to these without a change to any value: nulls are of any type."""
        return set(schema.names) == set(self.schema.names) and all(
            column.type == other.type or pa.types.is_null(column.type) or pa.types.is_null(other.type)
            for column, other in ((column, self.schema.field(column.name)) for column in schema)
        )

    def add(self, piece: Piece, rows: pa.Table, start: int) -> None:
        """Add `rows`, those of `piece` from `start` on."""
        here = slice(start, start + len(rows))
        self.schema = pa.unify_schemas([self.schema, rows.schema])
        self.parts.append(rows)
        self.files.append(piece.of_files[here].astype(np.int32))
        self.numbers.append(pa.array(piece.numbers[here]))
        self.lines.append(
            pa.nulls(len(rows), pa.int64()) if piece.lines is None else pa.array(piece.lines[here], pa.int64())
        )

    def chunk(self) -> Chunk:
        if not self.parts:
            none = pa.array([], pa.int64())
            return Chunk(self.schema.empty_table(), np.empty(0, np.int32), none, none, self.ragged)
        rows = pa.concat_tables([part.select(self.schema.names).cast(self.schema) for part in self.parts])
        return Chunk(
            rows.combine_chunks(),
            np.concatenate(self.files),
            pa.concat_arrays(self.numbers),
            pa.concat_arrays(self.lines),
            self.ragged,
        )


def _waiting_for(waiting: list[_Waiting], piece: Piece) -> _Waiting:
    """Return those that the rows of a piece may wait with."""
    schema = piece.rows.schema
    found = next((one for one in waiting if one.fits(schema)), None)
    if found is None:
        waiting.append(found := _Waiting(schema))
    return found
