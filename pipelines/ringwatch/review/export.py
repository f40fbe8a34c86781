"""Writes published members to a file for people and programs that do not read the store."""

import csv
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ringwatch import sheets
from ringwatch.errors import InfrastructureError, UsageError

SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("ring_id", pa.string()),
        ("account_id", pa.string()),
        ("role", pa.string()),
        ("member_probability", pa.float64()),
        ("account_probability", pa.float64()),
        ("ring_probability", pa.float64()),
        ("ring_low", pa.float64()),
        ("ring_high", pa.float64()),
        ("band", pa.string()),
        ("kind", pa.string()),
        ("size", pa.int64()),
        ("event", pa.string()),
        ("first_day", pa.date32()),
    ]
)


def write(flagged: pd.DataFrame, path: Path) -> None:
    """Write `flagged` (columns of `Published.flagged`) as CSV or Parquet, by the ending of `path`; whole or not at all.

    CSV is for people: ids that a spreadsheet would run as a formula have an apostrophe before them (`sheets.py`).
    Parquet has all ids as they are. Raises UsageError for another ending, InfrastructureError when the file cannot be
    written.
    """
    writers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda new: _write_csv(sheets.neutral(flagged), new),
        ".parquet": lambda new: flagged.to_parquet(new, index=False, schema=SCHEMA),
    }
    if path.suffix not in writers:
        raise UsageError(f"{path}: the name must end in {' or '.join(writers)}")
    try:
        _replace(path, writers[path.suffix])
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be written: {error.strerror}") from None


def _write_csv(rows: pd.DataFrame, path: Path) -> None:
    rows.to_csv(path, index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def _replace(path: Path, write_file: Callable[[Path], None]) -> None:
    """Write a file of the owner's beside `path` and put it in its place when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    new = Path(name)
    try:
        write_file(new)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
