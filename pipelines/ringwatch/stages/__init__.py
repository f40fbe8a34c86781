"""The six stages of a night. Each is a module with `run(night) -> Report`; none imports another."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from ringwatch import run_report
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.night import STAGES, Night, Report


def run_night(night: Night, begins: Callable[[str], object]) -> list[Report]:
    """Run all stages of `night` in order; `begins` is told the name of each before it runs."""
    reports = []
    for stage in STAGES:
        begins(stage)
        reports.append(run_stage(stage, night))
    return reports


def run_stage(name: str, night: Night) -> Report:
    """Run one stage of `night` and add what it did to the run report of the day.

    Raises UsageError for an unknown stage and InfrastructureError while another stage works in the same home.
    """
    if name not in STAGES:
        raise UsageError(f"there is no stage {name}; the stages are {', '.join(STAGES)}")
    with _alone(night):
        report: Report = importlib.import_module(f"ringwatch.stages.{name}").run(night)
        run_report.add(night, report)
    return report


@contextmanager
def _alone(night: Night) -> Iterator[None]:
    """Let one stage work in a home at a time: all of them write the same files, graph and store."""
    home = night.files.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / "stage.lock", timeout=0)
        with lock:
            yield
    except Timeout:
        raise InfrastructureError(f"another stage is running in {home}; wait until it is done") from None
