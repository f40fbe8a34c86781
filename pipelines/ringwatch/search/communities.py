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
# Steps in which node similarity gives up weak identifiers when it would have to compare too many pairs.
WEAKEST_BITS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)


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


def leiden(graph: Graph, links: pd.DataFrame, gamma: float, seeds: Sequence[int]) -> list[pd.DataFrame]:
    """Return node, community for each of `seeds`: Leiden inside each component of `links` at resolution `gamma`.

    links: source, target, weight, component. Modularity holds gamma against the weight of the whole graph, whose size
    would then decide. Each component is given the weight one, so with gamma times the number of components each is
    split as if it were alone (Traag et al. 2019, equation 1, is a sum over communities).
    """
    if links.empty:
        return [pd.DataFrame({"node": [], "community": []}, dtype="int64") for _ in seeds]
    by_component = links.groupby("component")["weight"]
    alike = links.assign(weight=links["weight"] / by_component.transform("sum"))
    with projection(graph, "detect/project_links", "ringwatch_links", alike) as projected:
        needed = graph.gds.leiden.estimate(projected, relationship_weight_property="weight", concurrency=1)
        memory.check("Leiden", needed)
        return [_leiden(graph, projected, "*", gamma, seed, by_component.ngroups) for seed in seeds]


def similar(graph: Graph, uses: pd.DataFrame, pair_budget: int, cutoff: float) -> tuple[pd.DataFrame, float]:
    """Return source, target, similarity: the weighted Jaccard of what accounts use, inside components.

    uses: source (account), target (identifier, of other numbers), weight (bits). With the pairs come the bits of the
    weakest identifiers that had to be left out to compare at most `pair_budget` pairs. Raises ValueError when even the
    strongest identifiers alone are too many.
    """
    for min_bits in WEAKEST_BITS:
        strong = uses[uses["weight"] > min_bits]
        if strong.empty:
            return pd.DataFrame({"source": [], "target": [], "similarity": []}), min_bits
        with projection(graph, "detect/project_uses", "ringwatch_uses", strong) as projected:
            _connect(graph, projected)
            found = values(graph, projected, "component")
            sizes = found[found["node"].isin(strong["source"])].groupby("value").size()
            if (sizes.astype(float) ** 2).sum() <= pair_budget:
                return compare(graph, projected, cutoff), min_bits
    raise ValueError(f"more than {pair_budget:,} pairs of accounts are connected by identifiers of {min_bits} bits")


def compare(graph: Graph, projected: Any, cutoff: float) -> pd.DataFrame:
    """Return source, target, similarity of accounts of one `component`, each pair once, source the smaller."""
    asked: dict[str, Any] = {
        "use_components": "component",
        "relationship_weight_property": "weight",
        "similarity_cutoff": cutoff,
        "top_k": MOST_SIMILAR,
        "concurrency": 1,
    }
    memory.check("node similarity", graph.gds.node_similarity.estimate(projected, **asked))
    graph.gds.node_similarity.mutate(
        projected, mutate_relationship_type="SIMILAR", mutate_property="similarity", **asked
    )
    pairs = _similar_pairs(graph, projected)
    ends = pairs[["source", "target"]]
    pairs = pairs.assign(source=ends.min(axis=1), target=ends.max(axis=1))
    return pairs.drop_duplicates(["source", "target"]).sort_values(["source", "target"], ignore_index=True)


def alike(graph: Graph, uses: pd.DataFrame, pair_budget: int, cutoff: float) -> tuple[pd.DataFrame, float]:
    """Return source (a Member), target (an Other), similarity: the weighted Jaccard of what they use.

    uses: as in `similar`, with the label of the account. With the pairs come the bits of the weakest identifiers that
    had to be left out to compare at most `pair_budget` pairs; when even the strongest are too many there are none.
    """
    for min_bits in WEAKEST_BITS:
        strong = uses[uses["weight"] > min_bits]
        if strong["label"].nunique() < len(("Member", "Other")):
            break
        with projection(graph, "detect/project_watch", "ringwatch_watch", strong, more=("label",)) as projected:
            _connect(graph, projected)
            component = values(graph, projected, "component").set_index("node")["value"]
            label = strong.drop_duplicates("source").set_index("source")["label"]
            sizes = pd.crosstab(component.reindex(label.index), label).astype(float)
            if (sizes["Member"] * sizes["Other"]).sum() <= pair_budget:
                return _compare_with_members(graph, projected, cutoff), min_bits
    return pd.DataFrame({"source": [], "target": [], "similarity": []}), 0.0 if uses.empty else min_bits


def _compare_with_members(graph: Graph, projected: Any, cutoff: float) -> pd.DataFrame:
    asked: dict[str, Any] = {
        "source_node_filter": "Member",
        "target_node_filter": "Other",
        "use_components": "component",
        "relationship_weight_property": "weight",
        "similarity_cutoff": cutoff,
        "top_k": MOST_SIMILAR,
        "concurrency": 1,
    }
    memory.check("node similarity", graph.gds.node_similarity.filtered.estimate(projected, **asked))
    graph.gds.node_similarity.filtered.mutate(
        projected, mutate_relationship_type="SIMILAR", mutate_property="similarity", **asked
    )
    return _similar_pairs(graph, projected).sort_values(["source", "target"], ignore_index=True)


def _similar_pairs(graph: Graph, projected: Any) -> pd.DataFrame:
    slices = graph.read_lists(cypher("detect/read_similar"), graph=projected.name(), type="SIMILAR")
    return _frame(slices, ("source", "target", "similarity"))


def _connect(graph: Graph, projected: Any) -> None:
    """Give each node its `component`."""
    memory.check("weakly connected components", graph.gds.wcc.estimate(projected, concurrency=1))
    graph.gds.wcc.mutate(projected, "component", concurrency=1)


def _leiden(graph: Graph, projected: Any, relationship: str, gamma: float, seed: int, parts: int) -> pd.DataFrame:
    name = f"community_{seed}"
    try:
        graph.gds.leiden.mutate(
            projected,
            name,
            relationship_types=[relationship],
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
        graph.gds.wcc.mutate(projected, name, relationship_types=[relationship], concurrency=1)
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
