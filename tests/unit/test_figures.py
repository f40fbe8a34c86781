"""The figures of a night, against the nights before it: on the page, and for collectors of metrics."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deliveries import MONDAY
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from ringwatch import metrics
from ringwatch.days import figures, run_report
from ringwatch.days.files import Files
from ringwatch.night import STAGES, Night, Report
from ringwatch.settings import load_settings

Made = Callable[..., Night]


@pytest.fixture
def finished(tmp_path: Path) -> Made:
    """Leave the run report of a night so many days after Monday; rings: None, it stopped before publish."""

    def make(after: int, rows: int = 10, rings: int | None = 2) -> Night:
        day = MONDAY + timedelta(days=after)
        night = Night(
            day, load_settings(home=tmp_path, metrics_file=tmp_path / "out" / "ringwatch.prom"), Files(tmp_path)
        )
        (night.files.day(day) / "clean").mkdir(parents=True)
        counts: dict[str, dict[str, int]] = {
            "validate": {"accounts.rows": rows, "ips.rows": 5, "ips.quarantined": 1},
            "link": {"hubs.device": 3, "hubs.ip": 4},
        }
        for stage in STAGES if rings is not None else STAGES[:3]:
            said = counts.get(stage, {"rings": rings or 0} if stage == "publish" else {})
            run_report.add(night, Report(stage, day, said, {"all": 1.5}, ("odd",) if stage == "score" else ()))
        return night

    return make


def test_figures_are_summed_over_feeds_facets_stages_and_warnings(finished: Made) -> None:
    found = figures.figures(run_report.read(finished(0)))

    assert found == {
        "rows": 15, "quarantined": 1, "link: hubs": 7, "publish: rings": 2, "warnings": 1, "seconds": 9.0
    }  # fmt: skip


def test_a_figure_is_held_against_the_median_and_what_differs_most_comes_first(finished: Made) -> None:
    for after, rings in enumerate((1, 2, 90)):
        finished(after, rings=rings)

    first, *others = figures.changes(finished(3, rings=6))

    assert (first.name, first.value, first.usual, first.change) == ("publish: rings", 6, 2, 2.0)
    assert {other.change for other in others} == {0.0}


def test_two_nights_before_say_nothing(finished: Made) -> None:
    finished(0)
    finished(1)

    assert {change.usual for change in figures.changes(finished(2))} == {None}


def test_nights_that_stopped_do_not_count(finished: Made) -> None:
    for after in range(3):
        finished(after, rows=10)
    finished(3, rows=10_000, rings=None)

    usual = {change.name: change.usual for change in figures.changes(finished(4, rows=10))}

    assert usual["rows"] == 15


def test_no_more_than_the_last_nights_count(finished: Made) -> None:
    for after in range(figures.NIGHTS + 5):
        finished(after, rows=100 if after >= 5 else 1)

    usual = {change.name: change.usual for change in figures.changes(finished(figures.NIGHTS + 5))}

    assert usual["rows"] == 105


def test_the_metrics_of_a_night_are_openmetrics_that_collectors_may_read(finished: Made) -> None:
    for after in range(3):
        finished(after)
    night = finished(3, rings=4)

    metrics.write(night)

    path = night.settings.metrics_file
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o644
    found = samples(path.read_text(encoding="utf-8"))
    assert found["ringwatch_night_timestamp_seconds", ()] == 1772668800
    assert found["ringwatch_feed_rows", (("became", "quarantined"), ("feed", "ips"))] == 1
    assert found["ringwatch_stage_count", (("stage", "publish"), ("what", "rings"))] == 4
    assert found["ringwatch_stage_seconds", (("stage", "load"), ("step", "all"))] == 1.5
    assert found["ringwatch_stage_warnings", (("stage", "score"),)] == 1
    assert found["ringwatch_night_usual", (("figure", "publish: rings"),)] == 2


def test_metrics_that_cannot_be_written_stop_nothing(
    finished: Made, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "out").write_text("a file")

    metrics.write(finished(0))

    assert "could not be written" in caplog.text


def test_no_file_is_written_unless_the_settings_name_one(finished: Made, tmp_path: Path) -> None:
    night = finished(0)
    silent = Night(night.day, load_settings(home=tmp_path), night.files)

    metrics.write(silent)

    assert not (tmp_path / "out").exists()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], Any]:
    """The metrics as the parser of another program reads them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
