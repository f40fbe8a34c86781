"""The fold in DuckDB against the rule worked out by hand, and what the rule promises."""

import os
import shutil
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from by_hand import HELD_DAYS, WINDOW_DAYS, Days, says
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import night_of, random_days, write_days, write_model, write_rows

from ringwatch.loading import states, tables
from ringwatch.loading.plan import plan
from ringwatch.night import Night

few = settings(max_examples=2, deadline=None)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


def state_of(night: Night) -> dict[str, dict[Any, dict[str, Any]]]:
    """What the state of the night says: table, key, properties."""
    folder = states.reach(night, plan(night, night.day), None)
    found = {}
    for table in tables.tables(night.model):
        names, width = list(table.columns), len(table.keys)
        query = f"SELECT {', '.join(names)} FROM read_parquet(?) WHERE updated_on IS NOT NULL"
        rows = duckdb.execute(query, [str(folder / f"{table.name}.parquet")]).fetchall()
        found[table.name] = {
            row[:width] if width > 1 else row[0]: dict(zip(names[width:], row[width:], strict=True)) for row in rows
        }
    return found


def opened(home: str | Path, model: Path, days: Days, **settings: Any) -> Night:
    """The night of the last of `days`, with their files."""
    night = night_of(Path(home), model, max(days), days, **settings)
    write_days(night, days)
    return night


@few
@given(seed=seeds)
def test_the_fold_says_what_the_rule_says(model: Path, seed: int) -> None:
    days = random_days(seed, span=22)
    with TemporaryDirectory() as home:
        assert state_of(opened(home, model, days)) == says(days)


@few
@given(seed=seeds)
def test_the_graph_has_a_relationship_in_the_window_exactly_when_it_was_seen_there(model: Path, seed: int) -> None:
    days = random_days(seed, span=16)
    with TemporaryDirectory() as home:
        told = state_of(opened(home, model, days))["USED_DEVICE"]
    since = datetime.combine(max(days) - timedelta(days=WINDOW_DAYS - 1), datetime.min.time())

    assert {key for key, edge in told.items() if edge["last_seen"] >= since} == seen_since(days, since)


def seen_since(days: Days, since: datetime) -> set[tuple[str, str]]:
    """Account and device of every row that counts and was seen at `since` or later."""
    named: dict[str, date] = {}
    for day, feeds in sorted(days.items()):
        for row in feeds["accounts"]:
            named.setdefault(row["account_id"], day)
    counting = [row for feeds in days.values() for row in feeds["devices"] if row["account_id"] in named]
    for day, feeds in days.items():
        grace = day + timedelta(days=HELD_DAYS)
        counting += [row for row in feeds["held"] if named.get(row["account_id"], date.max) <= grace]
    return {(row["account_id"], row["device"]) for row in counting if row["last_seen"] >= since}


@few
@given(seed=seeds)
def test_night_by_night_comes_to_the_same_as_all_at_once(model: Path, seed: int) -> None:
    days = random_days(seed, span=9)
    with TemporaryDirectory() as grown, TemporaryDirectory() as rebuilt:
        for day in sorted(days)[:-1]:
            state_of(opened(grown, model, {one: feeds for one, feeds in days.items() if one <= day}))
        assert state_of(opened(grown, model, days)) == state_of(opened(rebuilt, model, days))


@few
@given(seed=seeds)
def test_a_day_that_is_another_now_leaves_nothing_of_what_it_was(model: Path, seed: int) -> None:
    days = random_days(seed, span=9)
    restated = sorted(days)[seed % len(days)]
    with TemporaryDirectory() as home:
        state_of(opened(home, model, days))
        days[restated] = random_days(seed + 1, start=restated, span=1)[restated]
        shutil.rmtree(Path(home) / "days" / str(restated))
        assert state_of(opened(home, model, days)) == says(days)


def test_of_what_is_seen_daily_only_a_slot_is_told_anew(model: Path, tmp_path: Path) -> None:
    start, names = date(2026, 3, 2), [f"A{i}" for i in range(70)]
    days = {start + timedelta(days=i): everybody(start + timedelta(days=i), names, i == 0) for i in range(9)}
    told = [
        state_of(opened(tmp_path, model, {one: feeds for one, feeds in days.items() if one <= day}))["USED_DEVICE"]
        for day in sorted(days)
    ]
    changed = [{key for key in names_of(new) if new[key] != old[key]} for old, new in pairwise(told)]

    assert all(0 < len(some) < len(names) / 2 for some in changed)
    assert set.union(*changed[:4]) == names_of(told[0])


def everybody(day: date, names: list[str], first: bool) -> dict[str, Any]:
    noon = datetime(day.year, day.month, day.day, 12)
    row = {"created_at": noon, "status": "active"}
    seen = {"device": "d", "first_seen": noon, "last_seen": noon}
    return {
        "accounts": [{"account_id": name} | row for name in names if first],
        "devices": [{"account_id": name} | seen for name in names],
        "transfers": [],
        "held": [],
    }


def names_of(edges: dict[Any, Any]) -> set[Any]:
    return set(edges)


def test_a_feed_that_did_not_come_expires_nothing(model: Path, tmp_path: Path) -> None:
    start = date(2026, 3, 2)
    days = {start: everybody(start, ["A"], True)}
    for i in range(1, 14):
        days[start + timedelta(days=i)] = everybody(start + timedelta(days=i), ["B"], i == 1)
    missed = {day: feeds | {"partial": ["devices"]} if day > start else feeds for day, feeds in days.items()}

    assert set(state_of(opened(tmp_path / "came", model, days))["USED_DEVICE"]) == {("B", "d")}
    assert set(state_of(opened(tmp_path / "missed", model, missed))["USED_DEVICE"]) == {("A", "d"), ("B", "d")}


def test_files_that_were_cut_short_are_not_taken_for_a_state(model: Path, tmp_path: Path) -> None:
    days = random_days(1, span=4)
    night = opened(tmp_path, model, days)
    whole = state_of(night)
    folder = states.find(night, plan(night, night.day)[-1].state)
    assert folder is not None
    os.truncate(folder / "Account.parquet", 100)

    assert state_of(night) == whole


def test_a_column_that_the_model_got_later_is_missing_in_older_rows(model: Path, tmp_path: Path) -> None:
    days = random_days(1, span=2)
    night = opened(tmp_path, model, days)
    devices = night.model.feeds["devices"]
    path = night.files.clean(min(days), "devices")
    write_rows(path, devices, days[min(days)]["devices"], min(days))
    without = duckdb.read_parquet(str(path)).project("* EXCLUDE platform").to_arrow_table()
    duckdb.from_arrow(without).write_parquet(str(path))
    for row in days[min(days)]["devices"]:
        row["platform"] = None

    assert state_of(night) == says(days)
