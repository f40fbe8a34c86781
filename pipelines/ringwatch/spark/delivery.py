"""A feed's files on executors, in three steps: read and type, hold to the rules, keep what is refused.

Between the steps lies typed and judged on a Hadoop path, for a task that is lost is run again, and each step reads what
the one before has written whole. Personal values are tokens there. The driver hears of portions, of the first row that
stops the night, and gets what became of rows a bucket of chunks at a time.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql.pandas.types import from_arrow_schema

from ringwatch.errors import DataRefused
from ringwatch.gate import typed
from ringwatch.gate.arrivals import Arrived, bare
from ringwatch.gate.judging import Sorted
from ringwatch.gate.portions import Portion, portions
from ringwatch.gate.terms import Terms
from ringwatch.model import ACCOUNT_KEY
from ringwatch.night import Night
from ringwatch.spark import paths, tasks
from ringwatch.spark.feeds import Feeds
from ringwatch.spark.streams import unpacked
from ringwatch.spark.tasks import Read

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_TABLES = ("clean", "held", "buried", "refused")


@dataclass
class Delivery:
    """The files of a feed and what is known of them so far. there: folder for what is between the steps."""

    night: Night
    spark: SparkSession
    feeds: Feeds
    terms: Terms
    arrived: tuple[Arrived, ...]
    there: str
    portions: tuple[Portion, ...] = ()
    known: list[Read] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.arrived = bare(self.arrived)
        self.portions = tuple(portions(self.arrived))

    def read(self) -> int:
        """Read and type all portions; return how many rows they have. Raises DataRefused as one machine does."""
        self._tell("reading")
        self._write(self._files().mapInArrow(self._reads, from_arrow_schema(tasks.TYPED)), "typed")
        told = self._typed.where(f"chunk = {tasks.PORTION}").collect()
        read = [pickle.loads(row["packed"]) for row in told]  # noqa: S301 - what our own tasks answered
        self.known = sorted(read, key=lambda one: one.number)
        rows = 0
        for one in self.known:
            if rows + one.rows > self.night.settings.gate_most_rows:
                self._refuse_endless(one.number, rows)
            if one.refused:
                raise one.refused
            rows += one.rows
        if not any(one.seen for one in self.known):
            typed.refuse_empty(self.night, self.terms.feed, self.arrived)
        return rows

    def judge(self, accounts: str | None) -> None:
        """Hold all rows to the rules, and keep what is refused; accounts: folder of ids that are known, None: all are.

        Raises DataRefused that names the first row that stops the night.
        """
        self._tell("judging")
        chunks = self._chunks.withColumn("slot", _slot())
        flags = self._flags(accounts)
        both = [rows.repartition(self._tasks, "slot").groupBy("slot") for rows in (chunks, flags)]
        judged = both[0].cogroup(both[1]).applyInArrow(_judging(self._judges), from_arrow_schema(tasks.JUDGED))
        self._write(judged, "judged", by="bucket")
        if again := self._refused_portions():
            self._write(self._kept(again), "kept", by="bucket")

    def results(self) -> Iterator[tuple[Sorted, pa.Table]]:
        """Yield what became of rows and what is kept of those that are refused, as `sorting.put_together` takes it."""
        for one in self.known:
            if one.ragged:
                rows = self._typed.where(f"portion = {one.number} AND chunk = {tasks.RAGGED}").collect()
                yield one.ragged, unpacked(rows[0]["packed"])
        for bucket in range(-(-sum(one.chunks for one in self.known) // tasks.BUCKET)):
            judged = self._part("judged", tasks.JUDGED, bucket)
            refused = any(row["refused"] for row in judged)
            kept = self._part("kept", tasks.QUARANTINED, bucket) if refused else []
            _stop(next((row["stop"] for row in kept if row["stop"]), None))
            of = {row["slot"]: unpacked(row["kept"]) for row in kept}
            for row in judged:
                yield _sorted(row), of.get(row["slot"], pa.table({}))

    def places(self, accounts: tuple[str, ...]) -> list[str]:
        """Return the places of the first rows of these accounts, a few."""
        ask = tasks.Finds(self._reads, self.arrived, accounts)
        told = self._files().mapInArrow(ask, from_arrow_schema(tasks.TOLD)).collect()
        found = {row["number"]: pickle.loads(row["told"]) for row in told}  # noqa: S301 - what our own tasks answered
        return [place for number in sorted(found) for place in found[number]]

    @property
    def _reads(self) -> tasks.Reads:
        return tasks.Reads(self.feeds.place, self.terms, self.portions, self.night.settings.gate_most_rows)

    @property
    def _judges(self) -> tasks.Judges:
        before = (0, *accumulate(one.chunks for one in self.known))
        return tasks.Judges(self.terms, tuple(file.name for file in self.arrived), before)

    @property
    def _typed(self) -> DataFrame:
        return self._read("typed", tasks.TYPED)

    @property
    def _chunks(self) -> DataFrame:
        return self._typed.where("chunk >= 0")

    @property
    def _tasks(self) -> int:
        """Tasks that work on chunks: a few minutes each at most."""
        chunks = sum(one.chunks for one in self.known)
        return max(int(self.spark.sparkContext.defaultParallelism), -(-chunks // tasks.BUCKET))

    def _files(self, numbers: list[int] | None = None) -> DataFrame:
        """What the files of portions hold, those of one portion behind each other."""
        wanted = range(len(self.portions)) if numbers is None else numbers
        return self.feeds.contents([(n, file.name) for n in wanted for file in self.portions[n].files])

    def _flags(self, accounts: str | None) -> DataFrame:
        """What is known of rows from others: slot, row, again, contradicts, strange."""
        digests = self._chunks.mapInArrow(tasks.Digests(self.terms), from_arrow_schema(tasks.DIGESTS))
        twins = digests.repartition(self._tasks, "_key").mapInArrow(tasks.compared, from_arrow_schema(tasks.TWINS))
        flags = twins.selectExpr("row", "again", "contradicts", "false AS strange")
        if accounts is not None:
            rows = self._chunks.mapInArrow(tasks.accounts, from_arrow_schema(tasks.ACCOUNTS))
            known = paths.parquet(self.spark, from_arrow_schema(tasks.IDS), accounts)
            strange = rows.join(known, ACCOUNT_KEY, "left_anti")
            flags = flags.unionAll(strange.selectExpr("row", "false", "false", "true"))
        return flags.selectExpr(f"shiftright(row, {tasks.POSITION}) AS slot", "*")

    def _refused_portions(self) -> list[int]:
        """Return the portions with refused rows. Raises DataRefused that names the first row which stops the night."""
        [found] = (
            self._read("judged", tasks.JUDGED)
            .selectExpr(
                "min(struct(slot, stop)) FILTER (WHERE stop IS NOT NULL) AS stop",
                f"collect_set(shiftright(slot, {tasks.CHUNK})) FILTER (WHERE refused IS NOT NULL) AS numbers",
            )
            .collect()
        )
        _stop(found["stop"] and found["stop"]["stop"])
        return sorted(found["numbers"])

    def _kept(self, numbers: list[int]) -> DataFrame:
        """What is kept of refused rows: their portions are read again."""
        files = self._files(numbers).selectExpr(
            "*", "bigint(null) AS slot", "int(null) AS bucket", "binary(null) AS refused"
        )
        refused = (
            self._read("judged", tasks.JUDGED)
            .where("refused IS NOT NULL")
            .selectExpr(
                f"int(shiftright(slot, {tasks.CHUNK})) AS number",
                "string(null) AS name",
                "bigint(null) AS changed",
                "binary(null) AS content",
                "slot",
                "bucket",
                "refused",
            )
        )
        rows = files.unionAll(refused).repartition(len(numbers), "number")
        ask = tasks.Keeps(self._reads)
        return rows.sortWithinPartitions("number", "slot").mapInArrow(ask, from_arrow_schema(tasks.QUARANTINED))

    def _refuse_endless(self, number: int, rows: int) -> None:
        """Raise DataRefused that names the file with which there are too many rows; `rows` are before the portion."""
        chunks = self._chunks.where(f"portion = {number}").select("rows", "last", "chunk").orderBy("chunk")
        for chunk in chunks.toLocalIterator():
            rows += chunk["rows"]
            typed.refuse_endless(self.night, self.arrived, chunk["last"], rows)

    def _part(self, name: str, schema: pa.Schema, bucket: int) -> list[dict[str, Any]]:
        """Return the rows of a bucket in order."""
        rows = self._read(name, schema).where(f"bucket = {bucket}").toArrow().to_pylist()
        return sorted(rows, key=lambda row: row["slot"])

    def _read(self, name: str, schema: pa.Schema) -> DataFrame:
        return paths.parquet(self.spark, from_arrow_schema(schema), f"{self.there}/{name}")

    def _write(self, rows: DataFrame, name: str, by: str | None = None) -> None:
        """Write rows, those of each value of `by` into a file of its own."""
        if by is None:
            rows.write.parquet(f"{self.there}/{name}")
        else:
            rows.repartition(self._tasks, by).write.partitionBy(by).parquet(f"{self.there}/{name}")

    def _tell(self, doing: str) -> None:
        parts = f"{len(self.portions):,} portion{'s' if len(self.portions) > 1 else ''}"
        self.night.tell(f"validate: {self.terms.feed.feed}, {doing} {parts} on Spark")


def _judging(judges: tasks.Judges) -> Callable[[pa.Table, pa.Table], pa.Table]:
    """Spark looks at how many parameters a function has."""

    def judged(chunk: pa.Table, flags: pa.Table) -> pa.Table:
        return judges(chunk, flags)

    return judged


def _stop(message: str | None) -> None:
    if message:
        raise DataRefused(message)


def _slot() -> Column:
    from pyspark.sql import functions as f

    return f.expr(f"shiftleft(bigint(portion), {tasks.CHUNK}) + chunk")


def _sorted(row: dict[str, Any]) -> Sorted:
    counts: Sorted = pickle.loads(row["counts"])  # noqa: S301 - what our own tasks answered
    tables = {name: unpacked(row[name]) for name in _TABLES if row[name] is not None}
    return Sorted(**(vars(counts) | tables))
