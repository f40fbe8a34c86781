"""The six stages of a night. Each is a module with `run(night) -> Report`; none imports another."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from ringwatch import run_report
from ringwatch.errors import UsageError
from ringwatch.night import STAGES, Night, Report

if TYPE_CHECKING:
    from ringwatch.review.lease import Lease


def run_night(night: Night, begins: Callable[[str], object]) -> list[Report]:
    """Run all stages of `night` in order; `begins` is told the name of each before it runs.

    Raises InfrastructureError while another stage works on the same store.
    """
    reports = []
    with night.store.lease(_what(STAGES[0], night), night.settings.lease_seconds) as lease:
        for stage in STAGES:
            begins(stage)
            lease.keep(_what(stage, night))
            reports.append(_run(stage, night, lease))
    return reports


def run_stage(name: str, night: Night) -> Report:
    """Run one stage of `night` and add what it did to the run report of the day.

    Raises UsageError for an unknown stage and InfrastructureError while another stage works on the same store.
    """
    if name not in STAGES:
        raise UsageError(f"there is no stage {name}; the stages are {', '.join(STAGES)}")
    with night.store.lease(_what(name, night), night.settings.lease_seconds) as lease:
        return _run(name, night, lease)


def rebuild(night: Night, begins: Callable[[str], object]) -> list[Report]:
    """Make the graph anew from the clean files of all days up to the night's, and from what is published.

    It says what a graph says that grew night by night: what load, link and publish wrote. Nothing is published anew and
    run reports stay as they are. Raises InfrastructureError while a stage works on the same store.
    """
    from ringwatch import amend
    from ringwatch.loading.wipe import wipe

    with night.store.lease("rebuild", night.settings.lease_seconds) as lease:
        amend.finish_all(night)
        begins("empties the graph")
        wipe(night)
        reports = []
        for stage, makes in (("load", "run"), ("link", "run"), ("publish", "show")):
            begins(stage)
            lease.keep(f"rebuild: {stage}")
            reports.append(getattr(importlib.import_module(f"ringwatch.stages.{stage}"), makes)(night))
    return reports


def _what(stage: str, night: Night) -> str:
    return f"{stage} of {night.day}"


def _run(stage: str, night: Night, lease: Lease) -> Report:
    from ringwatch import amend

    amend.finish_all(night)
    report: Report = importlib.import_module(f"ringwatch.stages.{stage}").run(night)
    lease.keep()
    run_report.add(night, report)
    return report
