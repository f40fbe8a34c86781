"""The graph is told a state: what differs from what it was told last is written, what it should no longer say goes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter

from ringwatch import server
from ringwatch.days import history
from ringwatch.loading import difference, states
from ringwatch.loading.plan import Turn
from ringwatch.loading.send import Step, send
from ringwatch.loading.survey import survey
from ringwatch.loading.tables import Table, tables
from ringwatch.night import Night


@dataclass(frozen=True)
class Loaded:
    """What the graph remembers: the digests of the loaded days, and the state it was told last, if that is known."""

    digests: dict[date, str] = field(default_factory=dict)
    state: str | None = None


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


def loaded(night: Night) -> Loaded:
    """Return what the graph remembers. A server that has no database yet need not be started to know that."""
    if night.doors.graph is None and not server.has_database(night.settings):
        return Loaded()
    rows = night.graph.read(night.cypher("load/read_loaded"))
    return Loaded({row["day"].to_native(): row["digest"] for row in rows}, rows[0]["state"] if rows else None)


@contextmanager
def bringing(night: Night, told: Path | None, now: Path, done: Tally) -> Iterator[None]:
    """Make a graph that was told one state, or of which nobody knows what it says (None), say another.

    What is new is there when the block begins, and what is old goes when it ends. Raises InfrastructureError when rows
    found no place in the graph.
    """
    constrain(night)
    night.graph.write(night.cypher("load/begin_load"))
    if told is None and night.graph.read(night.cypher("load/count_nodes"))[0]["nodes"]:
        with done.timed("survey"):
            told = survey(night)
    with history.connect(night) as connection:
        with done.timed("compare"):
            for table in tables(night.model):
                difference.work_out(connection, table, told, now)
        for step in _new(night):
            with done.timed(step.counted_as):
                done.add(step.counted_as, send(night, connection, step))
        yield
        for step in _old(night):
            with done.timed(step.counted_as):
                done.add(step.counted_as, send(night, connection, step))
    shutil.rmtree(night.files.graph / "survey", ignore_errors=True)


def constrain(night: Night) -> None:
    night.graph.write(night.cypher("schema/constrain_loaded_day"))
    for table in tables(night.model):
        if table.far is None:
            night.graph.write(night.cypher(table.constraint))


def _new(night: Night) -> Iterator[Step]:
    """Yield what is written, in order: both ends of a relationship before it."""
    for table in tables(night.model):
        yield _step("write", table, "sent", table.counted_as)


def _old(night: Night) -> Iterator[Step]:
    for table in reversed(tables(night.model)):
        yield _step("delete", table, "gone", f"removed.{table.counted_as.partition('.')[0]}", partial=True)


def _step(does: str, table: Table, rows: str, counted_as: str, partial: bool = False) -> Step:
    return Step(table, table.statement(does), f"{rows}_{table.name}", counted_as, partial)


def mark(night: Night, turns: list[Turn], state: str) -> None:
    """Say in the graph what it was told; what it was told before may be forgotten."""
    days, digests = [turn.day.isoformat() for turn in turns], [turn.digest for turn in turns]
    night.graph.write(night.cypher("load/mark_loaded"), day=days, digest=digests, state=state)
    states.forget_others(night, turns, state)
    states.forget_parts(night, state)
