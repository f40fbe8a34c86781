"""Which files of a feed are there. What is not whole yet, or leads elsewhere, is refused by name."""

from __future__ import annotations

import re
from pathlib import Path

from ringwatch.errors import DataRefused

SUFFIXES = (".parquet", ".csv", ".csv.gz")

_UNFINISHED = (".tmp", ".part", ".partial", ".inprogress", ".crdownload", ".filepart")


def find(folder: Path, feed: str) -> list[Path]:
    """Return the files of `feed` in a day's folder, sorted; none when it did not arrive.

    A feed is one file (`devices.csv`), several (`devices-1.csv`, `devices.part-2.csv`) or a folder of files
    (`devices/*.csv`). Raises DataRefused when one leads out of the folder, is no regular file or is still being
    written, or when the feed is there in two formats.
    """
    name = re.compile(rf"{re.escape(feed)}([-.].+)?({'|'.join(map(re.escape, SUFFIXES))})")
    listed = sorted(path for path in folder.iterdir() if re.fullmatch(rf"(?s){re.escape(feed)}([-.].*)?", path.name))
    inside = sorted((folder / feed).iterdir()) if (folder / feed).is_dir() else []
    for path in (*listed, *inside):
        _refuse_unfit(folder, path)
    found = [path for path in listed if name.fullmatch(path.name)]
    found += [path for path in inside if path.name.endswith(SUFFIXES) and not path.name.startswith((".", "_"))]
    for path in found:
        if not path.is_file():
            raise DataRefused(f"{path}: this is not a regular file")
    by_format = {suffix_of(path): path.name for path in reversed(found)}
    if len(by_format) > 1:
        names = " and ".join(sorted(by_format.values()))
        raise DataRefused(f"{folder}: {names} are both there; keep the one that holds the feed {feed}")
    return found


def suffix_of(path: Path) -> str:
    """The format by the name of a feed file: one of SUFFIXES."""
    return next(suffix for suffix in SUFFIXES if path.name.endswith(suffix))


def _refuse_unfit(folder: Path, path: Path) -> None:
    if not path.name.isprintable():
        raise DataRefused(f"{path.parent}: the file {path.name!r} has a name that cannot be shown; give it another one")
    if path.name.endswith(_UNFINISHED):
        raise DataRefused(f"{path}: this file is still being written; start the night when the delivery is complete")
    try:
        target = path.resolve()
    except (OSError, RuntimeError):  # links in a circle
        raise DataRefused(f"{path}: this is a link that leads nowhere") from None
    if not target.is_relative_to(folder.resolve()):
        raise DataRefused(f"{path}: this is a link that leads out of the folder of the day")
