"""Writes what consumers read to a file for people and programs that do not read the store."""

import csv
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ringwatch import sheets
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.store.consumers import HISTORIES
from ringwatch.store.tables import change

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


def write(rows: pd.DataFrame, path: Path, table: str = "members") -> None:
    """Write the rows of a table as CSV, Parquet or JSON lines, by the ending of `path`; whole or not at all.

    CSV is for people: ids that a spreadsheet would run as a formula have an apostrophe before them (`sheets.py`).
    Parquet and JSON lines have all ids as they are. Raises UsageError for another ending, InfrastructureError when the
    file cannot be written.
    """
    writers: dict[str, Callable[[Path], None]] = {
        ".csv": lambda new: _write_csv(sheets.neutral(rows), new),
        ".parquet": lambda new: rows.to_parquet(new, index=False, schema=schema(table)),
        ".jsonl": lambda new: _write_json_lines(rows, new),
    }
    if path.suffix not in writers:
        raise UsageError(f"{path}: the name must end in .csv, .parquet or .jsonl")
    try:
        _replace(path, writers[path.suffix])
    except OSError as error:
        raise InfrastructureError(f"{path} cannot be written: {error.strerror}") from None


def schema(table: str) -> pa.Schema:
    """Return the columns of a table with their types."""
    if table == "members":
        return SCHEMA
    columns = change.c if table == "changes" else HISTORIES[table.removesuffix("_history")].c
    shown = [column for column in columns if column.name != "run_id"]
    return pa.schema([(column.name, _ARROW[type(column.type).__name__]) for column in shown])


_ARROW = {"Date": pa.date32(), "Text": pa.string(), "Double": pa.float64(), "Integer": pa.int64()}


def _write_csv(rows: pd.DataFrame, path: Path) -> None:
    rows.to_csv(path, index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def _write_json_lines(rows: pd.DataFrame, path: Path) -> None:
    values = rows.astype(object).where(rows.notna(), None)
    with path.open("w", encoding="utf-8") as file:
        for row in values.to_dict("records"):
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


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
