"""Digests by which a restored graph and store are known to be the ones that were backed up."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ringwatch.graph import Graph
from ringwatch.resources import cypher

_ROWS = 10_000
_PIECE = 2**20
_READS = ("upkeep/read_nodes", "upkeep/read_relationships")


def of_graph(graph: Graph) -> dict[str, Any]:
    """Return the numbers of nodes and relationships, and one digest over all of both, in whatever order they come.

    The day on which something was written last is left out: in a graph that is made anew it is another.
    """
    total, counts = 0, []
    for name in _READS:
        count = 0
        for columns in graph.read_columns(cypher(name), _ROWS):
            for row in zip(*columns.values(), strict=True):
                total = (total + int.from_bytes(hashlib.sha256(_line(row)).digest())) % 2**256
                count += 1
        counts.append(count)
    return {"nodes": counts[0], "relationships": counts[1], "digest": f"{total:064x}"}


def of_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _line(row: tuple[Any, ...]) -> bytes:
    return json.dumps(row, default=str, sort_keys=True).encode()
