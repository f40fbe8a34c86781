"""The rule that finds the day of a scheduled run."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ringwatch.data_day import data_day
from ringwatch.errors import UsageError

KEY, PARAMETER, LOGICAL = "2026-11-20", "2026-11-21", datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("partition_key", "parameter", "logical_date", "expected"),
    [
        (KEY, None, None, date(2026, 11, 20)),
        (KEY, None, LOGICAL, date(2026, 11, 20)),
        (KEY, KEY, LOGICAL, date(2026, 11, 20)),
        (None, PARAMETER, None, date(2026, 11, 21)),
        (None, PARAMETER, LOGICAL, date(2026, 11, 21)),
        ("", PARAMETER, LOGICAL, date(2026, 11, 21)),
        (None, None, LOGICAL, date(2026, 11, 22)),
        (None, "", LOGICAL, date(2026, 11, 22)),
    ],
)
def test_the_partition_key_goes_before_the_parameter_and_that_before_the_logical_date(
    partition_key: str | None, parameter: str | None, logical_date: datetime | None, expected: date
) -> None:
    assert data_day(partition_key, parameter, logical_date) == expected


def test_a_logical_date_counts_as_its_day_in_utc() -> None:
    tokyo = timezone(timedelta(hours=9))

    assert data_day(None, None, datetime(2026, 11, 22, 8, tzinfo=tokyo)) == date(2026, 11, 21)


def test_a_logical_date_without_a_zone_is_utc() -> None:
    assert data_day(None, None, datetime(2026, 11, 22, 23, 59)) == date(2026, 11, 22)


def test_a_run_without_any_day_is_refused_and_never_about_today() -> None:
    with pytest.raises(UsageError, match="names no day"):
        data_day(None, None, None)


def test_a_key_and_a_parameter_that_disagree_are_refused() -> None:
    with pytest.raises(UsageError, match="2026-11-20 and the parameter day says 2026-11-21"):
        data_day(KEY, PARAMETER, None)


@pytest.mark.parametrize("text", ["2026-11-31", "20261122", "2026-11-22T02:00:00", "yesterday"])
def test_what_is_not_a_day_is_refused_with_its_source(text: str) -> None:
    with pytest.raises(UsageError, match="partition key must be a day"):
        data_day(text, None, None)
    with pytest.raises(UsageError, match="parameter day must be a day"):
        data_day(None, text, None)
