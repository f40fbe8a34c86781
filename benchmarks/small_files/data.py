"""Rows of one feed, some of them bad, as one file and as many, in each form that is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.door.data import FIRST_DAY, write_feeds


def rows_of_devices(folder: Path, rows: int, seed: int) -> pa.Table:
    """Return so many rows of a feed of devices; one in a hundred breaks a rule."""
    write_feeds(folder, rows, seed, (FIRST_DAY,))  # each account has at least one device
    return pq.read_table(folder / FIRST_DAY.isoformat() / "devices.parquet").slice(0, rows)


def write_files(folder: Path, table: pa.Table, files: int, form: str) -> None:
    """Write the rows of `table` below `folder` as a day's feed of so many files of the same size."""
    target = folder / FIRST_DAY.isoformat() / "devices"
    target.mkdir(parents=True)
    size = len(table) // files
    for number in range(files):
        _WRITERS[form](table.slice(number * size, size), target / f"part-{number:05d}.{form}")


def _json_lines(table: pa.Table, path: Path) -> None:
    table.to_pandas().to_json(path, orient="records", lines=True, date_format="iso", date_unit="us")


_WRITERS: dict[str, Callable[[pa.Table, Path], Any]] = {
    "csv": pyarrow.csv.write_csv,
    "jsonl": _json_lines,
    "parquet": pq.write_table,
}
