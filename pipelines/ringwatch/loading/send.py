"""The difference over Bolt, in batches, by writers whose locks never meet.

Writers of nodes share the keys out among them. A relationship locks both its ends, so for relationships both ends are
shared out, and what n writers do at the same time are fields of a grid that have neither row nor column in common:
first (0, 0) and (1, 1), then (0, 1) and (1, 0). Between accounts a row and a column of the same number do meet: there
the fields off the diagonal are written one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event, Lock

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.errors import InfrastructureError
from ringwatch.loading.tables import Table
from ringwatch.model import ACCOUNT
from ringwatch.night import Night


@dataclass(frozen=True)
class Step:
    """One statement and the DuckDB table of the rows it is given; `partial` if it need not find a place for each."""

    table: Table
    statement: str
    rows: str
    counted_as: str
    partial: bool = False


def send(night: Night, connection: duckdb.DuckDBPyConnection, step: Step) -> int:
    """Return how many rows the statement wrote. Raises InfrastructureError when it is not all that it was given."""
    rows = len(connection.table(step.rows))
    progress = _Progress(night, step, rows)
    written = 0
    writers = night.settings.load_writers if rows > night.settings.batch_rows else 1
    with ThreadPoolExecutor(writers) as threads:
        for together in rounds(step.table, writers):
            written += _write(night, connection, step, together, threads, progress)
    if written != rows and not step.partial:
        raise InfrastructureError(
            f"{step.statement} wrote {written:,} of {rows:,} rows: something that was loaded is gone from the graph; "
            f"run `ringwatch load --day {night.day}` again: it reads what the graph says and puts it right"
        )
    return written


def rounds(table: Table, writers: int) -> list[list[str]]:
    """Return conditions that share out the rows of a table: a list of what may be written at the same time."""
    if table.far is None:
        (key,) = table.keys
        return [[f"hash({key}) % {writers} = {i}" for i in range(writers)]]
    near, far = table.keys
    diagonals = [[(i, (i + off) % writers) for i in range(writers)] for off in range(writers)]
    if table.far == ACCOUNT:
        diagonals = [diagonals[0], *([field] for diagonal in diagonals[1:] for field in diagonal)]
    return [
        [f"hash({near}) % {writers} = {i} AND hash({far}) % {writers} = {j}" for i, j in diagonal]
        for diagonal in diagonals
    ]


@dataclass
class _Progress:
    """Tells how much of a step Neo4j was given, from whichever thread; `failed` asks the others to stop."""

    night: Night
    step: Step
    rows: int

    def __post_init__(self) -> None:
        self.sent = 0
        self.lock, self.failed = Lock(), Event()

    def add(self, rows: int) -> None:
        with self.lock:
            self.sent += rows
            self.night.tell(f"load {self.step.counted_as}: {self.sent:,} of {self.rows:,}")


def _write(
    night: Night,
    connection: duckdb.DuckDBPyConnection,
    step: Step,
    together: list[str],
    threads: ThreadPoolExecutor,
    progress: _Progress,
) -> int:
    running = {
        threads.submit(_write_share, night, connection.cursor(), step, condition, progress) for condition in together
    }
    done, others = wait(running, return_when=FIRST_EXCEPTION)
    if others:
        progress.failed.set()
        wait(others)
    return sum(share.result() for share in [*done, *others])


def _write_share(
    night: Night, cursor: duckdb.DuckDBPyConnection, step: Step, condition: str, progress: _Progress
) -> int:
    batch_rows = night.settings.batch_rows
    with cursor:
        reader = cursor.sql(f"FROM {step.rows} WHERE {condition}").to_arrow_reader(batch_rows)
        batches = _told(reader, progress)
        return night.graph.write_frame(night.cypher(step.statement), batches, batch_rows).written


def _told(batches: Iterable[pa.RecordBatch], progress: _Progress) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if progress.failed.is_set():
            return
        yield _times_as_text(batch)
        progress.add(batch.num_rows)


def _times_as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with ISO 8601 text for times and days: the driver packs a time in 25 µs, text in 0.1 µs."""
    formats = {pa.timestamp("us"): "%Y-%m-%dT%H:%M:%S", pa.date32(): "%Y-%m-%d"}
    columns = {
        name: pc.strftime(column, formats[column.type]) if column.type in formats else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    return pa.RecordBatch.from_pydict(columns)
