"""The nightly DAG as Airflow sees it, without running it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
        ("begin", {"validate"}),
        ("validate", {"load"}),
        ("load", {"link"}),
        ("link", {"detect"}),
        ("detect", {"score"}),
        ("score", {"publish"}),
        ("publish", set()),
    ]


def test_the_tasks_are_the_stages_of_the_program(nightly: "DAG") -> None:
    from ringwatch.night import STAGES

    assert tuple(task.task_id for task in nightly.topological_sort()) == ("begin", *STAGES)


def test_the_night_after_a_day_is_about_that_day(nightly: "DAG") -> None:
    run = first_run(nightly)

    assert (run.run_after.hour, run.run_after.utcoffset()) == (2, timedelta(0))
    assert run.partition_key == f"{run.run_after - timedelta(days=1):%Y-%m-%d}"


def test_switching_the_dag_on_starts_nothing_before_the_next_night(nightly: "DAG") -> None:
    before = datetime.now(UTC)

    assert before - timedelta(minutes=61) < first_run(nightly).run_after <= before + timedelta(days=1, seconds=1)


def test_it_needs_nothing_of_airflow_that_somebody_must_set_up(nightly: "DAG") -> None:
    assert {task.pool for task in nightly.tasks} == {"default_pool"}


def test_waiting_takes_no_place_of_a_worker(nightly: "DAG") -> None:
    assert nightly.get_task("begin").mode == "reschedule"


def test_the_graph_and_the_rings_are_announced_when_they_are_new(nightly: "DAG") -> None:
    assert {task.task_id: [asset.name for asset in task.outlets] for task in nightly.tasks if task.outlets} == {
        "publish": ["accounts_graph", "flagged_rings"],
    }


def test_airflow_shows_the_explanation_of_the_file(nightly: "DAG") -> None:
    assert nightly.doc_md is not None
    assert all(task.task_id in nightly.doc_md for task in nightly.tasks)


def test_reading_the_file_imports_nothing_heavy() -> None:
    """Airflow reads it every 30 seconds."""
    program = f"import runpy, sys; runpy.run_path({str(DAG_FILE)!r}); print([m for m in {HEAVY!r} if m in sys.modules])"
    read = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert read.stdout.splitlines()[-1] == "[]"


def test_reading_the_file_takes_no_second_beyond_airflow() -> None:
    """CPU seconds, the least of three: what other programs do meanwhile does not count."""
    program = (
        "import airflow.sdk, airflow.timetables.trigger, runpy, time; begun = time.process_time(); "
        f"runpy.run_path({str(DAG_FILE)!r}); print(time.process_time() - begun)"
    )
    reads = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in range(3)
    ]

    assert min(float(read.stdout.splitlines()[-1]) for read in reads) < 1


def test_a_team_makes_the_dag_its_own(tmp_path: Path) -> None:
    from ringwatch.airflow import nightly

    dag = nightly("rings_of_the_shop", hour=5, tags=["fraud"], default_args={"retries": 1})

    assert (dag.dag_id, dag.tags, dag.get_task("load").retries) == ("rings_of_the_shop", {"fraud"}, 1)
    assert first_run(dag).run_after.hour == 5


@pytest.mark.parametrize("hour", range(24))
def test_nights_may_begin_at_any_hour_and_are_about_the_day_before(hour: int) -> None:
    from ringwatch.airflow import nightly

    run = first_run(nightly(hour=hour))

    assert (run.run_after.hour, run.run_after.utcoffset()) == (hour, timedelta(0))
    assert run.partition_key == f"{run.run_after - timedelta(days=1):%Y-%m-%d}"


def test_the_weekly_tasks_are_the_steps_of_the_upkeep() -> None:
    from ringwatch.airflow import weekly, weekly_upkeep
    from ringwatch.upkeep.steps import STEPS

    order = [task.task_id for task in weekly_upkeep().topological_sort()]

    assert order == ["begin", *STEPS]
    assert tuple(STEPS) == weekly.STEPS


def first_run(dag: "DAG") -> Any:
    """What the scheduler plans for a DAG that has never run."""
    from airflow.serialization.serialized_objects import DagSerialization

    serialized = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    return serialized.next_dagrun_info(last_automated_run_info=None)
