"""Whether what GDS is about to do fits into the server's heap: its own estimates in; a refusal in one sentence out.

GDS is asked beforehand what the graph and each algorithm on it need at least. It has a guard of its own, which counts
what is free at that moment; `refusals` puts what it says into the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from neo4j.exceptions import ClientError

from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.resources import cypher
from ringwatch.search.asked import MOST_SIMILAR
from ringwatch.symptoms import OUT_OF_MEMORY

_REMEDY = "raise the setting server_heap_mb, or server.memory.heap.max_size of a server of your own"
_REFUSED = re.compile(r"Memory required to run (.+?) \((\d+)b\) exceeds available memory \((\d+)b\)")
# What each row of detect/estimate_memory is about.
_SAID = {
    "projection": "a graph of",
    "wcc": "weakly connected components on",
    "kcore": "k-core decomposition on",
    "leiden": "Leiden on",
    "nodeSimilarity": "node similarity on",
}


class Heap:
    """The heap of a server, which is asked about a size once: what is smaller than what has fitted, fits."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._fitted: dict[str, list[tuple[int, int]]] = {what: [] for what in _SAID}

    def check(self, algorithms: Sequence[str], nodes: int, links: int) -> None:
        """Raise InfrastructureError when a graph of `nodes` and `links`, or an algorithm on it, needs more than all."""
        asked = [what for what in ("projection", *algorithms) if not self._has_fitted(what, nodes, links)]
        if not asked:
            return
        found = self.graph.read(cypher("detect/estimate_memory"), nodes=nodes, relationships=links, most=MOST_SIMILAR)
        for row in found:
            if row["what"] in asked:
                _check(f"{_SAID[row['what']]} {nodes:,} nodes and {links:,} links", row["bytes"], row["share"])
            if row["share"] <= 1:
                self._fitted[row["what"]].append((nodes, links))

    def _has_fitted(self, what: str, nodes: int, links: int) -> bool:
        return any(nodes <= most_nodes and links <= most_links for most_nodes, most_links in self._fitted[what])


def _check(what: str, least_bytes: int, share_of_heap: float) -> None:
    if share_of_heap > 1:
        needed = f"{least_bytes / 2**20:,.0f} MB at least, {share_of_heap:.1f} times the server's heap"
        raise InfrastructureError(f"{what} needs {needed}; {_REMEDY}", OUT_OF_MEMORY)


@contextmanager
def refusals() -> Iterator[None]:
    """Raise InfrastructureError where GDS refuses what does not fit into what is free."""
    try:
        yield
    except ClientError as error:
        found = _REFUSED.search(str(error))
        if not found:
            raise
        needed, free = (f"{int(number) / 2**20:,.0f} MB" for number in found.groups()[1:])
        raise InfrastructureError(
            f"{found[1]} needs {needed} and the server has {free} free; {_REMEDY}", OUT_OF_MEMORY
        ) from None
