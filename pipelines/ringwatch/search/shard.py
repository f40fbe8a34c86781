"""Looking for groups in a night or a shard of it: its tables in; candidates, and accounts to watch, out.

    found = shard.look(connection, engine, settings, rings, left_out)

`connection` has the tables of `sharing`, of the whole night or of one shard (`window/shards.py`); `left_out` is of the
whole night either way. Parts of a night are put together by `together`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import duckdb
import pandas as pd

from ringwatch.search import budget, candidates, watch
from ringwatch.search.engine import Engine
from ringwatch.settings import Settings
from ringwatch.window import pairs


class LeftOut(NamedTuple):
    """Bits of the weakest identifiers by which accounts are not compared with each other, and with members of rings."""

    similar: float
    watched: float


class Found(NamedTuple):
    """candidates: as `candidates.merge`; watched: columns as in `watch.WATCH`, and place, the number of the account."""

    candidates: pd.DataFrame
    watched: pd.DataFrame


def left_out(connection: duckdb.DuckDBPyConnection, rings: pd.DataFrame, settings: Settings) -> LeftOut:
    """Return what node similarity leaves out of a whole night to stay within its pair budget.

    An identifier that accounts of several shards use connects them in none. Raises DataRefused when even the strongest
    identifiers connect too many.
    """
    uses, accounts = pairs.uses(connection).to_pandas(), pairs.accounts(connection)
    shard = connection.table("shard").df().set_index("account")["shard"]
    inside = uses["identifier"] + uses["account"].map(shard) * (uses["identifier"].max() + 1)
    uses = uses.assign(identifier=inside.astype("int64"))
    similar = candidates.compared_from(uses, settings)
    members = accounts.index[accounts.isin(rings["account_id"])]
    near = watch.near(uses, members, accounts.index.max())
    return LeftOut(similar, budget.least_bits_with_members(near, settings.similarity_pair_budget))


def look(
    connection: duckdb.DuckDBPyConnection, engine: Engine, settings: Settings, rings: pd.DataFrame, left_out: LeftOut
) -> Found:
    """Return what is found in the accounts of `connection`; rings: ring_id, account_id of those flagged last night."""
    shared = candidates.read(connection, settings.link_min_bits)
    found, _ = candidates.find(engine, shared, settings, rings=rings, left_out=left_out.similar)
    watched = watch.look(connection, engine, shared.uses, rings, left_out.watched)
    return Found(found, watched.assign(place=watched["account_id"].map(pairs.places(connection))))


def together(parts: Sequence[Found]) -> Found:
    """Return what was found in all shards of a night, in the order of one that has a single shard."""
    found, watched = (pd.concat([part[place] for part in parts], ignore_index=True) for place in (0, 1))
    return Found(
        found.sort_values(["candidate", "account_id"], ignore_index=True),
        watched.sort_values(["similarity", "place"], ascending=[False, True], ignore_index=True)[watch.WATCH.names],
    )
