"""Who works out communities: one interface, GDS behind it or this process, chosen by the setting `engine`.

Every function takes frames of numbered nodes and gives frames back; what is asked of one part of a graph does not
depend on what else is in the same frame, so a night can be asked about as a whole or shard by shard.

Gds      the server's Graph Data Science: for one machine; exact numbers as `communities.py` has them
Local    this process (`in_process.py`): for workers without a Neo4j, those of Spark among them. The same nodes give the
         same communities whatever else was asked with them, in any process and order

Both have the same components, cores and similarities. Their Leiden visits nodes in another order, so communities
that are nearly as good may be others (docs/scale.md says how often that changes who is flagged).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from ringwatch.search import in_process
from ringwatch.search.asked import Inside, Run, Similar

if TYPE_CHECKING:
    from ringwatch.graph import Graph
    from ringwatch.night import Night


class Engine(Protocol):
    """links: source, target, weight; each pair of nodes once."""

    def components(self, links: pd.DataFrame, least: Sequence[float]) -> list[pd.DataFrame]:
        """Return for each weight of `least` the node, component (a number) that links of so much weight make, by node;
        nobody who has no such link.
        """

    def leiden(self, links: pd.DataFrame, runs: Sequence[Run], cores: bool = False) -> Inside:
        """Return for each of `runs` the node, community of Leiden inside each `component`, a fourth column of `links`;
        and if wanted the cores of `links`.
        """

    def similar(self, uses: pd.DataFrame, cutoff: float) -> Similar:
        """Return the weighted Jaccard index of what accounts use, from `cutoff` on, of each the MOST_SIMILAR best, and
        what these pairs connect. uses: source (account), target (identifier), weight (bits).
        """

    def alike(self, uses: pd.DataFrame, cutoff: float) -> pd.DataFrame:
        """Return source (a Member), target (an Other), similarity, as `similar`; `uses` has labels of accounts."""


class Gds:
    def __init__(self, graph: Graph) -> None:
        from ringwatch.search import communities, memory  # and with them the driver, which Local does without

        self._ask, self._heap = communities, memory.Heap(graph)

    def components(self, links: pd.DataFrame, least: Sequence[float]) -> list[pd.DataFrame]:
        return self._ask.components(self._heap, links, least)

    def leiden(self, links: pd.DataFrame, runs: Sequence[Run], cores: bool = False) -> Inside:
        return self._ask.leiden(self._heap, links, runs, cores)

    def similar(self, uses: pd.DataFrame, cutoff: float) -> Similar:
        return self._ask.similar(self._heap, uses, cutoff)

    def alike(self, uses: pd.DataFrame, cutoff: float) -> pd.DataFrame:
        return self._ask.alike(self._heap, uses, cutoff)


@dataclass(frozen=True)
class Local:
    def components(self, links: pd.DataFrame, least: Sequence[float]) -> list[pd.DataFrame]:
        return in_process.components(links, least)

    def leiden(self, links: pd.DataFrame, runs: Sequence[Run], cores: bool = False) -> Inside:
        return in_process.leiden(links, runs, cores)

    def similar(self, uses: pd.DataFrame, cutoff: float) -> Similar:
        return in_process.similar(uses, cutoff)

    def alike(self, uses: pd.DataFrame, cutoff: float) -> pd.DataFrame:
        return in_process.alike(uses, cutoff)


def of(night: Night) -> Engine:
    """Return the engine that the settings name. Only Gds needs the night's graph, and so a server."""
    return Gds(night.graph) if night.settings.engine == "gds" else Local()
