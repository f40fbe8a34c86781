"""What a night read and wrote, as an OpenLineage event: from the files of feeds to flagged_rings.

In: the night that was published. Out: a line in the file of the setting lineage_file: inputs with how many rows came
and how each rule of the gate fared, the output with how many rings are flagged. No values of rows. A file that cannot
be written is told in the log and stops nothing.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ringwatch import __version__
from ringwatch.days import run_report
from ringwatch.gate import outcomes

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, OutputDataset, RunEvent

    from ringwatch.night import Night
    from ringwatch.store.records import LedgerEntry

NAMESPACE, JOB = "ringwatch", "night"
_PRODUCER = f"ringwatch/{__version__}"

_log = logging.getLogger(__name__)


def write(night: Night) -> None:
    """Add the event of the night when the settings name a file."""
    path = night.settings.lineage_file
    if path is None:
        return
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport.file import FileConfig, FileTransport

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        OpenLineageClient(transport=FileTransport(FileConfig(str(path), append=True))).emit(_event(night))
    except (OSError, RuntimeError) as error:
        _log.warning("the lineage of %s could not be written to %s: %s", night.day, path, error)


def _event(night: Night) -> RunEvent:
    from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import nominal_time_run

    now, began = night.store.now().replace(tzinfo=UTC), datetime.combine(night.day, time(), UTC)
    run = str(uuid.uuid5(uuid.NAMESPACE_URL, f"ringwatch/{night.day}/{now.isoformat()}"))
    about: dict[str, Any] = {"nominalTime": nominal_time_run.NominalTimeRunFacet(began.isoformat(), producer=_PRODUCER)}
    return RunEvent(
        eventTime=now.isoformat(),
        eventType=RunState.COMPLETE,
        producer=_PRODUCER,
        run=Run(run, facets=about),
        job=Job(NAMESPACE, JOB),
        inputs=list(_inputs(night)),
        outputs=[_output(night)],
    )


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
    folder = night.files.feeds.absolute() if night.files.feeds else None
    return f"{folder / night.day.isoformat() / feed}" if folder else f"{night.day}/{feed}"


def _database(address: str | None) -> str:
    """The namespace of the review store, as OpenLineage names it, without user and password."""
    url = sa.make_url(address) if address else None
    return f"postgres://{url.host}:{url.port or 5432}" if url and url.host else "sqlite"
