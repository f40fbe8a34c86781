"""The calls of GDS that the lanes of detect need, one after the other, straight through the Neo4j driver.

`record` notes what detect asks for; `run` asks for the same, as one would by hand: a projection for each set of links,
each algorithm called, what it found read, the projection dropped. Nothing is made of it: no candidates, no names, no
stability. Nothing is estimated either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import neo4j
import numpy as np
import pandas as pd
from neo4j.exceptions import ClientError

from ringwatch.search import communities
from ringwatch.search.asked import MOST_SIMILAR, THETA, TOLERANCE, Run

# Three arrays of equal length: source, target, weight.
Links = tuple[np.ndarray, ...]
# A function of `communities` and what it was given, without the graph.
Call = tuple[str, tuple[Any, ...]]

_PROJECT = """
UNWIND range(0, size($source) - 1) AS i
RETURN gds.graph.project($graph, $source[i], $target[i],
  {relationshipProperties: {weight: $weight[i]}}, {undirectedRelationshipTypes: ['*'], readConcurrency: 1}) AS projected
"""
_PROJECT_USES = """
UNWIND range(0, size($source) - 1) AS i
RETURN gds.graph.project($graph, $source[i], $target[i],
  {sourceNodeLabels: 'Account', targetNodeLabels: 'Identifier', relationshipProperties: {weight: $weight[i]}},
  {readConcurrency: 1}) AS projected
"""
_WCC = """
CALL gds.wcc.mutate($graph, {mutateProperty: $name, relationshipTypes: $types, concurrency: 1})
YIELD componentCount RETURN componentCount
"""
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
# In lists of 5,000, which travel far faster than rows.
_READ_VALUES = """
CALL gds.graph.nodeProperty.stream($graph, $property) YIELD nodeId, propertyValue
WITH collect([nodeId, propertyValue]) AS every
UNWIND range(0, size(every) - 1, 5000) AS start
WITH every[start .. start + 5000] AS some
RETURN [pair IN some | pair[0]] AS node, [pair IN some | pair[1]] AS value
"""
_READ_PAIRS = """
CALL gds.graph.relationshipProperty.stream($graph, 'similarity', ['SIMILAR'])
YIELD sourceNodeId, targetNodeId, propertyValue
WITH collect([sourceNodeId, targetNodeId, propertyValue]) AS every
UNWIND range(0, size(every) - 1, 5000) AS start
WITH every[start .. start + 5000] AS some
RETURN [pair IN some | pair[0]] AS source, [pair IN some | pair[1]] AS target, [pair IN some | pair[2]] AS similarity
"""


@contextmanager
def record() -> Iterator[list[Call]]:
    """Yield a list in which all is noted that is asked of GDS meanwhile."""
    calls: list[Call] = []
    with ExitStack() as stack:
        for name in ("components", "leiden", "similar"):
            stack.enter_context(mock.patch.object(communities, name, _noting(calls, name)))
        yield calls


def _noting(calls: list[Call], name: str) -> Callable[..., Any]:
    asked = getattr(communities, name)

    def noting(heap: Any, *given: Any) -> Any:
        calls.append((name, given))
        return asked(heap, *given)

    return noting


def run(driver: neo4j.Driver, calls: Sequence[Call]) -> dict[str, int]:
    """Make the calls; return how many of each there were, and how many pairs were similar."""
    counts = {"components": 0, "leiden": 0, "similar": 0, "pairs": 0}
    for name, (links, *more) in calls:
        if name == "similar":
            counts["pairs"] += _similar(driver, _arrays(links), *more)
        elif name == "leiden":
            _leiden(driver, links, *more)
        else:
            _components(driver, links, *more)
        counts[name] += len(more[0]) if name == "components" else 1
    return counts


def _components(driver: neo4j.Driver, links: pd.DataFrame, least: Sequence[float]) -> None:
    for weight in least:
        some = links[links["weight"] >= weight]
        if not some.empty:
            _project(driver, _PROJECT, _arrays(some))
            _ask(driver, _WCC, name="component", types=["*"])
            _values(driver, "component")
            _drop(driver)


def _leiden(driver: neo4j.Driver, links: pd.DataFrame, runs: Sequence[Run], cores: bool) -> None:
    if links.empty:
        return
    source, target, weight = _arrays(links)
    _, at = np.unique(links["component"].to_numpy(), return_inverse=True)
    total = np.bincount(at, weight)
    _project(driver, _PROJECT, (source, target, weight / total[at]))
    if cores:
        _ask(driver, _CORE)
        _values(driver, "core")
    for run, (gamma, seed) in enumerate(runs):
        _communities(driver, f"community_{run}", gamma, seed, len(total))
    _drop(driver)


def _communities(driver: neo4j.Driver, name: str, gamma: float, seed: int, parts: int) -> None:
    scaled = {"gamma": gamma * parts, "theta": THETA / parts, "tolerance": TOLERANCE / parts}
    try:
        _ask(driver, _LEIDEN, name=name, seed=seed, **scaled)
    except ClientError as error:
        if "dendrogramManager" not in str(error):
            raise
        _ask(driver, _WCC, name=name, types=["*"])
    _values(driver, name)


def _similar(driver: neo4j.Driver, uses: Links, cutoff: float) -> int:
    _project(driver, _PROJECT_USES, uses)
    _ask(driver, _WCC, name="component", types=["*"])
    _ask(driver, _SIMILAR, cutoff=cutoff, most=MOST_SIMILAR)
    found = _ask(driver, _READ_PAIRS)
    _ask(driver, _WCC, name="together", types=["SIMILAR"])
    _values(driver, "together")
    _drop(driver)
    source = np.array([value for record in found for value in record["source"]])
    target = np.array([value for record in found for value in record["target"]])
    return int((source < target).sum())


def _arrays(links: pd.DataFrame) -> Links:
    return tuple(links[name].to_numpy() for name in ("source", "target", "weight"))


def _project(driver: neo4j.Driver, query: str, links: Links) -> None:
    source, target, weight = (values.tolist() for values in links)
    _ask(driver, query, source=source, target=target, weight=weight)


def _values(driver: neo4j.Driver, name: str) -> tuple[np.ndarray, np.ndarray]:
    found = _ask(driver, _READ_VALUES, property=name)
    return (
        np.array([value for record in found for value in record["node"]]),
        np.array([value for record in found for value in record["value"]]),
    )


def _drop(driver: neo4j.Driver) -> None:
    _ask(driver, "CALL gds.graph.drop($graph) YIELD graphName RETURN graphName")


def _ask(driver: neo4j.Driver, query: str, **parameters: Any) -> list[neo4j.Record]:
    return driver.execute_query(query, {"graph": "bare", **parameters}, database_="neo4j").records
