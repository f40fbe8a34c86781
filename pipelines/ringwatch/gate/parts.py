"""The files that the gate writes of a feed: clean, held and quarantined rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.days.history import clean_schema
from ringwatch.gate.quarantined import QUARANTINE
from ringwatch.keys import keyring
from ringwatch.model import Feed


class Parts:
    """Files of clean, held and quarantined rows, written chunk by chunk; rows: how many each holds."""

    def __init__(self, staged: Path, feed: Feed, home: Path) -> None:
        self.rows: Counter[str] = Counter()
        self._held = staged / "held" / f"{feed.feed}.parquet"
        kept = keyring.marked(clean_schema(feed), feed, home)
        self._schemas = {"clean": kept, "held": kept, "quarantine": QUARANTINE}
        self._writers = {
            part: pq.ParquetWriter(staged / part / f"{feed.feed}.parquet", schema)
            for part, schema in self._schemas.items()
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        for writer in self._writers.values():
            writer.close()
        if not self.rows["held"]:
            self._held.unlink()

    def write(self, part: str, rows: pa.Table) -> None:
        """Add rows; columns that are lacking are empty."""
        if len(rows):
            schema = self._schemas[part]
            empty = {name: pa.nulls(len(rows), schema.field(name).type) for name in schema.names}
            columns = empty | {name: rows[name].cast(schema.field(name).type) for name in rows.column_names}
            self._writers[part].write_table(pa.table(columns, schema), row_group_size=len(rows))
            self.rows[part] += len(rows)
