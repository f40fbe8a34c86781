"""Shards, accounts that are judged together and apart from all others: the tables of `sharing` in, those of each out.

shard   account, shard (a number from 1 on): accounts that share anything; nobody else can be in a group
cut     ties that are not looked at, and their bits: those between parts of components that were too large for a shard

What two accounts share connects them, and so does having been in one ring last night; what is a hub does not, unless it
is kept as a group. Whole components (`components.py`) are packed into shards of at most `shard_accounts` accounts. All
that link, detect and score need of a shard is its own rows and figures of the whole night that are in them or beside
them: accounts on an identifier, rarity, places, `figure`, `usual`. So a shard can be judged anywhere:

    shards.sort(connection)                   where there are several, whichever engine made the tables of sharing
    tables = shards.extract(connection, 3)    a dict of Arrow tables
    with shards.opened(tables) as shard:      the tables of `sharing`, of these accounts alone, in memory
        pairs.add(shard)                      where extract found no table `link`: what they share two by two
        candidates.read(shard, min_bits)      and so on: detect and score ask a shard what they ask a whole night

A night of one shard is asked about as it is, without any of this.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from ringwatch import duck
from ringwatch.window import components
from ringwatch.window.statements import macros, statement

# Bits of one account having paid or invited the other directly, where nothing else says more.
DEALT_BITS = 1.0


class _Rows(NamedTuple):
    """The rows of a table with the shard of each, once for every shard that is asked about them; the order of a
    shard's.
    """

    select: str
    order: str


def _of_account(table: str, order: str = "account") -> _Rows:
    return _Rows(f"SELECT shard, mine.* FROM {table} mine JOIN shard USING (account)", order)


def _of_use(table: str, order: str, by: str, of: str) -> _Rows:
    used = f"(SELECT DISTINCT shard, {of} FROM {by} JOIN shard USING (account))"
    return _Rows(f"SELECT shard, mine.* FROM {table} mine JOIN {used} USING ({of})", order)


def _of_both(table: str) -> _Rows:
    ends = "JOIN shard one ON one.account = source JOIN shard other ON other.account = target"
    return _Rows(f"SELECT one.shard, mine.* FROM {table} mine {ends} WHERE one.shard = other.shard", "source, target")


_OF_EITHER = """
SELECT shard, dealing.* FROM dealing JOIN shard ON account = source
UNION ALL
SELECT other.shard, dealing.* FROM dealing JOIN shard other ON other.account = target
LEFT JOIN shard one ON one.account = source WHERE one.shard IS DISTINCT FROM other.shard
"""
_ROWS: dict[str, _Rows] = {
    "account": _of_account("account"),
    "identifier": _of_use("identifier", "identifier", "sighting", "identifier"),
    "sighting": _of_account("sighting", "account, identifier"),
    "dealing": _Rows(_OF_EITHER, "source, target, facet"),
    "dealt": _of_both("dealt"),
    "whereabouts": _of_use("whereabouts", "identifier", "sighting", "identifier"),
    "stay": _of_account("stay"),
    "opening": _of_use("opening", "ALL", "stay", "network"),
    "employed": _of_account("employed"),
    "abode": _of_account("abode", "ALL"),
    "guest": _of_account("guest"),
    "link": _of_both("link"),
}
# What is small, a shard is asked about as a whole.
_WHOLE = ("facet", "figure", "usual")

# Arrow has no strings of bits: a shard's days travel as text, "0110" for the second and third of four.
_GOES = {"sighting": "REPLACE (CAST(days AS TEXT) AS days)"}
_COMES = {"sighting": "REPLACE (CAST(days AS BIT) AS days)"}


def add(connection: duckdb.DuckDBPyConnection, most: int | None, rings: pd.DataFrame | None = None) -> None:
    """Add the tables above, and `part` while they are made, for shards of at most `most` accounts; None: one shard.

    rings: ring_id, account_id of the rings of last night, whose accounts stay together.
    """
    (accounts,) = connection.execute("SELECT accounts FROM figure").fetchall()[0]
    if most is None or accounts <= most:
        connection.execute("CREATE TABLE shard AS SELECT account, 1 AS shard FROM account")
        connection.execute("CREATE TABLE cut AS SELECT 0 AS ties, 0.0 AS bits")
        return
    ties = _ties(connection, int(accounts), rings)
    part = components.parts(ties, most)
    tied = np.unique(np.concatenate([ties.source, ties.target]))
    tied = tied[tied < ties.accounts]
    _, first, place = np.unique(part[tied], return_index=True, return_inverse=True)
    number = components.packed(np.bincount(place, minlength=len(first)), most)
    _write(connection, tied, number[place] + 1)
    apart = part[ties.source] != part[ties.target]
    connection.execute(
        "CREATE TABLE cut AS SELECT $1 AS ties, $2 AS bits", [int(apart.sum()), round(float(ties.bits[apart].sum()), 1)]
    )


def _write(connection: duckdb.DuckDBPyConnection, accounts: np.ndarray, shards: np.ndarray) -> None:
    connection.register("made", pa.table({"account": accounts.astype(np.int32), "shard": shards.astype(np.int32)}))
    connection.execute("CREATE TABLE shard AS FROM made ORDER BY account")
    connection.unregister("made")


def _ties(connection: duckdb.DuckDBPyConnection, accounts: int, rings: pd.DataFrame | None) -> components.Ties:
    connection.execute(macros())
    shared = connection.sql(statement("tie").select).fetchnumpy()
    dealt = connection.sql("SELECT source, target FROM dealt ORDER BY ALL").fetchnumpy()
    together = _of_rings(connection, rings)
    beyond = accounts + 1  # accounts are counted from 1
    last = beyond + int(shared["identifier"].max(initial=0)) + 1
    return components.Ties(
        np.concatenate([shared["account"], dealt["source"], together["account"]]).astype(np.int64),
        np.concatenate([beyond + shared["identifier"], dealt["target"], last + together["ring"]]).astype(np.int64),
        np.concatenate(
            [shared["strength"], np.full(len(dealt["source"]), DEALT_BITS), np.full(len(together["ring"]), np.inf)]
        ),
        beyond,
    )


def _of_rings(connection: duckdb.DuckDBPyConnection, rings: pd.DataFrame | None) -> dict[str, np.ndarray]:
    if rings is None or rings.empty:
        return {"account": np.array([], dtype=int), "ring": np.array([], dtype=int)}
    connection.register("before", rings[["ring_id", "account_id"]].astype("str"))
    found = connection.sql(
        "SELECT account, dense_rank() OVER (ORDER BY ring_id) AS ring FROM before JOIN account USING (account_id) "
        "ORDER BY ALL"
    ).fetchnumpy()
    connection.unregister("before")
    return dict(found)


def count(connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many shards there are, one at least."""
    (found,) = connection.execute("SELECT greatest(coalesce(max(shard), 1), 1) FROM shard").fetchall()[0]
    return int(found)


def cut(connection: duckdb.DuckDBPyConnection) -> tuple[int, float]:
    """Return how many ties between shards are not looked at, and their bits together."""
    ties, bits = connection.execute("SELECT ties, bits FROM cut").fetchall()[0]
    return int(ties), float(bits)


def sort(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the schema `apart`: the same tables once more, rows of a shard side by side, so that each is read at once."""
    connection.execute("CREATE SCHEMA apart")
    for name in _there(connection, _ROWS):
        connection.execute(f"CREATE TABLE apart.{name} AS {_ROWS[name].select} ORDER BY shard")


def extract(connection: duckdb.DuckDBPyConnection, shard: int) -> dict[str, pa.Table]:
    """Return the tables of a shard by name, once they are sorted; `link` is among them when it is there."""
    there = [*_WHOLE, *_there(connection, _ROWS)]
    return {name: connection.sql(_of_shard(name, shard, goes=True)).to_arrow_table() for name in there}


def taken(path: Path, shard: int, connection: duckdb.DuckDBPyConnection) -> None:
    """Give `connection`, to an empty database, the tables of a shard from the file of a night's, where all are."""
    duck.attach(connection, path, "night", read_only=True)
    for name in (*_WHOLE, *_ROWS):
        connection.execute(f"CREATE TABLE {name} AS {_of_shard(name, shard, 'night.')}")
    connection.execute("DETACH night")


def _of_shard(name: str, shard: int, database: str = "", goes: bool = False) -> str:
    """Return a query for the rows of a table that are a shard's; `goes`: as Arrow holds them."""
    if name in _WHOLE:
        return f"FROM {database}{name}"
    columns = f"* EXCLUDE (shard) {_GOES.get(name, '') if goes else ''}"
    return f"SELECT {columns} FROM {database}apart.{name} WHERE shard = {shard:d} ORDER BY {_ROWS[name].order}"


def _there(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> list[str]:
    there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    return [name for name in names if name in there]


def opened(tables: dict[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    """Return a connection to a database in memory that has these tables; each is taken out of `tables` for it."""
    connection = duck.connect()
    for name in [*tables]:
        connection.register("given", tables.pop(name))
        connection.execute(f"CREATE TABLE {name} AS SELECT * {_COMES.get(name, '')} FROM given")
        connection.unregister("given")
    return connection
