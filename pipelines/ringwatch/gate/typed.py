"""The first pass of the gate: a feed's files in, typed rows on disk out, personal values as tokens already.

Rows keep the order of the files, and each chunk that was read becomes a row group of a temporary Parquet file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch import mapping
from ringwatch.errors import DataRefused
from ringwatch.gate import cards, chunks, memory, normalise, words
from ringwatch.gate.arrivals import Arrived
from ringwatch.gate.chunks import Chunk
from ringwatch.gate.pieces import Ragged
from ringwatch.gate.portions import Portion, portions
from ringwatch.gate.terms import Terms
from ringwatch.model import Feed
from ringwatch.night import Night

# Columns that say in which file a row was, where there, and whether its account was erased; no column of a feed can be
# called so.
FILE, ROW, LINE, BURIED = PLACE = ("(file)", "(row)", "(line)", "(erased)")

# What arrived is kept in memory up to this size, so that the files need not be read again for the rows refused of them.
_KEPT_BYTES = 4 << 20


@dataclass(frozen=True)
class Typed:
    """Typed rows in the file `path`, and the rows that have not as many values as the header, which have no types.

    arrived: the files that the rows are from; FILE counts them from 0. ragged: by portion. raw: what arrived, a table
    for each row group, when that is little; None when it has to be read again.
    """

    arrived: Sequence[Arrived]
    path: Path
    rows: int
    ragged: tuple[tuple[Ragged, ...], ...]
    raw: tuple[pa.Table, ...] | None = None


@dataclass(frozen=True)
class TypedChunk:
    """Typed rows of a chunk, which may be none, and what arrived of them without what names erased accounts.

    ragged: rows that could not be read apart; last: which of the feed's files the last of its rows is from.
    """

    rows: pa.Table
    arrived: pa.Table
    ragged: tuple[Ragged, ...]
    last: int


def write(night: Night, terms: Terms, arrived: Sequence[Arrived], path: Path) -> Typed:
    """Type the rows of a feed into the file `path`, without what names erased accounts.

    Raises DataRefused when they cannot be judged as a whole.
    """
    refuse_incomplete(night, terms.feed, arrived)
    ragged: list[tuple[Ragged, ...]] = []
    raw: list[pa.Table] | None = []
    rows = seen = 0
    with _writer(path, _schema(terms)) as file:
        for portion in portions(arrived):
            odd: list[Ragged] = []
            for chunk in read(terms, portion):
                seen += 1
                odd += chunk.ragged
                if len(chunk.rows):
                    file.write_table(chunk.rows, row_group_size=len(chunk.rows))
                    rows += len(chunk.rows)
                    raw = _also_kept(raw, chunk.arrived)
                    night.tell(f"validate: {terms.feed.feed}, {rows:,} rows read")
                refuse_endless(night, arrived, chunk.last, rows)
                memory.give_back()
            ragged += [tuple(odd)] if odd else []
    if not seen:
        refuse_empty(night, terms.feed, arrived)
    return Typed(arrived, path, rows, tuple(ragged), None if raw is None else tuple(raw))


def read(terms: Terms, portion: Portion) -> Iterator[TypedChunk]:
    """Yield the rows of a portion, typed, chunk by chunk. Raises DataRefused when it cannot be read to its end."""
    for chunk in chunks.read_portion(portion, terms.chunk_rows):
        ragged = tuple(replace(row, text=_kept(terms, row.text)) for row in chunk.ragged)
        if len(chunk.rows):
            rows, buried = terms.erased.taken_out(chunk.rows, terms.feed)
            yield TypedChunk(_typed(terms, rows, chunk, buried), rows, ragged, int(chunk.files[-1]))
        else:
            yield TypedChunk(chunk.rows, chunk.rows, ragged, portion.first)


def originals(terms: Terms, typed: Typed) -> Iterator[pa.Table]:
    """Yield what arrived again, a table for each row group, without what names erased accounts."""
    if typed.raw is not None:
        yield from typed.raw
        return
    for portion in portions(typed.arrived):
        yield from originals_of(terms, portion)


def originals_of(terms: Terms, portion: Portion) -> Iterator[pa.Table]:
    """Yield what arrived of a portion again, a table for each of its chunks that has rows."""
    for chunk in chunks.read_portion(portion, terms.chunk_rows):
        if len(chunk.rows):
            yield terms.erased.taken_out(chunk.rows, terms.feed)[0]


def refuse_incomplete(night: Night, feed: Feed, arrived: Sequence[Arrived]) -> None:
    """Raise DataRefused that names all columns which the files lack, and all that they have.

    JSON lines name their columns in each row, so that a file without rows has none.
    """
    file = next((file for file in arrived if file.columns), arrived[0])
    if file.form.kind == "jsonl" and not file.columns:
        return
    if missing := mapping.missing(feed, night.settings, file.columns):
        are = "columns {} are" if len(missing) > 1 else "column {} is"
        raise DataRefused(
            f"{file.path}: the required {are.format(mapping.listed(missing))} missing; {mapping.has(file.delivered)}"
        )


def refuse_empty(night: Night, feed: Feed, arrived: Sequence[Arrived]) -> None:
    """Raise DataRefused that a feed has no rows, unless it may have none."""
    if not (feed.optional or feed.feed in night.settings.may_be_empty):
        raise DataRefused(
            f"{arrived[0].path}: it has no rows; deliver the whole feed, or name {feed.feed} in the setting "
            "may_be_empty if there are days without any"
        )


def refuse_endless(night: Night, arrived: Sequence[Arrived], last: int, rows: int) -> None:
    """Raise DataRefused when the rows up to those of the file `last` are too many."""
    most = night.settings.gate_most_rows
    if rows > most:
        raise DataRefused(
            f"{arrived[last].path}: with it the feed has more than {most:,} rows; raise the setting gate_most_rows if "
            "it is meant to"
        )


def _also_kept(raw: list[pa.Table] | None, more: pa.Table) -> list[pa.Table] | None:
    """What arrived so far, None when it is too much to be kept in memory."""
    if raw is None or sum(table.nbytes for table in raw) + more.nbytes > _KEPT_BYTES:
        return None
    return [*raw, more]


def _kept(terms: Terms, line: str) -> str:
    """What is kept of a line that could not be read apart: nothing when it names an erased account, no card number."""
    return "" if terms.erased.named_within(line) else str(cards.masked(line, terms.defaults.card_numbers))


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A file that is read once and thrown away: most of its values occur once, so that dictionaries only cost."""
    return pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=False, write_statistics=False)


def _typed(terms: Terms, arrived: pa.Table, chunk: Chunk, buried: Any) -> pa.Table:
    rows = normalise.impersonal(words.typed(terms, arrived), terms.feed, terms.keys)
    for name, values in zip(PLACE, (pa.array(chunk.files), chunk.numbers, chunk.lines, buried), strict=True):
        rows = rows.append_column(name, values)
    return rows


def _schema(terms: Terms) -> Any:
    none = normalise.typed(pa.table({}), terms.feed, terms.defaults)
    rows = normalise.impersonal(none, terms.feed, terms.keys)
    types = {FILE: pa.int32(), ROW: pa.int64(), LINE: pa.int64(), BURIED: pa.bool_()}
    return pa.schema([*rows.schema, *types.items()])
