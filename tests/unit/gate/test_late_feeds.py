"""What a night waits for, and until when."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from deliveries import MONDAY

from ringwatch.data_day import feeds_deadline
from ringwatch.gate import delivery
from ringwatch.night import Night

ACCOUNTS = ["account_id,created_at,status", "A,2026-02-01T09:00:00,active"]


def test_a_day_that_has_all_its_feeds_lacks_nothing(arrive: Callable[..., Night]) -> None:
    assert delivery.missing(arrive(accounts=ACCOUNTS)) is None


def test_a_feed_that_is_late_is_named(arrive: Callable[..., Night]) -> None:
    night = arrive(accounts=ACCOUNTS, devices=["account_id,device"])
    (night.files.arrived(MONDAY) / "devices.csv").unlink()

    assert (delivery.missing(night) or "").startswith("the feed devices is missing on 2026-03-02: there is no ")


def test_a_feed_that_is_still_being_written_is_waited_for(arrive: Callable[..., Night]) -> None:
    night = arrive(accounts=ACCOUNTS)
    (night.files.arrived(MONDAY) / "accounts-2.csv.tmp").touch()

    assert "accounts-2.csv.tmp" in (delivery.missing(night) or "")


def test_an_optional_feed_is_not_waited_for(arrive: Callable[..., Night]) -> None:
    night = arrive(accounts=ACCOUNTS, usage=["account_id"])
    (night.files.arrived(MONDAY) / "usage.csv").unlink()

    assert delivery.missing(night) is None


@pytest.mark.parametrize(
    ("zone", "hours", "until"),
    [
        ("UTC", 12, datetime(2026, 3, 3, 12, tzinfo=UTC)),
        ("America/Los_Angeles", 12, datetime(2026, 3, 3, 20, tzinfo=UTC)),
        ("Asia/Tokyo", 0.5, datetime(2026, 3, 2, 15, 30, tzinfo=UTC)),
    ],
)
def test_the_wait_is_counted_from_the_midnight_that_ends_the_day(zone: str, hours: float, until: datetime) -> None:
    assert feeds_deadline(date(2026, 3, 2), zone, hours) == until
