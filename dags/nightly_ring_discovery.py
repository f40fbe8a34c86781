"""Finds the rings of accounts behind one operator, every night at 02:00 UTC, for the day that has just ended.

One task per stage, in order: validate, load, link, detect, score, publish. Each can be run again alone, and twice gives
the same. What a stage did is its return value (XCom) and part of the run report of the day.

**Which day?** The partition key of the run: the run in the night of 2026-11-23 has the key `2026-11-22`, and a backfill
has one run for each day from its first to its last, both included. A run triggered by hand takes the parameter `day`.
The clock is never asked.

**When a task is red,** the end of its log says in one sentence what happened and what to do next. Refused data, a wrong
setting and a withheld night need a person and are not tried again; a server or disk that fails is, twice. Reviewers
see nothing of a night that stopped: they keep the night before.

**May runs overlap?** No, all nights work on the same graph: the tasks share the one slot of the pool `ringwatch`, and a
run that has begun goes before one that has not, whether scheduled, backfilled or triggered by hand.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, CronPartitionTimetable, Param, chain, dag, task

from ringwatch.night import STAGES

FLAGGED_RINGS = Asset("flagged_rings", group="ringwatch")


# A backfill makes the runs whose partition lies from 00:00 of its first day to 00:00 of its last, by the clock of the
# timetable. By a clock that is two hours behind UTC the nights at 02:00 UTC are midnights, and so are the partitions:
# `--from-date D --to-date D` is one night.
NIGHTLY = CronPartitionTimetable(
    "0 0 * * *",
    timezone="Etc/GMT+2",  # POSIX turns the sign around: this is UTC-2
    run_offset=-1,
    key_format="%Y-%m-%d",
    run_immediately=timedelta(0),  # False would still run the last slot within 10 % of the interval after it
)


# Without a start date, switching the DAG on starts nothing before 02:00, and any day of the past can be backfilled.
@dag(
    schedule=NIGHTLY,
    catchup=False,
    max_active_runs=1,
    params={"day": Param(None, type=["null", "string"], format="date", description="day the data are about")},
    default_args={
        "pool": "ringwatch",
        "weight_rule": "upstream",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=6),
    },
    doc_md=__doc__,
    tags=["ringwatch"],
)
def nightly_ring_discovery() -> None:
    published = {"publish": [FLAGGED_RINGS]}
    chain(*(run_stage.override(task_id=stage, outlets=published.get(stage, []))(stage) for stage in STAGES))


@task(multiple_outputs=False)
def run_stage(stage: str, **context: Any) -> dict[str, Any]:
    """Run one stage of the night and return its report; what needs a person fails without another try."""
    from airflow.sdk.exceptions import AirflowFailException

    from ringwatch import stages
    from ringwatch.data_day import data_day
    from ringwatch.errors import InfrastructureError, RingwatchError
    from ringwatch.night import open_night
    from ringwatch.settings import load_settings

    run = context["dag_run"]
    try:
        day = data_day(run.partition_key, context["params"]["day"], context.get("logical_date"))
        with open_night(load_settings(), day) as night:
            report = stages.run_stage(stage, night)
    except InfrastructureError:
        raise
    except RingwatchError as refusal:
        raise AirflowFailException(str(refusal)) from None
    if stage == "publish":
        context["outlet_events"][FLAGGED_RINGS].extra = {"day": day.isoformat(), "rings": report.counts["rings"]}
    return report.as_dict()


nightly_ring_discovery()
