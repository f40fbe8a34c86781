"""Accounts that were erased, when feeds deliver them again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from deliveries import MONDAY, deliver, open_night

from ringwatch.errors import DataRefused
from ringwatch.gate import tombstones
from ringwatch.gate.tombstones import ERASED, Tombstones
from ringwatch.night import Night, Report
from ringwatch.stages import run_stage

ACCOUNTS = "account_id,created_at,status,referred_by"
PAYMENTS = "payment_id,account_id,paid_at,instrument_kind,counterparty_account_id"
GONE = "acc-17"
Judge = Callable[..., Report]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """A night of a store in which one account was erased."""
    night = open_night(tmp_path, ("accounts", "payments"))
    night.store.tombstones.bury(tombstones.token_of(night.settings.home, GONE), "ada", "asked for it")
    return night


@pytest.fixture
def judge(night: Night) -> Judge:
    def run(**feeds: list[str]) -> Report:
        deliver(night, **feeds)
        return run_stage("validate", night)

    return run


def account(account_id: str, status: str = "active", host: str = "") -> str:
    return f"{account_id},2026-02-01T09:00:00,{status},{host}"


def payment(number: int, account_id: str, to: str = "") -> str:
    return f"p{number},{account_id},2026-03-02T09:00:00,card,{to}"


def refused(night: Night, feed: str) -> list[dict[str, Any]]:
    return pd.read_parquet(night.files.quarantine(MONDAY, feed)).to_dict("records")


def counts(report: Report, feed: str) -> list[int]:
    return [report.counts[f"{feed}.{part}"] for part in ("rows", "clean", "held", "quarantined", "duplicates")]


def test_rows_of_an_erased_account_are_refused_without_their_values(judge: Judge, night: Night) -> None:
    report = judge(
        accounts=[ACCOUNTS, account("A"), account(GONE), account("B")],
        payments=[PAYMENTS, payment(1, GONE), payment(2, "A")],
    )

    assert counts(report, "accounts") == [3, 2, 0, 1, 0]
    assert counts(report, "payments") == [2, 1, 0, 1, 0]
    (row,) = refused(night, "accounts")
    assert (row["file"], row["row"], row["rule"], row["discarded"]) == ("accounts.csv", 2, ERASED, ERASED)
    assert pd.isna(row["values"])


def test_it_is_known_again_however_it_is_written(judge: Judge, night: Night) -> None:
    judge(accounts=[ACCOUNTS, account("A"), account(f"  {GONE} ")], payments=[PAYMENTS, payment(2, "A")])

    assert [row["rule"] for row in refused(night, "accounts")] == [ERASED]


def test_an_id_that_differs_by_case_is_another_account(judge: Judge) -> None:
    report = judge(accounts=[ACCOUNTS, account(GONE.upper())], payments=[PAYMENTS, payment(2, GONE.upper())])

    assert counts(report, "accounts") == [1, 1, 0, 0, 0]


def test_what_others_say_of_it_is_left_out_and_their_rows_are_kept(judge: Judge, night: Night) -> None:
    judge(
        accounts=[ACCOUNTS, account("A", host=GONE), account("B", host="A")],
        payments=[PAYMENTS, payment(1, "A", to=GONE), payment(2, "A", to="B")],
    )

    accounts = pd.read_parquet(night.files.clean(MONDAY, "accounts"))
    payments = pd.read_parquet(night.files.clean(MONDAY, "payments"))
    assert accounts["referred_by"].fillna("").tolist() == ["", "A"]
    assert payments["counterparty_account_id"].fillna("").tolist() == ["", "B"]


def test_what_is_refused_for_another_reason_names_it_neither(judge: Judge, night: Night) -> None:
    judge(
        accounts=[ACCOUNTS, account("A"), account("B", "asleep", host=GONE), account(GONE, "asleep")],
        payments=[PAYMENTS, payment(1, "A"), f"p2,{GONE},x", f"{GONE};9"],
    )

    other, own = refused(night, "accounts")
    own, other = (own, other) if own["rule"] == ERASED else (other, own)
    assert json.loads(other["values"])["referred_by"] is None
    assert pd.isna(own["values"])
    assert len(refused(night, "payments")) == 2
    assert GONE not in repr(refused(night, "payments"))


def test_two_rows_of_an_erased_account_are_neither_duplicates_nor_contradictions(judge: Judge, night: Night) -> None:
    report = judge(
        accounts=[ACCOUNTS, account("A"), account(GONE), account(GONE), account(GONE, "closed")],
        payments=[PAYMENTS, payment(1, "A")],
    )

    assert counts(report, "accounts") == [4, 1, 0, 3, 0]


def test_a_rule_that_stops_the_night_does_not_ask_about_an_erased_account(
    judge: Judge, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    feed = night.model.feeds["accounts"]
    columns = feed.columns | {"created_at": replace(feed.columns["created_at"], severity="stop")}
    monkeypatch.setitem(night.model.feeds, "accounts", replace(feed, columns=columns))

    report = judge(accounts=[ACCOUNTS, account("A"), f"{GONE},,active,"], payments=[PAYMENTS, payment(1, "A")])

    assert counts(report, "accounts") == [2, 1, 0, 1, 0]
    with pytest.raises(DataRefused, match="stops the night"):
        judge(accounts=[ACCOUNTS, account("A"), "B,,active,"], payments=[PAYMENTS, payment(1, "A")])


def test_a_feed_of_nobody_else_is_refused_with_that_reason(judge: Judge) -> None:
    with pytest.raises(DataRefused, match=f"not one of 1 rows passes; the first: {ERASED}"):
        judge(accounts=[ACCOUNTS, account(GONE)], payments=[PAYMENTS, payment(1, "A")])


def test_without_tombstones_nobody_is_buried() -> None:
    nobody = Tombstones(frozenset(), b"")
    assert nobody.named_in(pa.array(["a", None])).to_pylist() == [False, False]


def test_a_missing_id_names_nobody(night: Night) -> None:
    found = tombstones.open_tombstones(night).named_in(pa.array([None, GONE, "a"]))
    assert found.to_pylist() == [False, True, False]


def test_the_tombstone_does_not_hold_the_id_nor_a_digest_that_anyone_could_make(night: Night) -> None:
    import hashlib

    (token,) = night.store.tombstones.tokens()
    assert GONE not in token
    assert token not in hashlib.sha256(GONE.encode()).hexdigest()
    assert token != tombstones.token_of(night.settings.home / "elsewhere", GONE)
