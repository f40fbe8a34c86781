"""Who finds rings in the same clean days: the product; the same work in process; and the bare calls of GDS.

Each returns the job that is measured, with the seconds of its steps, and counts that must be equal among contenders.
"""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np

from benchmarks.detection import bare_gds
from benchmarks.door.figures import Done, Job
from benchmarks.door.homes import home_settings
from ringwatch.night import Night, open_night
from ringwatch.stages import detect, score
from ringwatch.window import sharing


def ours(home: str, day: str, server: dict[str, str]) -> Job:
    """link (without writing it into the graph), detect and score, as a night runs them."""
    night = open_night(home_settings(home, **server), date.fromisoformat(day))
    night.graph.read("RETURN 1")  # connected before the clock starts
    return lambda: _night(night)


def in_process(home: str, day: str) -> Job:
    """The same stages with the engine `local`: communities are worked out in this process, and no server is asked."""
    night = open_night(home_settings(home).model_copy(update={"engine": "local"}), date.fromisoformat(day))
    return lambda: _night(night)


def bare_gds_calls(home: str, day: str, server: dict[str, str]) -> Job:
    """Only what GDS does for detect: the calls that `recorded` noted."""
    from neo4j import GraphDatabase

    driver = GraphDatabase.driver(
        server["neo4j_uri"], auth=(server["neo4j_user"], server["neo4j_password"]), notifications_min_severity="OFF"
    )
    driver.verify_connectivity()
    with sharing.open_sharing(open_night(home_settings(home), date.fromisoformat(day))) as connection:
        accounts = _account_count(connection)
    calls = pickle.loads(_notes(home).read_bytes())  # noqa: S301  # written by `recorded`

    def job() -> Done:
        started = perf_counter()
        with driver:
            counts = bare_gds.run(driver, calls)
        return Done(accounts, counts, {"detect": perf_counter() - started})

    return job


def recorded(home: str, day: str, server: dict[str, str]) -> Job:
    """Not a contender: detect once, with notes in the home of what it asked of GDS, on a server that is warm then."""
    night = open_night(home_settings(home, **server), date.fromisoformat(day))

    def job() -> Done:
        with night, bare_gds.record() as calls:
            detect.run(night)
        _notes(home).write_bytes(pickle.dumps(calls))
        return Done(len(calls))

    return job


def _notes(home: str) -> Path:
    return Path(home) / "gds-calls.pickle"


def _night(night: Night) -> Done:
    times = [perf_counter()]
    sharing.open_sharing(night).close()
    times.append(perf_counter())
    found = detect.run(night)
    times.append(perf_counter())
    judged = score.run(night)
    times.append(perf_counter())
    with sharing.open_sharing(night) as connection:
        accounts = _account_count(connection)
    seconds = dict(zip(("link", "detect", "score"), np.diff(times).tolist(), strict=True))
    return Done(accounts, {"candidates": found.counts["candidates"], "likely": judged.counts["likely"]}, seconds)


def _account_count(connection: duckdb.DuckDBPyConnection) -> int:
    (count,) = connection.execute("SELECT max(account) FROM account").fetchall()[0]
    return int(count)
