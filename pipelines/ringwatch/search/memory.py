"""Whether what GDS is about to do fits into the server's heap: its own estimates in; a refusal in one sentence out.

Each projection and algorithm is asked beforehand what it needs at least. GDS has a guard of its own, which counts what
is free at that moment; `refusals` puts what it says into the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from neo4j.exceptions import ClientError

from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.resources import cypher
from ringwatch.symptoms import OUT_OF_MEMORY

if TYPE_CHECKING:
    from graphdatascience.procedure_surface.api.estimation_result import EstimationResult

_REMEDY = "raise the setting server_heap_mb, or server.memory.heap.max_size of a server of your own"
_REFUSED = re.compile(r"Memory required to run (.+?) \((\d+)b\) exceeds available memory \((\d+)b\)")


def check_projection(graph: Graph, nodes: int, relationships: int) -> None:
    """Raise InfrastructureError when a graph of `nodes` and weighted `relationships` does not fit into the heap."""
    (found,) = graph.read(cypher("detect/estimate_projection"), nodes=nodes, relationships=relationships)
    _check(f"a graph of {nodes:,} nodes and {relationships:,} links", found["bytes"], found["share"])


def check(algorithm: str, estimate: EstimationResult) -> None:
    """Raise InfrastructureError when the algorithm needs more than the whole heap at least."""
    what = f"{algorithm} on {estimate.node_count:,} nodes and {estimate.relationship_count:,} links"
    _check(what, estimate.bytes_min, estimate.heap_percentage_min)


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
