"""Which days scheduled runs and backfills are about."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("airflow")

if TYPE_CHECKING:
    from airflow.sdk import DAG

FIRST = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "keys"),
    [(0, ["2026-03-02"]), (2, ["2026-03-02", "2026-03-03", "2026-03-04"])],
)
def test_a_backfill_has_a_run_for_each_day_from_its_first_to_its_last(
    nightly: "DAG", days: int, keys: list[str]
) -> None:
    runs = serialized(nightly).iter_dagrun_infos_between(FIRST, FIRST + timedelta(days=days))

    assert [run.partition_key for run in runs] == keys


def test_a_backfill_and_the_schedule_mean_the_same_partition(nightly: "DAG") -> None:
    scheduled = serialized(nightly).next_dagrun_info(last_automated_run_info=None)
    day = datetime.strptime(scheduled.partition_key, "%Y-%m-%d").replace(tzinfo=UTC)

    (backfilled,) = serialized(nightly).iter_dagrun_infos_between(day, day)

    assert backfilled.partition_date == scheduled.partition_date


def test_days_that_were_backfilled_do_not_make_last_night_look_missed(nightly: "DAG") -> None:
    """With Airflow's own timetable the first backfill of an old day would start last night as well."""
    (run,) = serialized(nightly).iter_dagrun_infos_between(FIRST, FIRST)
    backfilled = SimpleNamespace(run_type="backfill", data_interval_start=None, data_interval_end=None, **run._asdict())

    before = datetime.now(UTC)
    timetable = serialized(nightly).timetable
    following = serialized(nightly).next_dagrun_info(
        last_automated_run_info=timetable.run_info_from_dag_run(dag_run=backfilled)
    )

    assert following.run_after > before - timedelta(minutes=61)


def test_a_night_that_was_missed_is_made_up_for(nightly: "DAG") -> None:
    scheduled = serialized(nightly).next_dagrun_info(last_automated_run_info=None)
    old = scheduled._replace(run_after=scheduled.run_after - timedelta(days=3))

    following = serialized(nightly).next_dagrun_info(last_automated_run_info=old)

    assert following.run_after <= datetime.now(UTC)


@pytest.fixture
def airflow_local(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "scripts")
    import airflow_local

    return airflow_local


def test_a_command_for_a_day_is_shown_when_there_is_one(
    airflow_local: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("2026-03-02", "2026-03-03", "archive"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("RINGWATCH_FEEDS_DIR", str(tmp_path))

    said = airflow_local.welcome(airflow_local.Airflow(tmp_path, 8080))

    assert """dags trigger nightly_ring_discovery --conf '{"day": "2026-03-03"}'""" in said


@pytest.mark.parametrize("folder", ["empty", "not-there"])
def test_without_feeds_no_command_is_shown_that_would_fail(
    airflow_local: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("RINGWATCH_FEEDS_DIR", str(tmp_path / folder))

    said = airflow_local.welcome(airflow_local.Airflow(tmp_path, 8080))

    assert "dags trigger" not in said
    assert "without a folder for any day" in said


def serialized(dag: "DAG") -> Any:
    """The DAG as the scheduler sees it."""
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.from_dict(DagSerialization.to_dict(dag))
