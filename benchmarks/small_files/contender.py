"""The gate on the feed devices alone, in a process that has judged a few rows before."""

from __future__ import annotations

from pathlib import Path

from benchmarks.door.data import FIRST_DAY
from benchmarks.door.figures import Done, Job
from benchmarks.door.homes import home_settings
from ringwatch import stages
from ringwatch.night import Night, open_night


def validate(home: str, feeds: str, warm_up: str) -> Job:
    """The stage validate as a night runs it; `warm_up` are a few rows, for which libraries and caches are loaded."""
    _validated(_night(f"{home}-warm", warm_up))
    night = _night(home, feeds)
    return lambda: _validated(night)


def _night(home: str, feeds: str) -> Night:
    return open_night(home_settings(home, feeds=("devices",)), FIRST_DAY, Path(feeds))


def _validated(night: Night) -> Done:
    with night:
        counts = stages.run_stage("validate", night).counts
    return Done(counts["devices.rows"], {name: count for name, count in counts.items() if name != "devices.rows"})
