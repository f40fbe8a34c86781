"""What a feed file is, found out by reading its bytes once: its digest, its columns, and of text how it is written.

What cannot be what it says it is (mislabelled, an archive that unpacks without end, text in no known encoding) is
refused by name; nothing is guessed that changes a value in silence.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.errors import DataRefused
from ringwatch.gate import csv_survey, json_lines, parquet_rows
from ringwatch.gate.arrivals import SMALL_BYTES, Arrived, decoded, marked, refuse_repeated, unreadable
from ringwatch.gate.feeds import partitions
from ringwatch.gate.forms import known_form
from ringwatch.gate.unpacking import PIECE
from ringwatch.mapping import Names, has

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

# What was read of small files is kept until they are judged, up to so many bytes; of Parquet files only few rows,
# as there is no telling how many bytes they take.
_KEPT_BYTES, _KEPT_ROWS = 1 << 24, 1 << 10

# Keys of a file of JSON lines from which they are taken for values.
_MOST_KEYS = 2_000


def survey(
    folder: Path,
    path: Path,
    names: Names,
    encoding: str | None,
    delimiter: str | None,
    quote: str = '"',
    escape: str | None = None,
    *,
    keep: bool = False,
) -> Arrived:
    """Return what the file `path` below the day's `folder` is; `keep`: with what was read of it, when it is small.

    `encoding` and `delimiter` of CSV files are found out when they are None: the delimiter is the one under which the
    header names most of the columns that `names` knows. Raises DataRefused when the file cannot be what its name says,
    or when it does not say clearly which column is which.
    """
    arrived = _opened(folder, path)
    _refuse_mislabelled(arrived)
    try:
        if arrived.is_csv:
            found = csv_survey.survey(replace(arrived, quote=quote), names, encoding, delimiter, escape)
        else:
            found = _parquet(arrived, keep) if arrived.form.kind == "parquet" else _json(arrived)
        content = found.content if keep and found.rows is None and found.size <= SMALL_BYTES else None
        return replace(found, partitions=_partitions(folder, found), names=names, content=content)
    except (OSError, ValueError, EOFError, LookupError) as error:  # gzip and decoding errors are all of these
        raise unreadable(path, error) from None


def survey_all(
    folder: Path,
    paths: Sequence[Path],
    names: Names,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str = '"',
    escape: str | None = None,
) -> list[Arrived]:
    """Return what each of several files is, as `survey` does, with what was read of small ones up to a limit."""
    found: list[Arrived] = []
    kept = 0
    for path in paths:
        found.append(survey(folder, path, names, encoding, delimiter, quote, escape, keep=kept < _KEPT_BYTES))
        kept += found[-1].kept_bytes
    return found


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


def _opened(folder: Path, path: Path) -> Arrived:
    """Return a file of which the digest is known, and the bytes if it is small: it is opened no second time then."""
    known_form(path.name)
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            content = file.read() if state.st_size <= PIECE else None
            digest = hashlib.file_digest(file, "sha256") if content is None else hashlib.sha256(content)
    except OSError as error:
        raise DataRefused(f"{path}: cannot be read: {error.strerror}") from None
    name = path.relative_to(folder).as_posix()
    return Arrived(path, name, digest.hexdigest(), state.st_size, state.st_mtime_ns, content=content)


def _refuse_mislabelled(arrived: Arrived) -> None:
    form, start = arrived.form, _start(arrived)
    found = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
    if start and found != ("Parquet" if form.kind == "parquet" else form.packing):
        what = f"a {found} file" if found else "something else"
        raise DataRefused(f"{arrived.path}: cannot be read as {form.said}: it holds {what}")


def _start(arrived: Arrived) -> bytes:
    if arrived.content is not None:
        return arrived.content[:8]
    with arrived.path.open("rb") as file:
        return file.read(8)


def _partitions(folder: Path, arrived: Arrived) -> dict[str, str | None]:
    named = partitions(folder, arrived.path)
    for name in named:
        if name in arrived.named:
            raise DataRefused(f"{arrived.path}: both its folder and the file itself name the column {name}")
    return named


def _json(arrived: Arrived) -> Arrived:
    """Raises ValueError when the first line is no JSON object, or the file ends inside of one."""
    found = replace(arrived, encoding=marked(arrived) or "utf-8")
    keys: dict[str, None] = {}
    first, sizes = True, [0]
    for block in json_lines.blocks(_counted(decoded(found, found.encoding), sizes)):
        if first and block.starts_broken:
            line, rule, _ = block.broken[0]
            raise ValueError(f"line {line}: {rule}; each line must be one JSON object, without a list around them")
        first = first and not len(block.lines)
        if block.broken and not block.whole:
            raise DataRefused(f"{arrived.path}: it was cut off: its last line is no JSON object")
        keys |= dict.fromkeys(block.keys)
        if len(keys) > _MOST_KEYS:
            raise ValueError(f"its objects have more than {_MOST_KEYS:,} different keys; keys are names of columns")
    return replace(found, header=tuple(keys), unpacked=sum(sizes))


def _counted(texts: Iterable[str], sizes: list[int]) -> Iterator[str]:
    """Yield texts, and note for each how many bytes it takes at most."""
    for text in texts:
        sizes.append(4 * len(text))
        yield text


def _parquet(arrived: Arrived, keep: bool) -> Arrived:
    if arrived.content is None:
        with pq.ParquetFile(arrived.path) as file:
            names, rows, groups = file.schema_arrow.names, None, _row_groups(file.metadata)
    else:
        file = pq.ParquetFile(pa.BufferReader(arrived.content))
        names, groups = file.schema_arrow.names, _row_groups(file.metadata)
        rows = _kept_rows(file) if keep and arrived.size <= SMALL_BYTES else None
    refuse_repeated(arrived.path, names)
    return replace(arrived, header=tuple(names), rows=rows, row_groups=groups)


def _row_groups(file: pq.FileMetaData) -> tuple[tuple[int, int], ...]:
    """Rows and packed bytes of each row group, when there are several."""
    groups = [file.row_group(i) for i in range(file.num_row_groups if file.num_row_groups > 1 else 0)]
    return tuple(
        (group.num_rows, sum(group.column(i).total_compressed_size for i in range(group.num_columns)))
        for group in groups
    )


def _kept_rows(file: pq.ParquetFile) -> pa.Table | None:
    """The rows of a small file; None of an odd one: what is wrong with it is said when it is read alone."""
    try:
        return parquet_rows.whole(file, _KEPT_ROWS)
    except (OSError, ValueError, TypeError, NotImplementedError):
        return None
