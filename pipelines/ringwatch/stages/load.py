"""load: clean days in; accounts, identifiers and their relationships in Neo4j out.

What the graph should say follows from the clean and held files of all days up to the newest that was loaded, and from
nothing else (`loading/fold.py`). What it was told last is known, so only the difference is sent; nothing that the files
no longer say stays. Wherever a load breaks off, the next one reads what the graph says and goes on from there, so that
loading twice, an old day again, or a day that is another now comes to the same graph as an undisturbed run.

Where the graph holds flagged neighbourhoods (`graph_holds`), it hears of them from publish; load works the state out.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from ringwatch import render, server
from ringwatch.days import run_report
from ringwatch.errors import UsageError
from ringwatch.loading import bulk, part, states
from ringwatch.loading.bring import Tally, bringing, constrain, loaded, mark
from ringwatch.loading.plan import plan
from ringwatch.loading.tables import tables
from ringwatch.night import Night, Report
from ringwatch.resources import ROOT


def run(night: Night) -> Report:
    """Load the night's day, and whatever else of the days up to the newest loaded one is not in the graph as it is.

    Raises UsageError when the day was not validated or the statements are not those of the model, InfrastructureError
    when rows found no place in the graph.
    """
    _check_statements(night)
    counts = _arrived(night)
    done = _work_out(night) if night.settings.holds_flagged else _load(night)
    return Report("load", night.day, counts | done.rows, done.seconds)


def _load(night: Night) -> Tally:
    done = Tally()
    with done.timed("work_out"):
        before = loaded(night)
        turns = plan(night, max([night.day, *before.digests]))
        state = states.reach(night, turns, before.state)
    done.add("days", sum(before.digests.get(turn.day) != turn.digest for turn in turns))
    if before.state != turns[-1].state:
        told = states.find(night, before.state)
        if _may_import(night, state, told):
            _fill(night, state, done)
        else:
            with bringing(night, told, state, done):
                pass  # nothing but the state is shown
        mark(night, turns, turns[-1].state)
    return done


def _work_out(night: Night) -> Tally:
    done = Tally()
    with done.timed("work_out"):
        _, state = states.newest(night)
    done.add("known_accounts", part.accounts(state))
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
        constrain(night)
