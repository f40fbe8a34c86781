"""The figures of a night that people compare from night to night: from its run report, and those of nights before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

from ringwatch.days import run_report
from ringwatch.days.history import days_on_disk
from ringwatch.night import STAGES, Night

# Nights before, of which the median is what is usual; fewer than so many say nothing.
NIGHTS, LEAST = 14, 3
# Figures by stage and count; of the gate, sums over feeds.
_OF_FEEDS = ("rows", "clean", "held", "quarantined", "duplicates", "late")
_OF_STAGES = (
    ("link", ("accounts", "shared", "hubs", "links")),
    ("detect", ("candidates", "watched")),
    ("score", ("groups", "likely")),
    ("publish", ("rings", "members", "changes")),
)

Stages = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Change:
    """A figure, the median of the nights before, and by which share it differs; None: there is nothing to compare."""

    name: str
    value: float
    usual: float | None
    change: float | None


def figures(stages: Stages) -> dict[str, float]:
    """Return the figures of a run report by name, in the order of the night; seconds are those of all stages."""
    counts = {stage: report["counts"] for stage, report in stages.items()}
    found: dict[str, float] = {}
    for name, count in counts.get("validate", {}).items():
        if (of := name.partition(".")[2]) in _OF_FEEDS:
            found[of] = found.get(of, 0) + count
    for stage, names in _OF_STAGES:
        found |= {f"{stage}: {name}": n for name in names if (n := _summed(counts.get(stage, {}), name)) is not None}
    found["warnings"] = sum(len(report["warnings"]) for report in stages.values())
    found["seconds"] = sum(sum(report["seconds"].values()) for report in stages.values())
    return found


def changes(night: Night) -> list[Change]:
    """Return the figures of the night against what is usual, those that differ most first."""
    before = trailing(night)
    made = [_change(name, value, before.get(name, [])) for name, value in figures(run_report.read(night)).items()]
    return sorted(made, key=lambda change: -abs(change.change or 0))


def trailing(night: Night) -> dict[str, list[float]]:
    """Return by name the figures of finished nights before this one, the newest first."""
    earlier = [day for day in reversed(days_on_disk(night.files)) if day < night.day]
    reports = (run_report.read(night.on(day)) for day in earlier)
    found: dict[str, list[float]] = {}
    for stages in islice((stages for stages in reports if STAGES[-1] in stages), NIGHTS):
        for name, value in figures(stages).items():
            found.setdefault(name, []).append(value)
    return found


def _summed(counts: Mapping[str, int], name: str) -> int | None:
    """Return a count, or the sum of those that are told apart below its name (`hubs.device`)."""
    if name in counts:
        return counts[name]
    parts = [count for each, count in counts.items() if each.startswith(f"{name}.")]
    return sum(parts) if parts else None


def _change(name: str, value: float, before: list[float]) -> Change:
    if len(before) < LEAST:
        return Change(name, value, None, None)
    usual = median(before)
    return Change(name, value, usual, (value - usual) / usual if usual else None)
