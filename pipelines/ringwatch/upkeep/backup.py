"""A backup: the days, the review store, the keys and what verdicts taught, in one folder, with the digest of each.

Of the graph there is a digest: it follows from the days and the store, and is made anew from them (`ringwatch
rebuild`). What a backup holds is as secret as the home; keep it where the keys may be.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ringwatch import server
from ringwatch.days import history
from ringwatch.errors import UsageError
from ringwatch.loading.plan import plan
from ringwatch.night import Night
from ringwatch.store import database, dump
from ringwatch.upkeep import digests

MANIFEST = "manifest.json"
HOME, STORE = "home", "store"
# What is made again, or means something on this machine only.
_LEFT_OUT = {"logs", "neo4j", "review.db", "review.db-shm", "review.db-wal", "sharing.duckdb", "spill"}


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: its day, the program's version and the store's schema, and digests by file, table and graph.

    state: the id of what the graph should say, which follows from the days; none when there are no days.
    """

    day: str
    version: str
    schema: str
    state: str | None
    files: dict[str, str]
    tables: dict[str, dict[str, Any]]
    graph: dict[str, Any] | None

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises UsageError when `folder` is no backup, or one that broke off."""
        try:
            return cls(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise UsageError(f"{folder} is no whole backup: it has no {MANIFEST} that can be read") from None


def make(night: Night, folder: Path) -> Manifest:
    """Write a backup into `folder`, which is empty or not there. Raises UsageError when it is not empty.

    The manifest is written last: a folder without it is no backup.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; name a new folder")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / STORE).mkdir()
    night.tell("backup: files")
    files = dict(_copied(night.files.home, folder / HOME))
    night.tell("backup: review store")
    tables = dump.write(night.store.engine, folder / STORE)
    night.tell("backup: digest of the graph")
    manifest = Manifest(
        day=night.day.isoformat(),
        version=version("ringwatch"),
        schema=database.revisions()[-1],
        state=state_of(night),
        files=files,
        tables=tables,
        graph=digests.of_graph(night.graph) if server.has_database(night.settings) else None,
    )
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
    return manifest


def state_of(night: Night) -> str | None:
    """Return the id of what the graph should say after the newest day."""
    days = history.clean_days(night)
    return plan(night, days[-1])[-1].state if days else None


def _copied(home: Path, to: Path) -> Iterator[tuple[str, str]]:
    """Copy what is kept of a home; yield the path of each file in it, and its digest."""
    to.mkdir(mode=0o700)
    for path in sorted(kept(home)):
        name = path.relative_to(home).as_posix()
        target = to / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(path, target)
        yield name, digests.of_file(target)


def kept(home: Path) -> Iterator[Path]:
    """Yield the files of a home that a backup holds."""
    for path in home.iterdir() if home.is_dir() else ():
        if path.name in _LEFT_OUT or path.name.startswith("sharing.duckdb"):
            continue
        yield from (file for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
