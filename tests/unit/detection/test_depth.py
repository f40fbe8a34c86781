"""The depth of a scorecard: a night like one of its sources is within it, one unlike all of them is beyond."""

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest
from hand_worked import CARD, EVERYBODY, NO_TREES, OpenNight, group, small_world

from ringwatch.score import depth, groups
from ringwatch.score.depth import Sources
from ringwatch.score.scorecard import Sheet
from ringwatch.window import sharing

NAMES = ["born", "size", "dense", "facets", "home", "site"]
# Two groups of four, of which nobody has a benign explanation.
FOUND = pd.concat([group(*EVERYBODY[:4], candidate="one"), group(*EVERYBODY[20:24], candidate="other")])


def population(seed: int, middle: float = 0.0, groups: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({name: random.normal(middle, 1.0, groups) for name in NAMES})


def sources(*populations: pd.DataFrame, limit: float = 0.2) -> Sources:
    return Sources(limit, {str(i): depth.quantiles(each) for i, each in enumerate(populations)})


def test_a_night_like_one_of_the_sources_is_within_the_depth() -> None:
    known = sources(population(1), population(2, middle=3.0))

    assert not depth.measure(population(3, middle=3.0), known).beyond


def test_a_night_unlike_all_sources_is_beyond_it_and_trusted_the_less_the_further_it_is() -> None:
    known = sources(population(1), population(2))

    near, far = (depth.measure(population(3, middle), known) for middle in (0.8, 2.0))

    assert near.beyond
    assert 1 > near.trust > far.trust


def test_the_features_that_differ_most_are_named_first() -> None:
    tonight = population(3).assign(home=9.0)

    assert depth.measure(tonight, sources(population(1))).features[0] == "home"


def test_of_few_groups_or_features_nobody_can_say_that_they_are_unlike() -> None:
    few, narrow = population(3, middle=9.0, groups=10), population(3, middle=9.0)[NAMES[:3]]

    assert not depth.measure(few, sources(population(1))).beyond
    assert not depth.measure(narrow, sources(population(1))).beyond


def test_a_feature_that_nobody_knows_tonight_says_nothing() -> None:
    tonight = population(3).assign(home=np.nan)

    assert depth.measure(tonight, sources(population(1))).distance == pytest.approx(
        depth.measure(tonight.drop(columns="home"), sources(population(1))).distance
    )


def test_many_equal_values_are_not_taken_for_a_distance() -> None:
    zeros = pd.DataFrame(0.0, index=range(300), columns=NAMES)

    assert depth.measure(zeros, sources(zeros)).distance == 0


@pytest.mark.parametrize("shards", [2, 7])
def test_shards_of_a_night_say_together_what_the_night_says(shards: int) -> None:
    tonight, known = population(3, middle=0.8).round(1), sources(population(1).round(1), population(2, middle=3.0))
    parts = [depth.seen(tonight.iloc[number::shards], known) for number in range(shards)]

    assert depth.told(parts, known) == depth.measure(tonight, known)


@pytest.fixture
def connection(open_night: OpenNight) -> Iterator[duckdb.DuckDBPyConnection]:
    with sharing.open_sharing(small_world(open_night)) as opened:
        yield opened


def judged(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, distance: float
) -> dict[str, pd.DataFrame]:
    monkeypatch.setattr(depth, "told", lambda *_: depth.Depth(distance, 0.3, ("home",)))
    card = replace(CARD, flag=Sheet(3.0, {}, NO_TREES), reliability=((3.0, 200, 170),))
    return groups.score_groups(connection, FOUND.assign(lane="wide", stability=1.0), card, 4).tables


def test_beyond_its_depth_a_card_tells_the_low_end_of_a_wider_interval(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    within, beyond = (judged(connection, monkeypatch, distance)["rings"] for distance in (0.3, 0.6))

    assert (beyond["probability"] < within["low"]).all()
    assert ((beyond["high"] - beyond["low"]) > (within["high"] - within["low"])).all()


def test_what_is_taken_from_the_odds_is_a_reason_and_all_reasons_still_add_up(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = judged(connection, monkeypatch, 0.6)

    summed = tables["evidence"].groupby("candidate")["bits"].sum()
    assert summed.to_dict() == pytest.approx(tables["rings"].set_index("candidate")["bits"].to_dict(), abs=1e-4)
    assert "unfamiliar" in set(tables["evidence"]["reason"])
