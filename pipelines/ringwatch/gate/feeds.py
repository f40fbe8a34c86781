"""Which files of a feed are there. What is not whole yet, leads elsewhere or is not read is refused by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from fnmatch import translate
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from ringwatch.errors import DataRefused
from ringwatch.gate.forms import READ, form_of, known_form, stem

_UNFINISHED = (
    "*.tmp", "*.part", "*.partial", "*.inprogress", "*.crdownload", "*.filepart", "*.download",
    "_temporary", "_tmp*", ".spark-staging*", ".hive-staging*",
)  # fmt: skip

# What programs lay beside the files of a feed, and holds no rows: marks that it is complete, checksums, what systems
# keep of folders, and Parquet's summaries of files that are there.
_SIDE_FILES = (
    "_success", "_committed_*", "_started_*", "*.done", "*.ok", "*.ready", "*.success",
    "*.crc", "*.md5", "*.sha1", "*.sha256", "*.sha512", "md5sums", "sha256sums", "*.sig", "*.asc",
    ".ds_store", "._*", "thumbs.db", "desktop.ini", ".keep", ".gitkeep", ".nfs*",
    "_metadata", "_common_metadata",
)  # fmt: skip

# Folders of which only a log says which of their files count: what it took out would be back.
_LOGS = {
    "_delta_log": "a Delta table",
    ".hoodie": "a Hudi table",
    ".hoodie_partition_metadata": "a Hudi table",
    "_spark_metadata": "what a stream of Spark wrote",
}
_ICEBERG = ("*.metadata.json", "version-hint.text", "*.avro")

# What a folder of Hive is called for rows that have no value.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"

# How like a name must be to that of a feed, by difflib's ratio, to be told of, and from how many letters on.
_LIKENESS, _LETTERS = 0.8, 5


def find(folder: Path, feed: str, marker: str | None = None) -> list[Path]:
    """Return the files of `feed` in a day's folder, sorted; none when it did not arrive.

    A feed is one file (`devices.csv`), several (`devices-1.csv`, `devices.part-2.csv.gz`) or a folder of files
    (`devices/*.csv`), with folders in it that name columns (`devices/platform=ios/*.csv`). Capitals are as small
    letters. Raises DataRefused when anything of that name is none of these and no side file; when one leads out of the
    folder, is no regular file or still being written; when only a log says which files count; when the same is there
    in two forms. `marker` is the file that says that a day is complete.
    """
    _refuse_table(folder)
    found = [
        path
        for entry in sorted(folder.iterdir())
        if bears(entry.name, feed)
        for path in _files(folder, entry, feed, marker)
    ]
    _refuse_double(folder, found, feed)
    return found


def bears(name: str, feed: str) -> bool:
    """Whether a file or folder of this name is of the feed."""
    return re.fullmatch(rf"(?is){re.escape(feed)}([-.].*)?", name) is not None


def resembling(folder: Path, feeds: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield feeds, and what in a day's folder is called nearly like them but is not theirs, and so is not read."""
    others = [
        entry.name
        for entry in sorted(folder.iterdir())
        if not entry.name.startswith(".") and not _is_side_file(entry.name, None)
        if not any(bears(entry.name, feed) for feed in feeds)
    ]
    for feed in sorted(feeds):
        if alike := [name for name in others if _is_like(name, feed)]:
            yield feed, alike


def partitions(folder: Path, path: Path) -> dict[str, str | None]:
    """Return the columns that the folders of a file name, `platform=ios`, and their value for each of its rows."""
    named = [part.partition("=") for part in path.relative_to(folder).parts[:-1] if "=" in part]
    return {unquote(name): None if value == _NO_VALUE else unquote(value) for name, _, value in named}


def _files(folder: Path, path: Path, feed: str, marker: str | None) -> Iterator[Path]:
    """Yield the files of a feed that `path`, which bears its name or lies in its folder, is or holds."""
    _refuse_unfit(folder, path)
    if _is_side_file(path.name, marker):
        return
    if path.is_dir():
        _refuse_table(path)
        for entry in sorted(path.iterdir()):
            if entry.is_dir() and "=" not in entry.name:
                _refuse_unfit(folder, entry)
                raise DataRefused(
                    f"{entry}: folders in the folder of the feed {feed} are read only when they name a column and its "
                    "value, like platform=ios; move the files up, or out of the folder of the day"
                )
            yield from _files(folder, entry, feed, marker)
    elif form_of(path.name) is None:
        raise DataRefused(
            f"{path}: by its name it is of the feed {feed}, but this form is not read; deliver {READ}, or take it out "
            "of the folder"
        )
    elif not path.is_file():
        raise DataRefused(f"{path}: this is not a regular file")
    else:
        yield path


def _refuse_unfit(folder: Path, path: Path) -> None:
    if not path.name.isprintable():
        raise DataRefused(f"{path.parent}: the file {path.name!r} has a name that cannot be shown; give it another one")
    if _matches(path.name, _UNFINISHED):
        raise DataRefused(f"{path}: this file is still being written; start the night when the delivery is complete")
    if not path.is_symlink():
        return  # it lies where its folder does, and that was looked at
    try:
        target = path.resolve()
    except (OSError, RuntimeError):  # links in a circle
        raise DataRefused(f"{path}: this is a link that leads nowhere") from None
    if not target.is_relative_to(folder.resolve()):
        raise DataRefused(f"{path}: this is a link that leads out of the folder of the day")


def _refuse_table(folder: Path) -> None:
    """Refuse a folder that is a table of a kind whose log says which of its files count."""
    what = next((words for name, words in _LOGS.items() if (folder / name).exists()), None)
    if any(path for pattern in _ICEBERG for path in (folder / "metadata").glob(pattern)):
        what = "an Iceberg table"
    if what:
        raise DataRefused(
            f"{folder}: this is {what}, and only its log says which of the files count; export the rows of the day to "
            "plain files"
        )


def _refuse_double(folder: Path, found: list[Path], feed: str) -> None:
    """Refuse what is there in two kinds, or twice under one name: packed and not, or in capitals and not."""
    kinds: dict[str, Path] = {}
    stems: dict[Path, Path] = {}
    for path in found:
        kinds.setdefault(known_form(path.name).kind, path)
        other = stems.setdefault(path.parent / stem(path.name), path)
        if other is not path:
            kinds = {"one": other, "other": path}
            break
    if len(kinds) > 1:
        names = " and ".join(sorted(path.relative_to(folder).as_posix() for path in kinds.values()))
        raise DataRefused(f"{folder}: {names} are both there; keep the one that holds the feed {feed}")


def _is_side_file(name: str, marker: str | None) -> bool:
    return _matches(name, _SIDE_FILES) or (marker is not None and name == Path(marker).name)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return _any_of(patterns).match(name.lower()) is not None


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


def _is_like(name: str, feed: str) -> bool:
    words = re.split(r"[\W_]+", name.partition(".")[0].lower())
    return any(
        word.rstrip("0123456789") in (feed, feed.removesuffix("s"))
        or (len(feed) >= _LETTERS and feed in word)
        or (len(word) >= _LETTERS and bool(get_close_matches(word, [feed], cutoff=_LIKENESS)))
        for word in words
    )
