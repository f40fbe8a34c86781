"""Asking each shard of a night the same: its tables and what is given in, answers in the order of shards out.

In as many processes as the settings say, one shard at a time in each, so that memory is bounded by a shard. What is
asked is a function of a module, and what is given and answered can be pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import duckdb
import pandas as pd
import pyarrow as pa
from pyarrow.dataset import dataset

from ringwatch import duck, processes
from ringwatch.model import ACCOUNT
from ringwatch.night import Night
from ringwatch.window import pairs, shards

T = TypeVar("T")

_APART = """
CREATE OR REPLACE TEMP TABLE asked AS SELECT shard, given.* FROM given
JOIN account USING (account_id) JOIN shard USING (account) ORDER BY shard
"""
_OF_SHARD = "SELECT * EXCLUDE (shard) FROM asked WHERE shard = $shard ORDER BY ALL"


@dataclass(frozen=True)
class _Where:
    """The database that the shards are in, and what a process may use."""

    sharing: Path
    spill: Path
    memory_mb: int
    threads: int


class Shards(Protocol):
    """The shards of a night, wherever they are; they are numbered from 1 on."""

    @property
    def count(self) -> int: ...

    @property
    def cut(self) -> tuple[int, float]:
        """Ties between shards that are not looked at, and their bits together."""

    @property
    def counts(self) -> dict[str, int]:
        """What is shared; see `pairs.counts`."""

    def apart(self, path: Path) -> Iterator[pd.DataFrame]:
        """Yield the rows of a Parquet file of accounts (account_id) shard by shard, each in order of its columns."""

    def told(self, ask: Callable[..., pa.Table], *given: Any) -> pa.Table:
        """Return what `ask` says of the whole night, once for each row and sorted."""

    def answers(self, ask: Callable[..., T], given: Iterable[tuple[Any, ...]], here: bool = False) -> Iterator[T]:
        """Yield what `ask` answers of each shard, given its tables (a connection) and what is `given` for it. That is
        taken when it is its turn, so that only some of what is given and answered is in memory.

        here: in this process, one after the other, as needs be where what is given cannot leave it. Raises
        InfrastructureError when whoever judged a shard ended before it was done.
        """


@dataclass(frozen=True)
class Here:
    """On this machine. connection: one of `sharing.open_sharing`; workers: ends the processes that were begun for the
    shards.
    """

    night: Night
    connection: duckdb.DuckDBPyConnection
    workers: ExitStack = field(default_factory=ExitStack)

    @property
    def count(self) -> int:
        return shards.count(self.connection)

    @property
    def cut(self) -> tuple[int, float]:
        return shards.cut(self.connection)

    @property
    def counts(self) -> dict[str, int]:
        return pairs.counts(self.connection, ACCOUNT, self.night.settings.link_min_bits)

    def told(self, ask: Callable[..., pa.Table], *given: Any) -> pa.Table:
        return ask(self.connection, *given)

    def apart(self, path: Path) -> Iterator[pd.DataFrame]:
        self.connection.register("given", dataset(path))
        self.connection.execute(_APART)
        self.connection.unregister("given")
        for shard in range(1, self.count + 1):
            yield self.connection.sql(_OF_SHARD, params={"shard": shard}).to_arrow_table().to_pandas()
        self.connection.execute("DROP TABLE asked")

    def answers(self, ask: Callable[..., T], given: Iterable[tuple[Any, ...]], here: bool = False) -> Iterator[T]:
        many = self.count
        if many == 1:  # a night of one shard is asked as it is
            yield from (ask(self.connection, *more) for more in given)
            return
        at_once, where = self._at_once, self._where
        self.connection.execute(f"SET memory_limit = '{where.memory_mb}MiB'")
        self.night.files.spill.mkdir(parents=True, exist_ok=True)  # a process that made it would remove it again
        if at_once > 1 and not here:
            asked = ((where, shard, ask, more) for shard, more in enumerate(given, start=1))
            yield from processes.in_turn(self._pool, _answer, asked, 2 * at_once)
            return
        with ThreadPoolExecutor(1) as reader:  # which reads the next shard meanwhile, if there may be two
            taken = processes.in_turn(reader, partial(_taken, where), range(1, many + 1), min(at_once, 2))
            for connection, more in zip(taken, given, strict=True):
                with connection:
                    yield ask(connection, *more)

    @property
    def _at_once(self) -> int:
        return min(self.night.settings.processes or processes.cores(), self.count)

    @property
    def _where(self) -> _Where:
        files, at_once = self.night.files, self._at_once
        # One share for each process, and one for this one, which holds what was read of the whole night.
        memory_mb = self.night.settings.duckdb_memory_mb // (at_once + 1)
        return _Where(files.sharing, files.spill, memory_mb, max(processes.cores() // at_once, 1))

    @cached_property
    def _pool(self) -> Executor:
        instead = "lower the setting processes or shard_accounts"
        return self.workers.enter_context(processes.pool(self._at_once, "judged a shard", instead))


def _answer(asked: tuple[_Where, int, Callable[..., T], tuple[Any, ...]]) -> T:
    where, shard, question, given = asked
    with _taken(where, shard) as connection:
        return question(connection, *given)


def _taken(where: _Where, shard: int) -> duckdb.DuckDBPyConnection:
    """Return a connection to the tables of a shard, in memory as far as they may be."""
    connection = duck.connect()
    _bound(connection, where.memory_mb, where.threads, where.spill)
    shards.taken(where.sharing, shard, connection)
    return connection


def ask(
    tables: dict[str, pa.Table], question: Callable[..., T], given: tuple[Any, ...], memory_mb: int, spill: Path
) -> T:
    """Return the answer to `question` of the shard with these tables, worked out within `memory_mb` of DuckDB's.

    The tables are taken out of `tables`, so that they are in memory once.
    """
    with shards.opened(tables) as connection:
        _bound(connection, memory_mb, 1, spill)
        return question(connection, *given)


def _bound(connection: duckdb.DuckDBPyConnection, memory_mb: int, threads: int, spill: Path) -> None:
    connection.execute("SET temp_directory = $folder", {"folder": str(spill)})
    connection.execute(f"SET memory_limit = '{memory_mb}MiB'")
    connection.execute(f"SET threads = {threads}")
