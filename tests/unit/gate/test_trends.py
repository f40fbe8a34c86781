"""What is told of a feed, and what stops its night, against nights whose rows were counted out by hand."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwatch.days import history
from ringwatch.errors import DataRefused
from ringwatch.gate import outcomes, trends
from ringwatch.gate.outcomes import Outcome
from ringwatch.night import Night, open_night
from ringwatch.settings import load_settings

MONDAY = date(2026, 3, 30)
BEFORE = [MONDAY - timedelta(days=i) for i in range(1, 6)]
MIXED = {"ios": 500, "android": 500}


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return open_night(load_settings(home=tmp_path), MONDAY)


def seen(hour: int = 8, **columns: Any) -> dict[str, Any]:
    return {"account_id": "A", "device": "d", "hour": hour, "platform": "ios", "sessions": 1} | columns


def rows(column: str, counts: dict[Any, int]) -> list[dict[str, Any]]:
    """So many rows of devices for each value of a column."""
    return [seen(**{column: value}) for value, count in counts.items() for _ in range(count)]


def write(night: Night, day: date, seen: list[dict[str, Any]]) -> Path:
    """Put clean devices where the gate leaves them."""
    frame = pd.DataFrame(seen)
    times = [datetime(day.year, day.month, day.day, hour) for hour in frame.pop("hour")]
    frame = frame.assign(first_seen=times, last_seen=times, day=day)
    path = night.files.clean(day, "devices")
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = history.clean_schema(night.model.feeds["devices"])
    pq.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False), path)
    return path


def told(night: Night, now: list[dict[str, Any]], before: dict[date, list[dict[str, Any]]]) -> tuple[str, ...]:
    for day, usual in before.items():
        write(night, day, usual)
    return trends.unusual(night, night.model.feeds["devices"], write(night, night.day, now))


def usual(column: str, counts: dict[Any, int]) -> dict[date, list[dict[str, Any]]]:
    return dict.fromkeys(BEFORE, rows(column, counts))


def test_a_night_like_those_before_it_is_not_worth_a_word(night: Night) -> None:
    assert told(night, rows("platform", MIXED), usual("platform", MIXED)) == ()


def test_four_nights_do_not_say_what_is_usual(night: Night) -> None:
    four = dict.fromkeys(BEFORE[:4], rows("platform", MIXED))

    assert told(night, rows("platform", {"amiga": 1}), four) == ()


def test_far_fewer_rows_than_usual_stop_the_night(night: Night) -> None:
    with pytest.raises(
        DataRefused, match=r"^devices of 2026-03-30 has 99 rows that pass, and 1,000 on the median of 5"
    ):
        told(night, rows("platform", {"ios": 99}), usual("platform", MIXED))


def test_a_tenth_of_the_usual_rows_goes_on(night: Night) -> None:
    assert told(night, rows("platform", {"ios": 50, "android": 50}), usual("platform", MIXED)) == ()


def test_a_floor_of_zero_never_stops_a_night(night: Night) -> None:
    bold = open_night(load_settings(home=night.settings.home, volume_floor=0), MONDAY)

    assert told(bold, rows("platform", {"ios": 1}), usual("platform", MIXED)) == ()


def test_far_more_rows_than_usual_are_told(night: Night) -> None:
    five_times = {"ios": 2500, "android": 2500}

    assert told(night, rows("platform", five_times), usual("platform", MIXED)) == ()
    assert told(night, [*rows("platform", five_times), seen()], {}) == ("devices: 5,001 rows pass, 1,000 are usual",)


def test_a_weekday_is_compared_with_the_same_weekday(night: Night) -> None:
    """Of four weeks, the weekends have a tenth of the rows and other devices."""
    days = [MONDAY - timedelta(days=i) for i in range(1, 29)]
    weekend = rows("platform", {"ios": 5, "android": 35})
    history_of_weeks = {day: weekend if day.weekday() >= 5 else rows("platform", MIXED) for day in days}
    saturday = Night(MONDAY - timedelta(days=2), night.settings, night.files)

    assert told(saturday, weekend, history_of_weeks) == ()
    with pytest.raises(DataRefused, match="has 40 rows that pass, and 1,000 on the median of 4"):
        told(night, weekend, {})


def test_a_first_load_does_not_say_what_is_usual(night: Night) -> None:
    nights = usual("platform", MIXED) | {MONDAY - timedelta(days=6): rows("platform", {"windows": 5000})}

    assert told(night, rows("platform", MIXED), nights) == ()


def test_values_that_go_missing_are_told(night: Night) -> None:
    half = told(night, rows("platform", {"ios": 250, "android": 250, None: 500}), usual("platform", MIXED))

    assert half == ("devices.platform: 50% of its values are missing, 0% are usual",)


def test_a_column_that_is_as_good_as_empty_stops_the_night(night: Night) -> None:
    with pytest.raises(DataRefused, match=r"^devices\.platform of 2026-03-30 is filled in 99 of 1,000 rows, 100% are"):
        told(night, rows("platform", {"ios": 99, None: 901}), usual("platform", MIXED))


def test_a_seldom_value_may_be_away_by_chance(night: Night) -> None:
    """Of 2 % of 1,000 rows, 20 are to be expected: too few to stop a night."""
    assert told(night, rows("platform", {None: 1000}), usual("platform", {"ios": 20, None: 980})) == ()


def test_new_categories_are_told_and_the_most_frequent_is_named(night: Night) -> None:
    new = {"ios": 500, "android": 480, "symbian": 8, "amiga": 12}

    assert told(night, rows("platform", new), usual("platform", MIXED)) == (
        "devices.platform: 2 new values, such as amiga",
    )


def test_a_few_rows_of_a_new_category_are_chance(night: Night) -> None:
    """Four rows, where none is to be expected: 4 * sqrt(0 + 1)."""
    assert told(night, rows("platform", MIXED | {"amiga": 4}), usual("platform", MIXED)) == ()
    assert told(night, rows("platform", MIXED | {"amiga": 5}), {}) != ()


def test_where_new_categories_are_usual_more_of_them_are_chance(night: Night) -> None:
    """10 of 4,000 values occur once: 2.5 of 1,000 values are to be expected to be new, and by chance up to 9."""
    seldom = {day: rows("platform", {"ios": 798, f"{day} a": 1, f"{day} b": 1}) for day in BEFORE}

    assert told(night, rows("platform", {"ios": 991, "amiga": 9}), seldom) == ()
    assert "1 new value, such as amiga" in told(night, rows("platform", {"ios": 989, "amiga": 11}), {})[0]


def test_values_that_few_rows_lack_may_be_away_by_chance(night: Night) -> None:
    """Of 15 rows 10 lack what 40 % lack otherwise, 6 of them: less than 6 + 4 * sqrt(6 + 1)."""
    assert told(night, rows("platform", {"ios": 5, None: 10}), usual("platform", {"ios": 9, None: 6})) == ()


def test_ids_are_new_each_night_and_never_named(night: Night) -> None:
    assert told(night, rows("device", {"new": 1000}), usual("device", {"known": 1000})) == ()
    assert told(night, rows("account_id", {"new": 1000}), usual("account_id", {"known": 1000})) == ()


@pytest.mark.parametrize(
    ("column", "low", "high", "words"),
    [
        ("platform", "ios", "android", "devices.platform: {} android"),
        ("sessions", 1, 5, "devices.sessions: {} 5"),
        ("hour", 8, 22, "devices.first_seen: {} 22:00 to 22:59"),
    ],
)
def test_a_shift_is_told_with_its_psi(night: Night, column: str, low: Any, high: Any, words: str) -> None:
    """From 3 : 1 to 1 : 3 it is 2 * (0.75 - 0.25) * ln 3 = 1.0986."""
    sentence, *_ = told(night, rows(column, {low: 250, high: 750}), usual(column, {low: 750, high: 250}))

    shifted = words.format("its values are spread in another way than before (PSI 1.10), most of all")
    assert sentence == f"{shifted}: 75% of the values, 25% are usual"


def test_a_shift_up_to_the_setting_is_not_told(night: Night) -> None:
    """From 1 : 1 to 3 : 1 it is 0.25 * (ln 1.5 + ln 2) = 0.2747."""
    now, before = rows("platform", {"ios": 1500, "android": 500}), usual("platform", {"ios": 1000, "android": 1000})
    patient = open_night(load_settings(home=night.settings.home, shift_ceiling=0.28), MONDAY)

    assert "PSI 0.27" in told(night, now, before)[0]
    assert told(patient, now, {}) == ()


def test_few_rows_may_differ_by_chance(night: Night) -> None:
    """The same 3 : 1 in 20 rows: fair coins do that in one of fifty nights, and a night has dozens of columns."""
    few = usual("platform", {"ios": 10, "android": 10})

    assert told(night, rows("platform", {"ios": 15, "android": 5}), few) == ()


@pytest.mark.parametrize(("now", "words"), [(9, "more than 5"), (0, "less than 5")])
def test_numbers_beyond_all_of_the_usual_ones_are_a_shift(night: Night, now: int, words: str) -> None:
    (sentence,) = told(night, rows("sessions", {5: 500, now: 500}), usual("sessions", {5: 1000}))

    assert f"most of all {words}: 50% of the values, 0% are usual" in sentence


def test_deciles_of_the_nights_before_are_the_bins_of_a_number(night: Night) -> None:
    """1 to 10 equally often, then the upper five a third as often as the lower: 0.25 * (ln 1.5 + ln 2) = 0.2747."""
    ten = usual("sessions", dict.fromkeys(range(1, 11), 100))
    now = rows("sessions", dict.fromkeys(range(1, 6), 1500) | dict.fromkeys(range(6, 11), 500))

    sentences = told(night, now, ten)

    assert any("sessions: its values are spread in another way than before (PSI 0.27)" in said for said in sentences)


def test_a_column_that_came_later_than_the_nights_before_says_nothing(night: Night) -> None:
    for day in BEFORE:
        path = write(night, day, rows("platform", MIXED))
        pq.write_table(pq.read_table(path).drop_columns(["platform"]), path)

    assert told(night, rows("platform", MIXED), {}) == ()


def test_what_a_personal_column_became_is_told_without_its_values(night: Night, tmp_path: Path) -> None:
    feed, path = night.model.feeds["accounts"], tmp_path / "accounts.parquet"
    for day, domain in {**dict.fromkeys(BEFORE, "example.org"), MONDAY: "jane-doe.example"}.items():
        opened = pd.DataFrame({"account_id": map(str, range(100)), "email_domain": domain, "status": "active"})
        clean = path if day == MONDAY else night.files.clean(day, "accounts")
        clean.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pandas(opened, preserve_index=False), clean)

    sentences = trends.unusual(night, feed, path)

    assert sentences[0] == "accounts.email_domain: 1 new value"
    assert "PSI" in sentences[1]
    assert "jane-doe" not in str(sentences)


def test_a_rule_that_far_more_rows_break_than_usual_is_told(night: Night) -> None:
    assert told_of_rules(night, broken=40, before=[10] * 5) == (
        "devices: 40 of 1,000 rows break a rule, 1.0% are usual: sessions is less than 0",
    )


def test_a_few_more_rows_than_usual_break_a_rule_by_chance(night: Night) -> None:
    """Ten are usual, and a count that is ten on average is seldom more than four deviations, 13, above it."""
    assert told_of_rules(night, broken=23, before=[10] * 5) == ()


def test_rows_that_break_a_rule_up_to_the_setting_are_not_told(night: Night) -> None:
    patient = open_night(load_settings(home=night.settings.home, broken_ceiling=0.04), MONDAY)

    assert told_of_rules(patient, broken=50, before=[10] * 5) == ()
    assert told_of_rules(patient, broken=51, before=[10] * 5) != ()


def test_a_rule_that_no_night_before_had_is_told_when_rows_break_it(night: Night) -> None:
    assert "0.0% are usual: sessions is less than 0" in told_of_rules(night, broken=20, before=[None] * 5)[0]


def test_one_bad_night_does_not_say_what_is_usual(night: Night) -> None:
    assert told_of_rules(night, broken=40, before=[0, 0, 900, 0, 0]) != ()


def test_rules_that_name_their_day_are_the_same_rule_each_night(night: Night) -> None:
    assert told_of_rules(night, broken=40, before=[40] * 5, rule="last_seen is after the day {}") == ()


def test_rules_of_four_nights_do_not_say_what_is_usual(night: Night) -> None:
    assert told_of_rules(night, broken=900, before=[0] * 4) == ()


def told_of_rules(
    night: Night, broken: int, before: list[int | None], rule: str = "sessions is less than 0"
) -> tuple[str, ...]:
    """What is told of a night in which so many of 1,000 devices break a rule; None: that night did not have it."""
    for day, count in zip(BEFORE, before, strict=False):
        write(night, day, [seen()])
        held = [] if count is None else [Outcome("devices", rule.format(day), "quarantine", "sessions", 1000, count)]
        outcomes.write(night.files.outcomes(day), [Outcome("devices", "other", "quarantine", None, 1000, 0), *held])
    now = [Outcome("devices", rule.format(night.day), "quarantine", "sessions", 1000, broken)]
    return tuple(trends.often_broken(night, now))
