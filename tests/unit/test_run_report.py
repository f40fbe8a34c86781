"""The run report of a day."""

from datetime import date
from pathlib import Path

import pytest

from ringwatch.days import run_report
from ringwatch.days.files import Files
from ringwatch.night import STAGES, Night, Report
from ringwatch.settings import load_settings

DAY = date(2026, 3, 2)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(DAY, load_settings(home=tmp_path), Files(tmp_path))


def test_no_report_before_the_first_stage(night: Night) -> None:
    assert run_report.read(night) == {}


def test_each_stage_adds_what_it_did(night: Night) -> None:
    for stage in STAGES[:3]:
        run_report.add(night, Report(stage, DAY, {"rows": 3}, {"write": 0.5}, (f"{stage} was slow",)))

    report = run_report.read(night)

    assert tuple(report) == STAGES[:3]
    assert report["load"] == {
        "stage": "load",
        "day": "2026-03-02",
        "counts": {"rows": 3},
        "seconds": {"write": 0.5},
        "warnings": ["load was slow"],
        "feeds": {},
    }


def test_a_stage_that_runs_again_makes_those_after_it_out_of_date(night: Night) -> None:
    for stage in STAGES:
        run_report.add(night, Report(stage, DAY))

    run_report.add(night, Report("link", DAY, {"links": 7}))

    assert tuple(run_report.read(night)) == ("validate", "load", "link")
