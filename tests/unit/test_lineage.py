"""The OpenLineage event of a night: what it read, how the rules of the gate fared, and what it wrote."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deliveries import MONDAY

from ringwatch import lineage
from ringwatch.days import run_report
from ringwatch.night import Night, Report

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

    lineage.write(night)
    lineage.write(night)

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

    lineage.write(published(tmp_path / "out" / "lineage.jsonl"))

    assert "could not be written" in caplog.text


def test_nothing_is_written_unless_the_settings_name_a_file(
    published: Callable[[Path | None], Night], tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*.jsonl"))

    lineage.write(published(None))

    assert sorted(tmp_path.rglob("*.jsonl")) == before


@pytest.mark.parametrize(
    ("address", "namespace"),
    [(None, "sqlite"), ("postgresql+psycopg://me:hunter2@db.example/ringwatch", "postgres://db.example:5432")],
)
def test_the_store_is_named_without_its_password(address: str | None, namespace: str) -> None:
    assert lineage._database(address) == namespace
