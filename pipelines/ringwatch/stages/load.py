"""load: clean days in; accounts, identifiers and their relationships in Neo4j out.

What the graph should say follows from the clean and held files of all days up to the newest that was loaded, and from
nothing else (`loading/fold.py`). What it was told last is known, so only the difference is sent; nothing that the files
no longer say stays. Wherever a load breaks off, the next one reads what the graph says and goes on from there, so that
loading twice, an old day again, or a day that is another now comes to the same graph as an undisturbed run.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter

import pyarrow.parquet as pq

from ringwatch import render, server
from ringwatch.days import history, run_report
from ringwatch.errors import UsageError
from ringwatch.loading import bulk, difference, states
from ringwatch.loading.plan import Turn, plan
from ringwatch.loading.send import Step, send
from ringwatch.loading.survey import survey
from ringwatch.loading.tables import Table, tables
from ringwatch.night import Night, Report
from ringwatch.resources import ROOT


@dataclass(frozen=True)
class Loaded:
    """What the graph remembers: the digests of the loaded days, and the state it was told last, if that is known."""

    digests: dict[date, str] = field(default_factory=dict)
    state: str | None = None


def run(night: Night) -> Report:
    """Load the night's day, and whatever else of the days up to the newest loaded one is not in the graph as it is.

    Raises UsageError when the day was not validated or the statements are not those of the model, InfrastructureError
    when rows found no place in the graph.
    """
    _check_statements(night)
    counts = _arrived(night)
    done = _load(night)
    return Report("load", night.day, counts | done.rows, done.seconds)


@dataclass
class Tally:
    """Rows by what was written, and seconds by what was done, as they come."""

    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self.seconds[what] = self.seconds.get(what, 0) + perf_counter() - started

    def add(self, what: str, rows: int) -> None:
        self.rows[what] = self.rows.get(what, 0) + rows


def _load(night: Night) -> Tally:
    done = Tally()
    with done.timed("work_out"):
        loaded = _loaded(night)
        turns = plan(night, max([night.day, *loaded.digests]))
        state = states.reach(night, turns, loaded.state)
    done.add("days", sum(loaded.digests.get(turn.day) != turn.digest for turn in turns))
    if loaded.state != turns[-1].state:
        told = states.find(night, loaded.state)
        if _may_import(night, state, told):
            _fill(night, state, done)
        else:
            _bring(night, told, state, done)
        _mark(night, turns)
    return done


def _check_statements(night: Night) -> None:
    """Refuse a model that was changed after its statements were made: properties would be left out in silence."""
    root = night.settings.model_dir or ROOT
    for name in render.differing(night.model, root):
        if name.startswith("cypher/"):
            raise UsageError(
                f"{root / name} is not what {root / 'schemas'} makes; run `python -m ringwatch.render --root {root}`"
            )


def _arrived(night: Night) -> dict[str, int]:
    """Return the rows that arrived of each feed: all are clean, held or in quarantine on disk, or duplicates."""
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


def _loaded(night: Night) -> Loaded:
    """Return what the graph remembers. A server that has no database yet need not be started to know that."""
    if night.doors.graph is None and not server.has_database(night.settings):
        return Loaded()
    rows = night.graph.read(night.cypher("load/read_loaded"))
    return Loaded({row["day"].to_native(): row["digest"] for row in rows}, rows[0]["state"] if rows else None)


def _may_import(night: Night, state: Path, told: Path | None) -> bool:
    """Whether this is a first load that the offline import does faster: many rows, and nothing in the graph yet."""
    if night.settings.neo4j_uri or told or _size(night, state) < night.settings.bulk_load_rows:
        return False
    if night.doors.graph is None and not server.has_database(night.settings):
        return True
    return bool(night.graph.read(night.cypher("load/count_nodes"))[0]["nodes"] == 0)


def _size(night: Night, state: Path) -> int:
    return sum(pq.read_metadata(state / f"{table.name}.parquet").num_rows for table in tables(night.model))


def _fill(night: Night, state: Path, done: Tally) -> None:
    with done.timed("import"):
        for what, rows in bulk.fill(night, state).items():
            done.add(what, rows)
    with done.timed("start"):
        _constrain(night)


def _bring(night: Night, told: Path | None, state: Path, done: Tally) -> None:
    """Make a graph that was told one state, or of which nobody knows what it says, say another."""
    _constrain(night)
    night.graph.write(night.cypher("load/begin_load"))
    if told is None and night.graph.read(night.cypher("load/count_nodes"))[0]["nodes"]:
        with done.timed("survey"):
            told = survey(night)
    with history.connect(night) as connection:
        with done.timed("compare"):
            for table in tables(night.model):
                difference.work_out(connection, table, told, state)
        for step in _steps(night):
            with done.timed(step.counted_as):
                done.add(step.counted_as, send(night, connection, step))
    shutil.rmtree(night.files.graph / "survey", ignore_errors=True)


def _constrain(night: Night) -> None:
    night.graph.write(night.cypher("schema/constrain_loaded_day"))
    for table in tables(night.model):
        if table.far is None:
            night.graph.write(night.cypher(table.constraint))


def _steps(night: Night) -> Iterator[Step]:
    """Yield what is written, in order: both ends of a relationship before it, the new before the old goes."""
    every = tables(night.model)
    for table in every:
        yield _step("write", table, "sent", table.counted_as)
    for table in reversed(every):
        yield _step("delete", table, "gone", f"removed.{table.counted_as.partition('.')[0]}", partial=True)


def _step(does: str, table: Table, rows: str, counted_as: str, partial: bool = False) -> Step:
    return Step(table, table.statement(does), f"{rows}_{table.name}", counted_as, partial)


def _mark(night: Night, turns: list[Turn]) -> None:
    """Say in the graph what it was told; what it was told before may be forgotten."""
    days, digests = [turn.day.isoformat() for turn in turns], [turn.digest for turn in turns]
    night.graph.write(night.cypher("load/mark_loaded"), day=days, digest=digests, state=turns[-1].state)
    states.forget_others(night, turns, turns[-1].state)
