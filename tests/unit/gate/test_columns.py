"""Names and words of a deployment's own, days without rows, and which feeds count: what the gate makes of them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from deliveries import MONDAY, deliver, open_night

from ringwatch.errors import DataRefused, UsageError
from ringwatch.stages import run_stage

ACCOUNTS = ["account_id,created_at,status", "A,2026-02-01,active"]
CHARGES = ["Id,customer,created,card_fingerprint", "p1,A,2026-03-02T08:00:00Z,f1"]
DECLARED = {
    "columns": {
        "payments": {
            "payment_id": "id",
            "account_id": "customer",
            "paid_at": "created",
            "instrument": "card_fingerprint",
        }
    },
    "constants": {"payments": {"instrument_kind": "card"}},
    "values": {"accounts": {"status": {"on": "active"}}},
}


@pytest.mark.parametrize("name", ["Account_ID", "account-id", "accountId", " account id ", "\ufeffACCOUNT.ID"])
def test_names_are_matched_however_they_are_spelled(judge: Callable[..., object], tmp_path: Path, name: str) -> None:
    night = judge(accounts=[f"status,{name},Created At", "active,A,2026-02-01"])

    assert list(pd.read_parquet(night.files.clean(MONDAY, "accounts"))["account_id"]) == ["A"]


def test_all_missing_columns_and_all_that_were_found_are_told(judge: Callable[..., object]) -> None:
    with pytest.raises(DataRefused, match="columns created_at and status are missing; it has account_id, opened, mood"):
        judge(accounts=["account_id,opened,mood", "A,2026-02-01,good"])


def test_names_words_and_constants_that_are_declared_are_used(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("accounts", "payments"), **DECLARED)
    deliver(night, accounts=[ACCOUNTS[0], "A,2026-02-01,on"], payments=CHARGES)

    run_stage("validate", night)

    paid = pd.read_parquet(night.files.clean(MONDAY, "payments")).iloc[0]
    assert (paid["payment_id"], paid["instrument"], paid["instrument_kind"]) == ("p1", "f1", "card")


def test_a_declared_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("accounts", "payments"), **DECLARED)
    deliver(night, accounts=ACCOUNTS, payments=[CHARGES[0].replace("card_fingerprint", "card"), CHARGES[1]])

    with pytest.raises(DataRefused, match=r"no column 'card_fingerprint', which the setting columns\.payments"):
        run_stage("validate", night)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"columns": {"payment": {}}}, "columns.payment: there is no feed called payment"),
        ({"columns": {"payments": {"card": "c"}}}, "columns.payments.card: there is no column of payments called card"),
        ({"columns": {"payments": {"bin": "c", "amount": "C"}}}, "bin and amount cannot both be the column"),
        ({"values": {"accounts": {"status": {"on": "open"}}}}, "'open' is not one of active"),
        ({"constants": {"payments": {"instrument": "x"}}}, "cannot be the same in all rows"),
    ],
)
def test_a_declaration_that_does_not_fit_the_model_is_a_wrong_setting(
    tmp_path: Path, declared: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        _ = open_night(tmp_path, ("accounts",), **declared).model


def test_a_day_without_payments_is_a_day_and_one_without_devices_is_none(arrive: Callable[..., object]) -> None:
    run_stage("validate", arrive(accounts=ACCOUNTS, payments=["payment_id,account_id,paid_at,instrument_kind"]))

    with pytest.raises(DataRefused, match=r"devices\.csv: it has no rows"):
        run_stage("validate", arrive(accounts=ACCOUNTS, devices=["account_id,device,first_seen,last_seen"]))


def test_an_optional_feed_counts_once_it_came_and_is_told_when_it_stops(arrive: Callable[..., object]) -> None:
    usage = ["account_id,capability,exchanges", "A,chat,3"]
    first = run_stage("validate", arrive(accounts=ACCOUNTS, usage=usage))
    night = arrive(MONDAY + timedelta(days=1), accounts=ACCOUNTS, usage=[])
    (night.files.arrived(night.day) / "usage.csv").unlink()

    second = run_stage("validate", night)

    assert first.feeds["used"] == second.feeds["used"] == ("accounts", "usage")
    assert second.feeds["arrived"] == ("accounts",)
    assert any("the feed usage has stopped" in said and "2026-03-02" in said for said in second.warnings)


def test_a_feed_that_arrives_though_it_is_left_out_is_told(arrive: Callable[..., object]) -> None:
    night = arrive(accounts=ACCOUNTS)
    deliver(night, usage=["account_id,capability,exchanges", "A,chat,3"])

    assert any("the feed usage is left out" in said for said in run_stage("validate", night).warnings)
