"""The DAGs, run in process."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

pytest.importorskip("airflow")

from ringwatch.airflow.weekly import STEPS
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
    assert note_on(run, nightly) == f"Night of 2026-03-02 stopped: {said[0]}"


@pytest.fixture
def connected(
    neo4j_settings: dict[str, Any], postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Graph and review store are known by Airflow's connections alone; yields the address of the store."""
    server = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE airflow_night")
        store = sa.make_url(postgres).set(database="airflow_night")
        graph = sa.make_url(neo4j_settings["neo4j_uri"]).set(
            drivername="neo4j", username=neo4j_settings["neo4j_user"], password=neo4j_settings["neo4j_password"]
        )
        monkeypatch.setenv("AIRFLOW_CONN_NEO4J_DEFAULT", graph.render_as_string(hide_password=False))
        monkeypatch.setenv(
            "AIRFLOW_CONN_REVIEW_DB", store.set(drivername="postgres").render_as_string(hide_password=False)
        )
        monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / "var"))
        monkeypatch.setenv("RINGWATCH_FEEDS_DIR", str(tmp_path / "feeds"))
        yield store.render_as_string(hide_password=False)
        connection.exec_driver_sql("DROP DATABASE airflow_night WITH (FORCE)")
    server.dispose()


@pytest.mark.integration
def test_a_night_runs_from_the_feeds_to_published_rings_and_the_upkeep_after_it(
    dags: "dict[str, DAG]",
    metadata: None,
    sink: Sink,
    graph: Graph,
    connected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulate(tmp_path, 500, 1, seed=3)
    monkeypatch.setenv("RINGWATCH_NOTIFY_URLS", sink.url)
    monkeypatch.setenv("RINGWATCH_BACKUP_DIR", str(tmp_path / "backups"))
    monkeypatch.setenv("RINGWATCH_CANARIES", "false")

    run = dags["nightly_ring_discovery"].test(run_conf={"day": START.isoformat()})

    assert run.state == "success"
    returned = {stage: run.get_task_instance(stage).xcom_pull(task_ids=stage) for stage in STAGES}
    assert {report["stage"]: report["day"] for report in returned.values()} == dict.fromkeys(STAGES, START.isoformat())
    assert returned["load"]["counts"]["accounts"] == graph.read("MATCH (a:Account) RETURN count(a) AS n")[0]["n"]
    store = Store.open(connected)
    assert store.published.days() == [START]
    assert store.turn.take("another/run", "the night after", lambda _: False) is None
    store.turn.give_back("another/run")
    assert [message["message"].partition(":")[0] for message in sink.messages] == [f"The night of {START} is published"]
    assert f"{START}" in (tmp_path / "var" / "days" / START.isoformat() / "report.html").read_text()

    weekly = dags["weekly_upkeep"].test()

    assert weekly.state == "success"
    done = {step: weekly.get_task_instance(step).xcom_pull(task_ids=step)["counts"] for step in STEPS}
    assert done["backup"]["backups"] == 1
    assert done["check"]["files"] == done["backup"]["files"] > 0
    assert store.turn.holder() is None
    store.close()


def note_on(run: Any, dag: "DAG") -> str:
    """The note that the scheduler writes on a run that failed."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.utils.session import create_session

    from ringwatch.airflow import notes

    with create_session() as session:
        held = session.merge(run)
        held.dag = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        notes.on_dag_run_failed(dag_run=held, msg="")
        return str(held.note)
