"""The nightly DAG, run in process."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("airflow")

if TYPE_CHECKING:
    from airflow.sdk import DAG


def test_a_missing_feed_stops_the_night_at_the_first_try(
    nightly: "DAG", metadata: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("RINGWATCH_FEEDS_DIR", str(tmp_path))

    run = nightly.test(run_conf={"day": "2026-03-02"})

    assert run.state == "failed"
    assert {task.task_id: (task.state, task.try_number) for task in run.get_task_instances()} == {
        "validate": ("failed", 1)
    } | dict.fromkeys(["load", "link", "detect", "score", "publish"], ("upstream_failed", 0))
