"""The calls of GDS that detect makes, straight through the Neo4j driver: the same projections and parameters.

What is found is read and counted, and nothing is made of it: no candidates, no names, no stability.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import neo4j
import numpy as np
from neo4j.exceptions import ClientError

from ringwatch.detection.candidates import LINKED, MORE_SEEDS, SIMILAR_GAMMA
from ringwatch.detection.communities import MOST_SIMILAR, THETA, TOLERANCE, WEAKEST_BITS, WHOLE
from ringwatch.resources import cypher
from ringwatch.settings import Settings

# Three arrays of equal length: source, target, weight.
Links = tuple[np.ndarray, ...]

_WCC = "CALL gds.wcc.mutate($graph, {mutateProperty: $name, concurrency: 1}) YIELD componentCount RETURN componentCount"
_CORE = "CALL gds.kcore.mutate($graph, {mutateProperty: 'core', concurrency: 1}) YIELD degeneracy RETURN degeneracy"
_LEIDEN = """
CALL gds.leiden.mutate($graph, {mutateProperty: $name, relationshipWeightProperty: 'weight', gamma: $gamma,
  theta: $theta, tolerance: $tolerance, randomSeed: $seed, concurrency: 1})
YIELD communityCount RETURN communityCount
"""
_SIMILAR = """
CALL gds.nodeSimilarity.mutate($graph, {mutateRelationshipType: 'SIMILAR', mutateProperty: 'similarity',
  useComponents: 'component', relationshipWeightProperty: 'weight', similarityCutoff: $cutoff, topK: $most,
  concurrency: 1})
YIELD relationshipsWritten RETURN relationshipsWritten
"""


def run(
    driver: neo4j.Driver, links: Links, spokes: Links, uses: Links, accounts: int, settings: Settings
) -> dict[str, int]:
    """Hold all lanes; return how many links each had, and how many pairs were similar.

    links between accounts, `spokes` to hubs, and `uses` of identifiers; nodes from `accounts` on are no accounts.
    """
    counts = {}
    for lane, (min_bits, gamma) in LINKED.items():
        strong = links[2] >= max(min_bits, settings.link_min_bits)
        inside = tuple(np.concatenate([a[strong], b]) for a, b in zip(links, spokes, strict=True))
        counts[lane] = len(inside[0])
        _lane(driver, inside, gamma, settings.seed)
    pairs = _similar(driver, uses, accounts, settings)
    counts["similar"] = len(pairs[0])
    _lane(driver, pairs, SIMILAR_GAMMA, settings.seed)
    return counts


def _lane(driver: neo4j.Driver, links: Links, gamma: float, seed: int) -> None:
    if not len(links[0]):
        return
    _project(driver, "detect/project_links", links)
    _ask(driver, _WCC, name="component")
    _ask(driver, _CORE)
    nodes, component = _values(driver, "component")
    _values(driver, "core")
    _drop(driver)
    of_node = np.zeros(int(nodes.max()) + 1, dtype=np.int64)
    of_node[nodes] = component
    at = of_node[links[0]]
    large = (np.bincount(component) > WHOLE)[at]
    if large.any():
        source, target, weight = (values[large] for values in links)
        total = np.bincount(at[large], weight)
        _project(driver, "detect/project_links", (source, target, weight / total[at[large]]))
        _communities(driver, gamma, range(seed, seed + 1 + MORE_SEEDS), len(np.unique(at[large])))
        _drop(driver)


def _communities(driver: neo4j.Driver, gamma: float, seeds: Sequence[int], parts: int) -> None:
    for seed in seeds:
        name = f"community_{seed}"
        scaled = {"gamma": gamma * parts, "theta": THETA / parts, "tolerance": TOLERANCE / parts}
        try:
            _ask(driver, _LEIDEN, name=name, seed=seed, **scaled)
        except ClientError as error:
            if "dendrogramManager" not in str(error):
                raise
            _ask(driver, _WCC, name=name)
        _values(driver, name)


def _similar(driver: neo4j.Driver, uses: Links, accounts: int, settings: Settings) -> Links:
    for min_bits in WEAKEST_BITS:
        strong = uses[2] > min_bits
        _project(driver, "detect/project_uses", tuple(values[strong] for values in uses))
        _ask(driver, _WCC, name="component")
        nodes, component = _values(driver, "component")
        sizes = np.bincount(component[nodes < accounts])
        if (sizes.astype(float) ** 2).sum() <= settings.similarity_pair_budget:
            break
        _drop(driver)
    _ask(driver, _SIMILAR, cutoff=settings.similarity_cutoff, most=MOST_SIMILAR)
    found = _ask(driver, cypher("detect/read_similar"), type="SIMILAR")
    _drop(driver)
    source, target, similarity = (
        np.array([value for record in found for value in record[name]]) for name in ("source", "target", "similarity")
    )
    one_way = np.unique(np.stack([np.minimum(source, target), np.maximum(source, target), similarity]), axis=1)
    return one_way[0].astype(np.int64), one_way[1].astype(np.int64), one_way[2]


def _project(driver: neo4j.Driver, query: str, links: Links) -> None:
    source, target, weight = (values.tolist() for values in links)
    _ask(driver, cypher(query), source=source, target=target, weight=weight)


def _values(driver: neo4j.Driver, name: str) -> tuple[np.ndarray, np.ndarray]:
    found = _ask(driver, cypher("detect/read_values"), property=name)
    return (
        np.array([value for record in found for value in record["node"]]),
        np.array([value for record in found for value in record["value"]]),
    )


def _drop(driver: neo4j.Driver) -> None:
    _ask(driver, "CALL gds.graph.drop($graph) YIELD graphName RETURN graphName")


def _ask(driver: neo4j.Driver, query: str, **parameters: Any) -> list[neo4j.Record]:
    return driver.execute_query(query, {"graph": "bare", **parameters}, database_="neo4j").records
