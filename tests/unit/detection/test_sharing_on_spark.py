"""Spark makes the tables that one machine makes, whatever part of them a task has."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clean_days import (
    MONDAY,
    THURSDAY,
    TUESDAY,
    Rows,
    accounts,
    connected,
    paid,
    sent,
    shared_copy,
    used,
    write_days,
)
from on_spark import SPARK, needs_spark
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ringwatch.days.files import Files
from ringwatch.days.history import window_start
from ringwatch.days.in_use import feeds_in_use
from ringwatch.gate import portions
from ringwatch.night import Night
from ringwatch.settings import load_settings
from ringwatch.simulate import START, simulate
from ringwatch.spark.shards import opened
from ringwatch.stages import detect, run_stage, score
from ringwatch.window import shards, sharing

pytestmark = needs_spark
TABLES = (
    *("facet", "account", "identifier", "sighting", "dealing", "figure", "cell", "whereabouts", "stay", "opening"),
    *("employed", "abode", "guest", "usual", "dealt"),
)


def usage(account: str, template: str, day: Any) -> dict[str, Any]:
    return {
        "account_id": account,
        "capability": "chat",
        "exchanges": 3,
        "template": template,
        "active_hours": 255,
        "day": day,
    }


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """Groups that share templates, addresses, a purse; an office, mirror images, a late row."""
    chance = np.random.default_rng(11)
    days: dict[Any, dict[str, Rows]] = {}
    every = [MONDAY + timedelta(days=i) for i in range(6)]
    for day in every:
        days[day] = {feed: [] for feed in ("accounts", "payments", "devices", "ips", "usage")}
    for group in range(30):
        names = [f"é{group}-{member}" for member in range(int(chance.integers(2, 9)))]
        born = datetime(2026, 3, 2, 9, 0, group) if group % 3 else datetime(2025, 5, 1)
        more = {"organisation": f"Firm {group}"} if group % 7 == 0 else {"email_domain": f"firm{group}.example"}
        days[MONDAY]["accounts"] += accounts(
            *names, created_at=born, phone=f"+{group // 2}", referred_by=names[0], **more
        )
        for name in names:
            for day in (one for one in every if chance.random() < 0.6):
                days[day]["devices"].append(used(name, f"D{group}-{chance.integers(3)}", day))
                days[day]["ips"].append(
                    connected(name, f"10.{group % 4}.{group}.{chance.integers(4)}", day) | {"asn": 7}
                )
                days[day]["usage"].append(usage(name, f"t{group % 5}", day))
                if chance.random() < 0.3:
                    days[day]["payments"].append(paid(name, f"C{group}", day) | {"bin": f"{400000 + group % 3}"})
            if name != names[0]:
                days[MONDAY]["payments"].append(sent(names[0], name, MONDAY))
    days[THURSDAY]["devices"].append(used("é1-0", "D2-1", TUESDAY))  # a late row
    return write_days(tmp_path, days, engine="spark", spark_master=SPARK, window_days=14)


@pytest.fixture
def here(night: Night) -> Iterator[duckdb.DuckDBPyConnection]:
    with sharing.open_sharing(night) as connection:
        yield connection


def rows_of(table: pa.Table | duckdb.DuckDBPyRelation, types: dict[str, str]) -> list[tuple[Any, ...]]:
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in types.items())
    with duckdb.connect() as connection:
        connection.register("given", table)
        return connection.sql(f"SELECT {columns} FROM given ORDER BY ALL").fetchall()


@pytest.mark.slow
def test_spark_makes_the_tables_of_one_machine(night: Night, here: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    from ringwatch.spark.making import OnSpark
    from ringwatch.spark.parts import types_of
    from ringwatch.spark.session import session
    from ringwatch.spark.sharing import sources, views

    spark, feeds = session(night.settings), feeds_in_use(night).used
    with sources(spark, night, feeds) as read:
        maker = OnSpark(spark, (tmp_path / "made").as_uri(), read, views(night, feeds))
        sharing.figures(maker, night.model, feeds, window_start(night), night.day, [])
        maker.finish()
        found = {table: rows_of(maker.frame(table).toArrow(), types_of(here, table)) for table in TABLES}

    assert found == {table: here.table(table).order("ALL").fetchall() for table in TABLES}
    assert {table for table in TABLES if not found[table]} == set()


def deliver_world(folder: Path) -> Path:
    """Feeds of two days, Parquet files of several row groups each, which executors judge apart."""
    simulate(folder, accounts=20_000, days=2, seed=3)
    for path in sorted((folder / "feeds").rglob("*.parquet")):
        rows = pq.read_table(path)
        pq.write_table(rows, path, row_group_size=len(rows) // 3 + 1)
    return folder / "feeds"


def test_nights_of_20_000_accounts_in_shards_are_the_same_on_spark_and_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "PORTION_BYTES", 200_000)
    arrived, found = deliver_world(tmp_path / "world"), {}
    for engine in ("local", "spark"):
        home = tmp_path / engine
        if found:
            shutil.copytree(tmp_path / "local" / "secrets", home / "secrets")  # the same tokens
        settings = load_settings(home=home, engine=engine, spark_master=SPARK, shard_accounts=8_500)
        for day in (START, START + timedelta(days=1)):
            with Night(day, settings, Files(home, arrived)) as night:
                run_stage("validate", night)
        with opened(night) as shards_of_night:
            many, counts, cut = shards_of_night.count, shards_of_night.counts, shards_of_night.cut
        detect.run(night)
        score.run(night)
        files = {path.relative_to(home): path.read_bytes() for path in sorted((home / "days").rglob("*.parquet"))}
        found[engine] = counts, cut, {str(path): hashlib.sha256(file).hexdigest() for path, file in files.items()}

    assert many > 1
    assert cut == (0, 0.0)  # what is cut depends on which shards there are
    assert found["spark"] == found["local"]
    assert {Path(name).parent.name for name in found["local"][2]} >= {"clean", "quarantine", "scored"}


def maker_of(night: Night, folder: Path) -> Any:
    """A maker that has the tables, of the night's one machine."""
    from ringwatch.spark.making import OnSpark
    from ringwatch.spark.session import session

    maker = OnSpark(session(night.settings), folder.as_uri(), {})
    with sharing.open_sharing(night) as here:
        for table in ("facet", "figure", "account", "identifier", "dealt", "sighting"):
            rows = here.sql(f"SELECT * {'REPLACE (CAST(days AS TEXT) AS days)' * (table == 'sighting')} FROM {table}")
            maker.give(table, rows.to_arrow_table())
    return maker


@pytest.mark.parametrize("most", [20])
def test_parts_of_a_window_are_those_of_one_machine_and_no_shard_is_too_large(
    night: Night, tmp_path: Path, most: int
) -> None:
    from ringwatch.spark.splitting import split

    ring = pd.DataFrame({"ring_id": "R-1", "account_id": ["é2-0", "é5-1"]})
    maker = maker_of(night, tmp_path / "made")
    split_up = split(maker, most, ring, (tmp_path / "split").as_uri())
    found = maker.frame("shard").toPandas()
    with shared_copy(night) as copy:
        copy.execute("DROP TABLE shard; DROP TABLE cut")
        shards.add(copy, most, ring)
        together = copy.table("shard").df().merge(found, on="account", suffixes=("", "_spark"))
        cut = shards.cut(copy)

    sizes = found.groupby("shard").size()
    assert sizes.max() <= most
    assert sorted(sizes.index) == list(range(1, split_up.shards + 1))
    assert len(together) == len(found)
    assert (split_up.ties, split_up.bits) == cut


@pytest.mark.parametrize("rest", [40, 10_000])
def test_components_are_those_of_scipy_however_few_edges_one_process_takes_on(
    night: Night, tmp_path: Path, rest: int
) -> None:
    from ringwatch.spark.components import connected
    from ringwatch.spark.session import session

    chance = np.random.default_rng(4)
    ends = pa.table({"source": chance.integers(0, 300, 240), "target": chance.integers(300, 600, 240)})

    edges = session(night.settings).createDataFrame(ends)
    found = connected(edges, (tmp_path / "rounds").as_uri(), rest).toPandas()

    assert_parts(found, ends)


@pytest.mark.skipif(
    "GRAPHFRAMES_JAR" not in os.environ,
    reason="needs GraphFrames for Spark 4: pip install graphframes-py, and its jar in GRAPHFRAMES_JAR",
)
def test_components_are_those_of_scipy_when_graphframes_finds_them(tmp_path: Path) -> None:
    """In a process of its own: a jar is taken in when Spark starts."""
    chance = np.random.default_rng(4)
    ends = pa.table({"source": chance.integers(0, 300, 240), "target": chance.integers(300, 600, 240)})
    pq.write_table(ends, tmp_path / "edges")
    program = f"""
from ringwatch.settings import load_settings
from ringwatch.spark import components
from ringwatch.spark.session import session
conf = {{"spark.jars": {os.environ["GRAPHFRAMES_JAR"]!r}}}
spark = session(load_settings(engine="spark", spark_master="local[1]", spark_conf=conf))
assert components._at_hand(spark)
edges = spark.read.parquet({str(tmp_path / "edges")!r})
components.connected(edges, {(tmp_path / "between").as_uri()!r}).write.parquet({str(tmp_path / "parts")!r})
"""
    subprocess.run([sys.executable, "-c", program], check=True)

    assert_parts(pd.read_parquet(tmp_path / "parts"), ends)


def assert_parts(found: pd.DataFrame, ends: pa.Table) -> None:
    """Assert that nodes (node, part) are together that SciPy has together, and no others."""
    source, target = ends["source"].to_numpy(), ends["target"].to_numpy()
    among = coo_array((np.ones(len(ends)), (source, target)), shape=(600, 600))
    expected, nodes = connected_components(among, directed=False)[1], np.unique(np.concatenate([source, target]))
    part = found.set_index("node")["part"]
    assert sorted(part.index) == nodes.tolist()
    pairs = pd.DataFrame({"found": part[nodes].to_numpy(), "expected": expected[nodes]}).drop_duplicates()
    assert pairs["found"].is_unique
    assert pairs["expected"].is_unique
