"""Asking each shard of a night the same on Spark: what `window/each.py` does in processes of this machine.

A shard travels as its packed tables (`sharing.py`), with what is given for it as one row more; executors run the
function that a process here would run, and what they answer is written as Parquet and read in the order of shards. A
task that is lost is run again by Spark, and what the lost one wrote does not count.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql.pandas.types import from_arrow_schema

from ringwatch import duck
from ringwatch.night import Night
from ringwatch.spark import paths
from ringwatch.spark.session import failures, session
from ringwatch.spark.sharing import SHARDS, Made, made
from ringwatch.spark.streams import packed, unpacked
from ringwatch.window import each

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

T = TypeVar("T")

# What is given for a shard is one more row, which is no table.
_GIVEN = "given"
_ANSWER = "shard int, packed binary"


@dataclass(frozen=True)
class OnSpark:
    """The shards of a night, on Spark; see `each.Shards`."""

    night: Night
    made: Made

    @property
    def count(self) -> int:
        return self.made.shards

    @property
    def cut(self) -> tuple[int, float]:
        return self.made.ties_cut, self.made.bits_cut

    @property
    def counts(self) -> dict[str, int]:
        return dict(self.made.counts)

    def told(self, ask: Callable[..., pa.Table], *given: Any) -> pa.Table:
        with duck.connect() as connection:
            connection.register("parts", pa.concat_tables(self.answers(ask, [given] * self.count)))
            return connection.sql("SELECT DISTINCT * FROM parts ORDER BY ALL").to_arrow_table()

    def apart(self, path: Path) -> Iterator[pd.DataFrame]:
        none, spark = pq.read_schema(path).empty_table(), session(self.night.settings)
        with failures("the shards of candidates"), paths.readable(spark, self.night, {"asked": [path]}) as found:
            placed = paths.parquet(spark, "account_id string, shard int", f"{self.made.folder}/account")
            rows = paths.parquet(spark, from_arrow_schema(none.schema), *found["asked"]).join(placed, "account_id")
            there = _sorted(rows, none.column_names).orderBy("shard").toLocalIterator()
            row = next(there, None)
            for shard in range(1, self.count + 1):
                if row is None or row["shard"] != shard:
                    yield none.to_pandas()
                else:
                    yield unpacked(row["packed"]).to_pandas()
                    row = next(there, None)

    def answers(
        self,
        ask: Callable[..., T],
        given: Iterable[tuple[Any, ...]],
        here: bool = False,  # noqa: ARG002 - never here
    ) -> Iterator[T]:
        night = self.night
        with paths.working(night, "given") as folder, failures("a shard"):
            _write(folder, given)
            spark = session(night.settings)
            with paths.reachable(spark, night, folder) as there:
                schema = from_arrow_schema(SHARDS)
                rows = paths.parquet(spark, schema, f"{self.made.folder}/packed", f"{there}/asked")
                told = f"{there}/told"
                _asked(rows, ask, self.count, night.settings.duckdb_memory_mb).write.parquet(told)
                for row in paths.parquet(spark, _ANSWER, told).orderBy("shard").toLocalIterator():
                    yield pickle.loads(row["packed"])  # noqa: S301 - what our own tasks answered


def _sorted(rows: DataFrame, columns: list[str]) -> DataFrame:
    """Return the rows of each shard in the order of these columns, as one value."""

    def pack(mine: pa.Table) -> pa.Table:
        found = mine.select(columns).sort_by([(name, "ascending") for name in columns])
        return pa.table({"shard": mine["shard"][:1], "packed": pa.array([packed(found)], pa.binary())})

    return rows.groupBy("shard").applyInArrow(pack, _ANSWER)


def _write(folder: Path, given: Iterable[tuple[Any, ...]]) -> None:
    (folder / "asked").mkdir()
    for shard, more in enumerate(given, start=1):
        row = {"shard": shard, "name": _GIVEN, "rows": 1, "packed": pickle.dumps(more)}
        pq.write_table(pa.Table.from_pylist([row], SHARDS), folder / "asked" / f"{shard}.parquet", compression="zstd")


def _asked(rows: DataFrame, ask: Callable[..., Any], many: int, memory_mb: int) -> DataFrame:
    def answer(mine: pa.Table) -> pa.Table:
        found = dict(zip(mine["name"].to_pylist(), mine["packed"].to_pylist(), strict=True))
        given = pickle.loads(found.pop(_GIVEN))  # noqa: S301 - what the driver of this night gave
        tables = {name: unpacked(table) for name, table in found.items()}
        with tempfile.TemporaryDirectory() as spill:
            told = each.ask(tables, ask, given, memory_mb, Path(spill))
        return pa.table({"shard": mine["shard"][:1], "packed": pa.array([pickle.dumps(told)], pa.binary())})

    return rows.repartitionByRange(many, "shard").groupBy("shard").applyInArrow(answer, _ANSWER)


def shards(night: Night) -> OnSpark:
    """Return the shards of the night, made where they are not there."""
    return OnSpark(night, made(night))
