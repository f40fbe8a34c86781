"""What detect asks of GDS, answered in this process: DuckDB for similarities, scikit-network for communities.

The functions are those of `ringwatch.search.communities`, with the same arguments and columns; the graph is not
asked. Communities may be others, since Leiden visits nodes in another order.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix, csr_matrix
from sknetwork.clustering import Leiden  # type: ignore[attr-defined]
from sknetwork.topology import get_connected_components, get_core_decomposition  # type: ignore[attr-defined]

from ringwatch.search.communities import MOST_SIMILAR, TOLERANCE, WEAKEST_BITS

# All pairs of accounts with an identifier in common, kept when they are similar, and of each account the most similar.
_SIMILAR = """
WITH total AS (SELECT source, sum(weight) AS all_bits FROM strong GROUP BY source),
pair AS (
  SELECT a.source AS source, b.source AS target, sum(a.weight) AS common
  FROM strong a JOIN strong b ON a.target = b.target AND a.source < b.source GROUP BY ALL
), alike AS (
  SELECT pair.source, pair.target, common / (one.all_bits + other.all_bits - common) AS similarity
  FROM pair JOIN total one ON one.source = pair.source JOIN total other ON other.source = pair.target
  WHERE common / (one.all_bits + other.all_bits - common) >= $cutoff
), each_way AS (FROM alike UNION ALL SELECT target, source, similarity FROM alike),
nearest AS (
  FROM each_way QUALIFY row_number() OVER (PARTITION BY source ORDER BY similarity DESC, target) <= $most
)
SELECT DISTINCT least(source, target) AS source, greatest(source, target) AS target, similarity
FROM nearest ORDER BY ALL
"""


def components(_graph: object, links: pd.DataFrame, cores: bool = True) -> pd.DataFrame:
    """Return node, component and, if wanted, core."""
    nodes, adjacency = _adjacency(links)
    found = pd.DataFrame({"node": nodes, "component": get_connected_components(adjacency)})
    return found.assign(core=get_core_decomposition(adjacency)) if cores else found


def leiden(_graph: object, links: pd.DataFrame, gamma: float, seeds: Sequence[int]) -> list[pd.DataFrame]:
    """Return node, community for each of `seeds`, inside each component."""
    if links.empty:
        return [pd.DataFrame({"node": [], "community": []}, dtype="int64") for _ in seeds]
    by_component = links.groupby("component")["weight"]
    nodes, adjacency = _adjacency(links.assign(weight=links["weight"] / by_component.transform("sum")))
    parts = by_component.ngroups
    tolerance = TOLERANCE / parts
    found = []
    for seed in seeds:
        search = Leiden(gamma * parts, "newman", tolerance, tolerance, shuffle_nodes=True, random_state=seed)
        found.append(pd.DataFrame({"node": nodes, "community": search.fit_predict(adjacency)}))
    return found


def similar(_graph: object, uses: pd.DataFrame, pair_budget: int, cutoff: float) -> tuple[pd.DataFrame, float]:
    """Return source, target, similarity, and the bits of the weakest identifiers left out to stay within the budget."""
    for min_bits in WEAKEST_BITS:
        strong = uses[uses["weight"] > min_bits]
        if strong.empty:
            return pd.DataFrame({"source": [], "target": [], "similarity": []}), min_bits
        nodes, adjacency = _adjacency(strong)
        accounts = np.isin(nodes, strong["source"].to_numpy())
        sizes = np.bincount(get_connected_components(adjacency)[accounts])
        if (sizes.astype(float) ** 2).sum() <= pair_budget:
            with duckdb.connect() as connection:
                connection.register("strong", strong)
                return connection.execute(_SIMILAR, {"cutoff": cutoff, "most": MOST_SIMILAR}).df(), min_bits
    raise ValueError(f"more than {pair_budget:,} pairs of accounts are connected by identifiers of {min_bits} bits")


def _adjacency(links: pd.DataFrame) -> tuple[np.ndarray, csr_matrix]:
    """Return the nodes in order, and who is linked to whom as a symmetric matrix of weights."""
    ends = links[["source", "target"]].to_numpy()
    nodes, places = np.unique(ends, return_inverse=True)
    places = places.reshape(ends.shape).astype(np.int32)
    shape = (len(nodes), len(nodes))
    one_way = coo_matrix((links["weight"].to_numpy(dtype=float), (places[:, 0], places[:, 1])), shape=shape)
    return nodes, csr_matrix(one_way + one_way.T)
