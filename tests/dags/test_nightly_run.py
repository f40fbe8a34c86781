"""The nightly DAG, run in process."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("airflow")

from ringwatch.graph import Graph
from ringwatch.night import STAGES
from ringwatch.simulate import START, simulate
from ringwatch.store.store import Store
from tests.conftest import Sink

if TYPE_CHECKING:
    from airflow.sdk import DAG


def test_a_feed_that_is_missing_after_its_deadline_stops_the_night_in_one_sentence_and_one_message(
    nightly: "DAG",
    metadata: None,
    sink: Sink,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("RINGWATCH_NOTIFY_URLS", sink.url)
    monkeypatch.setenv("RINGWATCH_FEEDS_DIR", str(tmp_path))

    run = nightly.test(run_conf={"day": "2026-03-02"})

    assert run.state == "failed"
    assert {task.task_id: (task.state, task.try_number) for task in run.get_task_instances()} == {
        "begin": ("failed", 1)
    } | dict.fromkeys(STAGES, ("upstream_failed", 0))
    said = [record.getMessage() for record in caplog.records if record.name == "ringwatch.airflow.endings"]
    assert said == [
        f"no feeds for 2026-03-02: {tmp_path}/2026-03-02 does not exist (it was waited for until 2026-03-03 12:00 UTC)"
    ]
    assert [message["title"] for message in sink.messages] == [
        "ringwatch: a feed of the day has not come (night of 2026-03-02)"
    ]
    assert "stopped in begin" in sink.messages[0]["message"]


@pytest.mark.integration
def test_a_night_runs_from_the_feeds_to_published_rings(
    nightly: "DAG",
    metadata: None,
    sink: Sink,
    graph: Graph,
    neo4j_settings: dict[str, Any],
    tmp_path: Path,
    monkeypatch: Any,
) -> None:
    simulate(tmp_path, 1000, 1, seed=3)
    monkeypatch.setenv("RINGWATCH_NOTIFY_URLS", sink.url)
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("RINGWATCH_FEEDS_DIR", str(tmp_path / "feeds"))
    for name, value in neo4j_settings.items():
        monkeypatch.setenv(name.upper(), value)

    run = nightly.test(run_conf={"day": START.isoformat()})

    assert run.state == "success"
    returned = {stage: run.get_task_instance(stage).xcom_pull(task_ids=stage) for stage in STAGES}
    assert {report["stage"]: report["day"] for report in returned.values()} == dict.fromkeys(STAGES, START.isoformat())
    assert returned["load"]["counts"]["accounts"] == graph.read("MATCH (a:Account) RETURN count(a) AS n")[0]["n"]
    store = Store.open(f"sqlite:///{tmp_path / 'var' / 'review.db'}")
    assert store.published.days() == [START]
    assert store.turn.take("another/run", "the night after", lambda _: False) is None
    store.close()
    assert [message["message"].partition(":")[0] for message in sink.messages] == [f"The night of {START} is published"]
    assert f"{START}" in (tmp_path / "var" / "days" / START.isoformat() / "report.html").read_text()
