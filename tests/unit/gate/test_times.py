"""Times as exporters write them: every form of a moment is that moment; what may be two moments is none."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ringwatch.gate import times

DAY = date(2026, 3, 2)
EIGHT = datetime(2026, 3, 2, 8)

SAME = [
    *[
        "2026-03-02T08:00:00Z",
        "2026-03-02t08:00:00z",
        "2026-03-02 08:00:00 UTC",
        "2026-03-02 08:00:00 utc",
        "2026-03-02 08:00",
    ],
    *[
        "2026-03-02 08:00:00+00",
        "2026-03-02 08:00:00 +0000",
        "2026-03-02 08:00:00 +0000 UTC",
        "2026-03-02T08:00:00-00:00",
    ],
    *["2026-03-02T09:00:00+01:00", "2026-03-02 09:00:00 +0100 CET", "2026-03-02 05:00:00 -0300 -03", "2026-03-02T08"],
    *[
        "2026-03-02T08:00:00,000Z",
        "2026-03-02T08:00:00.000000000Z",
        "20260302T080000Z",
        "20260302T0800",
        "20260302T08Z",
    ],
    *["2026-W10-1T08:00Z", "2026W101T080000Z", "2026-061T08:00:00Z", "2026-03-02  08:00:00", "2026/03/02 08:00:00"],
    *["Mon, 02 Mar 2026 08:00:00 GMT", "2 Mar 2026 08:00:00 +0000", "02-MAR-2026 08:00:00", "2026-03-02 08:00 GMT"],
    *["2 Mar 2026 08:00:00 UT", "2026-03-02T09:00+01:00[Europe/Berlin]", "2026-03-02T08:00Z[UTC]"],
    "2026-03-02T03:00:00\u221205:00",
]

NONE = [
    *[
        "03/04/2026",
        "3/4/26",
        "02.03.2026",
        "02-03-2026",
        "1772438400",
        "1772438400000",
        "20260302080000",
        "2026061",
        "2026",
    ],
    *["2026-03", "2026-W10", "2026-0302", "202603-02", "2026-03-02T08:0000", "2026-03-02T0800:00", "2026-03-02T8:00"],
    *["2026-03-02 08:00:00 PST", "2026-03-02 08:00:00 CET", "2026-03-02 08:00:00 +0100 UTC", "2026-03-02T08:00+99:99"],
    *[
        "2026-03-02T24:00:01",
        "2026-03-02T25:00",
        "2026-03-02T08:00:60",
        "2026-02-30",
        "2026-366",
        "2026-000",
        "2026-W54-1",
    ],
    *[
        "2026-W10-8",
        "2 Foo 2026",
        "32 Mar 2026",
        "2026-03-02T",
        "T08:00",
        "08:00",
        "tomorrow",
        "",
        "2026-03-02T08:00 AM",
    ],
]

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2050, 12, 31))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FORMS = {
    "extended": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%f%z"),
    "a comma": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S,%f%z"),
    "small letters": lambda moment: moment.strftime("%Y-%m-%dt%H:%M:%S.%f%z"),
    "basic": lambda moment: moment.strftime("%Y%m%dT%H%M%S.%f%z"),
    "blanks": lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S.%f %z"),
    "a week": lambda moment: moment.strftime("%G-W%V-%uT%H:%M:%S.%f%z"),
    "an ordinal": lambda moment: moment.strftime("%Y-%jT%H:%M:%S.%f%z"),
    "slashes": lambda moment: moment.strftime("%Y/%m/%d %H:%M:%S.%f%z"),
    "UTC": lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC"),
    "two zones": lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f +0000 UTC"),
    "no zone": lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    "nanoseconds": lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f999Z"),
}
ZONES = st.sampled_from(
    [
        "America/Los_Angeles",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Asia/Tokyo",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Pacific/Auckland",
        "Africa/Cairo",
        "America/Havana",
        "Asia/Beirut",
    ]
)


@pytest.mark.parametrize("text", SAME)
def test_a_form_that_cannot_be_misread_is_read(text: str) -> None:
    assert read(text) == EIGHT


@pytest.mark.parametrize("text", NONE)
def test_a_form_that_can_be_misread_is_no_time(text: str) -> None:
    assert read(text) is None


@settings(max_examples=300, deadline=None)
@given(MOMENTS, OFFSETS)
def test_every_form_of_a_moment_is_that_moment(moment: datetime, offset: timezone) -> None:
    there = moment.replace(tzinfo=UTC).astimezone(offset)

    found = times.moments(pa.array([form(there) for form in FORMS.values()])).to_pylist()

    assert dict(zip(FORMS, found, strict=True)) == dict.fromkeys(FORMS, moment)


@pytest.mark.parametrize("text", ["2026-03-02T23:59:60Z", "20260302T235960.5Z", "2026-03-02 15:59:60 -0800"])
def test_a_leap_second_is_the_end_of_its_minute(text: str) -> None:
    assert read(text) == datetime(2026, 3, 2, 23, 59, 59, 999999)


@pytest.mark.parametrize("text", ["2026-03-02", "20260302", "2026/03/02", "2026-061", "2026-W10-1", "2 Mar 2026"])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_a_date_alone_is_that_day_in_every_zone_as_a_date_of_parquet_is(text: str, zone: str) -> None:
    values = (pa.array([text]), pa.array([DAY], pa.date32()))

    assert [times.moments(each, DAY, zone).to_pylist() for each in values] == [[datetime(2026, 3, 2)]] * 2


@pytest.mark.parametrize(
    "text", ["2026-03-01T24:00", "2026-03-01T24:00:00Z", "20260301T240000Z", "2026-03-01 24:00:00,000"]
)
def test_24_is_the_midnight_after_a_day(text: str) -> None:
    assert read(text) == datetime(2026, 3, 2)


@pytest.mark.parametrize("text", ["2026-03-02T24:00:00", "2026-03-02 24:00 UTC", "20260302T24Z"])
def test_24_of_the_day_itself_is_its_last_moment(text: str) -> None:
    assert times.moments(pa.array([text]), DAY).to_pylist() == [datetime(2026, 3, 2, 23, 59, 59, 999999)]
    assert times.moments(pa.array(["2026-03-03T00:00Z"]), DAY).to_pylist() == [datetime(2026, 3, 3)]


@settings(max_examples=400, deadline=None)
@given(st.lists(MOMENTS, min_size=1, max_size=6), ZONES)
@example([datetime(2026, 3, 8, 9, 59), datetime(2026, 3, 8, 10, 1)], "America/Los_Angeles")
@example(
    [datetime(2026, 11, 1, 8, 50), datetime(2026, 11, 1, 9, 10), datetime(2026, 11, 2, 7, 30)], "America/Los_Angeles"
)
def test_days_are_those_of_the_zone_and_order_stays(moments: list[datetime], zone: str) -> None:
    there = [moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() for moment in sorted(moments)]

    found = times.local(pa.array(sorted(moments), times.MICROSECONDS), zone).to_pylist()

    assert [moment.date() for moment in found] == there
    assert found == sorted(found)


@settings(max_examples=100, deadline=None)
@given(MOMENTS, ZONES)
def test_parquet_and_text_give_one_moment(moment: datetime, zone: str) -> None:
    column = pa.array([moment, None], pa.timestamp("ns", tz="Asia/Tokyo"))
    text = pa.array([f"{moment.isoformat()}Z", None])
    assume(moment.year < 2050)

    assert times.moments(column, DAY, zone) == times.moments(text, DAY, zone)


def read(text: str) -> datetime | None:
    """What a text is read as, alone and between others."""
    alone, first, others = text, "2026-03-02T08:00:00Z", "03/04/2026"
    found = times.moments(pa.array([first, None, alone, others, alone])).to_pylist()
    assert found[:2] == [EIGHT, None]
    assert found[3] is None
    assert found[2] == found[4] == times.moments(pa.array([alone])).to_pylist()[0]
    return found[2]
