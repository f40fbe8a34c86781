"""A run of a DAG: which day it is about, whose turn it is, and which nights of its backfill come before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

# What a run's first task leaves for the runs behind it in the same backfill.
LATER = "later_nights"

_KEY = re.compile(r"^backfill__.*__(\d{4}-\d{2}-\d{2})__")
_STOPPED = {"failed", "upstream_failed"}
_OVER = _STOPPED | {"success", "skipped", "removed"}


@dataclass(frozen=True)
class Run:
    """The run that a task belongs to."""

    context: Any

    @property
    def key(self) -> str:
        return f"{self._run.dag_id}/{self._run.run_id}"

    @property
    def day(self) -> date:
        """The day of the data. Raises UsageError when the run names none."""
        from ringwatch.data_day import data_day

        day = self.context["params"].get("day")
        return data_day(self._run.partition_key, day, self.context.get("logical_date"))

    @property
    def is_last_try(self) -> bool:
        return bool(self._task.try_number > self._task.max_tries)

    def is_over(self, key: str) -> bool:
        """Whether the run with this key will do nothing more: it has ended, or is not known any more."""
        dag_id, _, run_id = key.partition("/")
        active = self._task.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["queued", "running"])
        return int(active) == 0

    def waits_for_earlier(self, first: str, last: str) -> str | None:
        """Return which earlier day a backfill is at: later nights rest on it, whatever started them.

        Of a night of the same backfill it raises UsageError when an earlier one has stopped.

        `first` and `last` are the tasks that every run begins and ends with. There is one backfill of a DAG at a time:
        runs of backfills that are not over are of the same one, and so are those that found this one waiting.
        """
        nights = dict(self._nights(first, last))
        later = [run for run, (day, _, end) in nights.items() if day > str(self.day) and end not in _OVER]
        self._task.xcom_push(LATER, later)
        for run, (day, begun, end) in sorted(nights.items(), key=lambda night: night[1][0]):
            if day < str(self.day):
                self._refuse_behind(run, day, end, first)
                if begun is not None and end not in _OVER:
                    return f"the night of {day} comes before it, and a backfill is at it"
        return None

    def _nights(self, first: str, last: str) -> Iterator[tuple[str, tuple[str, Any, Any]]]:
        """Yield the runs of backfills: id, day, and the states of their first and last task."""
        states = self._task.get_task_states(dag_id=self._run.dag_id, task_ids=[first, last])
        for run, tasks in states.items():
            if found := _KEY.match(run):
                yield run, (found[1], tasks.get(first), tasks.get(last))

    def _refuse_behind(self, run: str, day: str, end: Any, first: str) -> None:
        from ringwatch.errors import NightBeforeStopped

        if end not in _STOPPED:
            return
        later = self._task.xcom_pull(task_ids=first, key=LATER, run_id=run) or []
        if self._run.run_id in later:
            raise NightBeforeStopped(
                f"{self.day} is not run, since the night of {day}, which comes before it in this backfill, stopped; "
                f"mend what stopped it, then backfill again with --reprocess-behavior failed"
            )

    @property
    def _run(self) -> Any:
        return self.context["dag_run"]

    @property
    def _task(self) -> Any:
        return self.context["ti"]
