"""Groups of nodes by GDS: weighted links between numbered nodes in, nodes by community out.

The links come as frames and go to GDS as they are, past the database: what a night finds follows from its files alone.
Each function is one statement: it projects a graph, has the algorithms run on it, reads what they found and drops the
graph, and first one that a killed night left behind. What that needs of the server's memory is estimated before it
(`memory.py`). One thread and a fixed seed: the same links give the same communities.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from neo4j.exceptions import ClientError

from ringwatch.resources import cypher
from ringwatch.search import memory
from ringwatch.search.asked import MOST_SIMILAR, THETA, TOLERANCE, Inside, Run, Similar
from ringwatch.search.memory import Heap

# The graph's name in GDS.
NAME = "ringwatch"


def components(heap: Heap, links: pd.DataFrame, least: Sequence[float]) -> list[pd.DataFrame]:
    """Return for each weight of `least` the node, component that links of so much weight make; see `Engine`."""
    if links.empty:
        return [_nobody("component") for _ in least]
    above = [math.nextafter(weight, -math.inf) for weight in least]
    found = _ask(heap, "detect/find_components", links, ("wcc",), ways=2, above=above)
    return [_connected(found["node"], component) for component in found["components"]]


def leiden(heap: Heap, links: pd.DataFrame, runs: Sequence[Run], cores: bool = False) -> Inside:
    """Return for each of `runs` what Leiden finds inside each component of `links`; see `Engine`.

    Modularity holds gamma against the weight of the whole graph, whose size would then decide. Each component is given
    the weight one, so with gamma times the number of components each is split as if it were alone (Traag et al. 2019,
    equation 1, is a sum over communities).
    """
    if links.empty:
        return Inside([_nobody("community") for _ in runs], _nobody("core"))
    by_component = links.groupby("component")["weight"]
    alike = links.assign(weight=links["weight"] / by_component.transform("sum"))
    asked = [_run(gamma, seed, by_component.ngroups) for gamma, seed in runs]
    try:
        return _split(heap, alike, asked, cores)
    except ClientError as error:
        if not _joins_nobody(error):
            raise
    alone = [_split_or_whole(heap, alike, run) for run in asked]
    return Inside(alone, _split(heap, alike, [], cores).cores if cores else _nobody("core"))


def similar(heap: Heap, uses: pd.DataFrame, cutoff: float) -> Similar:
    """Return the weighted Jaccard index of what accounts use; see `Engine`."""
    if uses.empty:
        return Similar(pd.DataFrame({"source": [], "target": [], "similarity": []}), _nobody("component"))
    found = _ask(heap, "detect/find_similar", uses, ("wcc", "nodeSimilarity"), ways=1, cutoff=cutoff, most=MOST_SIMILAR)
    pairs = _pairs(found)
    ends = pairs[["source", "target"]]
    pairs = pairs.assign(source=ends.min(axis=1), target=ends.max(axis=1))
    once = pairs.drop_duplicates(["source", "target"]).sort_values(["source", "target"], ignore_index=True)
    return Similar(once, _connected(found["node"], found["component"]))


def alike(heap: Heap, uses: pd.DataFrame, cutoff: float) -> pd.DataFrame:
    """Return source (a Member), target (an Other), similarity: the same between these; see `Engine`."""
    if uses["label"].nunique() < len(("Member", "Other")):
        return pd.DataFrame({"source": [], "target": [], "similarity": []})
    found = _ask(heap, "detect/find_alike", uses, ("wcc", "nodeSimilarity"), ways=1, cutoff=cutoff, most=MOST_SIMILAR)
    return _pairs(found).sort_values(["source", "target"], ignore_index=True)


def _run(gamma: float, seed: int, parts: int) -> dict[str, Any]:
    """Return what Leiden is given for a graph of so many components of the weight one."""
    return {"gamma": gamma * parts, "theta": THETA / parts, "tolerance": TOLERANCE / parts, "seed": seed}


def _split(heap: Heap, links: pd.DataFrame, runs: Sequence[dict[str, Any]], cores: bool) -> Inside:
    algorithms = ("leiden", "kcore") if cores else ("leiden",)
    named = ["core"] if cores else []
    found = _ask(heap, "detect/find_communities", links, algorithms, ways=2, runs=runs, cores=named)
    communities = [_by_node(found["node"], community=values) for values in found["communities"]]
    return Inside(communities, _by_node(found["cored"], core=found["core"]))


def _split_or_whole(heap: Heap, links: pd.DataFrame, run: dict[str, Any]) -> pd.DataFrame:
    """Return node, community; what is connected stays whole where Leiden finds no two nodes to join."""
    try:
        return _split(heap, links, [run], cores=False).communities[0]
    except ClientError as error:
        if not _joins_nobody(error):
            raise
    node, first = np.unique(links[["source", "target"]].to_numpy(), return_index=True)
    return _by_node(node, community=links["component"].to_numpy()[first // 2])


def _joins_nobody(error: ClientError) -> bool:
    """Whether Leiden failed for want of two nodes to join, as it does in an even clique."""
    return "dendrogramManager" in str(error)


def _ask(
    heap: Heap, query: str, links: pd.DataFrame, algorithms: Sequence[str], ways: int, **asked: Any
) -> dict[str, list[Any]]:
    """Return what the statement finds in `links` (source, target, weight, maybe label; at least one).

    ways: directions in which GDS keeps each of them.
    """
    ordered = links.iloc[np.lexsort((links["target"], links["source"]))]
    columns = {name: ordered[name].tolist() for name in ("source", "target", "weight", "label") if name in ordered}
    nodes = len(np.unique(links[["source", "target"]].to_numpy()))
    with memory.refusals():
        heap.check(algorithms, nodes, ways * len(links))
        try:
            return heap.graph.ask_gds(cypher(query), graph=NAME, **columns, **asked)
        except ClientError:
            heap.graph.read(cypher("detect/drop_graph"), graph=NAME)
            raise


def _pairs(found: dict[str, list[Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: found[name] for name in ("source", "target", "similarity")})


def _connected(node: Sequence[int], component: Sequence[int]) -> pd.DataFrame:
    """Return node, component, without those that are connected with nobody."""
    found = _by_node(node, component=component)
    return found[found["component"].duplicated(keep=False)].reset_index(drop=True)


def _by_node(node: Sequence[int] | np.ndarray, **values: Sequence[int] | np.ndarray) -> pd.DataFrame:
    found = pd.DataFrame({"node": node, **values}, dtype="int64")
    return found.sort_values("node", ignore_index=True)


def _nobody(value: str) -> pd.DataFrame:
    return pd.DataFrame({"node": [], value: []}, dtype="int64")
