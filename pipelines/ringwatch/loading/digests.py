"""SHA-256 of what lies on disk of each day: where it is another than before, the day is another."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from ringwatch.days import history
from ringwatch.days.durable import replacing
from ringwatch.night import Night


def day_digests(night: Night, until: date) -> dict[date, str]:
    """Return for each clean day up to `until` the SHA-256 of its clean and held files, in the order of their names."""
    cache = night.files.graph / "digests.json"
    days = {day for day in history.clean_days(night) if day <= until}
    found = sorted((night.files.home / "days").glob("*/clean/*.parquet"))
    found += sorted((night.files.home / "days").glob("*/held/*.parquet"))
    paths = sorted(path for path in found if date.fromisoformat(path.parent.parent.name) in days)
    known = _read_digests(cache)
    digests = {str(path.relative_to(night.files.home)): _file_digest(path, night, known) for path in paths}
    _write_digests(cache, digests)
    by_day = {day: hashlib.sha256() for day in sorted(days)}
    for name, (*_, digest) in digests.items():
        _, day, part, file = Path(name).parts
        by_day[date.fromisoformat(day)].update(f"{part}/{file} {digest}\n".encode())
    return {day: digest.hexdigest() for day, digest in by_day.items()}


def _file_digest(path: Path, night: Night, known: dict[str, list[Any]]) -> list[Any]:
    """Return size, time, number and SHA-256 of a file, which is read only when one of the others has changed."""
    stat = path.stat()
    same = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
    before = known.get(str(path.relative_to(night.files.home)), [])
    if before[:-1] == same:
        return before
    with path.open("rb") as file:
        return [*same, hashlib.file_digest(file, "sha256").hexdigest()]


def _read_digests(path: Path) -> dict[str, list[Any]]:
    try:
        known: dict[str, list[Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known


def _write_digests(path: Path, digests: dict[str, list[Any]]) -> None:
    with replacing(path) as new:
        new.write_text(json.dumps(digests, indent=0) + "\n", encoding="utf-8")
