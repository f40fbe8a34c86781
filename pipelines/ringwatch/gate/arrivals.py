"""What a feed file is, found out by reading its bytes once: its digest, and of CSV its encoding, delimiter and header.

What cannot be what it says it is (mislabelled, an archive that unpacks without end, text in no known encoding) is
refused by name; nothing is guessed that changes a value in silence.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import pyarrow.parquet as pq

from ringwatch.errors import DataRefused
from ringwatch.gate.feeds import suffix_of

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
}
_EXPECTED = {".parquet": "Parquet", ".csv.gz": "gzip", ".csv": None}
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CODE_PAGES = ["cp1252", "cp1250", "cp1251", "cp932", "gb18030", "big5", "euc_kr"]
_PIECE = 1 << 20

# Unpacked to packed bytes from which a file of some size is an attack: rows of real feeds pack to a fifth or a tenth.
_BOMB_RATIO = 200
_BOMB_BYTES = 64 << 20


@dataclass(frozen=True)
class Arrived:
    """A feed file as it was found.

    name: its path below the folder of the day; size and changed: bytes and time of change, to see that it stays;
    header: names of the columns as they are written; of CSV files also encoding, delimiter, bytes at most when it is
    unpacked UTF-8, whether the last row ends, whether a quote is left open, and what to say of an encoding that was
    guessed.
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
    note: str | None = None

    @property
    def is_csv(self) -> bool:
        return suffix_of(self.path) != ".parquet"

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [name.strip() for name in self.header] if self.is_csv else list(self.header)

    def open(self) -> IO[bytes]:
        """Return the bytes of the file, unpacked."""
        return _open(self.path)

    def check_unchanged(self) -> None:
        """Raise DataRefused when the file is not the one that was surveyed."""
        state = os.stat(self.path) if self.path.exists() else None
        if state is None or (state.st_size, state.st_mtime_ns) != (self.size, self.changed):
            raise DataRefused(
                f"{self.path}: it changed while it was read; start the night when the delivery is complete"
            )


def survey(folder: Path, path: Path, columns: Collection[str], encoding: str | None, delimiter: str | None) -> Arrived:
    """Return what the file `path` below the day's `folder` is.

    `encoding` and `delimiter` of CSV files are found out when they are None: the delimiter is the one under which the
    header names most of `columns`. Raises DataRefused when the file cannot be what its name says.
    """
    _refuse_mislabelled(path)
    try:
        state = path.stat()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        arrived = Arrived(path, path.relative_to(folder).as_posix(), digest, state.st_size, state.st_mtime_ns)
        if not arrived.is_csv:
            return _parquet(arrived)
        return _csv(arrived, columns, encoding, delimiter)
    except (OSError, ValueError, EOFError, LookupError) as error:  # gzip and decoding errors are all of these
        raise unreadable(path, error) from None


def unreadable(path: Path, error: Exception) -> DataRefused:
    """The refusal of a file that cannot be read as what its name says."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataRefused(f"{path}: cannot be read as {suffix_of(path)[1:]}: {reason}")


def _refuse_mislabelled(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise DataRefused(f"{path}: cannot be read: {error.strerror}") from None
    found = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    suffix = suffix_of(path)
    if start and found != _EXPECTED[suffix]:
        what = f"a {found} file" if found else "something else"
        raise DataRefused(f"{path}: cannot be read as {suffix[1:]}: it holds {what}")


def _parquet(arrived: Arrived) -> Arrived:
    names = tuple(pq.read_schema(arrived.path).names)
    _refuse_repeated(arrived.path, names)
    return replace(arrived, header=names)


def _csv(arrived: Arrived, columns: Collection[str], encoding: str | None, delimiter: str | None) -> Arrived:
    with arrived.open() as stream:
        start = stream.read(4)
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark)), None)
    try:
        return _scan(arrived, columns, encoding or marked or "utf-8", delimiter)
    except UnicodeDecodeError:
        if encoding or marked:
            raise
    guessed = _guess(arrived)
    note = f"{arrived.name}: it is not UTF-8 and was read as {guessed}; the setting csv_encoding declares another"
    return replace(_scan(arrived, columns, guessed, delimiter), note=note)


def _scan(arrived: Arrived, columns: Collection[str], encoding: str, delimiter: str | None) -> Arrived:
    """Decode the whole file and return what it is. Raises UnicodeDecodeError where it is in another encoding."""
    quotes, size, last, between = 0, 0, "\n", delimiter or ","
    header: tuple[str, ...] = ()
    for number, text in enumerate(_decoded(arrived, encoding)):
        if number == 0:
            between = delimiter or max(DELIMITERS, key=lambda mark: _known(text, mark, columns))
            header = tuple(_header(text, between))
            if not header:
                raise ValueError("its first line is empty, and must name the columns")
        quotes += text.count('"')
        size += 4 * len(text)  # no letter takes more bytes
        last = text[-1]
    found = replace(
        arrived,
        encoding="utf-8" if encoding == "utf-8-sig" else encoding,
        delimiter=between,
        header=header,
        unpacked=size,
        ended=last in "\r\n",
        unquoted=quotes % 2 == 1,
    )
    _refuse_repeated(found.path, found.columns)
    return found


def _decoded(arrived: Arrived, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)()
    with arrived.open() as stream:
        while piece := stream.read(_PIECE):
            if text := decoder.decode(piece):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text


def _known(text: str, delimiter: str, columns: Collection[str]) -> int:
    return len({name.strip() for name in _header(text, delimiter)} & set(columns))


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter), [])
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
        while len(telling) < _PIECE and (lines := stream.readlines(_PIECE)):
            telling += b"".join(line for line in lines if not line.isascii())
    best = from_bytes(bytes(telling[:_PIECE]), cp_isolation=_CODE_PAGES).best()
    if best is None:
        raise ValueError("its text is in no known encoding; declare it with the setting csv_encoding")
    return best.encoding


def _open(path: Path) -> IO[bytes]:
    return io.BufferedReader(_Unpacked(path), _PIECE) if path.name.endswith(".gz") else path.open("rb")


class _Unpacked(io.RawIOBase):
    """The bytes of a gzip file, until there are far too many of them for its size."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._most = max(_BOMB_BYTES, _BOMB_RATIO * path.stat().st_size)
        self._stream = gzip.open(path)  # noqa: SIM115  # closed with this reader
        self._seen = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the base class says any buffer
        count = self._stream.readinto(buffer)
        self._seen += count
        if self._seen > self._most:
            raise DataRefused(f"{self._path}: unpacked it is more than {_BOMB_RATIO} times its size; that is no feed")
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()
