"""What a feed file is, found out by reading its bytes once: its digest, and of CSV its encoding, delimiter and header.

What cannot be what it says it is (mislabelled, an archive that unpacks without end, text in no known encoding) is
refused by name; nothing is guessed that changes a value in silence.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

import pyarrow.parquet as pq

from ringwatch.errors import DataRefused
from ringwatch.gate import json_lines
from ringwatch.gate.dialect import BACKSLASH, Check
from ringwatch.gate.feeds import partitions
from ringwatch.gate.forms import Form, known_form
from ringwatch.gate.unpacking import PIECE, open_unpacked
from ringwatch.mapping import Names, has

DELIMITERS = ",;\t|"

_MAGIC = {
    b"PAR1": "Parquet",
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x04\x22\x4d\x18": "LZ4",
    b"SQLite": "SQLite",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "Excel",
    b"\x50\x2a\x4d\x18": "Zstandard",
    b"Obj\x01": "Avro",
    b"ORC": "ORC",
    b"ARROW1": "Arrow",
}
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CODE_PAGES = ["cp1252", "cp1250", "cp1251", "cp932", "gb18030", "big5", "euc_kr"]

# The line in which Excel says what stands between values.
_SAID_DELIMITER = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n)', re.IGNORECASE)

# Keys of a file of JSON lines from which they are taken for values.
_MOST_KEYS = 2_000


@dataclass(frozen=True)
class Arrived:
    """A feed file as it was found.

    name: its path below the folder of the day; size and changed: bytes and time of change, to see that it stays;
    header: names of the columns as they are written; of CSV files also encoding, delimiter, bytes at most when it is
    unpacked UTF-8, quotes, what stands before one inside of quotes, lines before the header, whether the last row ends,
    whether a quote is left open, and what to say of an encoding that was guessed. partitions: columns that the folders
    of the file name, and their value for all of its rows. names: how its columns are known from here on.
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

    @property
    def form(self) -> Form:
        return known_form(self.path.name)

    @property
    def is_csv(self) -> bool:
        return self.form.kind == "csv"

    @property
    def named(self) -> list[str]:
        """Names of the columns in the file."""
        return [name.strip() for name in self.header] if self.is_csv else list(self.header)

    @property
    def delivered(self) -> list[str]:
        """Names of all columns as they are written, those of its folders behind those in the file."""
        return list(dict.fromkeys([*self.named, *self.partitions]))

    @property
    def columns(self) -> list[str]:
        """Names by which all columns are known from here on, in the order of `delivered`."""
        return list(self.names.of(self.path, self.delivered))

    @property
    def renamed(self) -> dict[str, str]:
        """Columns that have another name in the file, with that name."""
        return {known: name for known, name in zip(self.columns, self.delivered, strict=True) if known != name}

    def open(self) -> IO[bytes]:
        """Return the bytes of the file, unpacked."""
        return open_unpacked(self.path)

    def check_unchanged(self) -> None:
        """Raise DataRefused when the file is not the one that was surveyed."""
        state = os.stat(self.path) if self.path.exists() else None
        if state is None or (state.st_size, state.st_mtime_ns) != (self.size, self.changed):
            raise DataRefused(
                f"{self.path}: it changed while it was read; start the night when the delivery is complete"
            )


def survey(
    folder: Path,
    path: Path,
    names: Names,
    encoding: str | None,
    delimiter: str | None,
    quote: str = '"',
    escape: str | None = None,
) -> Arrived:
    """Return what the file `path` below the day's `folder` is.

    `encoding` and `delimiter` of CSV files are found out when they are None: the delimiter is the one under which the
    header names most of the columns that `names` knows. Raises DataRefused when the file cannot be what its name says,
    or when it does not say clearly which column is which.
    """
    form = known_form(path.name)
    _refuse_mislabelled(path, form)
    try:
        state = path.stat()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        arrived = Arrived(path, path.relative_to(folder).as_posix(), digest, state.st_size, state.st_mtime_ns)
        if form.kind == "csv":
            found = _csv(replace(arrived, quote=quote), names, encoding, delimiter, escape)
        else:
            found = _parquet(arrived) if form.kind == "parquet" else _json(arrived)
        return replace(found, partitions=_partitions(folder, found), names=names)
    except (OSError, ValueError, EOFError, LookupError) as error:  # gzip and decoding errors are all of these
        raise unreadable(path, error) from None


def together(files: Sequence[Arrived]) -> list[Arrived]:
    """Return the files of a feed with the columns of all their folders, and JSON lines with the keys of all files.

    A JSON object leaves out what it has no value of. Raises DataRefused when others have columns of their own.
    """
    folders = dict.fromkeys(name for file in files for name in file.partitions)
    keys = tuple(dict.fromkeys(name for file in files for name in file.header)) if files[0].form.kind == "jsonl" else ()
    found = [
        replace(
            file,
            header=keys or file.header,
            partitions={name: file.partitions.get(name) for name in folders if name not in file.named},
        )
        for file in files
    ]
    named = [file for file in found if file.named]
    for file in named:
        file.names.check(file.path, file.delivered)
    for file in named[1:]:
        if set(file.columns) != set(named[0].columns):
            raise DataRefused(
                f"{file.path}: it does not have the same columns as {named[0].name} of the same feed: "
                f"{has(file.delivered)}, and the other one {', '.join(named[0].delivered)}"
            )
    return found


def unreadable(path: Path, error: Exception) -> DataRefused:
    """The refusal of a file that cannot be read as what its name says."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataRefused(f"{path}: cannot be read as {_said(known_form(path.name))}: {reason}")


def _said(form: Form) -> str:
    return form.ending[1:]


def _refuse_mislabelled(path: Path, form: Form) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise DataRefused(f"{path}: cannot be read: {error.strerror}") from None
    found = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    if start and found != ("Parquet" if form.kind == "parquet" else form.packing):
        what = f"a {found} file" if found else "something else"
        raise DataRefused(f"{path}: cannot be read as {_said(form)}: it holds {what}")


def _partitions(folder: Path, arrived: Arrived) -> dict[str, str | None]:
    named = partitions(folder, arrived.path)
    for name in named:
        if name in arrived.named:
            raise DataRefused(f"{arrived.path}: both its folder and the file itself name the column {name}")
    return named


def _json(arrived: Arrived) -> Arrived:
    """Raises ValueError when the first line is no JSON object, or the file ends inside of one."""
    found = replace(arrived, encoding=_marked(arrived) or "utf-8")
    keys: dict[str, None] = {}
    first = True
    for block in json_lines.blocks(decoded(found, found.encoding)):
        if first and block.starts_broken:
            line, rule, _ = block.broken[0]
            raise ValueError(f"line {line}: {rule}; each line must be one JSON object, without a list around them")
        first = first and not len(block.lines)
        if block.broken and not block.whole:
            raise DataRefused(f"{arrived.path}: it was cut off: its last line is no JSON object")
        keys |= dict.fromkeys(block.keys)
        if len(keys) > _MOST_KEYS:
            raise ValueError(f"its objects have more than {_MOST_KEYS:,} different keys; keys are names of columns")
    return replace(found, header=tuple(keys))


def _marked(arrived: Arrived) -> str | None:
    """The encoding that a byte order mark names."""
    with arrived.open() as stream:
        start = stream.read(4)
    return next((name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark)), None)


def _parquet(arrived: Arrived) -> Arrived:
    names = tuple(pq.read_schema(arrived.path).names)
    _refuse_repeated(arrived.path, names)
    return replace(arrived, header=names)


def _csv(arrived: Arrived, names: Names, encoding: str | None, delimiter: str | None, escape: str | None) -> Arrived:
    marked = _marked(arrived)
    try:
        return _scan(arrived, names, encoding or marked or "utf-8", delimiter, escape)
    except UnicodeDecodeError:
        if encoding or marked:
            raise
    guessed = _guess(arrived)
    note = f"{arrived.name}: it is not UTF-8 and was read as {guessed}; the setting csv_encoding declares another"
    return replace(_scan(arrived, names, guessed, delimiter, escape), note=note)


def _scan(arrived: Arrived, names: Names, encoding: str, delimiter: str | None, escape: str | None) -> Arrived:
    """Decode the whole file and return what it is. Raises UnicodeDecodeError where it is in another encoding."""
    size, last, preamble = 0, "\n", 0
    between, header = delimiter or ",", tuple[str, ...]()
    ways: tuple[Check, ...] = ()
    for number, text in enumerate(decoded(arrived, encoding)):
        if number == 0:
            said = _SAID_DELIMITER.match(text)
            preamble, start = (1, text[said.end() :]) if said else (0, text)
            between = delimiter or (
                said[1]
                if said
                else max(DELIMITERS, key=lambda mark: names.known_in(_header(start, mark, arrived.quote)))
            )
            header = tuple(_header(start, between, arrived.quote))
            if not header:
                raise ValueError("its first line is empty, and must name the columns")
            ways = tuple(Check(between, arrived.quote, sign) for sign in _signs(arrived.quote, escape))
        for way in ways:
            way.feed(text)
        size += 4 * len(text)  # no letter takes more bytes
        last = text[-1]
    for way in ways:
        way.finish()
    found = replace(
        arrived,
        encoding="utf-8" if encoding == "utf-8-sig" else encoding,
        delimiter=between,
        header=header,
        unpacked=size,
        ended=last in "\r\n",
        unquoted=any(way.open for way in ways[:1]),
        escape=_way(arrived, ways).escape if ways else arrived.quote,
        preamble=preamble,
    )
    _refuse_repeated(found.path, found.named)
    return found


def _signs(quote: str, escape: str | None) -> tuple[str, ...]:
    """What may stand before a quote inside of quotes."""
    return (escape,) if escape else (quote, BACKSLASH)


def _way(arrived: Arrived, ways: tuple[Check, ...]) -> Check:
    """The way in which the file writes quotes inside of quotes. Raises DataRefused when it cannot be told."""
    usual, *others = ways
    if any(way.escaped for way in ways) and others:
        fitting = [way for way in ways if way.fits]
        if len(fitting) == 1:
            return fitting[0]
        raise DataRefused(
            f"{arrived.path}: quotes inside of quotes are doubled here and behind a backslash there, or it cannot be "
            "told which; have all written in one way, or declare it with the setting csv_escape"
        )
    if usual.goes_on:
        raise DataRefused(
            f"{arrived.path}: a value goes on behind its closing quote (line {usual.line:,}); double the quotes inside "
            "of it, or declare csv_quote or csv_escape"
        )
    return usual


def decoded(arrived: Arrived, encoding: str) -> Iterator[str]:
    """Yield the text of a file in pieces, without a byte order mark. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)()
    with arrived.open() as stream:
        while piece := stream.read(PIECE):
            if text := decoder.decode(piece):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text


def _header(text: str, delimiter: str, quote: str = '"') -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, quotechar=quote), [])
    except csv.Error:  # a name longer than any
        return []


def _refuse_repeated(path: Path, names: Collection[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise DataRefused(f"{path}: the header names {name!r} twice")
        seen.add(name)


def _guess(arrived: Arrived) -> str:
    """Return the code page of the lines that are not ASCII."""
    from charset_normalizer import from_bytes

    telling = bytearray()
    with arrived.open() as stream:
        while len(telling) < PIECE and (lines := stream.readlines(PIECE)):
            telling += b"".join(line for line in lines if not line.isascii())
    best = from_bytes(bytes(telling[:PIECE]), cp_isolation=_CODE_PAGES).best()
    if best is None:
        raise ValueError("its text is in no known encoding; declare it with the setting csv_encoding")
    return best.encoding
