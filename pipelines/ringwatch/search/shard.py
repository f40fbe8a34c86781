"""Looking for groups in a night or a shard of it: its tables in; candidates, and accounts to watch, out.

    found = shard.look(connection, engine, settings, rings, left_out)

`connection` has the tables of `sharing`, of the whole night or of one shard (`window/shards.py`); `left_out` is of the
whole night either way. Parts of a night are put together by `together`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from ringwatch.errors import DataRefused
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

    Raises DataRefused when even the strongest identifiers connect too many.
    """
    uses, near = _compared(connection, rings)
    most = settings.similarity_pair_budget
    return LeftOut(candidates.compared_from(uses, settings), budget.least_bits_with_members(near, most))


def counted(connection: duckdb.DuckDBPyConnection, rings: pd.DataFrame) -> np.ndarray:
    """Return for a shard how many pairs are compared (row 0), and of a member of a ring and another account (row 1),
    without identifiers of at most each of `budget.WEAKEST_BITS` (columns).
    """
    uses, near = _compared(connection, rings)
    renamed = uses.rename(columns={"account": "source", "identifier": "target", "bits": "weight"})
    return np.stack([budget.pairs(renamed), budget.pairs_with_members(near)])


def left_out_of_all(counts: Iterable[np.ndarray], settings: Settings) -> LeftOut:
    """Return the same as `left_out` for a night, by what was counted in its shards."""
    most = settings.similarity_pair_budget
    similar, watched = (
        next((bits for bits, pairs in zip(budget.WEAKEST_BITS, row, strict=True) if pairs <= most), np.inf)
        for row in np.sum(list(counts), axis=0)
    )
    if similar == np.inf:
        raise DataRefused(candidates.TOO_MANY.format(pairs=most, bits=budget.WEAKEST_BITS[-1]))
    return LeftOut(similar, watched)


def _compared(connection: duckdb.DuckDBPyConnection, rings: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what accounts use, and what members of rings and those who share anything with them use."""
    uses, accounts = pairs.uses(connection).to_pandas(), pairs.accounts(connection)
    members = accounts.index[accounts.isin(rings["account_id"])]
    return uses, watch.near(uses, members, accounts.index.max())


def without_secrets(settings: Settings) -> Settings:
    """Return settings that say how to look, and otherwise what settings say from the start: these leave the machine."""
    asked = ("seed", "min_ring_size", "link_min_bits", "similarity_cutoff", "similarity_pair_budget")
    return Settings.model_construct(**{name: getattr(settings, name) for name in asked})


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
