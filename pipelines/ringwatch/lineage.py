"""What becomes of a night, as OpenLineage events: it starts, and is complete or has failed.

In: the night, as its stages begin and end. Out: lines in the file of the setting lineage_file. What is complete names
its inputs, with how many rows came and how each rule of the gate fared, and as its output how many rings are flagged;
what failed says so in the words of the runbook. No values of rows. A night that nobody heard of any more is aborted
when its day begins anew. A file that cannot be written is told in the log and stops nothing.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringwatch import __version__
from ringwatch.days import run_report
from ringwatch.errors import RingwatchError
from ringwatch.night import STAGES

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, OutputDataset

    from ringwatch.night import Night
    from ringwatch.store.records import LedgerEntry

NAMESPACE, JOB = "ringwatch", "night"
_PRODUCER = f"ringwatch/{__version__}"

_log = logging.getLogger(__name__)


def _if_wanted(tells: Callable[..., None]) -> Callable[..., None]:
    """Give it the file of the events, when the settings name one; what fails in it is told in the log alone."""

    @wraps(tells)
    def tells_quietly(night: Night, *what: object) -> None:
        path = night.settings.lineage_file
        if path is None:
            return
        try:
            tells(path, night, *what)
        except Exception as error:
            _log.warning("the lineage of %s could not be written to %s: %s", night.day, path, error)

    return tells_quietly


@_if_wanted
def begins(path: Path, night: Night, stage: str) -> None:
    """Add that the night starts, when it does with this stage: with the first one, or after it was over."""
    under_way = _under_way(path, night.day)
    if under_way and stage == STAGES[0]:
        _add(path, night, "ABORT", under_way)
    if stage == STAGES[0] or not under_way:
        _add(path, night, "START", _new_run(night))


@_if_wanted
def fails(path: Path, night: Night, stage: str, error: Exception) -> None:
    """Add that the night has failed: in which stage, and what the runbook calls it."""
    from openlineage.client.facet_v2 import error_message_run

    what = error.symptom.says if isinstance(error, RingwatchError) else f"it ended early ({type(error).__name__})"
    said = error_message_run.ErrorMessageRunFacet(f"{stage}: {what}", "Python", producer=_PRODUCER)
    _add(path, night, "FAIL", _under_way(path, night.day), {"errorMessage": said})


@_if_wanted
def ends(path: Path, night: Night) -> None:
    """Add that the night is complete: what it read and wrote."""
    data: dict[str, Any] = {"inputs": list(_inputs(night)), "outputs": [_output(night)]}
    _add(path, night, "COMPLETE", _under_way(path, night.day), **data)


def _add(
    path: Path, night: Night, state: str, run: str | None, facets: dict[str, Any] | None = None, **data: Any
) -> None:
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import nominal_time_run
    from openlineage.client.transport.file import FileConfig, FileTransport

    day = nominal_time_run.NominalTimeRunFacet(_nominal(night.day), producer=_PRODUCER)
    event = RunEvent(
        eventTime=night.store.now().replace(tzinfo=UTC).isoformat(),
        eventType=RunState[state],
        producer=_PRODUCER,
        run=Run(run or _new_run(night), facets={"nominalTime": day, **(facets or {})}),
        job=Job(NAMESPACE, JOB),
        **data,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    OpenLineageClient(transport=FileTransport(FileConfig(str(path), append=True))).emit(event)


def _new_run(night: Night) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"ringwatch/{night.day}/{night.store.now().isoformat()}"))


def _under_way(path: Path, day: date) -> str | None:
    """Return the run of the day that started last, None when it is over: the file is what says so."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    of_day = (line for line in reversed(lines) if f'"nominalStartTime": "{_nominal(day)}"' in line)
    last = json.loads(next(of_day, "null"))
    return last["run"]["runId"] if last and last["eventType"] == "START" else None


def _nominal(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat()


def _inputs(night: Night) -> Iterator[InputDataset]:
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import data_quality_metrics_input_dataset as metrics

    for entry in night.store.deliveries.of(night.day):
        if entry.files:
            came = metrics.DataQualityMetricsInputDatasetFacet(
                {}, entry.rows, fileCount=entry.files, producer=_PRODUCER
            )
            facets: dict[str, Any] = {"dataQualityMetrics": came, "dataQualityAssertions": _assertions(night, entry)}
            yield InputDataset("file", _place(night, entry.feed), inputFacets=facets)


def _assertions(night: Night, entry: LedgerEntry) -> Any:
    """Whether all rows of a feed kept each rule of the gate."""
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as quality

    from ringwatch.gate import outcomes

    found = [one for one in outcomes.read(night.files.outcomes(night.day)) if one.feed == entry.feed]
    kept = [quality.Assertion(one.rule, not one.broken, one.column) for one in found]
    return quality.DataQualityAssertionsDatasetFacet(kept, producer=_PRODUCER)


def _output(night: Night) -> OutputDataset:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

    rings = run_report.read(night)["publish"]["counts"].get("rings", 0)
    facets: dict[str, Any] = {
        "outputStatistics": statistics.OutputStatisticsOutputDatasetFacet(rings, producer=_PRODUCER)
    }
    return OutputDataset(_database(night.settings.store_url), "flagged_rings", outputFacets=facets)


def _place(night: Night, feed: str) -> str:
    feeds = night.files.feeds
    folder = f"{feeds.absolute() if isinstance(feeds, Path) else feeds}/" if feeds else ""
    return f"{folder}{night.day}/{feed}"


def _database(address: str | None) -> str:
    """The namespace of the review store, as OpenLineage names it, without user and password."""
    import sqlalchemy as sa

    url = sa.make_url(address) if address else None
    return f"postgres://{url.host}:{url.port or 5432}" if url and url.host else "sqlite"
