"""Asking each shard of a night the same on Spark: what `window/each.py` does in processes of this machine.

A shard travels as its tables (`shards.extract`) and what is given for it, in one Parquet file below the setting
`spark_dir`; executors run the function that a process here would run, and what they answer comes back the same way and
is read in the order of shards. A task that is lost is run again by Spark, and what the lost one wrote does not count.
"""

from __future__ import annotations

import io
import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.night import Night
from ringwatch.spark import paths
from ringwatch.spark.session import failures, session
from ringwatch.window import each, shards, sharing

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

T = TypeVar("T")

# Rows are packed tables; what is given for a shard is one more of them, which is no table.
PACKED = pa.schema([("shard", pa.int32()), ("name", pa.string()), ("packed", pa.binary())])
_GIVEN = "given"
_ASKED, _TOLD = "asked", "told"
_PACKED, _ANSWER = "shard int, name string, packed binary", "shard int, packed binary"


def answers(night: Night, ask: Callable[..., T], given: Sequence[tuple[Any, ...]], here: bool = False) -> Iterator[T]:
    """Yield what `ask` answers of each shard, as `each.answers`: on Spark where the setting engine says so.

    Raises InfrastructureError when Spark gives up.
    """
    if night.settings.engine != "spark":
        yield from each.answers(night, ask, given, here)
        return
    with paths.working(night, "shards") as folder, failures("a shard"):
        _write(night, folder, given)
        spark = session(night.settings)
        with paths.reachable(spark, night, folder) as there:
            rows = spark.read.schema(_PACKED).parquet(f"{there}/{_ASKED}").repartitionByRange(len(given), "shard")
            _asked(rows, ask, night.settings.duckdb_memory_mb).write.parquet(f"{there}/{_TOLD}")
            for row in spark.read.schema(_ANSWER).parquet(f"{there}/{_TOLD}").orderBy("shard").toLocalIterator():
                yield pickle.loads(row["packed"])  # noqa: S301 - what our own tasks answered


def _write(night: Night, folder: Path, given: Sequence[tuple[Any, ...]]) -> None:
    asked = folder / _ASKED
    asked.mkdir()
    with sharing.open_sharing(night) as connection:
        for shard, more in enumerate(given, start=1):
            rows = [(name, packed(table)) for name, table in shards.extract(connection, shard).items()]
            rows.append((_GIVEN, pickle.dumps(more)))
            names, values = zip(*rows, strict=True)
            table = pa.table([[shard] * len(rows), names, values], schema=PACKED)
            pq.write_table(table, asked / f"{shard}.parquet", compression="zstd")


def _asked(rows: DataFrame, ask: Callable[..., Any], memory_mb: int) -> DataFrame:
    def answer(mine: pa.Table) -> pa.Table:
        found = dict(zip(mine["name"].to_pylist(), mine["packed"].to_pylist(), strict=True))
        given = pickle.loads(found.pop(_GIVEN))  # noqa: S301 - what the driver of this night gave
        tables = {name: unpacked(table) for name, table in found.items()}
        with tempfile.TemporaryDirectory() as spill:
            told = each.ask(tables, ask, given, memory_mb, Path(spill))
        return pa.table({"shard": mine["shard"][:1], "packed": pa.array([pickle.dumps(told)], pa.binary())})

    return rows.groupBy("shard").applyInArrow(answer, _ANSWER)


def packed(table: pa.Table) -> bytes:
    """Return a table as bytes of an Arrow stream, compressed: it goes through the memory of Spark's JVM as a whole."""
    into = io.BytesIO()
    with pa.ipc.new_stream(into, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_table(table)
    return into.getvalue()


def unpacked(rows: bytes) -> pa.Table:
    return pa.ipc.open_stream(rows).read_all()
