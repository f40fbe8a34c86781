"""Making the tables of `sharing` on Spark: the statements of one machine, part by part on executors.

Statements wait until something is asked. Those that follow each other and are about the same (`by`) become one step:
Spark brings together the rows that each part of the accounts, identifiers or names needs, a DuckDB on the executor runs
the statements (`parts.py`), and what they make is written as Parquet, so that a task that is lost is done again from
files. Numbers in the order of all rows come from a sort of Spark. Only small tables come to this process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import pyarrow as pa
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from ringwatch import duck
from ringwatch.spark import parts, paths
from ringwatch.spark.parts import Made, Types, Work
from ringwatch.spark.rows import numbered
from ringwatch.window import making
from ringwatch.window.statements import ALL, Numbers, Read, Statement, macros, statement

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

# Makes the number of a part from what a row is about.
Part = Callable[["Column"], "Column"]


@dataclass
class _Step:
    """Statements about the same, with their values, that need nothing of each other but what their own part made."""

    by: str
    statements: list[Statement] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)

    def takes(self, one: Statement) -> bool:
        """Whether a statement can be run with these."""
        return one.by == self.by and not any(self._lacks(read) for read in one.reads)

    def _lacks(self, read: Read) -> bool:
        made = {done.table for done in self.statements}
        apart = {done.table for done in self.statements if done.adds or done.numbers or done.scatters}
        if read.table in apart or read.through in made:
            return True
        return read.table in made and (read.whole or read.through is not None or read.column != self.by)

    def goes_before(self, one: Statement) -> bool:
        """Whether a statement needs what these make, or changes what they read."""
        needed = {name for read in one.reads for name in (read.table, read.through)}
        read = {name for done in self.statements for read in done.reads for name in (read.table, read.through)}
        return one.table in read or any(done.table in {*needed, one.table} for done in self.statements)

    def reads(self) -> Iterator[Read]:
        made: set[str] = set()
        for one in self.statements:
            yield from (read for read in one.reads if read.table not in made)
            made.add(one.table)


def _steps(waiting: Iterable[tuple[Statement, dict[str, Any]]]) -> list[_Step]:
    """Return the statements in few steps: each as early as what it needs is there, with others about the same."""
    steps: list[_Step] = []
    for one, values in waiting:
        last = max((place for place, step in enumerate(steps) if step.goes_before(one)), default=-1)
        first = last if last >= 0 and steps[last].takes(one) else last + 1
        place = next((place for place in range(first, len(steps)) if steps[place].takes(one)), len(steps))
        if place == len(steps):
            steps.append(_Step(one.by))
        steps[place].statements.append(one)
        steps[place].values.append(values)
    return steps


class OnSpark:
    """A `Maker` whose tables are Parquet below `folder`.

    sources: tables that are there, as frames, with their columns and types in DuckDB; views: what each part makes of
    them where it needs it, and keeps to itself.
    """

    def __init__(
        self,
        spark: SparkSession,
        folder: str,
        sources: Mapping[str, tuple[DataFrame, Types]],
        views: Sequence[Statement] = (),
        memory_mb: int = 1024,
        tell: Callable[[str], None] = lambda _done: None,
    ) -> None:
        self._spark, self._folder, self._views, self._memory_mb, self._tell = spark, folder, views, memory_mb, tell
        self._parts = int(str(spark.conf.get("spark.sql.shuffle.partitions")))
        self._frames: dict[str, list[DataFrame]] = {name: [frame] for name, (frame, _) in sources.items()}
        self._small: dict[str, pa.Table] = {}
        self._waiting: list[tuple[Statement, dict[str, Any]]] = []
        self._done = 0
        self._shapes = duck.connect()
        self._shapes.execute(macros())
        for name, (_, types) in sources.items():
            parts.put(self._shapes, name, parts.arrow_schema(types).empty_table(), types)
        for view in views:
            self._shapes.execute(f"CREATE TEMP VIEW {view.table} AS {view.select}")

    def do(self, statements: Iterable[str | Statement], **values: Any) -> None:
        for named in statements:
            one = statement(named) if isinstance(named, str) else named
            used = one.used({"bucket": 0, "buckets": 1} | values)
            self._waiting.append((one, used))
            if not one.adds:
                self._shapes.execute(f"CREATE OR REPLACE TABLE {one.table} AS {making.numbered(one)}", used)

    def give(self, table: str, rows: pa.Table, lasts: bool = False) -> None:  # noqa: ARG002 - all last
        self._small[table] = rows
        self._shapes.register("given", rows)
        self._shapes.execute(f"CREATE OR REPLACE TABLE {table} AS FROM given")
        self._shapes.unregister("given")

    def drop(self, tables: Iterable[str]) -> None:
        """They go with the folder."""

    def take(self, table: str, rows: DataFrame) -> None:
        """Take in a table of any size, whose columns are of types that Spark has."""
        self._frames[table] = [rows]
        parts.put(self._shapes, table, to_arrow_schema(rows.schema).empty_table(), {})

    def ask(self, query: str) -> pd.DataFrame:
        self.finish()
        for table in (*self._frames, *self._small):
            if re.search(rf"\b{table}\b", query):
                self.frame(table).createOrReplaceTempView(table)
        found: pd.DataFrame = _with_unsigned(self._spark.sql(query).toArrow()).to_pandas()
        return found

    def finish(self) -> None:
        """Make what waits to be made."""
        steps, self._waiting = _steps(self._waiting), []
        for step in steps:
            self._run(step)

    def types(self, table: str) -> Types:
        return parts.types_of(self._shapes, table)

    def frame(self, table: str) -> DataFrame:
        """Return the rows of a table as they travel."""
        if table not in self._frames:
            rows = self._small[table]
            packed = duckdb.from_arrow(rows, connection=self._shapes).select(parts.packing(self.types(table)))
            return self._spark.createDataFrame(packed.to_arrow_table())
        return reduce(lambda one, other: one.unionByName(other), self._frames[table])

    def whole(self, table: str) -> pa.Table:
        """Return all rows of a small table."""
        if table not in self._small:
            self._small[table] = self.frame(table).toArrow()
        return self._small[table]

    def routed(self, read: Read, by: str, part: Part) -> DataFrame:
        """Return `part` and the rows of a table that it needs, as structs under the table's name.

        `part` makes the number of a part from what a row is about; what is about nothing is in no part.
        """
        rows = self.frame(read.table)
        struct = sql.struct(*[sql.col(name) for name in self.types(read.table)]).alias(read.table)
        if by == ALL:
            return rows.select(sql.lit(0).alias("part"), struct)
        if read.through is None:
            about = sql.col(read.column)
            return rows.where(about.isNotNull()).select(part(about).alias("part"), struct)
        named = self.frame(read.through).where(sql.col(by).isNotNull() & sql.col(str(read.named)).isNotNull())
        named = named.select(part(sql.col(by)).alias("part"), sql.col(str(read.named)).alias("_named")).distinct()
        found = rows.select(sql.col(read.column).alias("_about"), struct)
        return found.join(named, sql.col("_about") == sql.col("_named")).select("part", read.table)

    def _run(self, step: _Step) -> None:
        reads = list(dict.fromkeys([*self._read_by_views(step), *step.reads()]))
        whole = {read.table for read in reads if read.whole}
        views = {view.table for view in self._views}
        keyed = [read for read in reads if read.table not in whole | views]
        todo = self._work(step, keyed, whole)
        self._done += 1
        path = f"{self._folder}/{self._done}"
        rows = self.gathered(keyed, step.by, todo.parts, partial(_part, many=todo.parts))
        made = rows.mapInArrow(partial(parts.work, todo), from_arrow_schema(todo.schema))
        made.write.mode("overwrite").parquet(path)
        self._take_in(step, todo, path)
        self._tell(f"what accounts share: {self._done} steps done on Spark")

    def _read_by_views(self, step: _Step) -> Iterator[Read]:
        for view in self._used_views(step):
            yield from view.reads

    def _used_views(self, step: _Step) -> list[Statement]:
        texts = " ".join(one.select for one in step.statements)
        return [view for view in self._views if re.search(rf"\b{view.table}\b", texts)]

    def _work(self, step: _Step, keyed: Sequence[Read], whole: set[str]) -> Work:
        read = [one.table for one in keyed]
        views = [Made(view.table, view.select, {}, {}, view=True) for view in self._used_views(step)]
        made = [
            Made(one.table, one.select, values, self._made_types(one, values), one.adds)
            for one, values in zip(step.statements, step.values, strict=True)
        ]
        return Work(
            reads={table: self.types(table) for table in read},
            makes=(*views, *made),
            again=frozenset(table for table in read if read.count(table) > 1),
            small={table: (self.whole(table), self.types(table)) for table in sorted(whole)},
            parts=1 if step.by == ALL else self._parts,
            memory_mb=self._memory_mb,
        )

    def _made_types(self, one: Statement, values: dict[str, Any]) -> Types:
        """Return the columns that a statement makes, before it is numbered."""
        if one.numbers is None:
            return self.types(one.table)
        relation = self._shapes.sql(one.select, params=values)
        return dict(zip(relation.columns, map(str, relation.types), strict=True))

    def gathered(self, keyed: Sequence[Read], by: str, many: int, part: Part) -> DataFrame:
        """Return the rows of all parts, each in the partition with its number."""
        frames = [self.routed(read, by, part) for read in keyed]
        if not frames:
            frames = [self._spark.range(many).select(sql.col("id").cast("int").alias("part"))]
        every = reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), frames)
        return every.repartitionById(many, "part")

    def _take_in(self, step: _Step, todo: Work, path: str) -> None:
        rows = paths.parquet(self._spark, from_arrow_schema(todo.schema), path)
        for one in step.statements:
            frame = rows.where(sql.col(one.table).isNotNull()).select(f"{one.table}.*")
            self._small.pop(one.table, None)
            if one.numbers:
                frame = self._numbered(one, one.numbers, frame, f"{path}-sorted")
            self._frames[one.table] = [*self._frames[one.table], frame] if one.adds else [frame]

    def _numbered(self, one: Statement, numbers: Numbers, rows: DataFrame, path: str) -> DataFrame:
        order = [sql.col(name).asc_nulls_last() for name in numbers.order]
        start = self.frame(numbers.after).count() if numbers.after else 0
        found = numbered(rows, order, path, numbers.column, start)
        return found.select(*one.columns, numbers.column) if one.columns else found


def _part(about: Column, many: int) -> Column:
    return sql.pmod(sql.xxhash64(about.cast("string")), sql.lit(many)).cast("int")


def _with_unsigned(rows: pa.Table) -> pa.Table:
    """Return rows with the numbers without a sign that Spark does not have."""
    unsigned = pa.decimal128(20, 0)
    for place, column in enumerate(rows.schema):
        if column.type == unsigned:
            rows = rows.set_column(place, column.name, rows[column.name].cast(pa.uint64()))
    return rows
