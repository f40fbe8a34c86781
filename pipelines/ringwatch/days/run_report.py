"""The run report of a day: what each stage did, in `days/<day>/report.json`."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from ringwatch.days.durable import replacing
from ringwatch.night import STAGES, Night, Report


def add(night: Night, report: Report) -> None:
    """Put `report` in the run report; what later stages left there before is out of date and goes."""
    earlier = STAGES[: STAGES.index(report.stage)]
    done = {name: stage for name, stage in read(night).items() if name in earlier}
    _replace(night, done | {report.stage: report.as_dict()})


def recount(night: Night, stage: str, counts: dict[str, int]) -> None:
    """Correct some counts of a stage that has run; what later stages left there stays."""
    stages = read(night)
    stages[stage]["counts"] |= counts
    _replace(night, stages)


def read(night: Night) -> dict[str, dict[str, Any]]:
    """Return the reports of the stages that have run, by stage; empty when none has."""
    path = night.files.report(night.day)
    if not path.is_file():
        return {}
    stages: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["stages"]
    return stages


def write(path: Path, report: Report) -> None:
    """Write the run report of a day of which one stage has run."""
    _write(path, report.day, {report.stage: report.as_dict()})


def _replace(night: Night, stages: dict[str, dict[str, Any]]) -> None:
    with replacing(night.files.report(night.day)) as new:
        _write(new, night.day, stages)


def _write(path: Path, day: date, stages: dict[str, dict[str, Any]]) -> None:
    path.write_text(json.dumps({"day": day.isoformat(), "stages": stages}, indent=2) + "\n", encoding="utf-8")
