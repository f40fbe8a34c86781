"""The contenders over Bolt: the product's stage load, a plain driver loop, and the best recipe a bare driver allows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.door.contenders.statements import for_columns, for_dicts
from benchmarks.door.figures import Done, Job
from benchmarks.door.homes import home_settings
from benchmarks.door.rows import Target, targets
from ringwatch.model import ACCOUNT, ACCOUNT_KEY, load_model
from ringwatch.night import open_night

BATCH_ROWS = 10_000
_WRITERS = 2


def ours(home: str, day: str, rows: int, server: dict[str, str] | None = None) -> Job:
    """The stage load as a night runs it: from clean files to a graph that says what they say, and answers.

    On `server`, a Neo4j of one's own, everything goes over Bolt. Without it the home's embedded server is used: an
    empty home is loaded in bulk, and its server started; a later night finds it running. `rows` is what the bare
    contenders send for the same graph, however many the product sends, so that rows a second compare.
    """
    from ringwatch import stages
    from ringwatch.stages import load  # noqa: F401  # imported before the clock starts

    night = open_night(home_settings(home, **(server or {})), date.fromisoformat(day))

    def job() -> Done:
        with night:
            report = stages.run_stage("load", night)
        return Done(rows, {}, report.seconds)

    return job


def plain_dicts(folder: str, server: dict[str, str]) -> Job:
    """The loop of every tutorial: `UNWIND $rows`, MERGE, 10,000 dicts at a time, one session, the pure Python driver.

    The Rust codec, which the product's environment has, is switched off before the driver is imported.
    """
    sys.modules["neo4j._rust"] = None  # type: ignore[assignment]  # Python's own way to say: not there
    driver = _driver(server)
    from neo4j._codec.packstream import v1

    if getattr(v1, "_rust_pack") is not None:  # there is no public way to ask  # noqa: B009  # nor does mypy see it
        raise RuntimeError("the driver's Rust codec could not be switched off")

    def job() -> Done:
        sent = 0
        with driver:
            for target in targets(load_model()):
                statement = for_dicts(target)
                for batch in pq.ParquetFile(Path(folder) / target.file).iter_batches(BATCH_ROWS):
                    driver.execute_query(statement, rows=batch.to_pylist(), database_="neo4j")
                    sent += batch.num_rows
        return Done(sent)

    return job


def best_recipe(folder: str, server: dict[str, str]) -> Job:
    """The fastest way measured: Rust codec, a list a column, two writers whose rows share no node: none waits."""
    driver = _driver(server)

    def send(statement: str, rows: pa.Table) -> int:
        for batch in rows.to_batches(BATCH_ROWS):
            driver.execute_query(statement, batch.to_pydict(), database_="neo4j")
        return int(rows.num_rows)

    def job() -> Done:
        sent = 0
        with driver, ThreadPoolExecutor(_WRITERS) as writers:
            for target in targets(load_model()):
                for apart in _rounds(target, pq.read_table(Path(folder) / target.file)):
                    sent += sum(writers.map(send, [for_columns(target)] * len(apart), apart))
        return Done(sent)

    return job


def _rounds(target: Target, rows: pa.Table) -> Iterator[list[pa.Table]]:
    """Yield tables that can be written at once: no node is in two of them.

    Relationships to identifiers are four blocks by halves of both ends, written along the diagonals. Between accounts
    both ends are of one kind, so the halves meet; those few rows are one table.
    """
    if target.label == ACCOUNT:
        yield [rows]
        return
    far = _half(rows[target.source])
    if target.label is None:
        yield [rows.filter(pa.array(far == half)) for half in range(_WRITERS)]
        return
    near = _half(rows[ACCOUNT_KEY])
    for shift in range(_WRITERS):
        yield [rows.filter(pa.array((near == half) & (far == (half + shift) % 2))) for half in range(_WRITERS)]


def _half(keys: pa.ChunkedArray) -> Any:
    from pandas.util import hash_array

    return hash_array(keys.to_numpy()) % _WRITERS


def _driver(server: dict[str, str]) -> Any:
    from neo4j import GraphDatabase

    auth = (server["neo4j_user"], server["neo4j_password"])
    driver = GraphDatabase.driver(server["neo4j_uri"], auth=auth, notifications_min_severity="OFF")
    driver.verify_connectivity()
    return driver
