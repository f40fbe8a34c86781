"""Small trees for what a sum of bits says badly: what to the one means much means nothing to the other.

Features in, log2 odds out. They say who of a group belongs to it (`membership.py`): an account that mostly uses a
device of its own may be a customer of the exits that a ring rents, or a careful member that is tied to it by cards. And
they say how far a group, given that it is operators', is one ring and the whole of it: few accounts that are like it
outside mean another thing of a chain than of a farm. For that they are grown on the square of the Jaccard index with
the ring, not on whether both share half their accounts: else a farm with three small rings in it would be as good as
the farm. These choose groups and members. And they say whether a group is operators' (`flag`): there each step down a
tree is bits for or against by the feature that it asks, so that a reviewer reads what each feature came to, and the sum
is the odds (Saabas, 2014). docs/measurements/detection.md has the figures. scikit-learn's histogram gradient boosting
grows them; they are kept as numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

# Trees, their most leaves, and the fewest rows in a leaf.
TREES, LEAVES, LEAST_ROWS = 100, 8, 30
PENALTY = 1.0
# Places in trees that are worked out at a time.
CELLS = 200_000
# Name under which trees say what unknown features add: the habit of those who have no such feed, and no evidence.
UNKNOWN = "unknown"
# What scikit-learn calls directions.
SIGNS = {"for": 1, "against": -1}


@dataclass(frozen=True)
class Tree:
    """Nodes in rows, the root first: the feature asked (-1 at a leaf), the greatest value that goes left, whether what
    cannot be said goes left, the rows of both children, and the odds (log2) that the tree gives all groups that come to
    a node: none at its root, all that it adds at a leaf.
    """

    feature: tuple[int, ...]
    most: tuple[float, ...]
    unknown_left: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    bits: tuple[float, ...]


@dataclass(frozen=True)
class Trees:
    """names: features, in the order in which trees count them; base: log2 odds of a group before any tree."""

    names: tuple[str, ...]
    base: float
    trees: tuple[Tree, ...]

    def total(self, values: pd.DataFrame) -> pd.Series:
        """Return the log2 odds of each group; a feature that this deployment lacks cannot be said."""
        known = self._known(values)
        added = np.zeros(len(known))
        for rows in _chunks(len(known), len(self.trees)):
            for at in self._forest.steps(known[rows]):
                last = at
            added[rows] = self._forest.bits[last].sum(axis=1)
        return pd.Series(self.base + added, index=values.index).round(6)

    def bits(self, values: pd.DataFrame) -> pd.DataFrame:
        """Return what each feature adds to the log2 odds of each group; under UNKNOWN, what nobody can say adds."""
        known = self._known(values)
        width = len(self.names) + 1
        added = np.zeros((len(known), width))
        for rows in _chunks(len(known), len(self.trees)):
            path = np.stack(list(self._forest.steps(known[rows])), axis=2)
            asked = self._forest.feature[path[:, :, :-1]]
            row = np.arange(len(path))[:, None, None]
            silent = (asked < 0) | np.isnan(known[rows][row, asked])
            cell = row * width + np.where(silent, width - 1, asked)
            more = np.diff(self._forest.bits[path], axis=2)
            more[:, :, 0] += self._forest.bits[path[:, :, 0]]
            added[rows] = np.bincount(cell.ravel(), more.ravel(), len(path) * width).reshape(-1, width)
        return pd.DataFrame(added, index=values.index, columns=[*self.names, UNKNOWN]).round(6)

    def _known(self, values: pd.DataFrame) -> np.ndarray:
        found: np.ndarray = values.reindex(columns=list(self.names)).to_numpy(dtype=float)
        return found

    @cached_property
    def _forest(self) -> _Forest:
        return _forest(self.trees)


@dataclass(frozen=True, eq=False)
class _Forest:
    """The nodes of all trees one after the other, so that groups go down all of them at once; a leaf leads to itself.

    deepest: steps down the deepest tree, one at least.
    """

    roots: np.ndarray
    feature: np.ndarray
    most: np.ndarray
    unknown_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    bits: np.ndarray
    deepest: int

    def steps(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """Yield where each group (row) is in each tree: at its root, and after each step down."""
        at = np.broadcast_to(self.roots, (len(values), len(self.roots)))
        known, row = values.ravel(), np.arange(len(values))[:, None] * values.shape[1]
        yield at
        for _ in range(self.deepest):
            answer = known.take(row + self.feature.take(at)) if len(known) else np.full(at.shape, np.nan)
            goes_left = np.where(np.isnan(answer), self.unknown_left.take(at), answer <= self.most.take(at))
            at = self.children.take(2 * at + goes_left)
            yield at

    @cached_property
    def children(self) -> np.ndarray:
        """The right and the left child of each node, one after the other."""
        return np.stack([self.right, self.left], axis=1).ravel()


def _forest(trees: Sequence[Tree]) -> _Forest:
    sizes = np.array([len(tree.feature) for tree in trees], dtype=np.int64)
    roots = np.cumsum(sizes) - sizes
    feature, most, unknown_left, left, right, bits = (
        np.array([value for tree in trees for value in getattr(tree, name)])
        for name in ("feature", "most", "unknown_left", "left", "right", "bits")
    )
    feature, first = feature.astype(np.int64), np.repeat(roots, sizes)
    leaf, here = feature < 0, np.arange(len(feature))
    left, right = (np.where(leaf, here, first + child).astype(np.int64) for child in (left, right))
    deepest = max((_depth(tree) for tree in trees), default=1)
    return _Forest(roots, feature, most, unknown_left.astype(bool), left, right, bits.astype(float), max(deepest, 1))


def _depth(tree: Tree, node: int = 0) -> int:
    if tree.feature[node] < 0:
        return 0
    return 1 + max(_depth(tree, child) for child in (tree.left[node], tree.right[node]))


def _chunks(rows: int, trees: int) -> Iterator[slice]:
    """Yield the rows in turn, as many as have CELLS places in trees."""
    size = max(1, CELLS // max(trees, 1))
    yield from (slice(start, start + size) for start in range(0, rows, size))


def grow(
    values: pd.DataFrame,
    worth: pd.Series,
    directions: Mapping[str, str] | None = None,
    weight: pd.Series | None = None,
) -> Trees:
    """Return trees that tell the `worth` (0 to 1) of rows of `values` as odds; none where nothing tells it.

    weight: how often each row counts, once if it is not given.

    Each row is learnt from as a success with the weight of its worth, and as a failure with the rest. `directions` says
    of columns whether more of it may only raise the odds (`for`) or lower them (`against`), whatever else holds.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    values = values.loc[:, values.nunique() > 1]
    if values.empty or worth.nunique() < 2:
        return Trees((), round(float(np.log2((worth.sum() + 1) / ((1 - worth).sum() + 1))), 4), ())
    count = np.ones(len(worth)) if weight is None else weight.to_numpy(dtype=float)
    success_and_failure = np.concatenate([worth * count, (1 - worth) * count])
    success = np.repeat([True, False], len(worth))
    learnt = success_and_failure > 0
    rows = np.concatenate([values.to_numpy(dtype=float)] * 2)
    model = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=LEAST_ROWS,
        l2_regularization=PENALTY,
        early_stopping=False,
        random_state=1,
        monotonic_cst=[SIGNS[directions[name]] for name in values.columns] if directions else None,
    ).fit(rows[learnt], success[learnt], sample_weight=success_and_failure[learnt])
    grown = tuple(_tree(stage[0].nodes, model.learning_rate) for stage in model._predictors)
    base = float(np.asarray(model._baseline_prediction).ravel()[0] / np.log(2))
    return Trees(tuple(map(str, values.columns)), round(base, 4), grown)


def read_trees(made: dict[str, Any]) -> Trees:
    """Return the trees that `dataclasses.asdict` turned into `made`."""
    trees = (Tree(**{name: tuple(column) for name, column in tree.items()}) for tree in made["trees"])
    return Trees(tuple(made["names"]), made["base"], tuple(trees))


def _tree(nodes: np.ndarray, learning_rate: float) -> Tree:
    """scikit-learn has the learning rate in its leaves, but not in the nodes above."""
    leaf = nodes["is_leaf"].astype(bool)
    value = nodes["value"] * np.where(leaf, 1.0, learning_rate)
    value[0] = value[0] if leaf[0] else 0.0
    return Tree(
        tuple(np.where(leaf, -1, nodes["feature_idx"]).tolist()),
        tuple(np.where(leaf, 0.0, nodes["num_threshold"]).tolist()),
        tuple(nodes["missing_go_to_left"].astype(bool).tolist()),
        tuple(nodes["left"].astype(int).tolist()),
        tuple(nodes["right"].astype(int).tolist()),
        tuple((value / np.log(2)).round(4).tolist()),
    )
