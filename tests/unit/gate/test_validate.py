"""The stage validate on files as they arrive: what passes, what is refused and why; every row is accounted for."""

import gzip
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest
from deliveries import MONDAY

from ringwatch.errors import DataRefused
from ringwatch.night import Night, Report
from ringwatch.stages import validate

ACCOUNTS = "account_id,created_at,status,country,email,phone"
DEVICES = "account_id,device,first_seen,last_seen"
PAYMENTS = "payment_id,account_id,paid_at,instrument,instrument_kind,amount,currency"
IPS = "account_id,ip,first_seen,last_seen"
SEEN = "2026-03-02T08:00:00,2026-03-02T09:00:00"
Arrive = Callable[..., Night]


def account(account_id: str, rest: str = "DE,,") -> str:
    return f"{account_id},2026-02-01T09:00:00,active,{rest}"


def clean(night: Night, feed: str) -> pd.DataFrame:
    return pd.read_parquet(night.files.clean(night.day, feed))


def quarantine(night: Night, feed: str) -> list[dict[str, Any]]:
    return pd.read_parquet(night.files.quarantine(night.day, feed)).to_dict("records")


def counts(report: Report, feed: str) -> dict[str, int]:
    return {name.partition(".")[2]: count for name, count in report.counts.items() if name.startswith(f"{feed}.")}


def test_a_refused_row_keeps_its_file_its_place_the_rule_and_its_values(arrive: Arrive) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A"), "B,2026-02-01,asleep,DE,,", account("C")])

    report = validate.run(night)

    assert counts(report, "accounts") == {
        "rows": 3,
        "clean": 2,
        "held": 0,
        "quarantined": 1,
        "duplicates": 0,
        "noted": 0,
    }
    (row,) = quarantine(night, "accounts")
    assert (row["file"], row["row"]) == ("accounts.csv", 2)
    assert row["rule"] == "status is not one of active, suspended, closed"
    assert json.loads(row["values"])["account_id"] == "B"
    assert night.files.quarantine(MONDAY, "accounts").parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (",2026-02-01T09:00:00,active,DE,,", "account_id is required"),
        ("B,,active,DE,,", "created_at is required"),
        ("B,yesterday,active,DE,,", "created_at is not a timestamp"),
        ("B,2026-02-30T09:00:00,active,DE,,", "created_at is not a timestamp"),
        ("B,2026-03-03T00:00:00,active,DE,,", "created_at is after the day 2026-03-02"),
        (f"{'B' * 300},2026-02-01T09:00:00,active,DE,,", "account_id is longer than 256 characters"),
    ],
)
def test_rules_of_an_account(arrive: Arrive, row: str, rule: str) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A"), row])

    validate.run(night)

    (refused,) = quarantine(night, "accounts")
    assert refused["row"] == 2
    assert rule in refused["rule"]
    assert list(clean(night, "accounts")["account_id"]) == ["A"]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("P2,A,2026-03-02T08:00:00,c1,card,-5,EUR", "amount is not between 0 and 1000000000"),
        ("P2,A,2026-03-02T08:00:00,c1,card,1e30,EUR", "amount is not between 0 and 1000000000"),
        ("P2,A,2026-03-02T08:00:00,c1,card,inf,EUR", "amount is not a number"),
        ("P2,A,2026-03-02T08:00:00,c1,shells,5,EUR", "instrument_kind is not one of card"),
    ],
)
def test_rules_of_a_payment(arrive: Arrive, row: str, rule: str) -> None:
    night = arrive(
        accounts=[ACCOUNTS, account("A")], payments=[PAYMENTS, "P1,A,2026-03-02T08:00:00,c1,card,5,EUR", row]
    )

    validate.run(night)

    (refused,) = quarantine(night, "payments")
    assert rule in refused["rule"]


@pytest.mark.parametrize(
    ("rest", "column", "rule"),
    [
        ("Germany,,", "country", "country is not a country of ISO 3166 (two letters)"),
        ("DE,nobody,", "mailbox", "email is not an e-mail address"),
        ("DE,,12", "phone", "phone is not a phone number with country code"),
    ],
)
def test_a_wrong_value_that_is_only_noted_costs_no_account(arrive: Arrive, rest: str, column: str, rule: str) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A", "DE,a@example.org,+4915112345678"), account("B", rest)])

    report = validate.run(night)

    assert counts(report, "accounts")["noted"] == 1
    assert report.warnings == (f"accounts: 1 wrong values were left out of their rows: {rule}",)
    assert clean(night, "accounts").set_index("account_id")[column].isna().to_dict() == {"A": False, "B": True}


def test_a_row_that_breaks_two_rules_says_both(arrive: Arrive) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A"), "B,1999-02-01,asleep,DE,,"])

    validate.run(night)

    (row,) = quarantine(night, "accounts")
    assert set(row["rule"].split("; ")) == {
        "status is not one of active, suspended, closed",
        "created_at is before 2000-01-01",
    }


def test_times_run_forwards(arrive: Arrive) -> None:
    backwards = "A,d2,2026-03-02T09:00:00,2026-03-02T08:00:00"
    night = arrive(accounts=[ACCOUNTS, account("A")], devices=[DEVICES, f"A,d1,{SEEN}", backwards])

    validate.run(night)

    assert [row["rule"] for row in quarantine(night, "devices")] == ["last_seen is before first_seen"]


def test_the_same_row_again_is_a_duplicate_and_a_contradiction_is_refused(arrive: Arrive) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A"), account("A"), account("B"), account("B", "FR,,")])

    report = validate.run(night)

    assert counts(report, "accounts") == {
        "rows": 4,
        "clean": 1,
        "held": 0,
        "quarantined": 2,
        "duplicates": 1,
        "noted": 0,
    }
    assert [row["row"] for row in quarantine(night, "accounts")] == [3, 4]
    assert {row["rule"] for row in quarantine(night, "accounts")} == {
        "another row has the same account_id and says something else"
    }


def test_rows_of_accounts_that_nobody_has_named_are_held(arrive: Arrive) -> None:
    validate.run(arrive(accounts=[ACCOUNTS, account("A")]))
    tuesday = date(2026, 3, 3)
    night = arrive(tuesday, accounts=[ACCOUNTS, account("B")], devices=[DEVICES, f"A,d1,{SEEN}", f"Z,d1,{SEEN}"])

    report = validate.run(night)

    parts = {"rows": 2, "clean": 1, "held": 1, "quarantined": 0, "duplicates": 0, "noted": 0}
    assert counts(report, "devices") == parts | {"late": 2}
    assert list(clean(night, "devices")["account_id"]) == ["A"]
    assert list(pd.read_parquet(night.files.held(tuesday, "devices"))["account_id"]) == ["Z"]


def test_text_of_a_code_page_is_read_and_its_encoding_is_told(arrive: Arrive) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A")], devices=[])
    rows = [DEVICES, *(f"A,Gerät {i},{SEEN}" for i in range(20))]
    (night.files.arrived(MONDAY) / "devices.csv").write_bytes("\n".join(rows).encode("cp1252"))

    (warning,) = validate.run(night).warnings

    assert list(clean(night, "devices")["device"])[:2] == ["Gerät 0", "Gerät 1"]
    assert warning.startswith("devices.csv: it is not UTF-8 and was read as cp125")


def test_personal_values_never_get_past_the_gate(arrive: Arrive) -> None:
    night = arrive(
        accounts=[
            ACCOUNTS,
            account("A", "DE,Jane.Doe+shop@gmail.com,+4915112345678"),
            account("B", "DE,janedoe@googlemail.com,+49 151 12345678"),
            account("C", "DE,jane.doe@mail.example.co.uk,"),
        ]
    )

    validate.run(night)

    rows = clean(night, "accounts").set_index("account_id")
    assert rows.loc["A", "mailbox"] == rows.loc["B", "mailbox"] != rows.loc["C", "mailbox"]
    assert rows.loc["A", "phone"] == rows.loc["B", "phone"]
    assert rows.loc["C", "email_domain"] == "example.co.uk"
    everything = rows.to_csv().lower()
    assert "jane" not in everything
    assert "15112345678" not in everything


@pytest.mark.parametrize("nothing", ["unknown", "N/A", "none", "-", "0000000"])
def test_a_word_for_nothing_is_a_missing_value_and_costs_no_account(arrive: Arrive, nothing: str) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A", f"DE,{nothing},{nothing}"), account("B")])

    report = validate.run(night)

    assert counts(report, "accounts")["clean"] == 2
    assert clean(night, "accounts")[["mailbox", "phone"]].isna().all(axis=None)


def test_a_word_for_nothing_as_a_device_keeps_the_row_without_the_device(arrive: Arrive) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A")], devices=[DEVICES, f"A,UNKNOWN,{SEEN}", f"A,d1,{SEEN}"])

    validate.run(night)

    assert clean(night, "devices")["device"].isna().tolist() == [True, False]


def test_addresses_and_times_have_one_form(arrive: Arrive) -> None:
    zoned = "2026-03-02T01:30:00+02:00,2026-03-02T09:00:00Z"
    rows = [f"A,2a00:db8:1:2:3::9,{zoned}", f"A,::ffff:81.2.69.7,{SEEN}", f"A,2a00:db8:2::1%eth0,{SEEN}"]
    night = arrive(accounts=[ACCOUNTS, account("A")], ips=[IPS, *rows])

    validate.run(night)

    seen = clean(night, "ips")
    assert list(seen["ip"]) == ["2a00:db8:1:2::/64", "81.2.69.7", "2a00:db8:2::/64"]
    assert seen["first_seen"].iloc[0] == pd.Timestamp("2026-03-01T23:30:00")


def test_unknown_columns_are_named_and_ignored(arrive: Arrive) -> None:
    night = arrive(accounts=[f"{ACCOUNTS},shoe_size", f"{account('A')},43"])

    assert validate.run(night).warnings == ("accounts: unknown columns are ignored: shoe_size",)
    assert "shoe_size" not in clean(night, "accounts")


def test_an_optional_feed_may_be_away(arrive: Arrive) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A")], usage=[])
    (night.files.arrived(MONDAY) / "usage.csv").unlink()

    report = validate.run(night)

    assert report.warnings == ()
    assert (report.feeds["expected"], report.feeds["used"]) == (("accounts", "usage"), ("accounts",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"the feed devices is missing on 2026-03-02"),
        (b"", r"devices\.csv: (it has no rows|the required columns account_id, .* are missing; it is empty)"),
        (f"{DEVICES}\n".encode(), r"devices\.csv: it has no rows"),
        (b"account_id,first_seen,last_seen\nA,2026-03-02,2026-03-02\n", r"the required column device is missing"),
        (f"{DEVICES}\nZ,d1,{SEEN}\n".encode(), r"not one of 1 rows passes; the first: account_id is not a known"),
    ],
    ids=["missing", "empty", "only a header", "a column less", "no row passes"],
)
def test_a_feed_that_is_not_usable_stops_the_night_and_leaves_nothing(
    arrive: Arrive, content: bytes | None, message: str
) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A")], devices=[])
    path = night.files.arrived(MONDAY) / "devices.csv"
    path.unlink() if content is None else path.write_bytes(content)

    with pytest.raises(DataRefused, match=message):
        validate.run(night)

    assert not night.files.clean(MONDAY, "accounts").exists()


@pytest.mark.parametrize("name", ["devices.parquet", "devices.csv.gz"])
def test_a_file_that_is_not_what_its_name_says_stops_the_night(arrive: Arrive, name: str) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A")], devices=[])
    (night.files.arrived(MONDAY) / "devices.csv").rename(night.files.arrived(MONDAY) / name)

    with pytest.raises(DataRefused, match=rf"{name}: cannot be read as"):
        validate.run(night)


def test_a_gzip_file_that_was_cut_off_stops_the_night(arrive: Arrive) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A")], devices=[])
    (night.files.arrived(MONDAY) / "devices.csv").unlink()
    whole = gzip.compress("\n".join([DEVICES, *(f"A,d{i},{SEEN}" for i in range(999))]).encode())
    (night.files.arrived(MONDAY) / "devices.csv.gz").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(DataRefused, match=r"devices\.csv\.gz: cannot be read as csv\.gz"):
        validate.run(night)


def test_two_files_of_a_feed_stop_the_night(arrive: Arrive) -> None:
    night = arrive(accounts=[ACCOUNTS, account("A")])
    (night.files.arrived(MONDAY) / "accounts.parquet").write_bytes(b"")

    with pytest.raises(DataRefused, match=r"accounts\.csv and accounts\.parquet are both there"):
        validate.run(night)


def test_a_day_that_is_refused_leaves_what_was_judged_before(arrive: Arrive) -> None:
    validate.run(arrive(accounts=[ACCOUNTS, account("A")]))

    with pytest.raises(DataRefused):
        validate.run(arrive(accounts=["account_id,status", "A,active"]))

    assert list(clean(arrive(accounts=[ACCOUNTS, account("A")]), "accounts")["account_id"]) == ["A"]


def test_a_day_judged_again_replaces_what_was_judged_before(arrive: Arrive) -> None:
    validate.run(arrive(accounts=[ACCOUNTS, account("A"), account("B")]))
    night = arrive(accounts=[ACCOUNTS, account("C")])

    validate.run(night)

    assert list(clean(night, "accounts")["account_id"]) == ["C"]
    assert sorted(path.name for path in night.files.day(MONDAY).iterdir()) == [
        "clean",
        "outcomes.parquet",
        "quarantine",
        "report.json",
    ]
