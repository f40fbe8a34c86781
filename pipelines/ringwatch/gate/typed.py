"""The first pass of the gate: a feed's files in, typed rows on disk out, personal values as tokens already.

Rows keep the order of the files, and each chunk that was read becomes a row group of a temporary Parquet file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
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
from ringwatch.gate.tombstones import Tombstones, open_tombstones
from ringwatch.keys import tokens
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

    arrived: the files that the rows are from; FILE counts them from 0. raw: what arrived, a table for each row group,
    when that is little; None when it has to be read again.
    """

    arrived: Sequence[Arrived]
    path: Path
    rows: int
    ragged: tuple[Ragged, ...]
    raw: tuple[pa.Table, ...] | None = None


def write(night: Night, feed: Feed, arrived: Sequence[Arrived], path: Path) -> Typed:
    """Type the rows of `feed` into the file `path`, without what names erased accounts.

    Raises DataRefused when they cannot be judged as a whole.
    """
    keys = tokens.token_keys(night.settings.home)
    erased = open_tombstones(night)
    ragged: list[Ragged] = []
    raw: list[pa.Table] | None = []
    rows = 0
    with _writer(path, _schema(night, feed, keys)) as file:
        for chunk in _usable(night, feed, arrived):
            ragged += [replace(row, text=_kept(night, erased, row.text)) for row in chunk.ragged]
            if len(chunk.rows):
                arrived_rows, buried = erased.taken_out(chunk.rows, feed)
                typed = _typed(night, feed, keys, arrived_rows, chunk, buried)
                file.write_table(typed, row_group_size=len(chunk.rows))
                rows += len(chunk.rows)
                raw = _also_kept(raw, arrived_rows)
                night.tell(f"validate: {feed.feed}, {rows:,} rows read")
            _stop_if_endless(night, arrived, chunk, rows)
            memory.give_back()
    return Typed(arrived, path, rows, tuple(ragged), None if raw is None else tuple(raw))


def _also_kept(raw: list[pa.Table] | None, more: pa.Table) -> list[pa.Table] | None:
    """What arrived so far, None when it is too much to be kept in memory."""
    if raw is None or sum(table.nbytes for table in raw) + more.nbytes > _KEPT_BYTES:
        return None
    return [*raw, more]


def _kept(night: Night, erased: Tombstones, line: str) -> str:
    """What is kept of a line that could not be read apart: nothing when it names an erased account, no card number."""
    return "" if erased.named_within(line) else str(cards.masked(line, night.model.defaults.card_numbers))


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A file that is read once and thrown away: most of its values occur once, so that dictionaries only cost."""
    return pq.ParquetWriter(path, schema, compression="lz4", use_dictionary=False, write_statistics=False)


def originals(night: Night, feed: Feed, typed: Typed) -> Iterator[pa.Table]:
    """Yield what arrived again, a table for each row group, without what names erased accounts."""
    if typed.raw is not None:
        yield from typed.raw
        return
    erased = open_tombstones(night)
    for chunk in chunks.read(typed.arrived, night.settings.gate_chunk_rows):
        if len(chunk.rows):
            yield erased.taken_out(chunk.rows, feed)[0]


def _usable(night: Night, feed: Feed, arrived: Sequence[Arrived]) -> Iterator[Chunk]:
    """Yield the chunks of a delivery that has what it must have."""
    _refuse_incomplete(night, feed, arrived)
    arriving = chunks.read(arrived, night.settings.gate_chunk_rows)
    first = next(arriving, None)
    if first is None and not (feed.optional or feed.feed in night.settings.may_be_empty):
        raise DataRefused(
            f"{arrived[0].path}: it has no rows; deliver the whole feed, or name {feed.feed} in the setting "
            "may_be_empty if there are days without any"
        )
    yield from chain([first] if first else [], arriving)


def _refuse_incomplete(night: Night, feed: Feed, arrived: Sequence[Arrived]) -> None:
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


def _typed(night: Night, feed: Feed, keys: tuple[bytes, ...], arrived: pa.Table, chunk: Chunk, buried: Any) -> pa.Table:
    readable = words.typed(night, feed, arrived)
    rows = normalise.impersonal(readable, feed, keys)
    for name, values in zip(PLACE, (pa.array(chunk.files), chunk.numbers, chunk.lines, buried), strict=True):
        rows = rows.append_column(name, values)
    return rows


def _schema(night: Night, feed: Feed, keys: tuple[bytes, ...]) -> Any:
    rows = normalise.impersonal(normalise.typed(pa.table({}), feed, night.model.defaults), feed, keys)
    types = {FILE: pa.int32(), ROW: pa.int64(), LINE: pa.int64(), BURIED: pa.bool_()}
    return pa.schema([*rows.schema, *types.items()])


def _stop_if_endless(night: Night, arrived: Sequence[Arrived], chunk: Chunk, rows: int) -> None:
    most = night.settings.gate_most_rows
    if rows > most:
        raise DataRefused(
            f"{arrived[chunk.files[-1]].path}: with it the feed has more than {most:,} rows; raise the setting "
            "gate_most_rows if it is meant to"
        )
