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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# Trees, their most leaves, and the fewest rows in a leaf.
TREES, LEAVES, LEAST_ROWS = 100, 8, 30
PENALTY = 1.0
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

    def read(self, values: np.ndarray) -> np.ndarray:
        """Return what the tree adds to the odds of each group (row)."""
        added = np.zeros(len(values))
        for _, more in self.steps(values):
            added += more
        return added

    def steps(self, values: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield, step by step, which feature each group is asked (-1 for none any more) and what its answer adds."""
        feature, most, left, right = (np.array(column) for column in (self.feature, self.most, self.left, self.right))
        unknown_left, bits = np.array(self.unknown_left), np.array(self.bits)
        at, before = np.zeros(len(values), dtype=int), np.zeros(len(values))
        if feature[0] < 0:  # a tree that asks nothing
            yield np.full(len(values), -1), bits[at]
        while (inner := feature[at] >= 0).any():
            asks = np.where(inner, feature[at], -1)
            answer = np.where(inner, values[np.arange(len(values)), asks], 0.0)
            goes_left = np.where(np.isnan(answer), unknown_left[at], answer <= most[at])
            at = np.where(inner, np.where(goes_left, left[at], right[at]), at)
            yield asks, bits[at] - before
            before = bits[at]


@dataclass(frozen=True)
class Trees:
    """names: features, in the order in which trees count them; base: log2 odds of a group before any tree."""

    names: tuple[str, ...]
    base: float
    trees: tuple[Tree, ...]

    def total(self, values: pd.DataFrame) -> pd.Series:
        """Return the log2 odds of each group; a feature that this deployment lacks cannot be said."""
        known = values.reindex(columns=list(self.names)).to_numpy(dtype=float)
        added = sum((tree.read(known) for tree in self.trees), np.zeros(len(known)))
        return pd.Series(self.base + added, index=values.index).round(6)

    def bits(self, values: pd.DataFrame) -> pd.DataFrame:
        """Return what each feature adds to the log2 odds of each group; under UNKNOWN, what nobody can say adds."""
        known = values.reindex(columns=list(self.names)).to_numpy(dtype=float)
        added = np.zeros((len(known), len(self.names) + 1))
        rows = np.arange(len(known))
        for tree in self.trees:
            for asked, more in tree.steps(known):
                silent = (asked < 0) | np.isnan(known[rows, asked])
                np.add.at(added, (rows, np.where(silent, len(self.names), asked)), more)
        return pd.DataFrame(added, index=values.index, columns=[*self.names, UNKNOWN]).round(6)


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
