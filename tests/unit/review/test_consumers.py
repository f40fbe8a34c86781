"""What consumers read of days that are past, and as files."""

import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from judged import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, accounts, publish

from ringwatch.errors import UsageError
from ringwatch.review import export
from ringwatch.store.store import Store


@pytest.fixture
def published(store: Store) -> Store:
    """Monday and Wednesday; nothing ran on Tuesday."""
    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 16))})
    publish(store, WEDNESDAY, {"a": accounts(range(7))})
    return store


def members_as_of(store: Store, day: object) -> set[str]:
    return set(store.consumers.as_of("members", day)["account_id"])  # type: ignore[arg-type]


def test_the_history_says_what_held_on_any_day(published: Store) -> None:
    monday = {*accounts(range(6)), *accounts(range(10, 16))}

    assert members_as_of(published, MONDAY - timedelta(days=1)) == set()
    assert members_as_of(published, MONDAY) == members_as_of(published, TUESDAY) == monday
    assert members_as_of(published, WEDNESDAY) == members_as_of(published, THURSDAY) == set(accounts(range(7)))
    rings = published.consumers.as_of("rings", TUESDAY)
    assert sorted(rings["size"]) == [6, 6]
    assert set(rings["valid_to"]) == {WEDNESDAY}


def test_the_newest_of_the_history_is_what_the_views_show(published: Store) -> None:
    shown = published.published.flagged(WEDNESDAY)

    assert members_as_of(published, WEDNESDAY) == set(shown["account_id"])


def test_a_day_that_is_restated_leaves_nothing_of_its_first_form_in_the_history(published: Store) -> None:
    publish(published, MONDAY, {"a": accounts(range(5))})

    assert members_as_of(published, MONDAY) == set(accounts(range(5)))


def test_changes_are_asked_for_since_the_last_one_seen(published: Store) -> None:
    every = published.consumers.changes()
    seen = int(every["change_seq"].iloc[1])

    assert list(published.consumers.changes(seen)["change_seq"]) == list(every["change_seq"][2:])


@pytest.mark.parametrize("table", ["members", "rings", "members_history", "rings_history", "changes"])
def test_each_table_is_the_same_in_csv_parquet_and_json_lines(published: Store, table: str, tmp_path: Path) -> None:
    rows = rows_of(published, table)
    for ending in ("csv", "parquet", "jsonl"):
        export.write(rows, tmp_path / f"out.{ending}", table)

    parquet = pq.read_table(tmp_path / "out.parquet")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    csv = pd.read_csv(tmp_path / "out.csv")
    assert parquet.column_names == list(csv.columns) == list(lines[0])
    assert parquet.num_rows == len(csv) == len(lines) == len(rows)
    assert parquet.schema.equals(export.schema(table))
    assert [str(day) for day in parquet["day"].to_pylist()] == [line["day"] for line in lines] == list(csv["day"])


def test_another_ending_is_refused(published: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.csv, \.parquet or \.jsonl"):
        export.write(rows_of(published, "rings"), tmp_path / "out.xlsx", "rings")


def rows_of(store: Store, table: str) -> pd.DataFrame:
    if table == "members":
        return store.published.flagged(WEDNESDAY)
    if table == "changes":
        return store.consumers.changes()
    found = store.consumers.history(table.removesuffix("_history"))
    return found if table.endswith("_history") else store.consumers.as_of(table, WEDNESDAY)
