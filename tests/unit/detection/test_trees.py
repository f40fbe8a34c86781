"""Trees that are kept as numbers answer as those that scikit-learn grew."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from ringwatch.detection import trees
from ringwatch.detection.trees import Tree, Trees

RNG = np.random.default_rng(5)


def test_a_group_goes_left_up_to_the_value_and_what_cannot_be_said_goes_its_own_way() -> None:
    tree = Tree((0, -1, -1), (0.5, 0.0, 0.0), (False, False, False), (1, 0, 0), (2, 0, 0), (0.0, -1.0, 2.0))
    values = pd.DataFrame({"closed": [0.5, 0.6, np.nan]}, index=["left", "right", "unknown"])

    assert Trees(("closed",), 1.0, (tree,)).total(values).to_dict() == {"left": 0.0, "right": 3.0, "unknown": 3.0}


def test_kept_trees_give_the_odds_of_the_model_they_were_grown_as() -> None:
    values = pd.DataFrame(RNG.normal(size=(800, 4)), columns=list("abcd"))
    values.loc[RNG.random(800) < 0.2, "b"] = np.nan
    worth = pd.Series(1 / (1 + np.exp(-3 * values["a"] * values["c"] - values["b"].fillna(1))))

    grown = trees.grow(values, worth)
    model = HistGradientBoostingClassifier(
        max_iter=trees.TREES,
        max_leaf_nodes=trees.LEAVES,
        min_samples_leaf=trees.LEAST_GROUPS,
        l2_regularization=trees.PENALTY,
        early_stopping=False,
        random_state=1,
    ).fit(
        np.concatenate([values, values]),
        np.repeat([True, False], 800),
        sample_weight=np.concatenate([worth, 1 - worth]),
    )

    wanted = model.decision_function(values.to_numpy()) / np.log(2)
    assert grown.total(values).to_numpy() == pytest.approx(wanted, abs=0.01)
    assert trees.read_trees(asdict(grown)) == grown
    assert np.corrcoef(1 / (1 + np.exp2(-grown.total(values))), worth)[0, 1] > 0.9
