"""The one way to read feed files: which are there, and their rows as they arrived.

What cannot be what it says it is (mislabelled, cut off, still being written, a link to elsewhere, an archive that
unpacks without end) is refused by name; nothing is guessed that changes a value in silence.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.errors import DataRefused

SUFFIXES = (".parquet", ".csv", ".csv.gz")
DELIMITERS = ",;\t|"

_UNFINISHED = (".tmp", ".part", ".partial", ".inprogress", ".crdownload", ".filepart")
_MAGIC = {
    b"PAR1": "Parquet",
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh": "bzip2",
}
_EXPECTED = {".parquet": "Parquet", ".csv.gz": "gzip", ".csv": None}
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CODE_PAGES = ["cp1252", "cp1250", "cp1251", "cp932", "gb18030", "big5", "euc_kr"]
_SAMPLE_BYTES = 1 << 20

# Unpacked to packed bytes from which a file of some size is an attack: rows of real feeds pack to a fifth or a tenth.
_BOMB_RATIO = 200
_BOMB_BYTES = 64 << 20


@dataclass(frozen=True)
class Delivery:
    """What arrived of a feed: `rows` as they came, and for each of them its `file` and its `row` there (from 1)."""

    rows: pd.DataFrame
    places: pd.DataFrame
    notes: tuple[str, ...] = ()


def find(folder: Path, feed: str) -> list[Path]:
    """Return the files of `feed` in a day's folder, sorted; none when it did not arrive.

    A feed is one file (`devices.csv`), several (`devices-1.csv`, `devices.part-2.csv`) or a folder of files
    (`devices/*.csv`). Raises DataRefused when one leads out of the folder, is no regular file or is still being
    written, or when the feed is there in two formats.
    """
    name = re.compile(rf"{re.escape(feed)}([-.].+)?({'|'.join(map(re.escape, SUFFIXES))})")
    listed = sorted(path for path in folder.iterdir() if path.name.startswith(feed))
    inside = sorted((folder / feed).iterdir()) if (folder / feed).is_dir() else []
    for path in (*listed, *inside):
        _refuse_unfinished(folder, path)
    found = [path for path in listed if name.fullmatch(path.name)]
    found += [path for path in inside if path.name.endswith(SUFFIXES) and not path.name.startswith((".", "_"))]
    for path in found:
        if not path.is_file():
            raise DataRefused(f"{path}: this is not a regular file")
    by_format = {suffix_of(path): path.name for path in reversed(found)}
    if len(by_format) > 1:
        names = " and ".join(sorted(by_format.values()))
        raise DataRefused(f"{folder}: {names} are both there; keep the one that holds the feed {feed}")
    return found


def read(paths: list[Path], columns: Collection[str], encoding: str | None, delimiter: str | None) -> Delivery:
    """Return the rows of a feed's files in order, CSV columns as text.

    `encoding` and `delimiter` of CSV files are found out when they are None: the delimiter is the one under which the
    header names most of `columns`. Raises DataRefused when a file cannot be read.
    """
    frames, notes = [], []
    for path in paths:
        _refuse_mislabelled(path)
        if suffix_of(path) == ".parquet":
            frames.append(_read_parquet(path))
        else:
            frame, note = _read_csv(path, columns, encoding, delimiter)
            frames.append(frame)
            notes += [note] if note else []
    if len({tuple(sorted(map(str, frame.columns))) for frame in frames}) > 1:
        raise DataRefused(f"{paths[0].parent}: {paths[0].name} and the files beside it do not have the same columns")
    places = pd.DataFrame(
        {
            "file": [path.name for path, frame in zip(paths, frames, strict=True) for _ in range(len(frame))],
            "row": [i for frame in frames for i in range(1, len(frame) + 1)],
        }
    )
    rows = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    return Delivery(rows, places, tuple(notes))


def suffix_of(path: Path) -> str:
    """The format by the name of a feed file: one of SUFFIXES."""
    return next(suffix for suffix in SUFFIXES if path.name.endswith(suffix))


def _refuse_unfinished(folder: Path, path: Path) -> None:
    if path.name.endswith(_UNFINISHED):
        raise DataRefused(f"{path}: this file is still being written; start the night when the delivery is complete")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataRefused(f"{path}: this is a link that leads out of the folder of the day")


def _refuse_mislabelled(path: Path) -> None:
    suffix = suffix_of(path)
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise DataRefused(f"{path}: cannot be read: {error.strerror}") from None
    found = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    if start and found != _EXPECTED[suffix]:
        what = f"a {found} file" if found else "something else"
        raise DataRefused(f"{path}: cannot be read as {suffix[1:]}: it holds {what}")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        schema = pq.read_schema(path)
        for column in schema:
            if (
                pa.types.is_nested(column.type)
                or pa.types.is_binary(column.type)
                or pa.types.is_large_binary(column.type)
            ):
                raise DataRefused(f"{path}: the column {column.name} holds {column.type}, not single values")
        _refuse_repeated(path, schema.names)
        plain = pa.schema([(column.name, _plain(column.type)) for column in schema])
        rows: pd.DataFrame = pq.read_table(path).cast(plain).to_pandas(ignore_metadata=True)
        return rows
    except (OSError, ValueError) as error:  # pyarrow's errors are all of these
        raise _unreadable(path, error) from None


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type whose values pandas holds as they are."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    return pa.float64() if pa.types.is_decimal(kind) else kind


def _read_csv(
    path: Path, columns: Collection[str], encoding: str | None, delimiter: str | None
) -> tuple[pd.DataFrame, str | None]:
    """Return the rows, and what to say of an encoding that had to be guessed."""
    try:
        with _open(path) as stream:
            sample = stream.read(_SAMPLE_BYTES)
        marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if sample.startswith(mark)), None)
        declared = encoding or marked or "utf-8"
        try:
            return _parse(path, sample, columns, declared, delimiter), None
        except UnicodeDecodeError:
            if encoding or marked:
                raise
        guessed = _guess(sample)
        note = f"{path.name}: it is not UTF-8 and was read as {guessed}; the setting csv_encoding declares another"
        return _parse(path, sample, columns, guessed, delimiter), note
    except (pd.errors.EmptyDataError, StopIteration):
        return pd.DataFrame(), None
    except pd.errors.ParserWarning:
        raise DataRefused(f"{path}: cannot be read as csv: a row has more values than the header has columns") from None
    except (OSError, ValueError, EOFError, LookupError) as error:  # pandas, gzip and decoding errors are all of these
        raise _unreadable(path, error) from None


def _parse(path: Path, sample: bytes, columns: Collection[str], encoding: str, delimiter: str | None) -> pd.DataFrame:
    text = sample.decode(encoding, errors="ignore")
    if len(sample) < _SAMPLE_BYTES:
        sample.decode(encoding)
    between = delimiter or max(DELIMITERS, key=lambda mark: len(set(_header(text, mark)) & set(columns)))
    header = _header(text, between)
    _refuse_repeated(path, header)
    with _open(path) as stream, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            stream,
            dtype="str",
            keep_default_na=False,
            na_values=[""],
            encoding="utf-8-sig" if encoding == "utf-8" else encoding,
            sep=between,
            index_col=False,
            names=header,
            header=0,
        )


def _header(text: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=delimiter))]


def _guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_CODE_PAGES).best()
    return best.encoding if best else "cp1252"


def _open(path: Path) -> IO[bytes]:
    return io.BufferedReader(_Unpacked(path)) if path.name.endswith(".gz") else path.open("rb")


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


def _refuse_repeated(path: Path, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataRefused(f"{path}: the header names {repeated[0]!r} twice")


def _unreadable(path: Path, error: Exception) -> DataRefused:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataRefused(f"{path}: cannot be read as {suffix_of(path)[1:]}: {reason}")
