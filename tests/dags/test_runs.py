"""The order of nights in a backfill, and what a task does when it fails."""

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("airflow")

from airflow.sdk import RetryAction

from ringwatch.airflow.endings import ONLY_WHAT_MAY_PASS, MayPass, NeedsPerson, told
from ringwatch.airflow.runs import LATER, Run
from ringwatch.errors import DataRefused, InfrastructureError, UsageError, Withheld


def backfilled(day: str, which: str = "a") -> str:
    return f"backfill__{day}T02:00:00+00:00__{day}__{which}"


class Task:
    """A task as Airflow gives it to runs: `states` of the runs' first and last tasks, `left` by their first ones."""

    def __init__(self, states: dict[str, tuple[str | None, str | None]], left: dict[str, list[str]]) -> None:
        self.states, self.left, self.pushed = states, left, {}

    def get_task_states(self, **_: Any) -> dict[str, dict[str, str | None]]:
        return {run: {"begin": first, "publish": last} for run, (first, last) in self.states.items()}

    def xcom_pull(self, run_id: str, **_: Any) -> list[str] | None:
        return self.left.get(run_id)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def run_of(
    run_id: str, day: str, states: dict[str, tuple[str | None, str | None]], left: dict[str, list[str]] | None = None
) -> Run:
    dag_run = SimpleNamespace(run_id=run_id, dag_id="nightly", partition_key=day)
    return Run({"dag_run": dag_run, "ti": Task(states, left or {}), "params": {}})


MONDAY, TUESDAY, WEDNESDAY = "2026-03-02", "2026-03-03", "2026-03-04"
WAITING, WORKING, STOPPED, UNSEEN = ("up_for_reschedule", None), ("success", None), ("success", "failed"), (None, None)


def test_a_night_waits_for_those_before_it_in_its_backfill() -> None:
    states = {backfilled(MONDAY): WORKING, backfilled(TUESDAY): WAITING}

    waits = run_of(backfilled(TUESDAY), TUESDAY, states).waits_for_earlier("begin", "publish")

    assert waits == "the night of 2026-03-02 comes before it, and a backfill is at it"


def test_the_first_night_waits_for_nobody_and_notes_who_is_behind_it() -> None:
    run = run_of(backfilled(MONDAY), MONDAY, {backfilled(MONDAY): WAITING, backfilled(TUESDAY): UNSEEN})

    assert run.waits_for_earlier("begin", "publish") is None
    assert run.context["ti"].pushed == {LATER: [backfilled(TUESDAY)]}


@pytest.mark.parametrize("stopped", [STOPPED, ("failed", "upstream_failed")])
def test_a_night_that_stopped_stops_those_after_it(stopped: tuple[str, str]) -> None:
    states = {backfilled(MONDAY): stopped, backfilled(WEDNESDAY): WAITING}
    run = run_of(backfilled(WEDNESDAY), WEDNESDAY, states, {backfilled(MONDAY): [backfilled(WEDNESDAY)]})

    with pytest.raises(UsageError, match=r"2026-03-04 is not run, since the night of 2026-03-02, .* stopped"):
        run.waits_for_earlier("begin", "publish")


def test_a_night_that_stopped_in_an_older_backfill_stops_nobody() -> None:
    states = {backfilled(MONDAY, "old"): STOPPED, backfilled(TUESDAY): WAITING}
    run = run_of(backfilled(TUESDAY), TUESDAY, states, {backfilled(MONDAY, "old"): [backfilled(TUESDAY, "old")]})

    assert run.waits_for_earlier("begin", "publish") is None


def test_a_night_that_is_not_begun_is_not_waited_for() -> None:
    """Else a backfill that runs backwards, one night at a time, would never end."""
    states = {backfilled(MONDAY): UNSEEN, backfilled(TUESDAY): WAITING}

    assert run_of(backfilled(TUESDAY), TUESDAY, states).waits_for_earlier("begin", "publish") is None


@pytest.mark.parametrize("kind", ["manual__2026-03-03T05:00:00__x", "scheduled__2026-03-04T02:00:00__2026-03-03__x"])
def test_a_night_of_any_kind_waits_for_earlier_days_that_a_backfill_is_at(kind: str) -> None:
    run = run_of(kind, TUESDAY, {backfilled(MONDAY): WORKING, backfilled(WEDNESDAY): WAITING})

    assert run.waits_for_earlier("begin", "publish") is not None


def test_a_backfill_that_stopped_stops_no_night_of_another_kind() -> None:
    run = run_of("manual__2026-03-03T05:00:00__x", TUESDAY, {backfilled(MONDAY): STOPPED})

    assert run.waits_for_earlier("begin", "publish") is None


@pytest.mark.parametrize(
    ("error", "code", "action"),
    [
        (UsageError("wrong"), 2, RetryAction.FAIL),
        (DataRefused("refused"), 3, RetryAction.FAIL),
        (Withheld("withheld"), 1, RetryAction.FAIL),
        (InfrastructureError("gone"), 4, RetryAction.DEFAULT),
        (ConnectionRefusedError(111, "Connection refused"), 4, RetryAction.DEFAULT),
        (ValueError("a fault of ours"), 4, RetryAction.FAIL),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, code: int, action: RetryAction) -> None:
    said: dict[str, str] = {}

    with pytest.raises((NeedsPerson, MayPass)) as ending, told(said.__setitem__):
        raise error

    assert ending.value.code == code
    assert ONLY_WHAT_MAY_PASS.evaluate(ending.value, try_number=1, max_tries=2).action == action
    assert len(said["stopped"].splitlines()) == 1
