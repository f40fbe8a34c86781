"""Deliveries over several days: rows that come too early or too late, days that come again, feeds that stay away."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deliveries import MONDAY, TUESDAY, WEDNESDAY, open_night
from hostile import Content, add_up, counts, csv_of, part, put

from ringwatch.days import history
from ringwatch.errors import DataRefused
from ringwatch.night import Night, Report
from ringwatch.stages import validate

NEXT_WEEK = MONDAY + timedelta(days=9)
FEEDS = ("accounts", "devices", "usage")


def opened(*names: str, **columns: str) -> list[dict[str, str | None]]:
    return [{"account_id": name, "created_at": "2026-02-01", "status": "active"} | columns for name in names]


def seen(account: str, day: date, device: str = "d") -> dict[str, str | None]:
    return {"account_id": account, "device": device, "first_seen": f"{day}T08:00", "last_seen": f"{day}T09:00"}


def judge(home: Path, day: date, **feeds: list[dict[str, Any]]) -> tuple[Night, Report]:
    night = open_night(home, FEEDS, day)
    for path in night.files.arrived(day).iterdir():
        path.unlink()
    put(night.files.arrived(day), {f"{feed}.csv": csv_of(rows) for feed, rows in feeds.items()})
    with night:
        return night, validate.run(night)


def devices_of(night: Night, account: str) -> list[date]:
    """The days on which rows of the account count."""
    with history.open_history(night) as connection:
        query = "SELECT day FROM devices WHERE account_id = ? ORDER BY day"
        return [day for (day,) in connection.execute(query, [account]).fetchall()]


def test_a_row_that_comes_late_counts_and_is_reported(tmp_path: Path) -> None:
    rows = [seen("A", MONDAY - timedelta(days=2)), seen("A", MONDAY)]

    night, report = judge(tmp_path, MONDAY, accounts=opened("A"), devices=rows)

    assert counts(report, "devices")["clean"] == 2
    assert report.counts["devices.late"] == 1
    assert sorted(part(night, "clean", "devices")["first_seen"].dt.day) == [2, 28]


def test_a_row_that_comes_before_its_day_is_refused(tmp_path: Path) -> None:
    night, report = judge(tmp_path, MONDAY, accounts=opened("A"), devices=[seen("A", TUESDAY), seen("A", MONDAY)])

    assert counts(report, "devices") == {"clean": 1, "held": 0, "quarantined": 1, "duplicates": 0}
    assert "is after the day 2026-03-02" in part(night, "quarantine", "devices")["rule"].iloc[0]


def test_rows_of_a_stranger_wait_and_count_from_the_day_on_which_it_is_named(tmp_path: Path) -> None:
    night, report = judge(tmp_path, MONDAY, accounts=opened("A"), devices=[seen("A", MONDAY), seen("Z", MONDAY)])
    assert counts(report, "devices")["held"] == 1
    assert devices_of(night, "Z") == []

    night, _ = judge(tmp_path, WEDNESDAY, accounts=opened("Z"), devices=[seen("A", WEDNESDAY)])

    assert devices_of(night, "Z") == [WEDNESDAY]


def test_rows_of_a_stranger_do_not_wait_for_ever(tmp_path: Path) -> None:
    judge(tmp_path, MONDAY, accounts=opened("A"), devices=[seen("A", MONDAY), seen("Z", MONDAY)])

    night, _ = judge(tmp_path, NEXT_WEEK, accounts=opened("Z"), devices=[seen("Z", NEXT_WEEK)])

    assert devices_of(night, "Z") == [NEXT_WEEK]


def test_an_account_that_differs_by_case_is_another_stranger(tmp_path: Path) -> None:
    night, report = judge(tmp_path, MONDAY, accounts=opened("a"), devices=[seen("A", MONDAY), seen("a", MONDAY)])

    assert counts(report, "devices") == {"clean": 1, "held": 1, "quarantined": 0, "duplicates": 0}
    assert list(part(night, "held", "devices")["account_id"]) == ["A"]


def test_a_day_that_comes_again_replaces_what_it_said(tmp_path: Path) -> None:
    judge(tmp_path, MONDAY, accounts=opened("A", "B"), devices=[seen("A", MONDAY), seen("B", MONDAY, "bad\x00")])
    judge(tmp_path, TUESDAY, accounts=opened("C"), devices=[seen("A", TUESDAY)])

    night, report = judge(tmp_path, MONDAY, accounts=opened("B"), devices=[seen("B", MONDAY)])

    assert add_up(report)
    assert list(part(night, "clean", "accounts")["account_id"]) == ["B"]
    assert list(part(night, "clean", "devices")["account_id"]) == ["B"]
    assert part(night, "quarantine", "devices").empty
    assert devices_of(night, "A") == [TUESDAY]


def test_the_same_rows_on_two_days_are_rows_of_two_days(tmp_path: Path) -> None:
    judge(tmp_path, MONDAY, accounts=opened("A"), devices=[seen("A", MONDAY)])

    _, report = judge(tmp_path, TUESDAY, accounts=opened("A"), devices=[seen("A", MONDAY)])

    assert counts(report, "devices") == {"clean": 1, "held": 0, "quarantined": 0, "duplicates": 0}
    assert report.counts["devices.late"] == 1


@pytest.mark.parametrize("files", [{}, {"usage.csv": "account_id,capability,exchanges\n"}], ids=["away", "no rows"])
def test_an_optional_feed_may_have_nothing_to_say(tmp_path: Path, files: dict[str, Content]) -> None:
    night = open_night(tmp_path, FEEDS, MONDAY)
    put(night.files.arrived(MONDAY), {"accounts.csv": csv_of(opened("A")), "devices.csv": csv_of([seen("A", MONDAY)])})
    put(night.files.arrived(MONDAY), files)

    with night:
        report = validate.run(night)

    assert report.counts.get("usage.rows", 0) == 0
    assert add_up(report)


def test_a_feed_that_stays_away_leaves_the_days_before_as_they_are(tmp_path: Path) -> None:
    judge(tmp_path, MONDAY, accounts=opened("A"), devices=[seen("A", MONDAY)])

    with pytest.raises(DataRefused, match="the feed devices is missing on 2026-03-03"):
        judge(tmp_path, TUESDAY, accounts=opened("B"))

    night = open_night(tmp_path, FEEDS, TUESDAY)
    assert devices_of(night, "A") == [MONDAY]
    assert not night.files.day(TUESDAY).joinpath("clean").exists()
    assert pd.read_parquet(night.files.clean(MONDAY, "accounts"))["account_id"].tolist() == ["A"]
