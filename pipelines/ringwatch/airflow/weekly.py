"""The DAG of the upkeep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, chain

from ringwatch.airflow.nights import BEGIN, TRIES
from ringwatch.airflow.notifier import Incident
from ringwatch.airflow.tasks import AwaitTurn, Upkeep

# The steps of `ringwatch.upkeep`, which loads too much to be asked while Airflow reads DAGs.
STEPS = ("expire", "purge", "erase", "drift", "retain", "backup", "check")


def weekly_upkeep(
    dag_id: str = "weekly_upkeep",
    *,
    cron: str = "0 12 * * 0",
    look_every: timedelta = timedelta(minutes=5),
    default_args: dict[str, Any] | None = None,
    **arguments: Any,
) -> DAG:
    """What is due each week, on Sundays at noon (UTC), so that nights can go on for years.

    `begin` waits until no night works. Then, in order: `expire` takes away claims of reviewers that ran out and names
    allowances that did; `purge` sees that what fell out of the window is gone from the graph; `erase` erases the
    accounts that wait for it (`ringwatch erase --later`); `drift` compares the score with verdicts; `retain` removes
    what nights left of days older than `keep_days`; `backup` writes a backup into `backup_dir` and keeps the newest
    `backups_kept`; `check` restores it into an empty home, compares all of it, and takes that away again.

    `ringwatch upkeep STEP` does the same on the command line.
    """
    settings: dict[str, Any] = {
        "catchup": False,
        "max_active_runs": 1,
        "doc_md": weekly_upkeep.__doc__,
        "tags": ["ringwatch"],
    }
    schedule = CronTriggerTimetable(cron, timezone="UTC", run_immediately=timedelta(minutes=10))
    defaults = TRIES | {"on_failure_callback": Incident("weekly upkeep")} | (default_args or {})
    with DAG(dag_id, schedule=schedule, default_args=defaults, **settings | arguments) as dag:
        begin = AwaitTurn(task_id=BEGIN, poke_interval=look_every)
        chain(begin, *(Upkeep(task_id=step, step=step, last=step == STEPS[-1]) for step in STEPS))
    return dag
