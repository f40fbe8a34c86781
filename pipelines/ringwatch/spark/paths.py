"""Where driver and executors meet: folders of the home, or what the setting `spark_dir` names on any Hadoop path."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringwatch.night import Night

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


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


@contextmanager
def reachable(spark: SparkSession, night: Night, folder: Path) -> Iterator[str]:
    """Yield where executors find what is in `folder`: a copy of it below `spark_dir`, or itself where they share it."""
    if night.settings.spark_dir is None:
        yield folder.as_uri()
        return
    there = f"{night.settings.spark_dir.rstrip('/')}/{night.day}/{folder.name}"
    _copy(spark, folder, there)
    try:
        yield there
    finally:
        _remove(spark, there)


def _copy(spark: SparkSession, folder: Path, there: str) -> None:
    """Put a folder where a Hadoop path leads, whichever file system that is."""
    _remove(spark, there)
    path, system = _hadoop(spark, there)
    system.copyFromLocalFile(False, True, _hadoop(spark, folder.as_uri())[0], path)


def _remove(spark: SparkSession, there: str) -> None:
    path, system = _hadoop(spark, there)
    system.delete(path, True)


def _hadoop(spark: SparkSession, there: str) -> tuple[Any, Any]:
    """Return a path and its file system, objects of the JVM: there is no other door to them."""
    java: Any = spark.sparkContext._jvm
    path = java.org.apache.hadoop.fs.Path(there)
    return path, path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
