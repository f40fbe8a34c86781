"""What is the day of a row: sessions past midnight, folders of local days; what is said when many do not count."""

import shlex
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deliveries import MONDAY, TUESDAY, deliver, open_night, reported

from ringwatch.errors import UsageError
from ringwatch.gate import causes
from ringwatch.gate.outcomes import Outcome
from ringwatch.gate.sorting import Judged
from ringwatch.night import Night
from ringwatch.settings import load_settings
from ringwatch.stages import validate

ACCOUNTS = ["account_id,created_at,status", *(f"A{i},2026-02-01,active" for i in range(48))]
DEVICES = "account_id,device,first_seen,last_seen"
PAYMENTS = "payment_id,account_id,paid_at,instrument_kind"
LAST = datetime(2026, 3, 2, 23, 59, 59, 999999)


def pacific_day(day: date, offset: str = "-08:00") -> dict[str, list[str]]:
    """An event each half hour of a local day."""
    moments = [
        f"{datetime.combine(day, datetime.min.time()) + timedelta(minutes=30 * i):%FT%T}{offset}" for i in range(48)
    ]
    return {
        "devices": [DEVICES, *(f"A{i},d{i},{at},{at}" for i, at in enumerate(moments))],
        "payments": [PAYMENTS, *(f"P{i},A{i},{at},card" for i, at in enumerate(moments))],
    }


def seen(night: Night) -> list[tuple[datetime, datetime]]:
    rows = pq.read_table(night.files.clean(night.day, "devices")).to_pylist()
    return [(row["first_seen"], row["last_seen"]) for row in rows]


def test_a_session_past_midnight_counts_for_its_day_and_ends_with_it(judge: Callable[..., Night]) -> None:
    night = judge(accounts=ACCOUNTS, devices=[DEVICES, "A1,d,2026-03-02T23:30Z,2026-03-03T00:40Z"])

    assert seen(night) == [(datetime(2026, 3, 2, 23, 30), LAST)]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("2026-03-03T00:00Z,2026-03-03T00:40Z", "first_seen is after the day 2026-03-02"),
        ("2026-03-02T23:30Z,2026-03-04T00:00Z", "last_seen is more than a day after the day 2026-03-02"),
    ],
)
def test_a_session_of_another_day_is_refused(judge: Callable[..., Night], row: str, rule: str) -> None:
    night = judge(accounts=ACCOUNTS, devices=[DEVICES, f"A1,d,{row}", "A1,d,2026-03-02,2026-03-02"])

    (refused,) = pq.read_table(night.files.quarantine(MONDAY, "devices"))["rule"].to_pylist()
    assert rule in refused


def test_24_hours_stay_in_the_day(judge: Callable[..., Night]) -> None:
    night = judge(accounts=ACCOUNTS, devices=[DEVICES, "A1,d,2026-03-02T24:00:00,2026-03-02T24:00:00"])

    assert seen(night) == [(LAST, LAST)]


def test_a_folder_of_local_days_is_told_once_with_what_to_do(arrive: Callable[..., Night]) -> None:
    report = validate.run(arrive(accounts=ACCOUNTS, **pacific_day(MONDAY)))

    (warning,) = report.warnings
    assert "devices 16 of 48 (first_seen is after the day 2026-03-02)" in warning
    assert "payments 16 of 48 (paid_at is after the day 2026-03-02)" in warning
    assert "set day_zone" in warning


@pytest.mark.parametrize(
    ("day", "zone", "offset"),
    [
        (MONDAY, "America/Los_Angeles", "-08:00"),
        (MONDAY, "Asia/Tokyo", "+09:00"),
        (MONDAY, "Asia/Kolkata", "+05:30"),
        (date(2026, 7, 1), "Europe/Berlin", "+02:00"),
    ],
)
def test_rows_of_the_zone_of_days_all_count_for_the_day(tmp_path: Path, day: date, zone: str, offset: str) -> None:
    night = open_night(tmp_path, ("accounts", "devices", "payments"), day, day_zone=zone)
    deliver(night, accounts=ACCOUNTS, **pacific_day(day, offset))

    report = validate.run(night)

    assert report.warnings == ()
    assert [reported(night, feed)["clean"] for feed in ("devices", "payments")] == [48, 48]
    assert [reported(night, feed)["late"] for feed in ("devices", "payments")] == [0, 0]
    assert {first.date() for first, _ in seen(night)} == {day}


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        (date(2026, 3, 8), "2026-03-08T08:00:00Z", "2026-03-09T06:59:59Z"),
        (date(2026, 11, 1), "2026-11-01T07:00:00Z", "2026-11-02T07:59:59Z"),
    ],
    ids=["23 hours", "25 hours"],
)
def test_a_day_on_which_clocks_change_is_whole(tmp_path: Path, day: date, begins: str, ends: str) -> None:
    night = open_night(tmp_path, ("accounts", "devices"), day, day_zone="America/Los_Angeles")
    deliver(night, accounts=ACCOUNTS, devices=[DEVICES, f"A1,d,{begins},{begins}", f"A2,d,{ends},{ends}"])

    validate.run(night)

    assert reported(night, "devices") | {"rows": 2} == reported(night, "devices")
    assert [first.date() for first, _ in seen(night)] == [day, day]


def test_the_next_local_day_is_refused(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("accounts", "devices"), MONDAY, day_zone="America/Los_Angeles")
    late = "2026-03-03T08:00:00Z"
    deliver(
        night, accounts=ACCOUNTS, devices=[DEVICES, "A1,d,2026-03-02T10:00Z,2026-03-02T10:00Z", f"A2,d,{late},{late}"]
    )

    validate.run(night)

    assert reported(night, "devices")["quarantined"] == 1


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match=r"day_zone.*'Europe/Nowhere' is no zone"):
        load_settings(day_zone="Europe/Nowhere")


ONE = "2026-03-02T08:00Z,2026-03-02T08:00Z"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([f"A{i},d,{ONE},more" for i in range(6)], "quote values"),
        ([f"Z{i},d,{ONE}" for i in range(6)], "account_id is not a known account"),
        ([f"A{i},d,1772438400,1772438400" for i in range(6)], "ISO 8601"),
        ([f"A{i},d,1970-01-01,1970-01-01" for i in range(6)], "a default, such as 1970-01-01"),
        ([f"A{i},,{ONE}" for i in range(6)], "fill the column"),
    ],
    ids=["ragged", "unknown accounts", "numbers", "1970", "empty"],
)
def test_a_large_share_that_does_not_count_is_told_with_its_cause(
    arrive: Callable[..., Night], rows: list[str], words: str
) -> None:
    good = [f"A{i},d,{ONE}" for i in range(10, 40)]

    report = validate.run(arrive(accounts=ACCOUNTS, devices=[DEVICES, *rows, *good]))

    (warning,) = report.warnings
    assert warning.startswith("a large share of the rows does not count: devices 6 of 36 (")
    assert words in warning


def test_a_command_that_is_told_takes_the_rule_as_it_is(arrive: Callable[..., Night]) -> None:
    rule = "nobody's device"
    night = arrive(accounts=ACCOUNTS)
    broken = Outcome("devices", rule, "quarantine", None, rows=10, broken=10)
    judged = Judged(night.model.feeds["devices"], (), 10, 0, 0, 10, 0, 0, 0, rule, (broken,), ())

    (told,) = causes.told(night, [judged])

    assert shlex.split(told.split("`")[1]) == ["ringwatch", "quarantine", "list", "--rule", rule]


def test_a_small_share_is_not_told(arrive: Callable[..., Night]) -> None:
    rows = [f"A{i},d,{ONE}" for i in range(46)]

    report = validate.run(
        arrive(accounts=ACCOUNTS, devices=[DEVICES, *rows, f"Z,d,{ONE}", "A47,,2026-03-02,2026-03-02"])
    )

    assert report.warnings == ()


def reuse_told(night: Night) -> list[str]:
    return [warning for warning in validate.run(night).warnings if "given to somebody else" in warning]


def opened(at: str, contact: str = "a@example.org") -> list[str]:
    return ["account_id,created_at,status,email", f"B,{at},active,{contact}", "C,2026-02-01,active,c@example.org"]


MONDAYS = [DEVICES, "B,d,2026-03-02T08:00Z,2026-03-02T09:00Z", "C,e,2026-03-02T08:00Z,2026-03-02T09:00Z"]
TUESDAYS = [DEVICES, "B,new,2026-03-03T10:05Z,2026-03-03T11:00Z"]


@pytest.mark.parametrize(
    ("at", "contact"),
    [("2026-03-03T10:00Z", "a@example.org"), ("2026-03-03T10:00Z", "x@else.example"), ("2026-02-20", "x@else.example")],
)
def test_an_id_that_comes_back_as_somebody_else_is_told_with_its_place(
    judge: Callable[..., Night], arrive: Callable[..., Night], at: str, contact: str
) -> None:
    judge(accounts=opened("2026-02-01T09:00Z"), devices=MONDAYS)

    (warning,) = reuse_told(arrive(TUESDAY, accounts=opened(at, contact), devices=TUESDAYS))

    assert "1 id seems" in warning
    assert "accounts.csv row 1" in warning
    assert "B" not in warning


@pytest.mark.parametrize(
    "at", ["2026-02-01T09:00Z", "2026-02-01", "2026-02-01T17:00Z", "2026-01-15", "2026-02-20", "2026-02-02T08:59Z"]
)
def test_a_correction_of_when_an_account_was_opened_is_not_told(
    judge: Callable[..., Night], arrive: Callable[..., Night], at: str
) -> None:
    judge(accounts=opened("2026-02-01T09:00Z"), devices=MONDAYS)

    assert reuse_told(arrive(TUESDAY, accounts=opened(at), devices=TUESDAYS)) == []


def test_an_id_is_told_also_on_a_day_without_sessions(
    judge: Callable[..., Night], arrive: Callable[..., Night]
) -> None:
    judge(accounts=opened("2026-02-01T09:00Z"), devices=MONDAYS)

    assert len(reuse_told(arrive(TUESDAY, accounts=opened("2026-03-03T10:00Z")))) == 1


def test_an_account_that_did_something_days_before_it_was_opened_is_told_in_one_delivery(
    arrive: Callable[..., Night],
) -> None:
    devices = [DEVICES, "B,d,2026-02-20T08:00Z,2026-02-20T09:00Z", "C,e,2026-03-02T08:00Z,2026-03-02T09:00Z"]

    assert len(reuse_told(arrive(accounts=opened("2026-03-02T07:00Z"), devices=devices))) == 1


def test_an_account_that_was_opened_within_the_day_of_its_first_session_is_not_told(
    arrive: Callable[..., Night],
) -> None:
    assert reuse_told(arrive(accounts=opened("2026-03-02T08:30Z"), devices=MONDAYS)) == []
