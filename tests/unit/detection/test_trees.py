"""Trees that are kept as numbers answer as those that scikit-learn grew."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from ringwatch.score import trees
from ringwatch.score.trees import Tree, Trees

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
        min_samples_leaf=trees.LEAST_ROWS,
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


def test_what_speaks_for_something_never_lowers_its_odds_whatever_chance_taught() -> None:
    values = pd.DataFrame({"tie": RNG.integers(0, 20, 800), "aside": RNG.integers(0, 20, 800)}).astype(float)
    worth = pd.Series(RNG.random(800) < (values["tie"] - values["aside"] + 40) / 80).astype(float)

    grown = trees.grow(values, worth, {"tie": "for", "aside": "against"})

    steps = pd.Series(np.arange(20.0))
    more, later = (
        grown.total(pd.DataFrame({name: steps}).reindex(columns=values.columns, fill_value=9.0)) for name in values
    )
    assert np.all(np.diff(more) >= 0)
    assert np.all(np.diff(later) <= 0)
    assert min(np.ptp(more), np.ptp(later)) > 0
