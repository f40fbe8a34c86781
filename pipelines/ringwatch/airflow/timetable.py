"""When nights run, and which day each is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.timetables.trigger import CronPartitionTimetable
from airflow.utils.types import DagRunType
from pendulum import now, timezone

# A night that is due for less is started, though there was none before it; else the first one would be put off to the
# next day when the DAG is read, or another run works, just when it is due.
_DUE = timedelta(hours=1)


class Nightly(CronPartitionTimetable):
    """Each day at 02:00 UTC, for the day that has just ended; its partition key is that day.

    A backfill makes the runs whose partition lies from 00:00 of its first day to 00:00 of its last, by the clock of the
    timetable. By a clock that is two hours behind UTC the nights at 02:00 UTC are midnights, and so are the partitions:
    from D to D is one night. A backfill of days of the past starts no other night: for Airflow alone it would show that
    the night before today was missed.
    """

    def __init__(self, hour: int = 2) -> None:
        # A clock by its distance: zones with names end twelve hours behind UTC. `run_immediately`: see _DUE.
        super().__init__(
            "0 0 * * *",
            timezone=timezone(-hour * 3600),
            run_offset=-1,
            key_format="%Y-%m-%d",
            run_immediately=_DUE,
        )
        self._hour = hour

    @property
    def summary(self) -> str:
        return f"{self._hour:02}:00 UTC"

    def serialize(self) -> dict[str, Any]:
        return {"hour": self._hour}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Nightly:
        return cls(data["hour"])

    def run_info_from_dag_run(self, *, dag_run: Any) -> Any:
        info = super().run_info_from_dag_run(dag_run=dag_run)
        if dag_run.run_type != DagRunType.BACKFILL_JOB:
            return info
        return info._replace(run_after=max(info.run_after, self._align_to_prev(now("UTC") - _DUE)))
