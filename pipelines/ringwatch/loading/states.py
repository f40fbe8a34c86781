"""The states on disk, a folder each below `<home>/graph`: where a fold begins is the newest one that still holds.

A state is named after its day and its id, and whole once its `state.json` is there: it is written last. Kept are the
newest and the one before it (the newest day may be delivered again), those of the last purges (so may an older one),
and the one that the graph was told. A graph of flagged neighbourhoods is told a part of one, which has its own folder.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from ringwatch.loading import tables
from ringwatch.loading.fold import fold
from ringwatch.loading.plan import Turn, plan
from ringwatch.night import Night

KEPT_PURGES = 2
_SEAL = "state.json"
_PART = "part"


def reach(night: Night, turns: list[Turn], told: str | None) -> Path:
    """Return the folder of the state that `turns` lead to; fold the days that no state on disk covers.

    `told` is the id of the state that the graph was told last.
    """
    begin = next((i for i in reversed(range(len(turns))) if find(night, turns[i].state)), -1)
    before = find(night, turns[begin].state) if begin >= 0 else None
    for i, turn in enumerate(turns[begin + 1 :], begin + 1):
        night.tell(f"load: what {turn.day} adds ({i + 1 - begin - 1} of {len(turns) - begin - 1} days)")
        before = _advance(night, turn, before)
        forget_others(night, turns[: i + 1], told)
    if before is None:
        raise ValueError("there is no day to come to a state from")
    return before


def newest(night: Night, told: str | None = None) -> tuple[list[Turn], Path]:
    """Return the turns up to the night, or to the newest published day if that is later, and what they lead to."""
    turns = plan(night, max([night.day, *night.store.published.days()]))
    return turns, reach(night, turns, told)


def find(night: Night, state: str | None) -> Path | None:
    """Return the folder of a state if it lies on disk as a whole."""
    return next((seal.parent for seal in night.files.graph.glob(f"*-{state}/{_SEAL}") if _is_whole(seal)), None)


def _is_whole(seal: Path) -> bool:
    """Whether the files are as long as they were: a machine that lost its power may have kept less."""
    try:
        sizes = json.loads(seal.read_text(encoding="utf-8"))
        return all((seal.parent / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def _advance(night: Night, turn: Turn, before: Path | None) -> Path:
    folder = night.files.graph / f"{turn.day}-{turn.state}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    fold(night, turn, before, folder)
    seal(night, folder)
    return folder


def seal(night: Night, folder: Path) -> None:
    """Say that all tables of a state are there as a whole."""
    names = [f"{table.name}.parquet" for table in tables.tables(night.model)]
    sizes = {name: (folder / name).stat().st_size for name in names}
    (folder / _SEAL).write_text(json.dumps(sizes, indent=2) + "\n", encoding="utf-8")


def keep_part(night: Night, folder: Path, state: str) -> tuple[str, Path]:
    """Put the tables of a part of a state in their place; return its id, by what it says, and that place."""
    digest = hashlib.sha256(state.encode())
    for table in tables.tables(night.model):
        with (folder / f"{table.name}.parquet").open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    found = digest.hexdigest()[:16]
    place = night.files.graph / f"{_PART}-{found}"
    if not find(night, found):
        shutil.rmtree(place, ignore_errors=True)
        folder.rename(place)
        seal(night, place)
    return found, place


def forget_parts(night: Night, told: str) -> None:
    """Remove the parts of states that the graph is no longer told."""
    for folder in night.files.graph.glob(f"{_PART}-*"):
        if folder.name != f"{_PART}-{told}":
            shutil.rmtree(folder)


def forget_others(night: Night, turns: list[Turn], told: str | None) -> None:
    """Remove the states that nothing begins from any more."""
    purges = [turn.state for turn in turns if turn.purge][-KEPT_PURGES:]
    kept = {told, *purges, *(turn.state for turn in turns[-2:])}
    for folder in night.files.graph.glob("????-??-??-*"):
        if folder.name[11:] not in kept:
            shutil.rmtree(folder)
