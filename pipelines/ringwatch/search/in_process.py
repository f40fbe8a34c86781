"""Groups of nodes without a server: what `communities.py` asks of GDS, worked out in this process.

Each component is searched by itself with the seed that was given, its nodes in the order of their numbers: what is
found in it follows from it alone. Leiden is that of graspologic-native, whose seeds give the same communities on
every machine (scikit-network's draws from the C library's unseeded generator); cores are scikit-network's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array, csr_matrix, diags_array
from scipy.sparse.csgraph import connected_components

from ringwatch.search.asked import MOST_SIMILAR, THETA, Inside, Run, Similar

# Pairs of accounts that are compared at a time.
BLOCK = 4_000_000
# Times Leiden goes over a component; from the second on it is as good as networkx's Louvain.
ITERATIONS = 2
# Digits to which similarities are rounded, so that no last bit decides between equals.
DIGITS = 9


def components(links: pd.DataFrame, least: Sequence[float]) -> list[pd.DataFrame]:
    """Return for each weight of `least` the node, component that links of so much weight make."""
    return [_components(links[links["weight"] >= weight]) for weight in least]


def _components(links: pd.DataFrame) -> pd.DataFrame:
    if links.empty:
        return pd.DataFrame({"node": [], "component": []}, dtype="int64")
    nodes, adjacency = _adjacency(links)
    return pd.DataFrame({"node": nodes, "component": connected_components(adjacency, directed=False)[1]})


def leiden(links: pd.DataFrame, runs: Sequence[Run], cores: bool = False) -> Inside:
    """Return for each of `runs` what Leiden finds inside each component of `links`."""
    if links.empty:
        return Inside([pd.DataFrame({"node": [], "community": []}, dtype="int64") for _ in runs], _no_cores())
    nodes, adjacency = _adjacency(links)
    _, label = connected_components(adjacency, directed=False)
    order = np.argsort(label, kind="stable")
    blocks = adjacency[order][:, order]
    blocks.sort_indices()
    ends = np.cumsum(np.bincount(label))
    found = [
        pd.DataFrame({"node": nodes[order], "community": _inside(blocks, ends, gamma, seed)}).sort_values(
            "node", ignore_index=True
        )
        for gamma, seed in runs
    ]
    return Inside(found, pd.DataFrame({"node": nodes, "core": _cores(adjacency)}) if cores else _no_cores())


def _no_cores() -> pd.DataFrame:
    return pd.DataFrame({"node": [], "core": []}, dtype="int64")


def _inside(blocks: csr_array, ends: np.ndarray, gamma: float, seed: int) -> np.ndarray:
    """Return the community of each node, where components are consecutive nodes, up to `ends`."""
    found = np.zeros(blocks.shape[0], dtype=np.int64)
    start = first = 0
    for end in ends.tolist():
        inside = _communities(blocks, start, end, gamma, seed)
        found[start:end] = first + inside
        start, first = end, first + int(inside.max()) + 1
    return found


def _communities(blocks: csr_array, start: int, end: int, gamma: float, seed: int) -> np.ndarray:
    """Return the communities of the nodes from `start` to `end`; where no two nodes can be joined they stay whole."""
    from graspologic_native import leiden_csr  # type: ignore[attr-defined]

    at, upto = blocks.indptr[start], blocks.indptr[end]
    _, found = leiden_csr(
        (blocks.indptr[start : end + 1] - at).astype(np.int64),
        (blocks.indices[at:upto] - start).astype(np.int32),
        blocks.data[at:upto],
        end - start,
        resolution=gamma,
        randomness=THETA,
        iterations=ITERATIONS,
        seed=seed,
    )
    community = np.array([found[node] for node in range(end - start)], dtype=np.int64)
    return community if community.max() + 1 < len(community) else np.zeros_like(community)


def _cores(adjacency: csr_array) -> np.ndarray:
    from sknetwork.topology import get_core_decomposition  # type: ignore[attr-defined]

    found: np.ndarray = get_core_decomposition(csr_matrix(adjacency)).astype(np.int64)
    return found


def similar(uses: pd.DataFrame, cutoff: float) -> Similar:
    """Return the weighted Jaccard index of what accounts use; see `Engine`."""
    every = uses["source"].drop_duplicates()
    found = _alike(uses, every, every, cutoff)
    ends = found[["source", "target"]]
    found = found.assign(source=ends.min(axis=1), target=ends.max(axis=1))
    once = found.drop_duplicates(["source", "target"]).sort_values(["source", "target"], ignore_index=True)
    return Similar(once, _components(once.rename(columns={"similarity": "weight"})))


def alike(uses: pd.DataFrame, cutoff: float) -> pd.DataFrame:
    """Return source (a Member), target (an Other), similarity; see `Engine`."""
    label = uses.drop_duplicates("source").set_index("source")["label"]
    members, others = (label.index[label == name].to_series() for name in ("Member", "Other"))
    return _alike(uses, members, others, cutoff).sort_values(["source", "target"], ignore_index=True)


def _alike(uses: pd.DataFrame, sources: pd.Series, targets: pd.Series, cutoff: float) -> pd.DataFrame:
    """Return source, target, similarity of other accounts, for each of `sources` those that are most like it."""
    accounts, who = np.unique(uses["source"].to_numpy(), return_inverse=True)
    identifiers, what = np.unique(uses["target"].to_numpy(), return_inverse=True)
    shape = (len(accounts), len(identifiers))
    bits = np.zeros(len(identifiers))
    bits[what] = uses["weight"].to_numpy(dtype=float)
    used = csr_array(coo_array((np.ones(len(who)), (who, what)), shape=shape))
    total = used @ bits
    asked, given = (np.searchsorted(accounts, np.sort(some.to_numpy())) for some in (sources, targets))
    theirs = csr_array(used[given].T)
    found = [
        _most(csr_array(used[rows] @ diags_array(bits)) @ theirs, rows, given, total, cutoff)
        for rows in _blocks(used, asked)
    ]
    every = pd.concat(found, ignore_index=True) if found else _pairs([], [], [])
    return every.assign(source=accounts[every["source"]], target=accounts[every["target"]])


def _blocks(used: csr_array, asked: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the rows of `asked` in turn, as many as have BLOCK pairs with others."""
    pairs = (used @ np.asarray(used.sum(axis=0)).ravel())[asked]
    number = ((pairs.cumsum() - pairs) // BLOCK).astype(np.int64)
    for each in np.unique(number):
        yield asked[number == each]


def _most(common: csr_array, rows: np.ndarray, given: np.ndarray, total: np.ndarray, cutoff: float) -> pd.DataFrame:
    """Return the pairs of this block with at least `cutoff`, of each row the MOST_SIMILAR best."""
    pairs = coo_array(common)
    source, target = rows[pairs.row], given[pairs.col]
    similarity = (pairs.data / (total[source] + total[target] - pairs.data)).round(DIGITS)
    kept = (source != target) & (similarity >= cutoff)
    source, target, similarity = source[kept], target[kept], similarity[kept]
    order = np.lexsort((target, -similarity, source))
    found = _pairs(source[order], target[order], similarity[order])
    return found[found.groupby("source").cumcount() < MOST_SIMILAR]


def _pairs(source: Sequence[int] | np.ndarray, target: Sequence[int] | np.ndarray, similarity: object) -> pd.DataFrame:
    pairs = pd.DataFrame({"source": source, "target": target, "similarity": similarity})
    return pairs.astype({"source": "int64", "target": "int64", "similarity": "float64"})


def _adjacency(links: pd.DataFrame) -> tuple[np.ndarray, csr_array]:
    """Return the nodes in order, and who is linked to whom as a symmetric matrix of weights."""
    ends = links[["source", "target"]].to_numpy()
    nodes, places = np.unique(ends, return_inverse=True)
    source, target = places.reshape(ends.shape).astype(np.int32).T
    weight = links["weight"].to_numpy(dtype=float)
    both = np.concatenate([weight, weight]), (np.concatenate([source, target]), np.concatenate([target, source]))
    return nodes, csr_array(coo_array(both, shape=(len(nodes), len(nodes))))
