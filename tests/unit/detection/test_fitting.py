"""Scorecards are made from features whose truth is known, and read back as they were."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ringwatch.errors import UsageError
from ringwatch.score import scorecard
from ringwatch.score.scorecard import Scorecard, Sheet
from ringwatch.score.trees import Tree, Trees
from ringwatch.train import fitting, learning

RNG = np.random.default_rng(7)
RINGS = pd.Series(np.arange(1200) < 200)
ONCE = pd.Series(1.0, index=RINGS.index)
TREE = Tree((0, -1, -1), (0.5, 0.0, 0.0), (True,) * 3, (1, 0, 0), (2, 0, 0), (0.0, -1.0, 2.0))
GROWN = Trees(("strong",), -1.0, (TREE,))


def groups_of(**members: str) -> pd.DataFrame:
    rows = [(name, account) for name, accounts in members.items() for account in accounts]
    return pd.DataFrame(rows, columns=["candidate", "account_id"])


def card(feeds: tuple[str, ...]) -> Scorecard:
    sheet = Sheet(-3.0, {"strong": 0.1}, GROWN)
    return Scorecard(
        scorecard.VERSION, {"family": "A"}, feeds, sheet, GROWN, GROWN, -4.0, ((-5.0, 90, 1), (3.0, 10, 9))
    )


def by_amount(sheet: Sheet, name: str, values: pd.DataFrame) -> pd.Series:
    """Bits of a feature as it grows, all others being as they are on average."""
    steps = np.linspace(values[name].min(), values[name].max(), 60)
    asked = pd.DataFrame({column: values[column].mean() for column in values}, index=range(60)).assign(**{name: steps})
    return sheet.total(asked)


def test_what_speaks_for_a_ring_never_means_less_when_there_is_more_of_it() -> None:
    noise = RNG.normal(size=1200)
    values = pd.DataFrame({"strong": RINGS * 1.5 + noise, "device_own": -1.0 * RINGS + RNG.normal(size=1200)})

    sheet = fitting.fit_trees(values, RINGS, ONCE)

    assert np.all(np.diff(by_amount(sheet, "strong", values)) >= -1e-6)
    assert np.all(np.diff(by_amount(sheet, "device_own", values)) <= 1e-6)


def test_the_bits_of_features_add_up_to_the_odds_with_what_nobody_can_say_apart() -> None:
    values = pd.DataFrame({"strong": RINGS * 1.5 + RNG.normal(size=1200), "facets": RNG.normal(size=1200)})
    values.loc[::3, "facets"] = np.nan
    sheet = fitting.fit_trees(values, RINGS, ONCE)

    bits = sheet.bits(values)

    assert (sheet.base + bits.sum(axis=1)).to_numpy() == pytest.approx(sheet.total(values).to_numpy())
    alone = (Trees(sheet.trees.names, 0.0, (tree,)).total(values) for tree in sheet.trees.trees)
    expected = (sheet.base + sum(alone)).to_numpy()
    assert sheet.total(values).to_numpy() == pytest.approx(expected, abs=0.01)
    assert not bits.loc[::3, "facets"].any()


def test_a_feature_that_turns_round_from_origin_to_origin_is_left_out() -> None:
    origins = pd.Series(np.where(np.arange(1200) % 2, "one", "other"))
    turned = np.where(origins == "one", RINGS * 3.0, RINGS * -3.0) + RNG.normal(size=1200)
    values = pd.DataFrame({"strong": RINGS * 3.0 + RNG.normal(size=1200), "facets": turned})

    assert fitting.agreeing(values, RINGS, origins) == ["strong"]


def test_no_origin_weighs_more_for_having_more_groups() -> None:
    origins = pd.Series(["large"] * 40_000 + ["small"] * 1_000)
    rings = pd.Series(np.arange(41_000) % 20 == 0)

    weight = fitting.weigh(rings, origins)

    summed = weight.groupby([origins, rings]).sum()
    assert summed["large", False] == pytest.approx(fitting.OTHERS_WEIGH)
    assert summed["large", True] == pytest.approx(fitting.RARE_RINGS_WEIGH)
    assert weight[~rings].max() <= 1
    assert weight[rings].max() <= fitting.RING_WEIGHS


def test_calibration_takes_overconfidence_away() -> None:
    odds = pd.Series(RNG.normal(0, 2, 4000))
    truth = pd.Series(RNG.random(4000) < 1 / (1 + np.exp2(-odds)))

    slope, base = fitting.calibrate(3 * odds - 1, truth)

    assert slope == pytest.approx(1 / 3, abs=0.03)
    assert base == pytest.approx(1 / 3, abs=0.15)


def test_every_group_is_in_one_part_of_the_reliability() -> None:
    odds = pd.Series(RNG.normal(-6, 4, 1200))

    parts = fitting.reliability(odds, RINGS)

    assert sum(groups for _, groups, _ in parts) == 1200
    assert sum(rings for _, _, rings in parts) == 200


def test_how_far_a_group_is_a_ring_falls_with_what_it_lacks_and_what_is_too_much() -> None:
    operators = pd.DataFrame({"operator_id": ["o"] * 6, "account_id": list("ABCDEF")})

    truth = learning.Truth(operators, pd.Index(operators["account_id"]), pd.Index(["U", "V"]))
    found = groups_of(whole="ABCDEF", part="ABC", mixed="ABCWX", crowd="AWXYZ", unknown="ABUV")
    labels = learning.label(found, truth)

    assert labels["flag"].to_dict() == {"whole": True, "part": True, "mixed": True, "crowd": False}
    shared = {"whole": 1, "part": 3 / 6, "mixed": 3 / 8, "crowd": 1 / 10}
    assert labels["whole"].to_dict() == pytest.approx({name: share**2 for name, share in shared.items()})


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = card(("accounts", "ips"))

    scorecard.write(written, tmp_path)

    assert scorecard.load(["ips", "accounts"], tmp_path) == written


def test_feeds_take_the_card_that_knows_most_of_them_and_fewest_others(tmp_path: Path) -> None:
    for feeds in (("accounts",), ("accounts", "ips"), ("accounts", "devices", "ips")):
        scorecard.write(card(feeds), tmp_path)

    assert scorecard.load(["accounts", "ips", "addresses"], tmp_path).feeds == ("accounts", "ips")
    assert scorecard.load(["accounts", "devices"], tmp_path).feeds == ("accounts", "devices", "ips")


def test_no_card_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no scorecard for accounts; make one with `ringwatch train`"):
        scorecard.load(["accounts"], tmp_path)


def test_the_cards_that_are_shipped_fit_the_program() -> None:
    paths = list(scorecard.FOLDER.glob("*.json"))
    assert paths
    for path in paths:
        shipped = scorecard.load(path.stem.split("+"))
        assert set(shipped.flag.usual) <= set(fitting.DIRECTIONS)
