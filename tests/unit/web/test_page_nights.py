"""The page of a night: what it did, against the nights before, also when it stopped half way."""

from datetime import timedelta

import pytest
from people_of_a_page import Client
from rings_of_a_home import MONDAY, TUESDAY

from ringwatch.days import run_report
from ringwatch.gate import outcomes
from ringwatch.gate.outcomes import Outcome
from ringwatch.night import STAGES, Night, Report

WEDNESDAY = TUESDAY + timedelta(days=1)


@pytest.fixture
def reported(night: Night) -> Night:
    """Run reports of Saturday to Tuesday; of Tuesday twice as many rows came."""
    for day in (MONDAY - timedelta(days=2), MONDAY - timedelta(days=1), MONDAY, TUESDAY):
        (night.files.day(day) / "clean").mkdir(parents=True, exist_ok=True)
        for stage in STAGES:
            counts = {"ips.rows": 20 if day == TUESDAY else 10} if stage == "validate" else {}
            run_report.add(night.on(day), Report(stage, day, counts, {"read": 0.25}))
    return night


def test_a_night_shows_which_rules_put_rows_into_quarantine(reported: Night, by: Client) -> None:
    rules = [
        Outcome("ips", "the time is of the day", "quarantine", "seen_at", 20, 3),
        Outcome("ips", "kept", "note", None, 20, 1),
    ]
    outcomes.write(reported.files.outcomes(TUESDAY), rules)

    text = by("anna").get(f"/nights/{TUESDAY}").text

    assert '<th scope="row">ips</th><td>the time is of the day</td><td class="n warn">3</td>' in text
    assert "<td>kept</td>" not in text


def test_a_night_shows_what_is_not_as_usual_and_how_long_each_step_took(reported: Night, by: Client) -> None:
    text = by("anna").get(f"/nights/{TUESDAY}").text

    assert '<th scope="row">rows</th><td class="n">20</td><td class="n">10</td><td class="n">+100%</td>' in text
    assert "<dt>read, seconds</dt><dd>0.2</dd>" in text


def test_a_night_that_stopped_half_way_is_listed_and_shows_what_it_did(reported: Night, by: Client) -> None:
    (reported.files.day(WEDNESDAY) / "clean").mkdir(parents=True)
    run_report.add(reported.on(WEDNESDAY), Report("validate", WEDNESDAY, {"ips.rows": 7}, warnings=("few rows",)))

    page = by("anna").get(f"/nights/{WEDNESDAY}")

    assert page.status_code == 200
    assert "It stopped before anything was published" in page.text
    assert "few rows" in page.text
    assert f'<a href="/nights/{WEDNESDAY}" aria-current="page">' in page.text
