"""The first pass of the gate: a feed's files in, typed rows on disk out, personal values as tokens already.

Rows keep the order of the files, and each chunk that was read becomes a row group of a temporary Parquet file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch import chunks, expectations, normalise, tokens
from ringwatch.arrivals import Arrived
from ringwatch.chunks import Chunk, Ragged
from ringwatch.errors import DataRefused
from ringwatch.model import Feed
from ringwatch.night import Night

# Columns that say where a row was in its file; no column of a feed can be called like this.
ROW, LINE = "(row)", "(line)"


@dataclass(frozen=True)
class Typed:
    """Typed rows in the file `path`, and the rows that have not as many values as the header, which have no types.

    files: the name of the file that each row group is from.
    """

    arrived: Sequence[Arrived]
    path: Path
    files: tuple[str, ...]
    rows: int
    ragged: tuple[Ragged, ...]


def write(night: Night, feed: Feed, arrived: Sequence[Arrived], path: Path) -> Typed:
    """Type the rows of `feed` into the file `path`. Raises DataRefused when they cannot be judged as a whole."""
    keys = tokens.token_keys(night.settings.home)
    files: list[str] = []
    ragged: list[Ragged] = []
    rows = 0
    with pq.ParquetWriter(path, _schema(feed, keys), compression="lz4") as file:
        for chunk in _usable(night, feed, arrived):
            ragged += chunk.ragged
            if len(chunk.rows):
                file.write_table(_typed(night, feed, keys, chunk), row_group_size=len(chunk.rows))
                files.append(chunk.arrived.name)
                rows += len(chunk.rows)
                night.tell(f"validate: {feed.feed}, {rows:,} rows read")
            _stop_if_endless(night, chunk, rows)
    return Typed(arrived, path, tuple(files), rows, tuple(ragged))


def originals(night: Night, typed: Typed) -> Iterator[pa.Table]:
    """Yield what arrived again, a table for each row group."""
    for chunk in chunks.read(typed.arrived, night.settings.gate_chunk_rows):
        if len(chunk.rows):
            yield chunk.rows


def _usable(night: Night, feed: Feed, arrived: Sequence[Arrived]) -> Iterator[Chunk]:
    """Yield the chunks of a delivery that has what it must have."""
    arriving = chunks.read(arrived, night.settings.gate_chunk_rows)
    first = next(arriving, None)
    columns = next((file.columns for file in arrived if file.columns), [])
    head = pd.DataFrame(index=range(1 if first else 0), columns=columns)
    for problem in expectations.failures(head, expectations.arrival_suite(feed)):
        raise DataRefused(f"{arrived[0].path}: {problem}")
    yield from chain([first] if first else [], arriving)


def _typed(night: Night, feed: Feed, keys: tuple[bytes, ...], chunk: Chunk) -> pa.Table:
    readable = normalise.typed(chunk.rows, feed, night.model.defaults.nothing)
    lines = pa.nulls(len(chunk.rows), pa.int64()) if chunk.lines is None else pa.array(chunk.lines)
    rows = normalise.impersonal(readable, feed, keys)
    return rows.append_column(ROW, pa.array(chunk.numbers)).append_column(LINE, lines)


def _schema(feed: Feed, keys: tuple[bytes, ...]) -> Any:
    rows = normalise.impersonal(normalise.typed(pa.table({}), feed, ""), feed, keys)
    return rows.schema.append(pa.field(ROW, pa.int64())).append(pa.field(LINE, pa.int64()))


def _stop_if_endless(night: Night, chunk: Chunk, rows: int) -> None:
    most = night.settings.gate_most_rows
    if rows > most:
        raise DataRefused(
            f"{chunk.arrived.path}: with it the feed has more than {most:,} rows; raise the setting gate_most_rows if "
            "it is meant to"
        )
