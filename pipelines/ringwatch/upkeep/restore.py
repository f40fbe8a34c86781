"""A home and a review store from a backup, and whether they are what was backed up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from ringwatch.errors import DataRefused, UsageError
from ringwatch.keys import keyring
from ringwatch.night import Night
from ringwatch.store import database, dump
from ringwatch.upkeep import backup, digests
from ringwatch.upkeep.backup import HOME, STORE, Manifest


def restore(night: Night, folder: Path) -> Manifest:
    """Put the files and the store of a backup into an empty home and an empty store; the graph is made from them.

    Raises UsageError when they are not empty, or the store is of another schema; DataRefused when the backup is not
    as it was made, or what was restored is not what it holds.
    """
    manifest = Manifest.read(folder)
    _check_schema(manifest)
    _check_empty(night)
    night.tell("restore: looking at the backup")
    _refuse(folder, _damaged(folder / HOME, manifest.files))
    night.tell("restore: files")
    for name in manifest.files:
        target = night.files.home / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(folder / HOME / name, target)
    night.tell("restore: review store")
    dump.read(night.store.engine, folder / STORE)
    _refuse(folder, _differing(night, manifest))
    keyring.check(night)
    return manifest


def _check_schema(manifest: Manifest) -> None:
    ours = database.revisions()[-1]
    if manifest.schema != ours:
        raise UsageError(
            f"the backup was made by ringwatch {manifest.version}, whose review store has schema {manifest.schema} and "
            f"not {ours}; restore it with that version, then take this one into use"
        )


def _check_empty(night: Night) -> None:
    if found := next(backup.kept(night.files.home), None):
        raise UsageError(f"the home {night.files.home} is not empty: it has {found}; name a new one in RINGWATCH_HOME")


def _damaged(home: Path, files: dict[str, str]) -> Iterator[str]:
    for name, digest in files.items():
        path = home / name
        if not path.is_file() or digests.of_file(path) != digest:
            yield f"the file {path}"


def _differing(night: Night, manifest: Manifest) -> Iterator[str]:
    found = dump.digests(night.store.engine)
    yield from (f"the table {name}" for name, told in manifest.tables.items() if found.get(name) != told)
    if backup.state_of(night) != manifest.state:
        yield "what the graph should say"


def _refuse(folder: Path, wrong: Iterator[str]) -> None:
    if first := next(wrong, None):
        raise DataRefused(f"{first} is not what was backed up in {folder}; take an older backup")


def compare_graph(night: Night, manifest: Manifest) -> None:
    """Raise DataRefused when the graph that was made anew does not say what the one did that was backed up."""
    if manifest.graph and (found := digests.of_graph(night.graph)) != manifest.graph:
        raise DataRefused(
            f"the graph, of {found['nodes']:,} nodes and {found['relationships']:,} relationships, does not say what "
            f"was backed up, which were {manifest.graph['nodes']:,} and {manifest.graph['relationships']:,}"
        )
