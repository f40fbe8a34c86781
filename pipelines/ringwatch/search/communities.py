"""Groups of nodes by GDS: weighted links between numbered nodes in, nodes by community out.

The links come as frames and go to GDS as they are, past the database: what a night finds follows from its files alone.
What a projection or an algorithm needs of the server's memory is estimated before it (`memory.py`).
Each projection is dropped when it has been used, and one that a killed night left behind is dropped first. One thread
and a fixed seed: the same links give the same communities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
from neo4j.exceptions import ClientError

from ringwatch.graph import Graph
from ringwatch.resources import cypher
from ringwatch.search import memory

# Components up to this size are one community; larger ones are searched for communities inside.
WHOLE = 12
# Least core number, links to others in the core, that makes a core worth a look of its own.
LEAST_CORE = 3
# GDS's own defaults for one component, which are shared out when many are searched at once.
TOLERANCE, THETA = 1e-4, 0.01
# Most similar accounts that node similarity keeps of each.
MOST_SIMILAR = 50
# A resolution of Leiden, and a seed.
Run = tuple[float, int]


def components(graph: Graph, links: pd.DataFrame, cores: bool = True) -> pd.DataFrame:
    """Return node, component and, if wanted, core (its core number) of `links` (source, target, weight)."""
    if links.empty:
        return pd.DataFrame({"node": [], "component": [], "core": []}, dtype="int64")
    with projection(graph, "detect/project_links", "ringwatch_links", links) as projected:
        _connect(graph, projected)
        found = values(graph, projected, "component").rename(columns={"value": "component"})
        if not cores:
            return found
        memory.check("k-core decomposition", graph.gds.k_core_decomposition.estimate(projected, concurrency=1))
        graph.gds.k_core_decomposition.mutate(projected, "core", concurrency=1)
        return found.assign(core=values(graph, projected, "core")["value"])


def leiden(graph: Graph, links: pd.DataFrame, runs: Sequence[Run]) -> list[pd.DataFrame]:
    """Return node, community for each of `runs`: Leiden inside each component of `links`, which are projected once.

    links: source, target, weight, component. Modularity holds gamma against the weight of the whole graph, whose size
    would then decide. Each component is given the weight one, so with gamma times the number of components each is
    split as if it were alone (Traag et al. 2019, equation 1, is a sum over communities).
    """
    if links.empty:
        return [pd.DataFrame({"node": [], "community": []}, dtype="int64") for _ in runs]
    by_component = links.groupby("component")["weight"]
    alike = links.assign(weight=links["weight"] / by_component.transform("sum"))
    with projection(graph, "detect/project_links", "ringwatch_links", alike) as projected:
        needed = graph.gds.leiden.estimate(projected, relationship_weight_property="weight", concurrency=1)
        memory.check("Leiden", needed)
        return [
            _leiden(graph, projected, f"community_{run}", gamma, seed, by_component.ngroups)
            for run, (gamma, seed) in enumerate(runs)
        ]


def similar(graph: Graph, uses: pd.DataFrame, cutoff: float) -> pd.DataFrame:
    """Return source, target, similarity: the weighted Jaccard index of what accounts use; see `Engine`."""
    if uses.empty:
        return pd.DataFrame({"source": [], "target": [], "similarity": []})
    with projection(graph, "detect/project_uses", "ringwatch_uses", uses) as projected:
        _connect(graph, projected)
        asked = _asked(cutoff)
        memory.check("node similarity", graph.gds.node_similarity.estimate(projected, **asked))
        graph.gds.node_similarity.mutate(
            projected, mutate_relationship_type="SIMILAR", mutate_property="similarity", **asked
        )
        pairs = _similar_pairs(graph, projected)
    ends = pairs[["source", "target"]]
    pairs = pairs.assign(source=ends.min(axis=1), target=ends.max(axis=1))
    return pairs.drop_duplicates(["source", "target"]).sort_values(["source", "target"], ignore_index=True)


def alike(graph: Graph, uses: pd.DataFrame, cutoff: float) -> pd.DataFrame:
    """Return source (a Member), target (an Other), similarity: the same between these; see `Engine`."""
    if uses["label"].nunique() < len(("Member", "Other")):
        return pd.DataFrame({"source": [], "target": [], "similarity": []})
    with projection(graph, "detect/project_watch", "ringwatch_watch", uses, more=("label",)) as projected:
        _connect(graph, projected)
        asked = _asked(cutoff) | {"source_node_filter": "Member", "target_node_filter": "Other"}
        memory.check("node similarity", graph.gds.node_similarity.filtered.estimate(projected, **asked))
        graph.gds.node_similarity.filtered.mutate(
            projected, mutate_relationship_type="SIMILAR", mutate_property="similarity", **asked
        )
        pairs = _similar_pairs(graph, projected)
    return pairs.sort_values(["source", "target"], ignore_index=True)


def _asked(cutoff: float) -> dict[str, Any]:
    return {
        "use_components": "component",
        "relationship_weight_property": "weight",
        "similarity_cutoff": cutoff,
        "top_k": MOST_SIMILAR,
        "concurrency": 1,
    }


def _similar_pairs(graph: Graph, projected: Any) -> pd.DataFrame:
    slices = graph.read_lists(cypher("detect/read_similar"), graph=projected.name(), type="SIMILAR")
    return _frame(slices, ("source", "target", "similarity"))


def _connect(graph: Graph, projected: Any) -> None:
    """Give each node its `component`."""
    memory.check("weakly connected components", graph.gds.wcc.estimate(projected, concurrency=1))
    graph.gds.wcc.mutate(projected, "component", concurrency=1)


def _leiden(graph: Graph, projected: Any, name: str, gamma: float, seed: int, parts: int) -> pd.DataFrame:
    try:
        graph.gds.leiden.mutate(
            projected,
            name,
            relationship_weight_property="weight",
            gamma=gamma * parts,
            theta=THETA / parts,
            tolerance=TOLERANCE / parts,
            random_seed=seed,
            concurrency=1,
        )
    except ClientError as error:
        # So it fails when it finds no two nodes to join, as in an even clique: then what is connected stays whole.
        if "dendrogramManager" not in str(error):
            raise
        graph.gds.wcc.mutate(projected, name, concurrency=1)
    return values(graph, projected, name).rename(columns={"value": "community"})


@contextmanager
def projection(graph: Graph, query: str, name: str, links: pd.DataFrame, more: tuple[str, ...] = ()) -> Iterator[Any]:
    """Yield `links` (source, target, weight and the columns `more`; at least one) as a graph of GDS."""
    ordered = links.sort_values(["source", "target"])
    columns = {column: ordered[column].tolist() for column in ("source", "target", "weight", *more)}
    with graph.asking_gds(), memory.refusals():
        graph.gds.graph.drop(name, fail_if_missing=False)
        # Links are kept in both directions.
        memory.check_projection(graph, pd.concat([links["source"], links["target"]]).nunique(), 2 * len(links))
        projected, _ = graph.gds.graph.project.cypher(cypher(query), graph=name, **columns)
        with projected:
            yield projected


def values(graph: Graph, projected: Any, name: str) -> pd.DataFrame:
    """Return node, value of a node property, by node."""
    slices = graph.read_lists(cypher("detect/read_values"), graph=projected.name(), property=name)
    return _frame(slices, ("node", "value")).sort_values("node", ignore_index=True)


def _frame(slices: list[dict[str, list[Any]]], columns: Sequence[str]) -> pd.DataFrame:
    """Put slices of columns into one frame."""
    return pd.DataFrame({column: [value for some in slices for value in some[column]] for column in columns})
