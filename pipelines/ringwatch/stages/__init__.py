"""The six stages of a night. Each is a module with `run(night) -> Report`; none imports another."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ringwatch import lineage, log
from ringwatch.days import run_report
from ringwatch.errors import UsageError
from ringwatch.night import STAGES, Night, Report
from ringwatch.spark import session
from ringwatch.working import working, writing

if TYPE_CHECKING:
    from ringwatch.store.lease import Lease


_log = logging.getLogger(__name__)


def run_night(night: Night, begins: Callable[[str], object], stages: Sequence[str] = STAGES) -> list[Report]:
    """Run all stages of `night` in order, or some; `begins` is told the name of each before it runs.

    Raises InfrastructureError while another stage works on the same store, and UsageError when this machine lacks what
    the setting engine needs: not hours later.
    """
    session.check(night.settings)
    reports = []
    with working(night, _what(stages[0], night)) as lease:
        for stage in stages:
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


def release(night: Night, run_id: int, author: str, why: str) -> Report:
    """Publish a withheld run as it was judged. Raises InfrastructureError while a stage works on the same store."""
    from ringwatch.stages import publish

    with working(night, f"release of run {run_id}"):
        report = publish.release(night, run_id, author, why)
        if "restatement" in report.counts:  # it was not published before
            run_report.add(night.on(report.day), report)
        return report


def roll_back(night: Night, why: str, author: str) -> Report:
    """Take back all published days after that of the night. Raises InfrastructureError while a stage works."""
    from ringwatch.stages import publish

    with working(night, f"rollback to {night.day}"):
        return publish.roll_back(night, why, author)


def republish(night: Night, begins: Callable[[date, str], object]) -> Iterator[Report]:
    """Run the published days from that of the night on again that are out of date, oldest first; yield what publish
    did, and leave the graph as of the newest day.

    Their clean files stay. Raises UsageError when an earlier day is out of date, too.
    """
    store, after, last = night.store, night.day - timedelta(1), None
    if earlier := [day for day in store.nights.stale() if day < night.day]:
        raise UsageError(f"{earlier[0]} is out of date, too; begin there: --from {earlier[0]}")
    while stale := store.nights.stale(after):
        after = last = stale[0]
        yield run_night(night.on(last), partial(begins, last), STAGES[1:])[-1]
    newest = max(store.published.days(), default=None)
    if last and newest and last < newest:
        with working(night.on(newest), f"graph of {newest}") as lease:
            list(_graph(night.on(newest), "graph", partial(begins, newest), lease))


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
    with log.about(night.day, stage, night.run):
        _log.info("begins")
        lineage.begins(night, stage)
        try:
            report: Report = importlib.import_module(f"ringwatch.stages.{stage}").run(night)
        except Exception as error:
            lineage.fails(night, stage, error)
            raise
        lease.keep()
        run_report.add(night, report)
        _log.info("is done", extra={"counts": report.counts, "seconds": report.seconds})
        if stage == STAGES[-1]:
            from ringwatch import metrics

            metrics.write(night)
            lineage.ends(night)
    return report
