"""The six stages of a night. Each is a module with `run(night) -> Report`; none imports another."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ringwatch.days import run_report
from ringwatch.errors import UsageError
from ringwatch.night import STAGES, Night, Report
from ringwatch.working import working, writing

if TYPE_CHECKING:
    from ringwatch.store.lease import Lease


def run_night(night: Night, begins: Callable[[str], object]) -> list[Report]:
    """Run all stages of `night` in order; `begins` is told the name of each before it runs.

    Raises InfrastructureError while another stage works on the same store.
    """
    reports = []
    with working(night, _what(STAGES[0], night)) as lease:
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
    with working(night, _what(name, night)) as lease:
        return _run(name, night, lease)


def rebuild(night: Night, begins: Callable[[str], object]) -> list[Report]:
    """Make the graph anew from the clean files of all days up to the night's, and from what is published.

    It says what a graph says that grew night by night: what load, link and publish wrote. Nothing is published anew and
    run reports stay as they are. Raises InfrastructureError while a stage works on the same store.
    """
    from ringwatch.loading.wipe import wipe

    with working(night, "rebuild") as lease:
        begins("empties the graph")
        wipe(night)
        return list(_graph(night, "rebuild", begins, lease))


def rotate(night: Night, author: str, begins: Callable[[str], object]) -> tuple[int, list[Report]]:
    """Take a new token key into use, or finish doing so, in files, store and, if it has anything, in the graph.

    Returns how many days were written anew, and reports as `rebuild` does. Raises InfrastructureError while a stage
    works on the same store, or when something is under keys that are not known.
    """
    from ringwatch.keys import rotation

    with writing(night, "rotation of the token keys") as lease:
        days = rotation.rotate(night, author)
        reports = list(_graph(night, "rotation of the token keys", begins, lease)) if _is_in_graph(night) else []
        night.store.keys.finish()
    return days, reports


def _is_in_graph(night: Night) -> bool:
    from ringwatch import server
    from ringwatch.days import history

    if not history.clean_days(night) or not server.has_database(night.settings):
        return False
    return bool(night.graph.read(night.cypher("load/count_nodes"))[0]["nodes"])


def _graph(night: Night, what: str, begins: Callable[[str], object], lease: Lease) -> Iterator[Report]:
    """Make the graph say what the clean files and the store say; yield what load, link and publish did."""
    for stage, makes in (("load", "run"), ("link", "run"), ("publish", "show")):
        begins(stage)
        lease.keep(f"{what}: {stage}")
        yield getattr(importlib.import_module(f"ringwatch.stages.{stage}"), makes)(night)


def _what(stage: str, night: Night) -> str:
    return f"{stage} of {night.day}"


def _run(stage: str, night: Night, lease: Lease) -> Report:
    report: Report = importlib.import_module(f"ringwatch.stages.{stage}").run(night)
    lease.keep()
    run_report.add(night, report)
    return report
