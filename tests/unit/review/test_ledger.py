"""The completeness ledger: what is kept of a delivery, and what a delivery again does to it."""

from dataclasses import replace
from typing import Any

import pytest
from judged import MONDAY, TUESDAY, WEDNESDAY

from ringwatch.errors import InfrastructureError
from ringwatch.store.records import LedgerEntry
from ringwatch.store.store import Store

DEVICES = LedgerEntry("devices", 2, 10, clean=6, held=1, quarantined=2, duplicates=1, late=3, sha256="a", complete=True)
USAGE = LedgerEntry("usage", 0, 0, clean=0, held=0, quarantined=0, duplicates=0, late=None, sha256="", complete=False)


def rows(store: Store, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in columns) for row in store.deliveries.between()]


def test_the_ledger_keeps_what_arrived_of_each_feed_and_day(store: Store) -> None:
    store.deliveries.record(TUESDAY, [USAGE, DEVICES])
    store.deliveries.record(MONDAY, [DEVICES])

    columns = ("day", "feed", "files", "rows", "clean", "held", "quarantined", "duplicates", "complete", "restated")
    assert rows(store, *columns) == [
        (MONDAY, "devices", 2, 10, 6, 1, 2, 1, True, 0),
        (TUESDAY, "devices", 2, 10, 6, 1, 2, 1, True, 0),
        (TUESDAY, "usage", 0, 0, 0, 0, 0, 0, False, 0),
    ]
    assert rows(store, "late") == [(3,), (3,), (None,)]


def test_another_content_for_a_day_is_a_restatement(store: Store) -> None:
    store.deliveries.record(MONDAY, [DEVICES])
    store.deliveries.record(MONDAY, [replace(DEVICES, rows=11, clean=7, sha256="b")])

    assert rows(store, "day", "rows", "sha256", "restated") == [(MONDAY, 11, "b", 1)]


def test_the_same_files_judged_again_are_no_restatement(store: Store) -> None:
    store.deliveries.record(MONDAY, [DEVICES])
    store.deliveries.record(MONDAY, [replace(DEVICES, clean=7, quarantined=1)])

    assert rows(store, "clean", "quarantined", "restated") == [(7, 1, 0)]


def test_a_feed_that_is_no_longer_delivered_leaves_the_day(store: Store) -> None:
    store.deliveries.record(MONDAY, [DEVICES, USAGE])
    store.deliveries.record(MONDAY, [DEVICES])

    assert rows(store, "feed") == [("devices",)]


def test_a_delivery_whose_rows_do_not_add_up_is_not_recorded(store: Store) -> None:
    with pytest.raises(InfrastructureError, match="nothing of this step was written"):
        store.deliveries.record(MONDAY, [replace(DEVICES, rows=11)])

    assert store.deliveries.between() == []


def test_the_ledger_is_read_for_a_span_of_days(store: Store) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        store.deliveries.record(day, [DEVICES])

    assert [row["day"] for row in store.deliveries.between(TUESDAY, TUESDAY)] == [TUESDAY]
    assert [row["day"] for row in store.deliveries.between(first=TUESDAY)] == [TUESDAY, WEDNESDAY]
    assert [row["day"] for row in store.deliveries.between(last=TUESDAY)] == [MONDAY, TUESDAY]
