"""The nightly DAG as Airflow sees it, without running it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("airflow")

if TYPE_CHECKING:
    from airflow.sdk import DAG

DAG_FILE = Path(__file__).parents[2] / "dags" / "nightly_ring_discovery.py"
HEAVY = ("great_expectations", "graphdatascience", "neo4j", "pandas", "duckdb", "ringwatch.stages", "ringwatch.server")


def test_there_is_one_task_a_stage_in_the_order_of_the_night(nightly: "DAG") -> None:
    order = [(task.task_id, task.downstream_task_ids) for task in nightly.topological_sort()]

    assert order == [
        ("validate", {"load"}),
        ("load", {"link"}),
        ("link", {"detect"}),
        ("detect", {"score"}),
        ("score", {"publish"}),
        ("publish", set()),
    ]


def test_the_tasks_are_the_stages_of_the_program(nightly: "DAG") -> None:
    from ringwatch.night import STAGES

    assert tuple(task.task_id for task in nightly.topological_sort()) == STAGES


def test_the_night_after_a_day_is_about_that_day(nightly: "DAG") -> None:
    run = first_run(nightly)

    assert (run.run_after.hour, run.run_after.utcoffset()) == (2, timedelta(0))
    assert run.partition_key == f"{run.run_after - timedelta(days=1):%Y-%m-%d}"


def test_switching_the_dag_on_starts_nothing_before_the_next_night(nightly: "DAG") -> None:
    before = datetime.now(UTC)

    assert before < first_run(nightly).run_after <= before + timedelta(days=1, seconds=1)


def test_one_night_runs_at_a_time_and_is_finished_before_the_next_begins(nightly: "DAG") -> None:
    assert nightly.max_active_runs == 1
    assert {(task.pool, task.weight_rule) for task in nightly.tasks} == {("ringwatch", "upstream")}


def test_only_publish_announces_flagged_rings(nightly: "DAG") -> None:
    assert {task.task_id: [asset.name for asset in task.outlets] for task in nightly.tasks if task.outlets} == {
        "publish": ["flagged_rings"]
    }


def test_airflow_shows_the_explanation_of_the_file(nightly: "DAG") -> None:
    assert nightly.doc_md is not None
    assert all(task.task_id in nightly.doc_md for task in nightly.tasks)


def test_reading_the_file_imports_nothing_heavy() -> None:
    """Airflow reads it every 30 seconds."""
    program = f"import runpy, sys; runpy.run_path({str(DAG_FILE)!r}); print([m for m in {HEAVY!r} if m in sys.modules])"
    read = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert read.stdout.splitlines()[-1] == "[]"


def test_what_needs_a_person_fails_without_another_try(nightly: "DAG") -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="names no day"):
        run_task(nightly, "validate", partition_key=None)


def first_run(dag: "DAG") -> Any:
    """What the scheduler plans for a DAG that has never run."""
    from airflow.serialization.serialized_objects import DagSerialization

    serialized = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    return serialized.next_dagrun_info(last_automated_run_info=None)


def run_task(dag: "DAG", stage: str, partition_key: str | None) -> Any:
    run = SimpleNamespace(partition_key=partition_key)
    return dag.get_task(stage).python_callable(stage, dag_run=run, params={"day": None}, outlet_events={})
