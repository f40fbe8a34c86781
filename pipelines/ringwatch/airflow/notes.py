"""The note on a run, which Airflow shows in lists and on its page: its day, then what was published or why it stopped.

Called by the scheduler. What people wrote there stays.
"""

from __future__ import annotations

from typing import Any

from airflow.listeners import hookimpl
from sqlalchemy import select
from sqlalchemy.orm import object_session

from ringwatch.airflow.endings import STOPPED
from ringwatch.airflow.timetable import Nightly

_OURS = "Night of "


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:  # noqa: ARG001 - the signature is Airflow's
    _note(dag_run, "")


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:  # noqa: ARG001
    counts = (_left(dag_run, "return_value") or {}).get("counts", {})
    if "rings" in counts:
        _note(dag_run, f": {counts['rings']:,} rings of {counts['members']:,} accounts are published")


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:  # noqa: ARG001
    why = _left(dag_run, STOPPED)
    _note(dag_run, f" stopped: {why}" if why else " stopped; the log of its red task says why")


def _note(dag_run: Any, said: str) -> None:
    if object_session(dag_run) is None or not isinstance(dag_run.dag and dag_run.dag.timetable, Nightly):
        return  # `airflow dags test` tells of runs that no session holds: what they lack cannot be looked up
    day = dag_run.partition_key or (dag_run.conf or {}).get("day")
    if day and (not dag_run.note or dag_run.note.startswith(_OURS)):
        dag_run.note = f"{_OURS}{day}{said}"


def _left(dag_run: Any, key: str) -> Any:
    """Return what the task of the run that wrote last left under `key`."""
    from airflow.models.xcom import XComModel

    session = object_session(dag_run)
    if session is None:
        return None
    found = select(XComModel.value).where(XComModel.key == key, XComModel.dag_run_id == dag_run.id)
    return session.scalar(found.order_by(XComModel.timestamp.desc()).limit(1))
