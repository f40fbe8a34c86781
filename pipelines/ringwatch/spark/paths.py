"""Where driver and executors meet: folders of the home, or what the setting `spark_dir` names on any Hadoop path."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringwatch.night import Night

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType


@contextmanager
def working(night: Night, name: str) -> Iterator[Path]:
    """Yield an empty folder of the home, which goes in the end."""
    folder = night.files.spark.resolve() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def parquet(spark: SparkSession, schema: StructType | str, *there: str) -> DataFrame:
    """Return the rows of files or folders of Parquet, called by their names and not by patterns."""
    return spark.read.schema(schema).option("__globPaths__", "false").parquet(*there)


def folder(night: Night, name: str) -> str:
    """Return where a folder lies that driver and executors both reach: below `spark_dir`, else in the home."""
    if night.settings.spark_dir is None:
        return local(night.files.spark.resolve() / name)
    return f"{night.settings.spark_dir.rstrip('/')}/{name}"


@contextmanager
def readable(spark: SparkSession, night: Night, files: Mapping[str, Sequence[Path]]) -> Iterator[dict[str, list[str]]]:
    """Yield where executors find these files of the home: themselves, or copies below `spark_dir` for that time."""
    if night.settings.spark_dir is None:
        yield {name: [local(path.absolute()) for path in paths] for name, paths in files.items()}
        return
    there = folder(night, "clean")
    remove(spark, there)
    found: dict[str, list[str]] = {name: [] for name in files}
    try:
        for name, paths in files.items():
            for place, path in enumerate(paths):
                found[name].append(f"{there}/{name}/{place}.parquet")
                _put(spark, path, found[name][-1])
        yield found
    finally:
        remove(spark, there)


@contextmanager
def reachable(spark: SparkSession, night: Night, folder: Path) -> Iterator[str]:
    """Yield where executors find what is in `folder`: a copy of it below `spark_dir`, or itself where they share it."""
    if night.settings.spark_dir is None:
        yield local(folder)
        return
    there = f"{night.settings.spark_dir.rstrip('/')}/{folder.name}"
    _copy(spark, folder, there)
    try:
        yield there
    finally:
        remove(spark, there)


def listed(spark: SparkSession, there: str) -> list[tuple[str, str, int, int]] | None:
    """Return the files below a folder, None when it is not there: path, path below it, bytes, changed (ms)."""
    path, system = _hadoop(spark, there)
    if not system.exists(path) or not system.getFileStatus(path).isDirectory():
        return None
    start = len(system.makeQualified(path).toString()) + 1
    found, files = [], system.listFiles(path, True)
    while files.hasNext():
        file = files.next()
        name = file.getPath().toString()
        found.append((name, name[start:], file.getLen(), file.getModificationTime()))
    return sorted(found)


def bring(spark: SparkSession, there: str, into: Path) -> None:
    """Put a file from where a Hadoop path leads in place of one of this machine."""
    path, system = _hadoop(spark, there)
    system.copyToLocalFile(False, path, _hadoop(spark, local(into))[0], True)


def _copy(spark: SparkSession, folder: Path, there: str) -> None:
    """Put a folder where a Hadoop path leads, whichever file system that is."""
    remove(spark, there)
    _put(spark, folder, there)


def _put(spark: SparkSession, here: Path, there: str) -> None:
    path, system = _hadoop(spark, there)
    system.copyFromLocalFile(False, True, _hadoop(spark, local(here))[0], path)


def remove(spark: SparkSession, there: str) -> None:
    path, system = _hadoop(spark, there)
    system.delete(path, True)


def local(path: Path) -> str:
    """Return how Hadoop calls a path of this machine: as it is, for it takes %20 for three letters."""
    return f"file://{path.absolute()}"


def _hadoop(spark: SparkSession, there: str) -> tuple[Any, Any]:
    """Return a path and its file system, objects of the JVM: there is no other door to them."""
    java: Any = spark.sparkContext._jvm
    path = java.org.apache.hadoop.fs.Path(there)
    return path, path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
