"""Connected components on Spark: edges between numbered nodes in, the part of each node out, exactly.

By contraction (Bögeholz, Brand and Todor, In-database connected component analysis, ICDE 2020): in each round every
node goes to the one among its neighbours and itself that a hash puts first, and edges inside what went together vanish.
A few rounds leave few edges; the rest is done in one process, since the long tail of rounds is all overhead.

Where GraphFrames is at hand, its jar configured and its package installed, it is asked instead.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as sql
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ringwatch.spark.rows import kept

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Edges that one process takes on: 32 MB.
REST = 2_000_000


def connected(edges: DataFrame, folder: str, rest: int = REST) -> DataFrame:
    """Return node, part (the number of one of its nodes) of all nodes of `edges` (source, target: long).

    What is between rounds is written below `folder`.
    """
    if _at_hand(edges.sparkSession):
        return _by_graphframes(edges, folder)
    rounds: list[DataFrame] = []
    while (left := edges.count()) > rest:
        into = f"{folder}/{len(rounds)}"
        chosen = kept(_chosen(edges, len(rounds)), f"{into}-chosen")
        edges = kept(_contracted(edges, chosen), f"{into}-edges")
        rounds.append(chosen)
    found = _here(edges) if left else None
    for chosen in reversed(rounds):
        found = _under(chosen, found)
    return (
        found if found is not None else edges.select(sql.col("source").alias("node"), sql.col("target").alias("part"))
    )


def _at_hand(spark: SparkSession) -> bool:
    """Whether there are both parts of GraphFrames, that of the JVM and that of Python."""
    loader = spark.sparkContext._jvm.java.lang.Thread.currentThread().getContextClassLoader()
    return loader.getResource("org/graphframes/GraphFrame.class") is not None and find_spec("graphframes") is not None


def _by_graphframes(edges: DataFrame, folder: str) -> DataFrame:
    from graphframes import GraphFrame

    edges.sparkSession.sparkContext.setCheckpointDir(f"{folder}/checkpoints")
    nodes = edges.select(sql.col("source").alias("id")).union(edges.select("target")).distinct()
    ends = edges.select(sql.col("source").alias("src"), sql.col("target").alias("dst"))
    found: DataFrame = GraphFrame(nodes, ends).connectedComponents()
    return found.select(sql.col("id").alias("node"), sql.col("component").alias("part"))


def _chosen(edges: DataFrame, salt: int) -> DataFrame:
    """Return node, head: the first by a hash among a node and its neighbours."""
    both = edges.unionByName(edges.select(sql.col("target").alias("source"), sql.col("source").alias("target")))
    near = both.groupBy(sql.col("source").alias("node")).agg(sql.min(_place(sql.col("target"), salt)).alias("near"))
    return near.select("node", sql.least(_place(sql.col("node"), salt), sql.col("near"))["node"].alias("head"))


def _place(node: sql.Column, salt: int) -> sql.Column:
    return sql.struct(sql.xxhash64(node, sql.lit(salt)).alias("hash"), node.alias("node"))


def _contracted(edges: DataFrame, chosen: DataFrame) -> DataFrame:
    """Return the edges between heads that are left."""
    for end in ("source", "target"):
        heads = chosen.select(sql.col("node").alias(end), sql.col("head").alias("_head"))
        edges = edges.join(heads, end).drop(end).withColumnRenamed("_head", end)
    ends = sql.least("source", "target").alias("source"), sql.greatest("source", "target").alias("target")
    return edges.where("source <> target").select(*ends).distinct()


def _here(edges: DataFrame) -> DataFrame:
    """Return node, part of the nodes of few edges."""
    ends = edges.select("source", "target").toArrow()
    nodes, places = np.unique(np.concatenate([ends["source"], ends["target"]]), return_inverse=True)
    source, target = places[: len(ends)], places[len(ends) :]
    among = coo_array((np.ones(len(ends), bool), (source, target)), shape=(len(nodes),) * 2)
    label = connected_components(among, directed=False)[1]
    _, first = np.unique(label, return_index=True)
    return edges.sparkSession.createDataFrame(pa.table({"node": nodes, "part": nodes[first[label]]}))


def _under(chosen: DataFrame, found: DataFrame | None) -> DataFrame:
    """Return node, part of the nodes before a round; heads that have no edges left are parts of their own."""
    if found is None:
        return chosen.select("node", sql.col("head").alias("part"))
    above = found.select(sql.col("node").alias("head"), "part")
    return chosen.join(above, "head", "left").select("node", sql.coalesce("part", "head").alias("part"))
