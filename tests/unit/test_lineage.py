"""The OpenLineage events of a night: that it starts, fails or is complete, what it read and what it wrote."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deliveries import MONDAY, TUESDAY, deliver

from ringwatch import lineage
from ringwatch.days import run_report
from ringwatch.errors import DataRefused
from ringwatch.night import Night, Report
from ringwatch.stages import run_stage

ACCOUNTS = ["account_id,created_at,status", "A,2026-02-01T09:00:00,active", "B,2026-02-01T09:00:00,asleep"]


@pytest.fixture
def published(judge: Callable[..., Night]) -> Callable[[Path | None], Night]:
    """A night whose gate refused one of two rows, and that flagged three rings, with a file for its lineage."""

    def make(path: Path | None) -> Night:
        night = judge(accounts=ACCOUNTS)
        run_report.add(night, Report("publish", MONDAY, {"rings": 3}))
        settings = night.settings.model_copy(update={"lineage_file": path})
        return Night(night.day, settings, night.files, doors=night.doors)

    return make


def test_each_night_adds_a_line_from_feeds_to_flagged_rings(
    published: Callable[[Path | None], Night], tmp_path: Path
) -> None:
    path = tmp_path / "out" / "lineage.jsonl"
    night = published(path)

    lineage.ends(night)
    lineage.ends(night)

    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(events) == 2
    event: dict[str, Any] = events[0]
    assert (event["eventType"], event["job"]) == ("COMPLETE", {"namespace": "ringwatch", "name": "night", "facets": {}})
    (feed,), (rings,) = event["inputs"], event["outputs"]
    assert feed["name"].endswith("/in/2026-03-02/accounts")
    assert feed["inputFacets"]["dataQualityMetrics"]["rowCount"] == 2
    rules = feed["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [rule["column"] for rule in rules if not rule["success"]] == ["status"]
    assert any(rule["success"] for rule in rules)
    assert (rings["name"], rings["outputFacets"]["outputStatistics"]["rowCount"]) == ("flagged_rings", 3)
    assert "asleep" not in path.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_stops_nothing(
    published: Callable[[Path | None], Night], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "out").write_text("a file")

    lineage.ends(published(tmp_path / "out" / "lineage.jsonl"))

    assert "could not be written" in caplog.text


def test_nothing_is_written_unless_the_settings_name_a_file(
    published: Callable[[Path | None], Night], tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*.jsonl"))

    lineage.ends(published(None))

    assert sorted(tmp_path.rglob("*.jsonl")) == before


@pytest.fixture
def arriving(arrive: Callable[..., Night], tmp_path: Path) -> Callable[..., Night]:
    """Let a day arrive whose night writes its lineage."""

    def make(**feeds: list[str]) -> Night:
        night = arrive(**feeds)
        settings = night.settings.model_copy(update={"lineage_file": tmp_path / "lineage.jsonl"})
        return Night(night.day, settings, night.files, doors=night.doors)

    return make


def events(night: Night) -> list[dict[str, Any]]:
    path = night.settings.lineage_file
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path else []


def told(night: Night) -> list[tuple[str, str]]:
    return [(event["eventType"], event["run"]["runId"]) for event in events(night)]


def test_a_night_starts_with_its_first_stage_and_is_one_run_to_its_end(arriving: Callable[..., Night]) -> None:
    night = arriving(accounts=ACCOUNTS)

    run_stage("validate", night)
    lineage.begins(night, "load")
    run_report.add(night, Report("publish", MONDAY, {"rings": 3}))
    lineage.ends(night)

    (start, first), (complete, last) = told(night)
    assert (start, complete) == ("START", "COMPLETE")
    assert first == last


def test_a_night_that_fails_says_in_which_stage_and_why_without_values(arriving: Callable[..., Night]) -> None:
    night = arriving(accounts=["account_id,created_at,status", "A,2026-02-01T09:00:00,asleep"])

    with pytest.raises(DataRefused, match="status is not one of"):
        run_stage("validate", night)

    (start, first), (fail, last) = told(night)
    assert (start, fail, first) == ("START", "FAIL", last)
    said = events(night)[-1]["run"]["facets"]["errorMessage"]["message"]
    assert said == "validate: the gate refuses what was delivered"


def test_a_night_that_is_run_again_after_a_failure_is_another_run(arriving: Callable[..., Night]) -> None:
    night = arriving(accounts=["account_id,created_at,status", "A,2026-02-01T09:00:00,asleep"])
    with pytest.raises(DataRefused):
        run_stage("validate", night)
    deliver(night, accounts=ACCOUNTS)

    run_stage("validate", night)

    assert [state for state, _ in told(night)] == ["START", "FAIL", "START"]
    assert len({run for _, run in told(night)}) == 2


def test_a_night_that_was_killed_is_aborted_when_its_day_begins_anew(arriving: Callable[..., Night]) -> None:
    night = arriving(accounts=ACCOUNTS)
    lineage.begins(night, "validate")
    lineage.begins(night.on(TUESDAY), "validate")

    lineage.begins(night, "validate")

    states = [state for state, _ in told(night)]
    assert states == ["START", "START", "ABORT", "START"]
    assert told(night)[2][1] == told(night)[0][1] != told(night)[3][1]


@pytest.mark.parametrize(
    ("address", "namespace"),
    [(None, "sqlite"), ("postgresql+psycopg://me:hunter2@db.example/ringwatch", "postgres://db.example:5432")],
)
def test_the_store_is_named_without_its_password(address: str | None, namespace: str) -> None:
    assert lineage._database(address) == namespace
