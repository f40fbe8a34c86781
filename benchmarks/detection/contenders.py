"""Who finds rings in the same clean days: the product; the same work in process, and on Spark; the bare calls of GDS;
what a script would do, with DuckDB and scikit-network or with PySpark.

Each returns the job that is measured, with the seconds of its steps, and counts that must be equal among contenders.
"""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np
import pyarrow as pa
from scipy.sparse import coo_matrix

from benchmarks.detection import bare_gds, by_hand
from benchmarks.door.figures import Done, Job
from benchmarks.door.homes import home_settings
from ringwatch.night import Night, open_night
from ringwatch.settings import Settings
from ringwatch.spark.session import session
from ringwatch.spark.shards import opened
from ringwatch.stages import detect, score

# On as many cores as the others may use.
MASTER = "local[*]"


def ours(home: str, day: str, server: dict[str, str]) -> Job:
    """link (without writing it into the graph), detect and score, as a night runs them."""
    night = open_night(home_settings(home, **server), date.fromisoformat(day))
    night.graph.read("RETURN 1")  # connected before the clock starts
    return lambda: _night(night)


def in_process(home: str, day: str) -> Job:
    """The same stages with the engine `local`: communities are worked out in this process, and no server is asked."""
    night = open_night(home_settings(home).model_copy(update={"engine": "local"}), date.fromisoformat(day))
    return lambda: _night(night)


def on_spark(home: str, day: str) -> Job:
    """The same stages on Spark, on the cores of this machine."""
    night = open_night(_on_spark(home), date.fromisoformat(day))
    session(night.settings)  # started before the clock
    return lambda: _night(night)


def duckdb_by_hand(home: str, day: str) -> Job:
    """What a script would do: shared identifiers and pairs by DuckDB, components and Leiden by scikit-network."""
    from sknetwork.clustering.leiden import Leiden
    from sknetwork.topology.structure import get_connected_components

    def job() -> Done:
        started = perf_counter()
        connection = duckdb.connect()
        for feed in by_hand.FEEDS:
            connection.read_parquet(by_hand.files(home, feed, day)).create_view(feed)
        for name, query in by_hand.TABLES.items():
            connection.execute(f"CREATE TABLE {name} AS {query}")
        linked = perf_counter()
        pairs = connection.table("pairs").fetchnumpy()
        names, ends = np.unique(np.concatenate([pairs["source"], pairs["target"]]), return_inverse=True)
        source, target = np.split(ends, 2)
        graph = coo_matrix((pairs["bits"], (source, target)), shape=(len(names),) * 2).tocsr()
        graph += graph.T
        components = get_connected_components(graph)
        Leiden(random_state=0).fit(graph)
        seconds = {"link": linked - started, "detect": perf_counter() - linked}
        ((accounts,),) = connection.execute("SELECT count(DISTINCT account_id) FROM accounts").fetchall()
        return Done(accounts, {"pairs": len(source), "components": int(components.max(initial=-1)) + 1}, seconds)

    return job


def pyspark_by_hand(home: str, day: str) -> Job:
    """The same by PySpark, without Leiden, which it does not have; components as the product has them on Spark."""
    from pyspark.sql import functions as sql

    from ringwatch.spark import components

    spark = session(_on_spark(home))

    def job() -> Done:
        started = perf_counter()
        for feed in by_hand.FEEDS:
            spark.read.parquet(*by_hand.files(home, feed, day)).createOrReplaceTempView(feed)
        for name, query in by_hand.TABLES.items():
            spark.sql(query).write.mode("overwrite").parquet(f"{home}/spark/{name}")
            spark.read.parquet(f"{home}/spark/{name}").createOrReplaceTempView(name)
        linked = perf_counter()
        pairs = spark.table("pairs")
        edges = pairs.select(*(sql.xxhash64(end).alias(end) for end in ("source", "target")))
        parts = components.connected(edges, f"{home}/spark/components")
        found = {"pairs": pairs.count(), "components": parts.select("part").distinct().count()}
        seconds = {"link": linked - started, "detect": perf_counter() - linked}
        accounts = spark.table("accounts").select("account_id").distinct().count()
        return Done(accounts, found, seconds)

    return job


def bare_gds_calls(home: str, day: str, server: dict[str, str]) -> Job:
    """Only what GDS does for detect: the calls that `recorded` noted."""
    from neo4j import GraphDatabase

    driver = GraphDatabase.driver(
        server["neo4j_uri"], auth=(server["neo4j_user"], server["neo4j_password"]), notifications_min_severity="OFF"
    )
    driver.verify_connectivity()
    with opened(open_night(home_settings(home), date.fromisoformat(day))) as shards:
        accounts = shards.told(_accounts)["accounts"][0].as_py()
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


def _on_spark(home: str) -> Settings:
    return home_settings(home).model_copy(update={"engine": "spark", "spark_master": MASTER})


def _notes(home: str) -> Path:
    return Path(home) / "gds-calls.pickle"


def _night(night: Night) -> Done:
    began = perf_counter()
    with opened(night) as shards:
        linked = perf_counter()
        accounts = shards.told(_accounts)["accounts"][0].as_py()
    started = perf_counter()
    found = detect.run(night)
    detected = perf_counter()
    judged = score.run(night)
    seconds = {"link": linked - began, "detect": detected - started, "score": perf_counter() - detected}
    return Done(accounts, {"candidates": found.counts["candidates"], "likely": judged.counts["likely"]}, seconds)


def _accounts(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    return connection.sql("SELECT accounts FROM figure").to_arrow_table()
