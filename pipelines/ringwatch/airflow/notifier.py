"""Messages of the DAGs: one for a task that stopped its night, a digest of a night that was published.

Both are off until the setting notify_urls names somebody. To have others told in another way, hand `nightly` callbacks
of your own in `default_args`.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk.bases.notifier import BaseNotifier

from ringwatch.airflow.runs import Run


class Incident(BaseNotifier):
    """Tell that a task stopped its run: what is wrong, the first step, and where the runbook says more.

    what: the run in a word or two; else it is a night.
    """

    def __init__(self, what: str | None = None) -> None:
        super().__init__()
        self.what = what

    def notify(self, context: Any) -> None:
        from ringwatch import notifying
        from ringwatch.errors import NightBeforeStopped
        from ringwatch.settings import load_settings

        failure = _failure(context.get("exception"))
        if not isinstance(failure, NightBeforeStopped):  # the night before was told of
            what = self.what or notifying.night_of(Run(context).day)
            notifying.of_failure(load_settings(), what, context["ti"].task_id, failure)


class Digest(BaseNotifier):
    """Tell what was published, from the run report of the night."""

    def notify(self, context: Any) -> None:
        from ringwatch import notifying
        from ringwatch.days import run_report
        from ringwatch.night import open_night
        from ringwatch.settings import load_settings

        settings = load_settings()
        with open_night(settings, Run(context).day) as night:
            notifying.send(settings, notifying.digest(settings, night.day, run_report.read(night)))


def _failure(exception: BaseException | None) -> Any:
    """Return the failure behind an ending; a task that was killed, or took too long, has none of its own."""
    from ringwatch.errors import InfrastructureError

    what = type(exception).__name__ if exception else "it was killed, or its worker was lost"
    return getattr(exception, "failure", None) or InfrastructureError(f"the task ended early ({what})")
