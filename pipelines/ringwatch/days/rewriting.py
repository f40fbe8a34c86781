"""Parquet files written anew, row group by row group: memory stays that of one, whatever the size of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def _as_it_is(rows: pa.Table) -> pa.Table:
    return rows


def rewrite(
    old: Path,
    new: Path,
    change: Callable[[pa.Table], pa.Table] = _as_it_is,
    more: Iterable[pa.Table] = (),
    marks: Mapping[bytes, bytes] | None = None,
) -> int:
    """Write what `change` makes of the rows of `old`, and `more` rows after them; return how many those are.

    What `change` returns has the columns of the file. What the file says of itself stays, and `marks` are added to it.
    A file without rows has one empty row group.
    """
    written = 0
    with pq.ParquetFile(old) as file:
        schema = file.schema_arrow.with_metadata((file.schema_arrow.metadata or {}) | dict(marks or {}))
        groups = (change(file.read_row_group(number)) for number in range(file.num_row_groups))
        with pq.ParquetWriter(new, schema) as writer:
            for rows in chain(groups, more):
                writer.write_table(rows.cast(schema))
                written += rows.num_rows
    return written
