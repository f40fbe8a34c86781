"""Looking for groups in a night or a shard of it: its tables in; candidates, and accounts to watch, out.

    found = shard.look(connection, engine, settings, rings, left_out)

`connection` has the tables of `sharing`, of the whole night or of one shard (`window/shards.py`); `left_out` is of the
whole night either way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from ringwatch.search import budget, candidates, watch
from ringwatch.search.engine import Engine
from ringwatch.settings import Settings
from ringwatch.window import pairs
from ringwatch.window.each import Shards


class LeftOut(NamedTuple):
    """Bits of the weakest identifiers by which accounts are not compared with each other, and with members of rings."""

    similar: float
    watched: float


# Columns of what is found: candidates as `candidates.merge`; watched accounts, and place, the number of each.
FOUND = {
    "candidates": pa.schema(
        [("candidate", pa.string()), ("account_id", pa.string()), ("lane", pa.string()), ("stability", pa.float64())]
    ),
    "watched": watch.WATCH.append(pa.field("place", pa.int64())),
}


class Found(NamedTuple):
    """Columns as in FOUND."""

    candidates: pd.DataFrame
    watched: pd.DataFrame


def left_out(shards: Shards, rings: pd.DataFrame, settings: Settings) -> LeftOut:
    """Return what node similarity leaves out of a whole night to stay within its pair budget.

    Raises DataRefused when even the strongest identifiers connect too many.
    """
    least = [np.inf, np.inf]
    for steps in (budget.WEAKEST_BITS[:1], budget.WEAKEST_BITS[1:]):  # mostly the first leaves few enough
        counts = np.sum(list(shards.answers(counted, [(rings, steps)] * shards.count)), axis=0)
        fewer = counts <= settings.similarity_pair_budget
        least = [min([bits, *compress(steps, row)]) for bits, row in zip(least, fewer, strict=True)]
        if np.isfinite(least).all():
            break
    return LeftOut(candidates.within_budget(least[0], settings), least[1])


def counted(connection: duckdb.DuckDBPyConnection, rings: pd.DataFrame, steps: Sequence[float]) -> np.ndarray:
    """Return for a shard how many pairs are compared (row 0), and of a member of a ring and another account (row 1),
    without identifiers of at most each of so many bits (columns).
    """
    uses, accounts = pairs.uses(connection).to_pandas(), pairs.accounts(connection)
    near = watch.near(uses, accounts.index[accounts.isin(rings["account_id"])], accounts.index.max())
    renamed = uses.rename(columns={"account": "source", "identifier": "target", "bits": "weight"})
    return np.stack([budget.pairs(renamed, steps), budget.pairs_with_members(near, steps)])


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
