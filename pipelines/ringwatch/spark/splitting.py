"""Shards on Spark: the tables of `sharing` in; which shard each account is in out, as `window/shards.py` does it.

Whole components are found exactly (`components.py`); one that is too large is cut in a task of its own, by the code of
one machine. Parts are packed by how many are of each size: nothing that grows with the accounts comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import functions as sql

from ringwatch.spark.components import connected
from ringwatch.spark.making import OnSpark
from ringwatch.spark.rows import kept, numbered
from ringwatch.window import components, shards

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_CUT = "account int, part long, ties long, bits double"


@dataclass(frozen=True)
class Split:
    """How many shards there are, how many ties between them are not looked at, and the bits of these together."""

    shards: int
    ties: int
    bits: float


def split(maker: OnSpark, most: int, rings: pd.DataFrame, folder: str) -> Split:
    """Give `maker` the table `shard` (account, shard), of at most `most` accounts each; rings: as `shards.add`."""
    accounts = int(maker.ask("SELECT accounts FROM figure")["accounts"][0])
    if accounts <= most:
        maker.take("shard", maker.frame("account").select("account", sql.lit(1).alias("shard")))
        return Split(1, 0, 0.0)
    ties = kept(_ties(maker, accounts, rings), f"{folder}/ties")
    parts = kept(connected(ties.select("source", "target"), f"{folder}/rounds"), f"{folder}/parts")
    cut, lost, bits = _cut(ties, parts, accounts, most, folder)
    shard, many = _packed(cut, most, folder)
    maker.take("shard", kept(shard, f"{folder}/shards"))
    return Split(many, lost, round(bits, 1))


def _ties(maker: OnSpark, accounts: int, rings: pd.DataFrame) -> DataFrame:
    """Return source, target, bits: between accounts, and between accounts and what they share, numbered beyond them."""
    maker.do(("tie",))
    maker.finish()
    shared = maker.frame("tie").select(
        sql.col("account").cast("long").alias("source"),
        (sql.lit(accounts + 1).cast("long") + sql.col("identifier")).alias("target"),
        sql.col("strength").cast("double").alias("bits"),
    )
    dealt = maker.frame("dealt").select(
        sql.col("source").cast("long"), sql.col("target").cast("long"), sql.lit(shards.DEALT_BITS).alias("bits")
    )
    return shared.unionByName(dealt).unionByName(_of_rings(maker, accounts, rings))


def _of_rings(maker: OnSpark, accounts: int, rings: pd.DataFrame) -> DataFrame:
    """Return the ties of accounts to the rings that they were in, beyond all identifiers."""
    number = rings.groupby("ring_id", sort=True).ngroup().astype("int64")
    beyond = accounts + 2 + maker.frame("identifier").count()
    given = pa.table({"account_id": rings["account_id"].astype("str"), "ring": number + beyond})
    there = maker.frame("account").select("account_id", "account")
    return (
        there.join(there.sparkSession.createDataFrame(given), "account_id")
        .select(sql.col("account").cast("long").alias("source"), sql.col("ring").alias("target"))
        .withColumn("bits", sql.lit(float("inf")))
    )


def _cut(ties: DataFrame, parts: DataFrame, accounts: int, most: int, folder: str) -> tuple[DataFrame, int, float]:
    """Return account, part after components that are too large were cut, the ties that were lost, and their bits."""
    mine = parts.where(sql.col("node") <= accounts).select(sql.col("node").cast("int").alias("account"), "part")
    large = mine.groupBy("part").count().where(sql.col("count") > most).select("part")
    inside = ties.join(parts.withColumnRenamed("node", "source"), "source").join(sql.broadcast(large), "part")

    def apart(mine: pa.Table) -> pa.Table:
        return _apart(accounts, most, mine)

    told = kept(inside.groupBy("part").applyInArrow(apart, _CUT), f"{folder}/cut")
    total = told.where("account IS NULL").agg(sql.sum("ties"), sql.sum("bits")).first()
    whole = mine.join(sql.broadcast(large), "part", "left_anti").select("account", "part")
    again = told.where("account IS NOT NULL").select("account", "part")
    lost, bits = (total[0] or 0, total[1] or 0.0) if total else (0, 0.0)
    return whole.unionByName(again), int(lost), float(bits)


def _apart(accounts: int, most: int, ties: pa.Table) -> pa.Table:
    """Return the parts of one component, told by their first accounts, and a row without account: what was lost."""
    ends = [ties[end].to_numpy() for end in ("source", "target")]
    nodes, places = np.unique(np.concatenate(ends), return_inverse=True)
    own = int((nodes <= accounts).sum())
    bits = ties["bits"].to_numpy()
    found = components.parts(components.Ties(places[: len(bits)], places[len(bits) :], bits, own), most)
    mine = found[:own]
    _, first, place = np.unique(mine, return_index=True, return_inverse=True)
    apart = found[places[: len(bits)]] != found[places[len(bits) :]]
    return pa.table(
        {
            "account": pa.array([*nodes[:own].tolist(), None], pa.int32()),
            "part": pa.array([*nodes[first][place].tolist(), None], pa.int64()),
            "ties": pa.array([None] * own + [int(apart.sum())], pa.int64()),
            "bits": pa.array([None] * own + [float(bits[apart].sum())], pa.float64()),
        }
    )


def _packed(parts: DataFrame, most: int, folder: str) -> tuple[DataFrame, int]:
    """Return account, shard, and how many shards there are: parts of more than half a shard have one of their own, the
    others fill shards one after the other, the largest first.
    """
    size = parts.groupBy("part").agg(sql.count("*").cast("int").alias("size"), sql.min("account").alias("first"))
    of_size = size.groupBy("size").count().orderBy(sql.desc("size")).toPandas()
    half = most // 2
    alone = of_size["size"] > half
    many_alone = int(of_size.loc[alone, "count"].sum())
    before = (of_size["size"] * of_size["count"]).where(~alone, 0).cumsum().shift(fill_value=0)
    rank_before = of_size["count"].cumsum().shift(fill_value=0)
    given = pa.table({"size": of_size["size"].astype("int32"), "before": before, "rank_before": rank_before})
    sizes = parts.sparkSession.createDataFrame(given)
    ranked = numbered(size, (sql.desc("size"), sql.asc("first")), f"{folder}/sizes", "rank")
    ranked = ranked.join(sql.broadcast(sizes), "size")
    filled = sql.col("before") + (sql.col("rank") - 1 - sql.col("rank_before")) * sql.col("size")
    shard = sql.when(sql.col("size") > half, sql.col("rank")).otherwise(
        many_alone + 1 + sql.floor(filled / (most - half))
    )
    of_part = ranked.select("part", shard.cast("int").alias("shard"))
    total = int((of_size["size"] * of_size["count"]).where(~alone, 0).sum())
    last = 0
    if (~alone).any():
        last_size = int(of_size["size"].min())
        last = int((total - last_size) // (most - half)) + 1
    return parts.join(of_part, "part").select("account", "shard"), many_alone + last
