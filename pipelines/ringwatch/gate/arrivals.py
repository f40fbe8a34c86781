"""A feed file as it was found, and its bytes and text for whoever reads it."""

from __future__ import annotations

import codecs
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO

import pyarrow as pa

from ringwatch.errors import DataRefused
from ringwatch.gate.forms import Form, known_form
from ringwatch.gate.unpacking import PIECE, open_unpacked
from ringwatch.mapping import Names

_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

# A file of at most so many bytes is small: it is read together with others.
SMALL_BYTES = 1 << 18


@dataclass(frozen=True)
class Arrived:
    """A feed file as it was found.

    name: its path below the folder of the day; size and changed: bytes and time of change, to see that it stays;
    header: names of the columns as they are written; of text also encoding and bytes at most when it is unpacked UTF-8;
    of CSV files also delimiter, quotes, what stands before one inside of quotes, lines before the header, whether the
    last row ends, whether a quote is left open, and what to say of an encoding that was guessed. partitions: columns
    that the folders of the file name, and their value for all of its rows. names: how its columns are known from here
    on. row_groups: rows and packed bytes of those of a Parquet file that has several; part: the first that is read of
    them and the one behind the last, None for all. content and rows: what is kept of a small file, so that it is
    opened once: its bytes, or of Parquet its rows.
    """

    path: Path
    name: str
    sha256: str
    size: int
    changed: int
    encoding: str = "utf-8"
    delimiter: str = ","
    header: tuple[str, ...] = ()
    unpacked: int = 0
    ended: bool = True
    unquoted: bool = False
    quote: str = '"'
    escape: str = '"'
    preamble: int = 0
    note: str | None = None
    partitions: dict[str, str | None] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    row_groups: tuple[tuple[int, int], ...] = ()
    part: tuple[int, int] | None = None
    content: bytes | None = field(default=None, compare=False, repr=False)
    rows: pa.Table | None = field(default=None, compare=False, repr=False)

    @cached_property
    def form(self) -> Form:
        return known_form(self.path.name)

    @property
    def is_csv(self) -> bool:
        return self.form.kind == "csv"

    @property
    def to_read(self) -> int:
        """Bytes, of text at most so many when it is unpacked."""
        return self.unpacked or self.size

    @property
    def shape(self) -> tuple[object, ...]:
        """What files have in common whose rows can be read in one go."""
        return self.form.kind, self.header, self.delimiter, tuple(self.partitions)

    @cached_property
    def named(self) -> list[str]:
        """Names of the columns in the file."""
        return [name.strip() for name in self.header] if self.is_csv else list(self.header)

    @cached_property
    def delivered(self) -> list[str]:
        """Names of all columns as they are written, those of its folders behind those in the file."""
        return list(dict.fromkeys([*self.named, *self.partitions]))

    @cached_property
    def columns(self) -> list[str]:
        """Names by which all columns are known from here on, in the order of `delivered`."""
        return list(self.names.of(self.path, self.delivered))

    @property
    def kept_bytes(self) -> int:
        return len(self.content or b"") + (self.rows.nbytes if self.rows is not None else 0)

    @property
    def renamed(self) -> dict[str, str]:
        """Columns that have another name in the file, with that name."""
        return {known: name for known, name in zip(self.columns, self.delivered, strict=True) if known != name}

    def open(self) -> IO[bytes]:
        """Return the bytes of the file, unpacked."""
        return open_unpacked(self.path, self.content)

    def check_unchanged(self) -> None:
        """Raise DataRefused when the file is not the one that was surveyed."""
        try:
            state = os.stat(self.path)
        except OSError:  # it is gone
            state = None
        if state is None or (state.st_size, state.st_mtime_ns) != (self.size, self.changed):
            raise DataRefused(
                f"{self.path}: it changed while it was read; start the night when the delivery is complete"
            )


def bare(files: Sequence[Arrived]) -> tuple[Arrived, ...]:
    """Return files without what was kept of them, as they travel."""
    return tuple(replace(file, content=None, rows=None) for file in files)


def decoded(arrived: Arrived, encoding: str) -> Iterator[str]:
    """Yield the text of a file in pieces, without a byte order mark. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)()
    with arrived.open() as stream:
        while piece := stream.read(PIECE):
            if text := decoder.decode(piece):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text


def marked(arrived: Arrived) -> str | None:
    """The encoding that a byte order mark names."""
    with arrived.open() as stream:
        start = stream.read(4)
    return next((name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark)), None)


def unreadable(path: Path, error: Exception) -> DataRefused:
    """The refusal of a file that cannot be read as what its name says."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataRefused(f"{path}: cannot be read as {known_form(path.name).said}: {reason}")


def refuse_repeated(path: Path, names: Collection[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataRefused(f"{path}: the header names {name!r} twice")
        seen.add(name)
