"""Changes to the files of a day: whole or not at all, also when the process is killed.

New files are put together beside the old ones. Once all are there one rename makes the change count; from then on it is
finished by whoever comes next: files are put in place, the ledger and the run report say what the files now hold. Rows
that arrived stay accounted for: what is no longer clean, held or in quarantine is a duplicate. A new delivery brings a
ledger of its own, and leaves nothing of the one before.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.days import run_report
from ringwatch.days.durable import sync
from ringwatch.night import Night, Report
from ringwatch.store.records import LedgerEntry

_PARTS = {"clean": "clean", "held": "held", "quarantine": "quarantined"}  # folder and what its rows are counted as
_LEDGER = "ledger.json"


@contextmanager
def amending(night: Night) -> Iterator[Path]:
    """A folder for the new files of the night's day, named as they are below it; an empty file means that it goes.

    When the block has run they replace those of the day. An exception leaves the day as it was.
    """
    finish(night)
    new = night.files.amending(night.day).with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True, mode=0o700)
    try:
        yield new
    except BaseException:
        shutil.rmtree(new)
        raise
    _sync(new)
    new.rename(night.files.amending(night.day))
    finish(night)


def replace_table(new: Path, part: str, feed: str, rows: pa.Table) -> None:
    """Put the rows of `part` (clean, held, quarantine) of a feed in a folder of `amending`; held ones only if any."""
    path = new / part / f"{feed}.parquet"
    path.parent.mkdir(exist_ok=True)
    if part == "held" and not rows.num_rows:
        path.touch()
    else:
        pq.write_table(rows, path)


def replace_delivery(night: Night, new: Path, entries: Iterable[LedgerEntry], report: Report) -> None:
    """Make what is in a folder of `amending` a delivery of its own, with its ledger and the report of its judging."""
    day = night.files.day(night.day)
    for path in (path for part in _PARTS for path in (day / part).glob("*.parquet")):
        if not (new / path.relative_to(day)).exists():
            (new / path.relative_to(day)).touch()
    run_report.write(new / night.files.report(night.day).name, report)
    (new / _LEDGER).write_text(json.dumps([asdict(entry) for entry in entries]), encoding="utf-8")


def finish(night: Night) -> None:
    """Finish what was begun on the night's day. Nothing to do, usually."""
    begun = night.files.amending(night.day)
    if not begun.is_dir():
        return
    ledger = begun / _LEDGER
    for path in sorted(begun.rglob("*")):
        if path.is_file() and path != ledger:
            _put(path, night.files.day(night.day) / path.relative_to(begun))
    if ledger.is_file():
        entries = json.loads(ledger.read_text(encoding="utf-8"))
        night.store.deliveries.record(night.day, [LedgerEntry(**entry) for entry in entries])
    else:
        _count_again(night)
    shutil.rmtree(begun)


def finish_all(night: Night) -> None:
    """Finish what was begun on any day."""
    for path in sorted((night.files.home / "days").glob(f"*/{night.files.amending(night.day).name}")):
        finish(night.on(date.fromisoformat(path.parent.name)))


def _sync(folder: Path) -> None:
    """Make the files last before their names do."""
    for path in (*folder.rglob("*"), folder):
        sync(path)


def _put(new: Path, path: Path) -> None:
    if new.stat().st_size == 0:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.parent.name == "quarantine":
        path.parent.chmod(0o700)
    os.replace(new, path)


def _count_again(night: Night) -> None:
    """Make the ledger and the report of validate say what the files of the day hold."""
    ledger = night.store.deliveries.of(night.day)
    night.store.deliveries.record(night.day, [_counted(night, entry) for entry in ledger])
    judged = run_report.read(night).get("validate")
    if judged:
        run_report.recount(night, "validate", _report_counts(night, judged["counts"]))


def _counted(night: Night, entry: LedgerEntry) -> LedgerEntry:
    counts: dict[str, Any] = dict(_counts(night, entry.feed, entry.rows))
    return replace(entry, **counts)


def _report_counts(night: Night, before: dict[str, int]) -> dict[str, int]:
    feeds = [name.removesuffix(".rows") for name in before if name.endswith(".rows")]
    counted = {feed: _counts(night, feed, before[f"{feed}.rows"]) for feed in feeds}
    return {f"{feed}.{part}": count for feed, counts in counted.items() for part, count in counts.items()}


def _counts(night: Night, feed: str, rows: int) -> dict[str, int]:
    """Return clean, held, quarantined, duplicates of a feed of which `rows` arrived."""
    day = night.files.day(night.day)
    counts = {word: _rows(day / part / f"{feed}.parquet") for part, word in _PARTS.items()}
    return counts | {"duplicates": rows - sum(counts.values())}


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows) if path.is_file() else 0
