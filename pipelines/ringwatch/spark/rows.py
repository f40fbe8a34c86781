"""Rows of Spark that are written and read again, so that what follows does not make them anew, and their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as sql

from ringwatch.spark import paths

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Bits of a number that Spark gives rows of one partition.
_ROW_BITS = 33


def kept(rows: DataFrame, path: str) -> DataFrame:
    """Write rows as Parquet, and return them as they were written."""
    rows.write.mode("overwrite").parquet(path)
    return paths.parquet(rows.sparkSession, rows.schema, path)


def numbered(rows: DataFrame, order: Sequence[Column], path: str, column: str, start: int = 0) -> DataFrame:
    """Return rows with one more column, their numbers from `start` + 1 on in an order that tells them all apart.

    Spark sorts them; no task and no process has them all.
    """
    found = kept(rows.orderBy(*order).withColumn("_row", sql.monotonically_increasing_id()), path)
    part = sql.shiftright(sql.col("_row"), _ROW_BITS)
    counts = found.groupBy(part.alias("part")).count().orderBy("part").collect()
    before = _running({row["part"]: row["count"] for row in counts}, start)
    offset = sql.create_map(*[sql.lit(value) for pair in before.items() for value in pair])[part]
    place = sql.col("_row").bitwiseAND(sql.lit((1 << _ROW_BITS) - 1))
    return found.withColumn(column, (place + offset + 1).cast("int")).drop("_row")


def _running(counts: Mapping[int, int], start: int) -> dict[int, int]:
    """Return how many rows come before those of each partition."""
    found, total = {}, start
    for part, count in counts.items():
        found[part] = total
        total += count
    return found or {0: start}
