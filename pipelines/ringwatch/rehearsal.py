"""What would become of a delivery: it is judged like in its night, and nothing that was judged is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ringwatch.days.files import Files
from ringwatch.errors import DataRefused
from ringwatch.night import Night, Report
from ringwatch.quarantine import shelf
from ringwatch.stages import validate


@dataclass(frozen=True)
class Rehearsal:
    """report: counts and warnings of the feeds that can be judged; stops: why the night would stop.

    rules: feed, rule, rows and the places (file, row, line, values) of the first rows that break it.
    names: by feed, the columns that have another name in its files, with that name.
    """

    report: Report
    rules: list[dict[str, Any]]
    stops: tuple[str, ...]
    names: dict[str, dict[str, str]]

    @property
    def refused(self) -> int:
        """Rows that would go to quarantine."""
        return sum(count for name, count in self.report.counts.items() if name.endswith(".quarantined"))


def rehearse(night: Night, first: int) -> Rehearsal:
    """Judge the feeds of the night's day, each as far as it can be; `first` places are given of each rule."""
    stops: list[DataRefused] = []
    with (
        TemporaryDirectory(prefix="ringwatch-") as folder,
        _homeless(night, Path(folder)) as judging,
    ):
        staged = Path(folder) / "judged"
        staged.mkdir()
        validate.prepare(staged)
        day = _judge(judging, staged, stops)
        rules = shelf.by_rule(staged, first)
        report = validate.report(judging, day)
    return Rehearsal(report, rules, tuple(map(str, stops)), dict(_names(day)))


def _names(day: validate.Day) -> Iterator[tuple[str, dict[str, str]]]:
    for judged in day.judged:
        feed = judged.feed
        found = {
            column: name for file in judged.arrived for column, name in file.renamed.items() if column in feed.columns
        }
        if found:
            yield feed.feed, found


def _judge(night: Night, staged: Path, stops: list[DataRefused]) -> validate.Day:
    try:
        return validate.judge(night, staged, stops)
    except DataRefused as error:  # there is no delivery, or it is not complete
        stops.append(error)
        return validate.Day((), (), {})


@contextmanager
def _homeless(night: Night, folder: Path) -> Iterator[Night]:
    """The night as it is, or, when nothing was ever judged in its home, one that leaves nothing there."""
    if (night.files.home / "days").is_dir():
        yield night
        return
    settings = night.settings.model_copy(update={"home": folder, "store_url": None})
    with replace(night, settings=settings, files=Files(folder, night.files.feeds)) as elsewhere:
        yield elsewhere
