"""Feeds on a Hadoop path (`s3a://…`, `hdfs://…`): what is there, and how it gets to whoever reads it.

A folder of this machine stands in for that of the day: it has the same files, of the same size and time but without
what they hold. So the gate finds and refuses files as it does on a disk; messages name the path that was meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ringwatch.errors import DataRefused
from ringwatch.gate import delivery
from ringwatch.night import Night
from ringwatch.spark import paths
from ringwatch.spark.session import failures, session
from ringwatch.spark.tasks import Place, set_time

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# What Spark hands on of a file goes through memory as one value.
MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Listed:
    """A file on a Hadoop path; name: below the folder of the day; changed: milliseconds since 1970."""

    path: str
    name: str
    size: int
    changed: int


@dataclass(frozen=True)
class Feeds:
    """Where the feeds of a night arrive. night: with a folder of this machine for them.

    address: the Hadoop path that this folder stands in for, None when the feeds arrive in it; files: those of the day.
    """

    night: Night
    address: str | None = None
    files: dict[str, Listed] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder of the day."""
        return self.night.files.arrived(self.night.day)

    @property
    def place(self) -> Place:
        """Where executors find files."""
        return Place(self.folder.absolute() if self.address is None else None, str(self.folder))

    def name(self, path: Path) -> str:
        """The path of a file below the folder of the day."""
        return path.relative_to(self.folder).as_posix()

    def said(self, error: DataRefused) -> DataRefused:
        """Return an error that names the path that was meant."""
        if self.address is None:
            return error
        return DataRefused(str(error).replace(str(self.night.files.feeds), self.address), error.symptom)

    def bring(self, files: Sequence[Path]) -> None:
        """Put what these files hold into the folder that stands in for theirs."""
        if self.address is None:
            return
        with failures(f"reading {self.address}"):
            for path in files:
                paths.bring(session(self.night.settings), self.files[self.name(path)].path, path)

    def refuse_large(self, files: Sequence[Path]) -> None:
        """Raise DataRefused that names a file which Spark cannot hand on in one piece."""
        for path in files if self.address else ():
            if (size := path.stat().st_size) > MOST_BYTES:
                raise DataRefused(
                    f"{path}: it has {size:,} bytes, and Spark hands on files of {MOST_BYTES:,} at most; deliver the "
                    "feed in several files, or in a folder that driver and executors share"
                )

    def contents(self, numbered: Sequence[tuple[int, str]]) -> DataFrame:
        """Return what executors get of numbered files (a number may have several), with their numbers, as tasks.FILES.

        Files of one number come behind each other. Of what executors see themselves they get the numbers alone.
        """
        numbers = sorted({number for number, _ in numbered})
        if self.address is None:
            some = session(self.night.settings).range(0, numbers[-1] + 1, 1, numbers[-1] + 1)
            nothing = ("string(null) AS name", "bigint(null) AS changed", "binary(null) AS content")
            return some.where(some["id"].isin(numbers)).selectExpr("int(id) AS number", *nothing)
        rows = self._held([(number, self.files[name]) for number, name in numbered])
        return rows.repartition(len(numbers), "number").sortWithinPartitions("number")

    def _held(self, files: Sequence[tuple[int, Listed]]) -> DataFrame:
        """What numbered files hold: number, name, changed, content. Spark passes over empty ones, so they are added."""
        from pyspark.sql import functions as f

        spark = session(self.night.settings)
        rows = [(number, file.name, file.path, file.changed, file.size) for number, file in files]
        known = spark.createDataFrame(rows, "number int, name string, path string, changed long, size long")
        empty = known.where("size = 0").selectExpr("number", "name", "changed", "binary('') AS content")
        there = list(dict.fromkeys(file.path for _, file in files if file.size))
        if not there:
            return empty
        read = spark.read.format("binaryFile").option("__globPaths__", "false").load(there)
        held = read.select("path", f.unix_millis("modificationTime").alias("changed"), "content")
        return held.join(f.broadcast(known.drop("changed")), "path").select(*empty.columns).unionAll(empty)


def missing(night: Night) -> str | None:
    """Return the sentence that says what the day lacks, as `delivery.missing`, wherever its feeds arrive."""
    if not isinstance(night.files.feeds, str) or night.settings.engine != "spark":
        return delivery.missing(night)
    looking = night.settings.model_copy(update={"spark_master": "local[1]"})  # it takes no executors
    with TemporaryDirectory() as folder, standing_in(replace(night, settings=looking), Path(folder)) as there:
        lacks = delivery.missing(there.night)
        return str(there.said(DataRefused(lacks))) if lacks else None


@contextmanager
def standing_in(night: Night, folder: Path) -> Iterator[Feeds]:
    """Yield the feeds of a night, with `folder`, which is empty, in place of a Hadoop path.

    DataRefused that is raised inside names the path.
    """
    if not isinstance(night.files.feeds, str):
        yield Feeds(night)
        return
    with failures(f"looking at {night.files.feeds}"):
        found = _listed(night, night.files.feeds.rstrip("/"), folder)
    try:
        yield found
    except DataRefused as error:
        raise found.said(error) from None


def _listed(night: Night, address: str, folder: Path) -> Feeds:
    day = folder / str(night.day)
    listed = paths.listed(session(night.settings), f"{address}/{night.day}")
    if listed is not None:
        day.mkdir()
    files = [Listed(*file) for file in listed or ()]
    _stand_in(files, day)
    there = replace(night, files=replace(night.files, feeds=folder))
    return Feeds(there, address, {file.name: file for file in files})


def _stand_in(files: Iterable[Listed], day: Path) -> None:
    """Make files that take no room."""
    for file in files:
        path = day / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as empty:
            empty.truncate(file.size)
        set_time(path, file.changed)
