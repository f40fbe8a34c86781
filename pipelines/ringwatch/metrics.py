"""The figures of the newest night as an OpenMetrics text file, for a collector such as node_exporter's.

In: the night that was published. Out: the file of the setting metrics_file, replaced as a whole. All metrics are gauges
without account ids or identifiers. A file that cannot be written is told in the log and stops nothing.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from ringwatch.days import figures, run_report
from ringwatch.days.durable import replacing

if TYPE_CHECKING:
    from datetime import date

    from prometheus_client import CollectorRegistry

    from ringwatch.night import Night

# There is nothing in it that only the owner of the home may see.
_FOR_COLLECTORS = 0o644

_Rows = dict[tuple[str, ...], float]

_log = logging.getLogger(__name__)


def write(night: Night) -> None:
    """Write the file when the settings name one, and no later night is published: an old day was run again then."""
    path = night.settings.metrics_file
    if path is None or max(night.store.published.days(), default=night.day) > night.day:
        return
    from prometheus_client.openmetrics import exposition

    try:
        with replacing(path) as new:
            new.write_bytes(exposition.generate_latest(_registry(night)))  # type: ignore[no-untyped-call]
            new.chmod(_FOR_COLLECTORS)
    except OSError as error:
        _log.warning("the metrics of %s could not be written to %s: %s", night.day, path, error.strerror)


def _registry(night: Night) -> CollectorRegistry:
    from prometheus_client import CollectorRegistry, Gauge

    registry = CollectorRegistry()

    def gauge(name: str, says: str, rows: _Rows, *labels: str) -> None:
        made = Gauge(f"ringwatch_{name}", says, labels, registry=registry)
        for values, value in rows.items():
            (made.labels(*values) if labels else made).set(value)

    stages = run_report.read(night)
    published = night.store.now().replace(tzinfo=UTC).timestamp()
    gauge(
        "night_timestamp_seconds",
        "Midnight (UTC) at which the day of the newest night began.",
        {(): _midnight(night.day)},
    )
    gauge("published_timestamp_seconds", "When the newest night was published.", {(): published})
    gauge("feed_rows", "Rows of a feed, and what became of them.", _feeds(stages), "feed", "became")
    gauge("stage_count", "What a stage counted.", _counts(stages), "stage", "what")
    gauge("stage_seconds", "Seconds that a step of a stage took.", _seconds(stages), "stage", "step")
    gauge(
        "stage_warnings", "Warnings of a stage.", {(name,): len(of["warnings"]) for name, of in stages.items()}, "stage"
    )
    changes = figures.changes(night)
    gauge("night", "A figure of the night.", {(one.name,): one.value for one in changes}, "figure")
    usual: _Rows = {(one.name,): one.usual for one in changes if one.usual is not None}
    gauge("night_usual", "The median of a figure over the nights before.", usual, "figure")
    return registry


def _feeds(stages: dict[str, dict[str, Any]]) -> _Rows:
    counts = stages.get("validate", {}).get("counts", {})
    return {(name.partition(".")[0], name.partition(".")[2]): count for name, count in counts.items()}


def _counts(stages: dict[str, dict[str, Any]]) -> _Rows:
    others = {name: of for name, of in stages.items() if name != "validate"}
    return {(stage, name): count for stage, of in others.items() for name, count in of["counts"].items()}


def _seconds(stages: dict[str, dict[str, Any]]) -> _Rows:
    return {(stage, step): seconds for stage, of in stages.items() for step, seconds in of["seconds"].items()}


def _midnight(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()
