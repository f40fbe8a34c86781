"""Who finds rings in the same clean days: the product; the same work in process; and the bare calls of GDS.

Each returns the job that is measured, with the seconds of its steps, and counts that must be equal among contenders.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from time import perf_counter
from unittest import mock

import duckdb
import numpy as np
import pandas as pd

from benchmarks.detection import bare_gds, in_process
from benchmarks.door.figures import Done, Job
from benchmarks.door.homes import home_settings
from ringwatch.detection import communities, sharing
from ringwatch.night import Night, open_night
from ringwatch.stages import detect, score


def ours(home: str, day: str, server: dict[str, str]) -> Job:
    """link (without writing it into the graph), detect and score, as a night runs them."""
    night = open_night(home_settings(home, **server), date.fromisoformat(day))
    night.graph.gds.server_version()  # connected, and the client imported, before the clock starts
    return lambda: _night(night)


def duckdb_and_scikit_network(home: str, day: str) -> Job:
    """The same stages with communities and similarities worked out in this process; no server is asked."""
    night = open_night(home_settings(home), date.fromisoformat(day))

    def job() -> Done:
        with ExitStack() as stack:
            for name in ("components", "leiden", "similar"):
                stack.enter_context(mock.patch.object(communities, name, getattr(in_process, name)))
            stack.enter_context(mock.patch.object(Night, "graph", None))
            return _night(night)

    return job


def bare_gds_calls(home: str, day: str, server: dict[str, str]) -> Job:
    """Only what GDS does for detect, from tables that link left in the home."""
    from neo4j import GraphDatabase

    settings = home_settings(home)
    driver = GraphDatabase.driver(
        server["neo4j_uri"], auth=(server["neo4j_user"], server["neo4j_password"]), notifications_min_severity="OFF"
    )
    driver.verify_connectivity()
    with sharing.open_sharing(open_night(settings, date.fromisoformat(day))) as connection:
        accounts = _account_count(connection)
        links, spokes, uses = _read(connection, settings.link_min_bits)

    def job() -> Done:
        started = perf_counter()
        with driver:
            counts = bare_gds.run(driver, links, spokes, uses, accounts, settings)
        return Done(accounts, counts, {"detect": perf_counter() - started})

    return job


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


# Hubs are nodes beyond the accounts, as candidates.py has them.
_SPOKES = """
SELECT account, (SELECT max(account) FROM account) + dense_rank() OVER (ORDER BY facet, name), facet.bits
FROM identifier JOIN facet USING (facet) JOIN sighting USING (identifier)
WHERE hub AND review_share > 0 AND accounts <= hub_limit + review_share * (SELECT count(*) FROM account) ORDER BY ALL
"""
_USES = """
SELECT account, (SELECT max(account) FROM account) + identifier, round(bits, 6)
FROM identifier JOIN sighting USING (identifier) WHERE bits > 0 AND accounts > 1 ORDER BY ALL
"""


def _read(connection: duckdb.DuckDBPyConnection, min_bits: float) -> list[bare_gds.Links]:
    links = "SELECT source, target, bits FROM link WHERE bits >= $min_bits ORDER BY ALL"
    asked = [(links, {"min_bits": min_bits}), (_SPOKES, {}), (_USES, {})]
    return [_arrays(connection.execute(query, values).df()) for query, values in asked]


def _arrays(table: pd.DataFrame) -> bare_gds.Links:
    return tuple(table[column].to_numpy() for column in table)


def _account_count(connection: duckdb.DuckDBPyConnection) -> int:
    (count,) = connection.execute("SELECT max(account) FROM account").fetchall()[0]
    return int(count)
