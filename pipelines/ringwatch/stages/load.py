"""load: clean days in; accounts, identifiers and their relationships in Neo4j out.

Loaded are the night's day and every earlier day on disk that is not in the graph as a whole yet, so a gap, a load that
broke off and a graph that was lost are made good by the next load. What they touch is written with values that follow
from all days up to then (`changes.py`), so that loading twice, or an old day again, leaves the same graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringwatch import changes, history, render, run_report
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.model import ACCOUNT
from ringwatch.night import Night, Report
from ringwatch.resources import ROOT


@dataclass(frozen=True)
class Step:
    """One statement and the query of the rows it is given; `partial` if it need not find a place for each of them."""

    counted_as: str
    statement: str
    query: str
    partial: bool = False


def run(night: Night) -> Report:
    """Load the night's day.

    Raises UsageError when the day was not validated or the statements are not those of the model, InfrastructureError
    when rows found no place in the graph.
    """
    _check_statements(night)
    counts = _arrived(night)
    _constrain(night)
    loaded = [row["day"].to_native() for row in night.graph.read(night.cypher("load/find_loaded_days"))]
    until = max([night.day, *loaded])
    days = _pending(night, until, loaded)
    seconds: dict[str, float] = {}
    with history.open_history(night, until=until) as connection:
        changes.prepare(connection, days)
        for step in _steps(night):
            started = perf_counter()
            counts[step.counted_as] = _write(night, connection, step)
            seconds[step.counted_as] = perf_counter() - started
    night.graph.write(night.cypher("load/mark_loaded_days"), days=days)
    return Report("load", night.day, counts | {"days": len(days)}, seconds)


def _check_statements(night: Night) -> None:
    """Refuse a model that was changed after its statements were made: properties would be left out in silence."""
    root = night.settings.model_dir or ROOT
    for name in render.differing(night.model, root):
        if name.startswith("cypher/"):
            raise UsageError(
                f"{root / name} is not what {root / 'schemas'} makes; run `python -m ringwatch.render --root {root}`"
            )


def _arrived(night: Night) -> dict[str, int]:
    """Return the rows that arrived of each feed; all are clean, held, in quarantine, or counted as duplicates."""
    first = f"run `ringwatch validate --day {night.day} --feeds DIR` first"
    judged = run_report.read(night).get("validate")
    if judged is None:
        raise UsageError(f"{night.day} was not validated; {first}")
    feeds = [name.removesuffix(".rows") for name in judged["counts"] if name.endswith(".rows")]
    for feed in feeds:
        counts = {part: judged["counts"][f"{feed}.{part}"] for part in ("rows", "held", "duplicates")}
        clean = _rows(night.files.clean(night.day, feed), first)
        refused = _rows(night.files.quarantine(night.day, feed), first)
        if counts["rows"] != clean + counts["held"] + refused + counts["duplicates"]:
            raise UsageError(
                f"{feed} of {night.day}: {counts['rows']:,} rows arrived, but {clean:,} are clean, {counts['held']:,} "
                f"held, {refused:,} in quarantine and {counts['duplicates']:,} duplicates; {first}"
            )
    return {f"{feed}.rows": judged["counts"][f"{feed}.rows"] for feed in feeds}


def _rows(path: Path, first: str) -> int:
    try:
        return int(pq.read_metadata(path).num_rows)
    except FileNotFoundError:
        raise UsageError(f"{path} is missing; {first}") from None


def _constrain(night: Night) -> None:
    night.graph.write(night.cypher("schema/constrain_loaded_day"))
    for label in (ACCOUNT, *night.model.identifiers()):
        night.graph.write(night.cypher(render.constraint(label)))


def _pending(night: Night, until: date, loaded: list[date]) -> list[date]:
    """Return the night's day and the days on disk up to `until` that the graph does not have as a whole."""
    days = [day for day in history.clean_days(night) if day <= until and day not in loaded]
    return sorted({*days, night.day})


def _steps(night: Night) -> Iterator[Step]:
    """Yield what is written, in order: both ends of a relationship before it, the new before the old goes."""
    model = night.model
    yield Step("accounts", render.WRITE_ACCOUNTS, changes.accounts(model))
    for label in model.identifiers():
        yield Step(f"identifiers.{label}", render.write_identifiers(label), changes.identifiers(model, label))
    for feed, name, relationship in model.relationships():
        query = changes.relationships(feed, relationship)
        yield Step(f"relationships.{name}", render.write_relationships(name), query)
        if relationship.lasting:
            query = changes.replaced(feed, relationship)
            yield Step(f"replaced.{name}", render.delete_replaced(name), query, partial=True)


def _write(night: Night, connection: duckdb.DuckDBPyConnection, step: Step) -> int:
    """Return how many rows the statement wrote. Raises InfrastructureError when it is not all that it was given."""
    batch_rows = night.settings.batch_rows
    batches = _told(night, step, connection.sql(step.query).to_arrow_reader(batch_rows))
    done = night.graph.write_frame(night.cypher(step.statement), batches, batch_rows)
    if done.written != done.rows and not step.partial:
        raise InfrastructureError(
            f"{step.statement} wrote {done.written:,} of {done.rows:,} rows: nodes of loaded days are gone from the "
            "graph; run `MATCH (d:LoadedDay) DELETE d` in Neo4j, then load again: all days on disk are loaded anew"
        )
    return done.written


def _told(night: Night, step: Step, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the batches as they are sent, and tell how many rows of the step Neo4j was given."""
    rows = 0
    for batch in batches:
        night.tell(f"load {step.counted_as}: {rows:,} rows")
        rows += batch.num_rows
        yield _times_as_text(batch)


def _times_as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with ISO 8601 text for times and days: the driver packs a time in 25 µs, text in 0.1 µs."""
    formats = {pa.timestamp("us"): "%Y-%m-%dT%H:%M:%S", pa.date32(): "%Y-%m-%d"}
    columns = {
        name: pc.strftime(column, formats[column.type]) if column.type in formats else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    return pa.RecordBatch.from_pydict(columns)
