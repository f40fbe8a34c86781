"""The tasks of a night and of the upkeep: one that waits until it may begin, and one for each stage or step."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, BaseOperator, BaseSensorOperator

from ringwatch.airflow import connections
from ringwatch.airflow.endings import NeedsPerson, told
from ringwatch.airflow.runs import Run
from ringwatch.night import STAGES

if TYPE_CHECKING:
    from datetime import date

    from ringwatch.night import Night, Report

GRAPH = Asset("accounts_graph", group="ringwatch")
FLAGGED_RINGS = Asset("flagged_rings", group="ringwatch")
DAY = "{{ dag_run.partition_key or params.day or '' }}"


class AwaitTurn(BaseSensorOperator):
    """Wait until no other run works, and take the turn for this one. While it waits, it takes no place of a worker."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(mode="reschedule", **arguments)

    def poke(self, context: Any) -> bool:
        run = Run(context)
        with told(context["ti"].xcom_push):
            waits = self._waits(run)
        self.log.info("%s", f"It waits: {waits}." if waits else "It may begin.")
        return waits is None

    def _waits(self, run: Run) -> str | None:
        """Return what is waited for, None when that is nothing."""
        from datetime import date

        return take_turn(date.min, run, self.dag_id)


class Begin(AwaitTurn):
    """Wait until the night may begin: those before it in a backfill are done, its feeds are there, it has its turn.

    `last` is the task that every run ends with. The feeds are waited for until the setting feeds_wait_hours has passed
    since the end of the day.
    """

    template_fields: Sequence[str] = ("day",)

    def __init__(self, *, last: str, day: str = DAY, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.last, self.day = last, day

    def _waits(self, run: Run) -> str | None:
        waits = run.waits_for_earlier(self.task_id, self.last) or self._feeds(run)
        return waits or take_turn(run.day, run, _night_of(run.day))

    def _feeds(self, run: Run) -> str | None:
        """Return which feed is waited for. Raises DataRefused when it is too late."""
        from datetime import UTC, datetime

        from ringwatch.data_day import feeds_deadline
        from ringwatch.errors import DataRefused
        from ringwatch.night import open_night
        from ringwatch.spark import feeds
        from ringwatch.symptoms import LATE_FEED

        settings = connections.settings()
        with open_night(settings, run.day) as night:
            lacks = feeds.missing(night)
        until = feeds_deadline(run.day, settings.day_zone, settings.feeds_wait_hours)
        if lacks and datetime.now(UTC) >= until:
            raise DataRefused(f"{lacks} (it was waited for until {until:%F %R} UTC)", LATE_FEED)
        return f"{lacks}; until {until:%F %R} UTC" if lacks else None


class Working(BaseOperator):
    """Do something when it is this run's turn, and say it in sentences. `last`: the run gives its turn back then."""

    def __init__(self, *, last: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.last = last

    def execute(self, context: Any) -> dict[str, Any]:
        run = Run(context)
        try:
            with told(context["ti"].xcom_push), self._night(run) as night:
                report = self._in_turn(night, run)
        except SystemExit as ending:
            if isinstance(ending, NeedsPerson) or run.is_last_try:
                _give_back(run)
            raise
        self._say(report)
        self._announce(night, report, context["outlet_events"])
        if self.last:
            _give_back(run)
        return report.as_dict()

    def _in_turn(self, night: Night, run: Run) -> Report:
        from ringwatch.errors import InfrastructureError

        what = self._what(night)
        if waits := take_turn(night.day, run, what):
            raise InfrastructureError(f"{waits}; run this task again when it is done")
        report = self._work(night)
        take_turn(night.day, run, what)
        return report

    def _say(self, report: Report) -> None:
        from ringwatch.telling import told as sentences

        for sentence in sentences(report):
            (self.log.warning if sentence.startswith("Warning: ") else self.log.info)("%s", sentence)

    def _night(self, run: Run) -> Night:
        """Return the night on which it works."""
        raise NotImplementedError

    def _what(self, night: Night) -> str:
        """Return what those who wait are told of the run."""
        raise NotImplementedError

    def _work(self, night: Night) -> Report:
        raise NotImplementedError

    def _announce(self, night: Night, report: Report, events: Any) -> None:
        """Say what is new in the assets of the task."""


class Stage(Working):
    """Run one stage of the night. What it did is in the log in sentences, and returned as counts."""

    template_fields: Sequence[str] = ("day",)

    def __init__(self, *, stage: str, day: str = DAY, **arguments: Any) -> None:
        super().__init__(last=stage == STAGES[-1], **arguments)
        self.stage, self.day = stage, day

    def _night(self, run: Run) -> Night:
        from ringwatch.night import open_night

        return open_night(connections.settings(), run.day, run=run.key)

    def _what(self, night: Night) -> str:
        return _night_of(night.day)

    def _work(self, night: Night) -> Report:
        from ringwatch import stages

        return stages.run_stage(self.stage, night)

    def _announce(self, night: Night, report: Report, events: Any) -> None:
        """With the assets goes where the report of the night is."""
        facts: dict[str, Any] = {
            "day": report.day.isoformat(),
            "counts": report.counts,
            "report": str(night.files.report(report.day)),
        }
        if FLAGGED_RINGS in self.outlets:
            facts["page"] = self._page(night)
        for asset in self.outlets:
            events[asset].extra = facts

    def _page(self, night: Night) -> str | None:
        """Write the page of the night; one that cannot be written takes nothing back of what is published."""
        from ringwatch.cli.failures import foreseen
        from ringwatch.cli.review_page import REPORTER, write_report

        try:
            page = write_report(night.settings, night.day, REPORTER)
        except Exception as error:
            self.log.warning("The page of the night could not be written: %s", foreseen(error))
            return None
        self.log.info("The page of the night is %s", page)
        return str(page)


class Upkeep(Working):
    """Do one step of the upkeep, on the newest day."""

    def __init__(self, *, step: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.step = step

    def _night(self, run: Run) -> Night:
        from ringwatch.cli.upkeep import day_of
        from ringwatch.night import open_night

        settings = connections.settings()
        return open_night(settings, day_of(settings), run=run.key)

    def _what(self, night: Night) -> str:  # noqa: ARG002 - it is about no day
        return self.dag_id

    def _work(self, night: Night) -> Report:
        from ringwatch.upkeep import steps

        return steps.run(self.step, night)


def take_turn(day: date, run: Run, what: str) -> str | None:
    """Take or keep the turn for the run; return who has it when it is another one's."""
    from ringwatch import disk, rights
    from ringwatch.night import open_night

    settings = connections.settings()
    with disk.failures(settings), rights.kept(settings), open_night(settings, day) as night:
        return night.store.turn.take(run.key, what, run.is_over)


def _night_of(day: date) -> str:
    return f"the night of {day}"


def _give_back(run: Run) -> None:
    """Let others have the turn. When that fails, too, they see that the run is over."""
    from datetime import date

    from ringwatch.errors import RingwatchError
    from ringwatch.night import open_night

    with suppress(RingwatchError), open_night(connections.settings(), date.min) as night:
        night.store.turn.give_back(run.key)
