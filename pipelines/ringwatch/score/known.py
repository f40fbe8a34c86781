"""What `sharing` found of a night or a shard, as arrays: read once, and measured from as often as groups are looked at.

Accounts go by their places in the order of their ids, identifiers by their places in that of their numbers, facets by
theirs in that of their names: rows in the order of places are in the order in which tables tell them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.window.places import PLACES

# Tenure from which an account lives at an address, and below which it only visits.
RESIDENT, VISITOR = 0.5, 0.3

_FACET = "SELECT facet, wording, cap_bits, residents FROM facet ORDER BY facet"

_ACCOUNT = f"""
SELECT account, account_id, coalesce(created::DOUBLE, 'NaN') AS created, coalesce(hour, 'NaN') AS hour,
  coalesce(share, 'NaN') AS guest, coalesce(list_position({list(PLACES)}, place), 0) - 1 AS place,
  coalesce(network, -1) AS network
FROM account LEFT JOIN guest USING (account) LEFT JOIN stay USING (account) ORDER BY account_id
"""

_PLACED = "WITH placed AS (SELECT account, row_number() OVER (ORDER BY account_id) - 1 AS place FROM account)"

_IDENTIFIER = """
SELECT identifier, coded.code AS facet, name, accounts, coalesce(networks, 'NaN') AS networks,
  coalesce(lasts, 'NaN') AS lasts
FROM identifier JOIN (SELECT facet, row_number() OVER (ORDER BY facet) - 1 AS code FROM facet) coded USING (facet)
LEFT JOIN whereabouts USING (identifier) ORDER BY identifier
"""

# Of a facet, what an account used on most days comes last; of equals, what fewest accounts use.
_SIGHTING = f"""
{_PLACED}
SELECT place AS account, identifier, greatest(bit_count(days), 1) AS days, tenure < {VISITOR} AS visits,
  tenure >= {RESIDENT} AS stays, abode.account IS NOT NULL AS lives, coalesce(line, false) AS line,
  coalesce((label = 'Account' AND name = account_id) OR (outsider AND residents AND hardly_seen), false) AS by_others
FROM sighting JOIN placed USING (account) JOIN account USING (account) JOIN identifier USING (identifier)
JOIN facet USING (facet) LEFT JOIN abode USING (account, identifier) LEFT JOIN guest USING (account)
ORDER BY place, facet, days, identifier.accounts DESC, identifier
"""

_LINK = f"""
{_PLACED}
SELECT place AS account, other, bits, likeness FROM (
  SELECT source AS account, target AS other, bits, likeness FROM link
  UNION ALL SELECT target, source, bits, likeness FROM link
) JOIN placed USING (account) ORDER BY place, other
"""

_DEALING = """
SELECT source, target, coded.code AS facet, coalesce(identifier, -1) AS identifier, sources, targets
FROM dealing JOIN (SELECT facet, row_number() OVER (ORDER BY facet) - 1 AS code FROM facet) coded USING (facet)
LEFT JOIN identifier USING (facet, name) ORDER BY source, target, facet
"""

_EMPLOYED = (
    f"{_PLACED} SELECT place AS account, domain, long_lived, colleagues FROM employed JOIN placed USING (account) \
ORDER BY place, domain"
)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows in order of `account`, a place, with their columns."""

    account: np.ndarray
    columns: dict[str, np.ndarray]
    accounts: int

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    @cached_property
    def first(self) -> np.ndarray:
        """Where the rows of each account begin."""
        return np.searchsorted(self.account, np.arange(self.accounts))

    @cached_property
    def count(self) -> np.ndarray:
        return np.bincount(self.account, minlength=self.accounts)


@dataclass(frozen=True, eq=False)
class Known:
    """facets, accounts, identifiers by place; sightings, links, dealings (by who deals; `dealt` by with whom) and
    employed by account; accounts and identifiers have their numbers among their columns.
    """

    facets: pd.DataFrame
    ids: pa.Array
    accounts: dict[str, np.ndarray]
    identifiers: dict[str, np.ndarray]
    names: pa.Array
    sightings: Rows
    links: Rows
    dealings: dict[str, np.ndarray]
    gives: Rows
    takes: Rows
    employed: Rows
    opening: dict[str, np.ndarray]
    edges: np.ndarray
    seen: frozenset[str]
    all_accounts: int
    hours: float

    @cached_property
    def places(self) -> pd.Index:
        """Account ids in the order of their places."""
        return pd.Index(texts(self.ids))

    @cached_property
    def numbers(self) -> np.ndarray:
        """The number of each account."""
        return self.accounts["account"]

    @cached_property
    def residents(self) -> np.ndarray:
        """Whether accounts live on identifiers of each facet."""
        return self.facets["residents"].to_numpy(dtype=bool)

    @cached_property
    def caps(self) -> np.ndarray:
        return self.facets["cap_bits"].to_numpy(dtype=float)

    def facet(self, name: str) -> int:
        """Return the place of a facet, -1 where there is none of that name."""
        return int(self.facets.index.get_indexer(pd.Index([name]))[0])

    def identifiers_named(self, named: pd.DataFrame) -> np.ndarray:
        """Return the places of the identifiers that are `named` (facet, name), -1 for what is none."""
        facet = self.facets.index.get_indexer(pd.Index(named["facet"]))
        at = np.flatnonzero(pc.is_in(self.names, pa.array(named["name"].unique(), pa.large_string())))
        there = zip(self.identifiers["facet"][at].tolist(), self.names.take(at).to_pylist(), strict=True)
        place = dict(zip(there, at.tolist(), strict=True))
        return np.array([place.get(key, -1) for key in zip(facet.tolist(), named["name"], strict=True)], dtype=np.int64)


def texts(column: pa.Array) -> pd.api.extensions.ExtensionArray:
    """Return text of Arrow as pandas has it."""
    kind = pd.StringDtype(na_value=np.nan)
    return pd.arrays.ArrowStringArray(pa.chunked_array([column]), dtype=kind)  # type: ignore[call-arg]


_READ: WeakKeyDictionary[duckdb.DuckDBPyConnection, Known] = WeakKeyDictionary()


def of(connection: duckdb.DuckDBPyConnection) -> Known:
    """Return what is in the tables of a connection of `sharing.open_sharing` or `shards.opened`.

    It is read once: whoever opens such a connection leaves its tables as they are.
    """
    known = _READ.get(connection)
    if known is None:
        known = _READ[connection] = _read(connection)
    return known


def _read(connection: duckdb.DuckDBPyConnection) -> Known:
    account, identifier = (connection.sql(query).to_arrow_table() for query in (_ACCOUNT, _IDENTIFIER))
    accounts, identifiers = _arrays(account, "account_id"), _arrays(identifier, "name")
    sighting = _arrays(connection.sql(_SIGHTING).to_arrow_table())
    sighting["identifier"] = np.searchsorted(identifiers["identifier"], sighting["identifier"]).astype(np.int32)
    link = _arrays(connection.sql(_LINK).to_arrow_table())
    order = np.argsort(accounts["account"])
    place = _Places(accounts["account"][order], order)
    link["other"] = place.of(link["other"])
    dealings = _arrays(connection.sql(_DEALING).to_arrow_table())
    there = np.searchsorted(identifiers["identifier"], dealings["identifier"])
    dealings["identifier"] = np.where(dealings["identifier"] < 0, -1, there)
    facets = connection.sql(_FACET).df().set_index("facet")
    usual = connection.sql("SELECT facet, edges FROM usual").df().set_index("facet")["edges"]
    ((all_accounts, hours),) = connection.sql("SELECT accounts, hours FROM figure").fetchall()
    return Known(
        facets,
        _text(account["account_id"]),
        accounts,
        identifiers,
        _text(identifier["name"]),
        _rows(sighting, len(order)),
        _rows(link, len(order)),
        dealings,
        _of_end(dealings, "source", place, len(order)),
        _of_end(dealings, "target", place, len(order)),
        _rows(_arrays(connection.sql(_EMPLOYED).to_arrow_table()), len(order)),
        _arrays(connection.sql("SELECT * FROM opening ORDER BY network, created").to_arrow_table()),
        usual.reindex(facets.index).to_numpy(dtype=float),
        frozenset(usual.index),
        int(all_accounts),
        float("nan") if hours is None else float(hours),
    )


@dataclass(frozen=True, eq=False)
class _Places:
    """Numbers of accounts in order, and the place of each."""

    numbers: np.ndarray
    places: np.ndarray

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """Return the places of accounts, -1 for those that are elsewhere."""
        if not len(self.numbers):
            return np.full(len(numbers), -1)
        at = np.searchsorted(self.numbers, numbers).clip(max=len(self.numbers) - 1)
        return np.where(self.numbers[at] == numbers, self.places[at], -1)


def _of_end(dealings: dict[str, np.ndarray], end: str, place: _Places, accounts: int) -> Rows:
    """Return which dealings each account has a part in, at one `end` of them, and the place of the other end."""
    here, there = (place.of(dealings[name]) for name in (end, "target" if end == "source" else "source"))
    row = np.flatnonzero(here >= 0)
    row = row[np.argsort(here[row], kind="stable")]
    return Rows(here[row], {"dealing": row, "other": there[row]}, accounts)


def _rows(columns: dict[str, np.ndarray], accounts: int) -> Rows:
    return Rows(columns.pop("account"), columns, accounts)


def _arrays(table: pa.Table, *texts: str) -> dict[str, np.ndarray]:
    """Return the columns as arrays, but for `texts`."""
    return {name: _array(table[name]) for name in table.column_names if name not in texts}


def _array(column: Any) -> np.ndarray:
    found: np.ndarray = column.to_numpy()
    return found


def _text(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(pa.large_string()).combine_chunks()
