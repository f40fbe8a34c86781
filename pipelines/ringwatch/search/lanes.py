"""Communities by lane: weighted ties between numbered nodes in; node, community, stability of each lane out.

Lanes that go by the same links ask for their components and their communities together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ringwatch.search.asked import LEAST_CORE, WHOLE

if TYPE_CHECKING:
    from ringwatch.search.engine import Engine


def side_by_side(
    engine: Engine,
    ties: pd.DataFrame,
    links_from: Callable[[float], pd.DataFrame],
    lanes: Mapping[str, tuple[float, float]],
    seeds: Sequence[int],
    whole: str | None = None,
) -> dict[str, pd.DataFrame]:
    """Return by lane the communities inside components (node, community, stability).

    ties: source, target, weight; lanes: the least weight of a tie and the resolution of Leiden, which is given the
    links (source, target, weight) from that weight on. Those that go by the same links are looked for together.
    whole: a lane whose large components and their cores are the lane `whole`.
    """
    together: dict[float, dict[str, float]] = {}
    for lane, (least, gamma) in lanes.items():
        together.setdefault(least, {})[lane] = gamma
    if not together:
        return {}
    parts = engine.components(ties[ties["weight"] >= min(together)], list(together))
    found: dict[str, pd.DataFrame] = {}
    for (least, gammas), nodes in zip(together.items(), parts, strict=True):
        found |= inside(engine, links_from(least), nodes, gammas, seeds, whole in gammas)
    return found


def inside(
    engine: Engine,
    links: pd.DataFrame,
    nodes: pd.DataFrame,
    gammas: Mapping[str, float],
    seeds: Sequence[int],
    whole: bool = False,
) -> dict[str, pd.DataFrame]:
    """Return by lane of `gammas`, and of `whole`, the communities of `nodes` (node, component) that `links` connect.

    Components up to WHOLE nodes stay whole.
    """
    size = nodes.groupby("component")["node"].transform("size")
    small, large = nodes[size <= WHOLE], nodes[size > WHOLE]
    component = links["source"].map(large.set_index("node")["component"])
    asked = links.assign(component=component)[component.notna()]
    split, cores = engine.leiden(asked, [(gamma, seed) for gamma in gammas.values() for seed in seeds], whole)
    together = small.rename(columns={"component": "community"}).assign(stability=1.0)
    found = {"whole": _whole(large.merge(cores, on="node"))} if whole else {}
    for place, lane in enumerate(gammas):
        first, *more = split[place * len(seeds) : (place + 1) * len(seeds)]
        found[lane] = stack([together, first.assign(stability=stability(first, more))])
    return found


def stability(found: pd.DataFrame, others: Sequence[pd.DataFrame]) -> pd.Series:
    """Return for each row of `found` (node, community) how well its community comes back in `others`, 0 to 1.

    That is the Jaccard index with the most like community of each, on average.
    """
    total = sum((_likeness(found, other) for other in others), pd.Series(0.0, index=found["community"].unique()))
    return found["community"].map(total / max(1, len(others))).astype(float)


def _likeness(found: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """Return by community of `found` its Jaccard index with the most like community of `other`, in the same nodes."""
    at = pd.Index(other["node"]).get_indexer(pd.Index(found["node"]))
    (mine, names), (theirs, others) = (pd.factorize(part["community"]) for part in (found, other))
    there = at >= 0
    key, common = np.unique(mine[there] * len(others) + theirs[at[there]], return_counts=True)
    community, match = np.divmod(key, max(len(others), 1))
    size = np.bincount(mine)[community] + np.bincount(theirs)[match] - common
    best = np.zeros(len(names))
    np.maximum.at(best, community, common / size)
    return pd.Series(best, index=names)


def _whole(large: pd.DataFrame) -> pd.DataFrame:
    """Return each large component as a community, and its innermost core when that is less."""
    highest = large.groupby("component")["core"].transform("max")
    cores = large[(large["core"] == highest) & (highest >= LEAST_CORE)]
    both = [part.rename(columns={"component": "community"})[["node", "community"]] for part in (large, cores)]
    return stack([part.assign(stability=1.0) for part in both])


def stack(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the communities of all parts, numbered anew."""
    every = pd.concat([part.assign(part=i) for i, part in enumerate(parts)], ignore_index=True)
    return every.assign(community=every.groupby(["part", "community"]).ngroup())[["node", "community", "stability"]]
