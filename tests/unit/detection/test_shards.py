"""A night in shards is the night in one: the same bytes, whatever the number of shards and processes."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from clean_days import MONDAY, Rows, accounts, connected, paid, sent, shared_copy, used, write_days
from on_spark import SPARK, needs_spark

from ringwatch.errors import DataRefused, InfrastructureError
from ringwatch.night import Night
from ringwatch.search import shard
from ringwatch.search.budget import WEAKEST_BITS
from ringwatch.spark.shards import forget, opened
from ringwatch.stages import detect, score
from ringwatch.window import each, shards, sharing

GROUPS, LARGEST = 24, 10
DAYS = [MONDAY + timedelta(days=i) for i in range(5)]
FEEDS = ("accounts", "payments", "devices", "ips")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Groups that share devices, cards, addresses and money among themselves, some much and some little."""
    chance = np.random.default_rng(5)
    days: dict[object, dict[str, Rows]] = {day: {feed: [] for feed in FEEDS} for day in DAYS}
    for group in range(GROUPS):
        size, things = int(chance.integers(4, LARGEST)), int(chance.integers(1, 6))
        names = [f"A{group:02}-{member:02}" for member in range(size)]
        days[MONDAY]["accounts"] += accounts(*names, email_domain="mail.example")
        for name, day in [(name, day) for name in names for day in DAYS if chance.random() < 0.7]:
            thing = f"{group}-{chance.integers(things)}"
            days[day]["devices"].append(used(name, f"D{thing}", day))
            days[day]["ips"].append(connected(name, f"10.{group}.0.{chance.integers(2 * things)}", day))
            if chance.random() < 0.4:
                days[day]["payments"].append(paid(name, f"C{thing}", day))
            if chance.random() < 0.2 and name != names[0]:
                days[day]["payments"].append(sent(name, names[0], day))
    made = tmp_path_factory.mktemp("home")
    write_days(made, days)  # type: ignore[arg-type]
    return made


def night_of(home: Path, most: int, processes: int = 1, **more: Any) -> Night:
    usual = {"engine": "local", "feeds": FEEDS, "shard_accounts": most, "processes": processes, "flag_probability": 0.3}
    return write_days(home, {DAYS[-1]: {}}, **usual | more)


def judged(night: Night) -> dict[str, bytes]:
    with night:
        detect.run(night)
        score.run(night)
    paths = [night.files.candidates(night.day), night.files.watch(night.day)]
    paths += [night.files.scored(night.day, table) for table in ("rings", "members", "evidence")]
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def in_one(home: Path) -> dict[str, bytes]:
    return judged(night_of(home, 100_000))


@pytest.mark.parametrize(("most", "many", "processes"), [(60, 3, 2), (22, 8, 1)])
def test_shards_of_whole_components_give_the_same_bytes(
    home: Path, in_one: dict[str, bytes], most: int, many: int, processes: int
) -> None:
    night = night_of(home, most, processes)
    with sharing.open_sharing(night) as connection:
        assert (shards.count(connection), shards.cut(connection)) == (many, (0, 0.0))

    found = judged(night)

    assert pq.read_table(night.files.scored(night.day, "rings")).num_rows >= 10
    assert found == in_one


@pytest.mark.parametrize("most", [100_000, 60])
def test_the_pair_budget_is_of_the_whole_night(home: Path, most: int) -> None:
    night, rings = night_of(home, most), pd.DataFrame({"ring_id": ["R-1"], "account_id": ["nobody"]})
    with sharing.open_sharing(night_of(home, 100_000)) as connection:
        pairs, _ = shard.counted(connection, rings, WEAKEST_BITS)
    most_pairs, fewest = int(pairs[0]), int(pairs[-1])

    with opened(night) as those:
        enough, too_few, refused = (
            night.settings.model_copy(update={"similarity_pair_budget": budget})
            for budget in (most_pairs, most_pairs - 1, fewest - 1)
        )
        assert shard.left_out(those, rings, enough) == (0.0, 0.0)
        assert shard.left_out(those, rings, too_few) == (WEAKEST_BITS[np.argmax(pairs < most_pairs)], 0.0)
        with pytest.raises(DataRefused, match="pairs of accounts are connected by identifiers of 6"):
            shard.left_out(those, rings, refused)


def test_a_component_that_is_too_large_is_cut_at_its_weakest_tie_and_that_is_counted(tmp_path: Path) -> None:
    groups = [[f"{group}{member}" for member in range(6)] for group in "AB"]
    devices = [used(name, names[0], MONDAY) for names in groups for name in names]
    ips = [connected(names[0], "10.0.0.1", MONDAY) for names in groups]
    day = {"accounts": accounts(*groups[0], *groups[1]), "devices": devices, "ips": ips}
    whole, apart = (write_days(tmp_path / str(most), {MONDAY: day}, shard_accounts=most) for most in (12, 10))

    with sharing.open_sharing(whole) as connection:
        together = connection.table("link").count("*").fetchall()[0][0]
        assert (shards.count(connection), shards.cut(connection)) == (1, (0, 0.0))
    with sharing.open_sharing(apart) as connection:
        ties, bits = shards.cut(connection)
        assert (shards.count(connection), ties) == (2, 1)
        assert bits > 0
        assert connection.table("link").count("*").fetchall() == [(together - 1,)]


def test_who_was_in_one_ring_last_night_stays_together(tmp_path: Path) -> None:
    groups = [[f"{group}{member}" for member in range(6)] for group in "AB"]
    devices = [used(name, names[0], MONDAY) for names in groups for name in names]
    night = write_days(tmp_path, {MONDAY: {"accounts": accounts(*groups[0], *groups[1]), "devices": devices}})
    ring = pd.DataFrame({"ring_id": "R-1", "account_id": ["A0", "A1", "B0", "B1"]})

    with shared_copy(night) as copy:
        copy.execute("DROP TABLE shard; DROP TABLE cut")
        shards.add(copy, 10, ring)
        found = copy.sql("SELECT account_id FROM shard JOIN account USING (account) WHERE shard = 1 ORDER BY ALL")
        other = copy.sql("SELECT account_id FROM shard JOIN account USING (account) WHERE shard = 2 ORDER BY ALL")
        sides = [{name for (name,) in side.fetchall()} for side in (found, other)]

    assert any(set(ring["account_id"]) <= side for side in sides)


def ended(connection: duckdb.DuckDBPyConnection) -> None:
    os._exit(9)


def test_a_process_that_ends_before_it_is_done_is_one_sentence(home: Path) -> None:
    night = night_of(home, 60, processes=2)

    told = "lower the setting processes or shard_accounts"
    with pytest.raises(InfrastructureError, match=told), opened(night) as those:
        list(those.answers(ended, [()] * 3))


@pytest.fixture(scope="module")
def on_spark(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night of several shards on Spark, with a folder between driver and executors that is not the home."""
    there = tmp_path_factory.mktemp("there").as_uri()
    return night_of(home, 100, engine="spark", spark_master=SPARK, spark_dir=there)


@needs_spark
def test_shards_made_and_judged_on_spark_give_the_same_bytes(
    home: Path, in_one: dict[str, bytes], on_spark: Night
) -> None:
    with sharing.open_sharing(night_of(home, 100_000)) as connection:
        expected = each.Here(on_spark, connection).counts

    found = judged(on_spark)

    with opened(on_spark) as made:
        assert (made.count > 1, made.cut, made.counts) == (True, (0, 0.0), expected)
    assert found == in_one


@needs_spark
def test_a_task_that_is_lost_is_done_again_by_spark(on_spark: Night, tmp_path: Path) -> None:
    marker = tmp_path / "lost"

    def lost_once(connection: duckdb.DuckDBPyConnection) -> int:
        if not marker.exists():
            marker.touch()
            os._exit(9)
        return int(connection.table("account").count("*").fetchall()[0][0])

    with opened(on_spark) as made:
        first = list(made.answers(lost_once, [()] * made.count))

        assert marker.exists()
        assert first == list(made.answers(lost_once, [()] * made.count))


@needs_spark
def test_what_spark_gives_up_on_is_one_sentence(on_spark: Night) -> None:
    def refused(connection: duckdb.DuckDBPyConnection) -> None:
        raise DataRefused("too much is connected")

    with (
        opened(on_spark) as made,
        pytest.raises(InfrastructureError, match=r"^Spark gave up on a shard: DataRefused: too much is connected$"),
    ):
        list(made.answers(refused, [()] * made.count))


@needs_spark
def test_what_was_made_on_spark_can_be_forgotten(on_spark: Night) -> None:
    opened(on_spark).__enter__()

    forget(on_spark)

    there = Path(unquote(urlparse(str(on_spark.settings.spark_dir)).path))
    assert list(there.iterdir()) == []
    assert list((on_spark.files.home / "spark").iterdir()) == []


def spilled(connection: duckdb.DuckDBPyConnection) -> int:
    """Sort more than the memory that a shard has, and return how many bytes of that were on the disk."""
    connection.execute("CREATE TABLE large AS SELECT hash(range) AS value FROM range(20_000_000)")
    ((used,),) = connection.sql("SELECT sum(size) FROM duckdb_temporary_files()").fetchall()
    return int(used)


def test_shards_that_take_more_memory_than_they_have_are_judged_on_the_disk(home: Path) -> None:
    night = night_of(home, 60, processes=2, duckdb_memory_mb=256)
    shutil.rmtree(night.files.spill, ignore_errors=True)

    with opened(night) as those:
        found = list(those.answers(spilled, [()] * 3))

    assert len(found) == 3
    assert min(found) > 0
    assert not list(night.files.spill.iterdir())
