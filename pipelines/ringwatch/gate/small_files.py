"""Many small files of one shape, read in one go: what a reader takes to begin and to end would be most of the time.

In: files with the same columns, written the same way. Out: the rows of all of them with their places, or None when one
of them is odd, so that each has to be read alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.gate import csv_rows, dialect, json_lines, json_rows, parquet_rows
from ringwatch.gate.arrivals import Arrived, decoded
from ringwatch.gate.pieces import MOST_RAGGED, Numbers, Piece, Ragged

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")

# Begins a record between two CSV files that has one value more than the header: the parser tells where it is.
_NEXT = "(the next file)"

# Rows of small Parquet files that are read in one go: however well they pack, so many fit into memory.
_MOST_ROWS = 1 << 18


def csv(files: Sequence[Arrived]) -> list[Piece] | None:
    """Return the rows of CSV files, which are parsed as one file with a record between each two."""
    first = files[0]
    if any("\n" in name for name in first.header) or any(file.unquoted for file in files):
        return None
    mark = _NEXT + first.delimiter * len(first.header)
    heads, bodies = zip(*map(_head_and_body, files), strict=True)
    whole = (_ended(heads[0]) + f"{mark}\n".join(map(_ended, bodies))).encode()
    as_one = replace(first, encoding="utf-8", escape=first.quote, unpacked=len(whole), preamble=0)
    position = csv_rows.Position(most_skipped=MOST_RAGGED + len(files))
    try:
        tables = list(csv_rows.tables(as_one, io.BytesIO(whole), position))
    except (OSError, ValueError):
        return None
    rows = pa.concat_tables(tables).combine_chunks() if tables else csv_rows.no_rows(as_one)
    found = csv_rows.placed(as_one, rows, position, ragged_until=len(rows) + 1)
    marks = [row for row in found.ragged if row.text == mark]
    odd = [row for row in found.ragged if row.text != mark]
    if len(marks) != len(files) - 1 or len(odd) > MOST_RAGGED:
        return None
    placed = _apart(files, found, marks, odd)
    cut_off = {file.name for file in files if not file.ended} & {row.file for row in placed.ragged}
    return None if cut_off else [placed]


def json(files: Sequence[Arrived]) -> list[Piece] | None:
    """Return the rows of files of JSON lines, which are read as the lines of one file."""
    texts = [_ended("".join(decoded(file, file.encoding))) for file in files]
    ends = np.cumsum([0, *(text.count("\n") for text in texts)])
    found: list[Piece] = []
    for block in json_lines.blocks(["".join(texts)]):
        if len(block.broken) > MOST_RAGGED:
            return None
        of = np.searchsorted(ends, block.lines, side="left") - 1
        lines = block.lines - ends[of]
        ragged = tuple(
            json_rows.ragged(files[file], line - int(ends[file]), rule, text)
            for line, rule, text in block.broken
            for file in [int(np.searchsorted(ends, line, side="left")) - 1]
        )
        found.append(Piece(block.table(files[0].header), lines, lines, ragged, of))
    return found


def parquet(files: Sequence[Arrived]) -> list[Piece] | None:
    """Return the rows of Parquet files, put together by their types before they are looked at."""
    try:
        read = [_rows(file, _MOST_ROWS // len(files)) for file in files]
        alike: dict[pa.Schema, list[int]] = {}
        for number, table in enumerate(read):
            alike.setdefault(table.schema.remove_metadata(), []).append(number)
        return [_put_together(read, numbers) for numbers in alike.values()]
    except (OSError, ValueError, TypeError, NotImplementedError):
        return None


def _head_and_body(file: Arrived) -> tuple[str, str]:
    """The header of a CSV file, and what follows it, with quotes inside of quotes doubled."""
    texts = decoded(file, file.encoding)
    if file.escape != file.quote:
        texts = (piece.decode() for piece in dialect.doubled(texts, file.delimiter, file.quote))
    text = "".join(texts)
    start = 0
    for _ in range(file.preamble):
        start = _line_end(text, start)
    end = _line_end(text, start)
    return text[start:end], text[end:]


def _line_end(text: str, start: int) -> int:
    found = _LINE.match(text, start)
    return found.end() if found else len(text)


def _ended(text: str) -> str:
    return text if not text or text[-1] in "\r\n" else f"{text}\n"


def _apart(files: Sequence[Arrived], found: Piece, marks: Sequence[Ragged], odd: Sequence[Ragged]) -> Piece:
    """Return rows that were read as those of one file with the places that they have in their own."""
    rows_before = np.array([0, *(mark.row for mark in marks)])
    lines_before = np.array([1, *(mark.line for mark in marks)]) - 1 - np.array([file.preamble for file in files])
    of = np.searchsorted(rows_before[1:], found.numbers)
    ragged = tuple(
        replace(
            row, file=files[file].name, row=row.row - int(rows_before[file]), line=row.line - int(lines_before[file])
        )
        for row in odd
        for file in [int(np.searchsorted(rows_before[1:], row.row))]
    )
    return Piece(found.rows, found.numbers - rows_before[of], np.asarray(found.lines) - lines_before[of], ragged, of)


def _rows(file: Arrived, most: int) -> pa.Table:
    if file.rows is not None:
        return file.rows
    with file.open() as stream:
        return parquet_rows.whole(pq.ParquetFile(pa.BufferReader(stream.read())), most)


def _put_together(read: Sequence[pa.Table], numbers: Sequence[int]) -> Piece:
    rows = parquet_rows.plain(pa.concat_tables([read[number].replace_schema_metadata() for number in numbers]))
    sizes = [len(read[number]) for number in numbers]
    places: Numbers = np.fromiter(chain.from_iterable(range(1, size + 1) for size in sizes), dtype=np.int64)
    return Piece(rows, places, files=np.repeat(np.array(numbers), sizes))
