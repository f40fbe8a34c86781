"""The six stages of a night. Each is a module with `run(night) -> Report`; none imports another."""

import importlib

from ringwatch import run_report
from ringwatch.errors import UsageError
from ringwatch.night import STAGES, Night, Report


def run_stage(name: str, night: Night) -> Report:
    """Run one stage of `night` and add what it did to the run report of the day."""
    if name not in STAGES:
        raise UsageError(f"there is no stage {name}; the stages are {', '.join(STAGES)}")
    report: Report = importlib.import_module(f"ringwatch.stages.{name}").run(night)
    run_report.add(night, report)
    return report
