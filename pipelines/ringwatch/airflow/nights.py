"""The DAG of the nights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, chain

from ringwatch.airflow.endings import ONLY_WHAT_MAY_PASS
from ringwatch.airflow.notifier import Digest, Incident
from ringwatch.airflow.tasks import FLAGGED_RINGS, GRAPH, Begin, Stage
from ringwatch.airflow.timetable import Nightly
from ringwatch.night import STAGES

BEGIN = "begin"
TRIES: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
    "retry_policy": ONLY_WHAT_MAY_PASS,
    "execution_timeout": timedelta(hours=6),
}
_OUTLETS = {"publish": [GRAPH, FLAGGED_RINGS]}


def nightly(
    dag_id: str = "nightly_ring_discovery",
    *,
    hour: int = 2,
    look_every: timedelta = timedelta(minutes=1),
    default_args: dict[str, Any] | None = None,
    **arguments: Any,
) -> DAG:
    """Finds the rings of accounts behind one operator, every night, for the day that has just ended.

    `begin` waits until the night may begin; then comes one task per stage, in order: validate, load, link, detect,
    score, publish. Each can be run again alone, and twice gives the same. What a stage did is in its log and part of
    the run report of the day.

    **Which day?** The partition key of the run: the run in the night of 2026-11-23 has the key `2026-11-22`, and a
    backfill has one run for each day from its first to its last, both included. A run triggered by hand takes the
    parameter `day`, or the key. The note on the run has it.

    **What does `begin` wait for?** For the nights before this one in its backfill, of which one that stops, stops those
    after it; for the feeds, until `feeds_wait_hours` after the end of the day; and for its turn: one night works at a
    time, whether scheduled, backfilled or triggered by hand.

    **When a task is red,** the end of its log and the note on the run say in one sentence what happened and what to do
    next. Refused data, a wrong setting and a withheld night need a person and are not tried again; a server or disk
    that fails is, twice. Reviewers see nothing of a night that stopped: they keep the night before. Who is named in the
    setting `notify_urls` gets one message for a night that stopped, and a digest of one that was published.
    """
    # The DAG: `hour` is that of the night in UTC, `look_every` how often `begin` looks; the rest is Airflow's own.
    # Without a start date, switching it on starts nothing before the next night, and any day can be backfilled.
    settings: dict[str, Any] = {
        "catchup": False,
        "max_active_runs": 1,
        "params": {"day": Param(None, type=["null", "string"], format="date", description="day the data are about")},
        "doc_md": nightly.__doc__,
        "tags": ["ringwatch"],
    }
    defaults = TRIES | {"on_failure_callback": Incident()} | (default_args or {})
    with DAG(dag_id, schedule=Nightly(hour), default_args=defaults, **settings | arguments) as dag:
        begin = Begin(task_id=BEGIN, last=STAGES[-1], poke_interval=look_every)
        tasks = [Stage(task_id=stage, stage=stage, outlets=_OUTLETS.get(stage, [])) for stage in STAGES]
        tasks[-1].on_success_callback = [Digest()]
        chain(begin, *tasks)
    return dag
