"""The tasks of a night: one that waits until it may begin, and one for each stage."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, BaseOperator, BaseSensorOperator

from ringwatch.airflow.endings import NeedsPerson, told
from ringwatch.airflow.runs import Run

if TYPE_CHECKING:
    from ringwatch.night import Night, Report

GRAPH = Asset("accounts_graph", group="ringwatch")
FLAGGED_RINGS = Asset("flagged_rings", group="ringwatch")
DAY = "{{ dag_run.partition_key or params.day or '' }}"


class Begin(BaseSensorOperator):
    """Wait until the night may begin: those before it in a backfill are done, its feeds are there, it has its turn.

    `last` is the task that every run ends with. The feeds are waited for until the setting feeds_wait_hours has passed
    since the end of the day. While it waits, it takes no place of a worker.
    """

    template_fields: Sequence[str] = ("day",)

    def __init__(self, *, last: str, day: str = DAY, **arguments: Any) -> None:
        super().__init__(mode="reschedule", **arguments)
        self.last, self.day = last, day

    def poke(self, context: Any) -> bool:
        run = Run(context)
        with told(context["ti"].xcom_push):
            waits = run.waits_in_backfill(self.task_id, self.last) or self._feeds(run) or self._turn(run)
        self.log.info("The night of %s %s.", run.day, f"waits: {waits}" if waits else "may begin")
        return waits is None

    def _feeds(self, run: Run) -> str | None:
        """Return which feed is waited for. Raises DataRefused when it is too late."""
        from datetime import UTC, datetime

        from ringwatch.data_day import feeds_deadline
        from ringwatch.errors import DataRefused
        from ringwatch.gate import delivery
        from ringwatch.night import open_night
        from ringwatch.settings import load_settings

        settings = load_settings()
        with open_night(settings, run.day) as night:
            lacks = delivery.missing(night)
        until = feeds_deadline(run.day, settings.day_zone, settings.feeds_wait_hours)
        if lacks and datetime.now(UTC) >= until:
            raise DataRefused(f"{lacks} (it was waited for until {until:%F %R} UTC)")
        return f"{lacks}; until {until:%F %R} UTC" if lacks else None

    def _turn(self, run: Run) -> str | None:
        from ringwatch.night import open_night
        from ringwatch.settings import load_settings

        with open_night(load_settings(), run.day) as night:
            return take_turn(night, run)


class Stage(BaseOperator):
    """Run one stage of the night. What it did is in the log in sentences, and returned as counts."""

    template_fields: Sequence[str] = ("day",)

    def __init__(self, *, stage: str, day: str = DAY, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.stage, self.day = stage, day

    def execute(self, context: Any) -> dict[str, Any]:
        from ringwatch.night import open_night
        from ringwatch.settings import load_settings

        run = Run(context)
        try:
            with told(context["ti"].xcom_push), open_night(load_settings(), run.day, run=run.key) as night:
                report = self._run(night, run)
        except SystemExit as ending:
            if isinstance(ending, NeedsPerson) or run.is_last_try:
                _give_back(run)
            raise
        self._say(report)
        self._announce(night, report, context["outlet_events"])
        return report.as_dict()

    def _run(self, night: Night, run: Run) -> Report:
        from ringwatch import stages
        from ringwatch.errors import InfrastructureError
        from ringwatch.night import STAGES

        if waits := take_turn(night, run):
            raise InfrastructureError(f"{waits}; run this stage again when it is done")
        report = stages.run_stage(self.stage, night)
        if self.stage == STAGES[-1]:
            night.store.turn.give_back(run.key)
        else:
            take_turn(night, run)
        return report

    def _say(self, report: Report) -> None:
        from ringwatch.telling import told as sentences

        for sentence in sentences(report):
            (self.log.warning if sentence.startswith("Warning: ") else self.log.info)("%s", sentence)

    def _announce(self, night: Night, report: Report, events: Any) -> None:
        """Say with the asset what is new in it, and where the report of the night is."""
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


def take_turn(night: Night, run: Run) -> str | None:
    """Take or keep the turn for the run; return who has it when it is another one's."""
    from ringwatch import disk, rights

    with disk.failures(night.settings), rights.kept(night.settings):
        return night.store.turn.take(run.key, f"the night of {night.day}", run.is_over)


def _give_back(run: Run) -> None:
    """Let others have the turn. When that fails, too, they see that the run is over."""
    from ringwatch.errors import RingwatchError
    from ringwatch.night import open_night
    from ringwatch.settings import load_settings

    with suppress(RingwatchError), open_night(load_settings(), run.day) as night:
        night.store.turn.give_back(run.key)
