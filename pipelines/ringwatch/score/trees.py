"""Small trees for what a sum of bits says badly: what to the one means much means nothing to the other.

Features in, log2 odds out. They say who of a group belongs to it (`membership.py`): an account that mostly uses a
device of its own may be a customer of the exits that a ring rents, or a careful member that is tied to it by cards. And
they say how far a group, given that it is operators', is one ring and the whole of it: few accounts that are like it
outside mean another thing of a chain than of a farm. For that they are grown on the square of the Jaccard index with
the ring, not on whether both share half their accounts: else a farm with three small rings in it would be as good as
the farm. They choose groups and members, and nothing else: no reason that a reviewer reads comes from them.
docs/decisions/detection.md has the figures. scikit-learn's histogram gradient boosting grows them; they are kept as
numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# Trees, their most leaves, and the fewest rows in a leaf.
TREES, LEAVES, LEAST_ROWS = 100, 8, 30
PENALTY = 1.0
# What scikit-learn calls directions.
SIGNS = {"for": 1, "against": -1}


@dataclass(frozen=True)
class Tree:
    """Nodes in rows, the root first: the feature asked (-1 at a leaf), the greatest value that goes left, whether what
    cannot be said goes left, the rows of both children, and what a leaf adds to the odds (log2).
    """

    feature: tuple[int, ...]
    most: tuple[float, ...]
    unknown_left: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    bits: tuple[float, ...]

    def read(self, values: np.ndarray) -> np.ndarray:
        """Return what the tree adds to the odds of each group (row)."""
        feature, most, left, right = (np.array(column) for column in (self.feature, self.most, self.left, self.right))
        unknown_left, at = np.array(self.unknown_left), np.zeros(len(values), dtype=int)
        while (inner := feature[at] >= 0).any():
            asked = np.where(inner, values[np.arange(len(values)), feature[at]], 0.0)
            goes_left = np.where(np.isnan(asked), unknown_left[at], asked <= most[at])
            at = np.where(inner, np.where(goes_left, left[at], right[at]), at)
        return np.array(self.bits)[at]


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


def grow(values: pd.DataFrame, worth: pd.Series, directions: Mapping[str, str] | None = None) -> Trees:
    """Return trees that tell the `worth` (0 to 1) of rows of `values` as odds; none where nothing tells it.

    Each row is learnt from as a success with the weight of its worth, and as a failure with the rest. `directions` says
    of columns whether more of it may only raise the odds (`for`) or lower them (`against`), whatever else holds.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    values = values.loc[:, values.nunique() > 1]
    if values.empty or worth.nunique() < 2:
        return Trees((), round(float(np.log2((worth.sum() + 1) / ((1 - worth).sum() + 1))), 4), ())
    weight = np.concatenate([worth, 1 - worth])
    success = np.repeat([True, False], len(worth))
    learnt = weight > 0
    rows = np.concatenate([values.to_numpy(dtype=float)] * 2)
    model = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=LEAST_ROWS,
        l2_regularization=PENALTY,
        early_stopping=False,
        random_state=1,
        monotonic_cst=[SIGNS[directions[name]] for name in values.columns] if directions else None,
    ).fit(rows[learnt], success[learnt], sample_weight=weight[learnt])
    grown = tuple(_tree(stage[0].nodes) for stage in model._predictors)
    base = float(np.asarray(model._baseline_prediction).ravel()[0] / np.log(2))
    return Trees(tuple(map(str, values.columns)), round(base, 4), grown)


def read_trees(made: dict[str, Any]) -> Trees:
    """Return the trees that `dataclasses.asdict` turned into `made`."""
    trees = (Tree(**{name: tuple(column) for name, column in tree.items()}) for tree in made["trees"])
    return Trees(tuple(made["names"]), made["base"], tuple(trees))


def _tree(nodes: np.ndarray) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        tuple(np.where(leaf, -1, nodes["feature_idx"]).tolist()),
        tuple(np.where(leaf, 0.0, nodes["num_threshold"]).tolist()),
        tuple(nodes["missing_go_to_left"].astype(bool).tolist()),
        tuple(nodes["left"].astype(int).tolist()),
        tuple(nodes["right"].astype(int).tolist()),
        tuple((nodes["value"] / np.log(2)).round(4).tolist()),
    )
