"""Groups of accounts by GDS: the graph as link left it in; for each way of looking, accounts by community out.

Each projection is dropped when it has been used, and one that a killed night left behind is dropped first. One thread
and a fixed seed: the same graph gives the same communities.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pandas as pd
from neo4j.exceptions import ClientError

from ringwatch.graph import Graph
from ringwatch.resources import cypher

# Components up to this size are one community; larger ones are searched for communities inside.
WHOLE = 12
# Steps in which node similarity gives up weak identifiers when it would have to compare too many pairs.
WEAKEST_BITS = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
# Most similar accounts that node similarity keeps of each.
MOST_SIMILAR = 50


def similar(
    graph: Graph, since: date, lasting: list[str], pair_budget: int, cutoff: float, seed: int
) -> tuple[pd.DataFrame, float]:
    """Return account_id, community: weighted Jaccard of what accounts share inside components, then Leiden.

    With it come the bits of the weakest identifiers that had to be left out to compare at most `pair_budget` pairs.
    Raises ValueError when even the strongest identifiers alone are too many.
    """
    window = {"since": datetime.combine(since, datetime.min.time()), "lasting": lasting}
    for min_bits in WEAKEST_BITS:
        with projection(graph, "detect/project_sharing", "ringwatch_similar", min_bits=min_bits, **window) as projected:
            if projected is None:
                return _NOBODY, min_bits
            graph.gds.wcc.mutate(projected, "component", concurrency=1)
            sizes = _values(graph, projected, "component").groupby("value").size()
            if (sizes.astype(float) ** 2).sum() > pair_budget:
                continue
            compare(graph, projected, cutoff)
            return _leiden(graph, projected, "SIMILAR", "similarity", 1.0, seed), min_bits
    raise ValueError(f"more than {pair_budget:,} pairs of accounts are connected by identifiers of {min_bits} bits")


def linked(graph: Graph, min_bits: float, gamma: float, seed: int) -> pd.DataFrame:
    """Return account_id, community among accounts linked by at least `min_bits`.

    Components up to WHOLE accounts stay whole. Larger ones are split by Leiden at resolution `gamma` of the component,
    not of the whole graph, whose size would then decide.
    """
    with projection(graph, "detect/project_links", "ringwatch_links", min_bits=min_bits) as projected:
        if projected is None:
            return _NOBODY
        graph.gds.wcc.mutate(projected, "component", concurrency=1)
        graph.gds.degree.mutate(projected, "weight", relationship_weight_property="bits", concurrency=1)
        accounts = _values(graph, projected, "component").rename(columns={"value": "community"})
        accounts = accounts.merge(_values(graph, projected, "weight").rename(columns={"value": "weight"}))
    by_component = accounts.groupby("community")
    large = by_component["account_id"].transform("size") > WHOLE
    # Components of like weight, up to the square root of two apart, are searched together, none above `gamma`.
    step = (2 * by_component["weight"].transform("sum").map(math.log2)).apply(math.ceil)
    split = [
        _inside(graph, sorted(some["account_id"]), min_bits, gamma, 2 ** (float(half) / 2), seed)
        for half, some in accounts[large].groupby(step[large])
    ]
    whole = accounts.loc[~large, ["account_id", "community"]].assign(step=0.0)
    parts = [part.assign(step=float(i)) for i, part in enumerate(split, 1)]
    every = pd.concat([whole, *parts])
    return every.assign(community=every.groupby(["step", "community"]).ngroup())[["account_id", "community"]]


def _inside(graph: Graph, accounts: list[str], min_bits: float, gamma: float, weight: float, seed: int) -> pd.DataFrame:
    """Leiden in components that each weigh up to `weight`, counting a link at both its ends.

    GDS divides gamma by the weight of the whole graph, so times that weight it is gamma of a component.
    """
    among = {"accounts": accounts, "min_bits": min_bits}
    with projection(graph, "detect/project_links_among", "ringwatch_links_among", **among) as projected:
        degrees = graph.gds.degree.stream(projected, relationship_weight_property="bits", concurrency=1)
        share = degrees["score"].sum() / weight
        return _leiden(graph, projected, "*", "bits", gamma * share, seed)


def compare(graph: Graph, projected: Any, cutoff: float) -> None:
    """Add SIMILAR between accounts of one component, with the weighted Jaccard `similarity` of what they share."""
    gds = graph.gds
    gds.node_similarity.mutate(
        projected,
        mutate_relationship_type="SIMILAR_ONE_WAY",
        mutate_property="similarity",
        use_components="component",
        relationship_weight_property="bits",
        similarity_cutoff=cutoff,
        top_k=MOST_SIMILAR,
        concurrency=1,
    )
    gds.graph.relationships.to_undirected(projected, "SIMILAR_ONE_WAY", "SIMILAR", aggregation="MAX", concurrency=1)


def _leiden(graph: Graph, projected: Any, relationship: str, weight: str, gamma: float, seed: int) -> pd.DataFrame:
    try:
        graph.gds.leiden.mutate(
            projected,
            "community",
            relationship_types=[relationship],
            relationship_weight_property=weight,
            gamma=gamma,
            random_seed=seed,
            concurrency=1,
        )
    except ClientError as error:
        # So it fails when it finds no two nodes to join, as in an even clique: then what is connected stays whole.
        if "dendrogramManager" not in str(error):
            raise
        graph.gds.wcc.mutate(projected, "community", relationship_types=[relationship], concurrency=1)
    return _values(graph, projected, "community").rename(columns={"value": "community"})


@contextmanager
def projection(graph: Graph, query: str, name: str, **parameters: Any) -> Iterator[Any]:
    """Yield the projection, or None when the query finds nothing to project."""
    graph.gds.graph.drop(name, fail_if_missing=False)
    try:
        projected, _ = graph.gds.graph.project.cypher(cypher(query), graph=name, **parameters)
    except ValueError:
        yield None
        return
    with projected:
        yield projected


def _values(graph: Graph, projected: Any, name: str) -> pd.DataFrame:
    """Return account_id, value of a node property, by account."""
    slices = graph.read(cypher("detect/read_values"), graph=projected.name(), property=name)
    columns = {column: [value for some in slices for value in some[column]] for column in ("account_id", "value")}
    return pd.DataFrame(columns).sort_values("account_id", ignore_index=True)


_NOBODY = pd.DataFrame({"account_id": pd.Series(dtype="str"), "community": pd.Series(dtype="int64")})
