"""The forms in which feed files are read, known by the ending of their name, in capitals or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ringwatch.errors import DataRefused

Kind = Literal["csv", "jsonl", "parquet"]

_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".parq": "parquet",
    ".pq": "parquet",
}
_PACKINGS = {".gz": "gzip", ".zst": "Zstandard", ".zstd": "Zstandard", ".bz2": "bzip2"}

# For messages: which endings are read.
READ = ".parquet, .csv or .jsonl (CSV and JSON lines also packed: .gz, .zst, .bz2)"


@dataclass(frozen=True)
class Form:
    """ending: how the name ends, in small letters; packing: the program that packed it, None for none."""

    kind: Kind
    ending: str
    packing: str | None = None

    @property
    def said(self) -> str:
        """For messages."""
        return self.ending[1:]


_FORMS = {ending: Form(kind, ending) for ending, kind in _KINDS.items()} | {
    ending + packed: Form(kind, ending + packed, packing)
    for ending, kind in _KINDS.items()
    if kind != "parquet"
    for packed, packing in _PACKINGS.items()
}


def form_of(name: str) -> Form | None:
    """Return the form of a file by its name, None for one that is not read."""
    parts = name.lower().rsplit(".", 2)[1:]
    return _FORMS.get(f".{'.'.join(parts)}") or (_FORMS.get(f".{parts[-1]}") if parts else None)


def known_form(name: str) -> Form:
    """Return the form of a file by its name. Raises DataRefused for one that is not read."""
    form = form_of(name)
    if form is None:
        raise DataRefused(f"{name}: this form is not read; deliver {READ}")
    return form


def stem(name: str) -> str:
    """The name of a feed file without the ending of its form, in small letters."""
    return name.lower().removesuffix(known_form(name).ending)
