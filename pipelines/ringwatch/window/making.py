"""Making the tables of `sharing` from statements: one interface, this process behind it or Spark.

Here     all rows at once, on one connection of DuckDB
OnSpark  part by part on executors, each in a DuckDB of its own (`spark/making.py`)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import duckdb
import pandas as pd
import pyarrow as pa

from ringwatch.window.statements import Statement, macros, statement


class Maker(Protocol):
    def do(self, statements: Iterable[str | Statement], **values: Any) -> None:
        """Make tables, one after the other; values are those of the parameters, and may be more than are used."""

    def ask(self, query: str) -> pd.DataFrame:
        """Return what a query says, few rows, in words that DuckDB and Spark both understand."""

    def give(self, table: str, rows: pa.Table, lasts: bool = False) -> None:
        """Take in a small table."""

    def drop(self, tables: Iterable[str]) -> None:
        """Forget tables that are not needed any more."""


@dataclass(frozen=True)
class Here:
    """On a connection that has the feeds; tables that last go where its search path leads."""

    connection: duckdb.DuckDBPyConnection

    def __post_init__(self) -> None:
        self.connection.execute(macros())

    def do(self, statements: Iterable[str | Statement], **values: Any) -> None:
        values = {"bucket": 0, "buckets": 1} | values
        for named in statements:
            one = statement(named) if isinstance(named, str) else named
            self.connection.execute(f"{_into(one)} {numbered(one)}", one.used(values))

    def ask(self, query: str) -> pd.DataFrame:
        found: pd.DataFrame = self.connection.sql(query).df()
        return found

    def give(self, table: str, rows: pa.Table, lasts: bool = False) -> None:
        self.connection.register("given", rows)
        self.connection.execute(f"CREATE {'' if lasts else 'TEMP '}TABLE {table} AS FROM given")
        self.connection.unregister("given")

    def drop(self, tables: Iterable[str]) -> None:
        for table in tables:
            self.connection.execute(f"DROP TABLE {table}")


def _into(one: Statement) -> str:
    if one.adds:
        return f"INSERT INTO {one.table} BY NAME"
    return f"CREATE OR REPLACE {'' if one.lasts else 'TEMP '}TABLE {one.table} AS"


def numbered(one: Statement) -> str:
    """Return the SELECT of a statement with the numbers that it asks for."""
    if one.numbers is None:
        return one.select
    column, order, after = one.numbers.column, ", ".join(one.numbers.order), one.numbers.after
    start = f"(SELECT count(*) FROM {after}) + " if after else ""
    number = f"CAST({start}row_number() OVER (ORDER BY {order}) AS INTEGER) AS {column}"
    return f"SELECT {', '.join(one.columns) or '*'}, {number} FROM ({one.select}) ORDER BY {column}"
