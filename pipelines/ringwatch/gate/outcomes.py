"""How the rules of a day fared: how many rows were held to each, and how many broke it. Numbers only, no values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.model import Severity

SCHEMA = pa.schema(
    [
        ("feed", pa.string()),
        ("rule", pa.string()),
        ("severity", pa.string()),
        ("column", pa.string()),
        ("rows", pa.int64()),
        ("broken", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Outcome:
    """A rule of `feed` in words: of `rows` that were held to it, `broken` broke it. column: None for whole rows."""

    feed: str
    rule: str
    severity: Severity
    column: str | None
    rows: int
    broken: int


def write(path: Path, outcomes: Iterable[Outcome]) -> None:
    pq.write_table(pa.Table.from_pylist([asdict(outcome) for outcome in outcomes], SCHEMA), path)


def read(path: Path) -> list[Outcome]:
    """Return what `write` wrote; nothing when there is no such file."""
    return [Outcome(**row) for row in pq.read_table(path).to_pylist()] if path.is_file() else []
