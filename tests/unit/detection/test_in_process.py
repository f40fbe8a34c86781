"""Communities without a server: what is found in a component follows from it alone."""

import itertools

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwatch.search import budget
from ringwatch.search.in_process import alike, components, leiden, similar

RUNS = [(0.5, 1), (2.0, 1), (2.0, 7)]
SHAPE = {"source": "int64", "target": "int64", "weight": "float64"}


def component(seed: int, first: int = 0) -> pd.DataFrame:
    """Three dense groups of eight with some links between them, as nodes from `first` on."""
    made = nx.connected_caveman_graph(3, 8)
    more = nx.gnp_random_graph(24, 0.05, seed=seed)
    weights = np.random.default_rng(seed)
    links = sorted({*made.edges, *more.edges})
    rows = [(first + a, first + b, float(weights.integers(3, 8))) for a, b in links]
    return pd.DataFrame(rows, columns=list(SHAPE)).astype(SHAPE)


def communities(links: pd.DataFrame) -> list[set[frozenset[int]]]:
    found = leiden(links.assign(component=0), RUNS)
    return [set(one.groupby("community")["node"].agg(frozenset)) for one in found.communities]


@given(st.lists(st.integers(0, 6), min_size=2, max_size=5), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_what_is_found_in_a_component_does_not_depend_on_the_others(seeds: list[int], order: object) -> None:
    parts = [component(seed, first=100 * place) for place, seed in enumerate(seeds)]
    every = pd.concat(parts).sample(frac=1, random_state=len(seeds))

    together = communities(every)

    for run, alone in enumerate(zip(*map(communities, parts), strict=True)):
        assert together[run] == set(itertools.chain(*alone))


def test_a_component_comes_apart_where_networkx_sees_its_groups() -> None:
    links = component(3)

    ours = communities(links)[1]

    graph = nx.from_pandas_edgelist(links, edge_attr="weight")
    theirs = nx.community.louvain_communities(graph, weight="weight", resolution=2.0, seed=1)
    worth = [nx.community.modularity(graph, found, weight="weight", resolution=2.0) for found in (ours, theirs)]
    assert worth[0] >= worth[1] - 0.01


def test_components_and_cores_are_those_that_networkx_finds() -> None:
    links = pd.concat([component(1), component(2, first=50)])
    graph = nx.from_pandas_edgelist(links)

    (found,) = components(links, [0.0])
    cores = leiden(links.assign(component=0), [], cores=True).cores

    assert set(found.groupby("component")["node"].agg(frozenset)) == set(map(frozenset, nx.connected_components(graph)))
    assert dict(zip(cores["node"], cores["core"], strict=True)) == nx.core_number(graph)


@pytest.fixture
def uses() -> pd.DataFrame:
    """Forty accounts that each use four of fifteen devices; those from 110 on are worth more."""
    draws = np.random.default_rng(7)
    rows = [(a, 100 + d, 5.0 if d > 10 else 2.0) for a in range(40) for d in draws.choice(15, 4, replace=False)]
    return pd.DataFrame(rows, columns=list(SHAPE)).astype(SHAPE)


def jaccard(uses: pd.DataFrame, a: int, b: int) -> float:
    mine, theirs = (dict(uses.loc[uses["source"] == one, ["target", "weight"]].to_numpy()) for one in (a, b))
    return sum(mine[d] for d in mine.keys() & theirs) / sum((mine | theirs).values())


def test_similarity_is_the_weighted_jaccard_index(uses: pd.DataFrame) -> None:
    found, components = similar(uses, 0.2)

    expected = {(a, b): s for a, b in itertools.combinations(range(40), 2) if (s := jaccard(uses, a, b)) >= 0.2}
    assert {(a, b): s for a, b, s in found.itertuples(index=False)} == pytest.approx(expected)
    parts = nx.connected_components(nx.Graph(expected.keys()))
    assert set(components.groupby("component")["node"].agg(frozenset)) == set(map(frozenset, parts))


def test_of_each_account_the_most_similar_are_kept_whichever_block_it_is_in(
    uses: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringwatch.search.in_process.MOST_SIMILAR", 3)
    whole = similar(uses, 0.1).pairs
    monkeypatch.setattr("ringwatch.search.in_process.BLOCK", 100)

    pd.testing.assert_frame_equal(similar(uses, 0.1).pairs, whole)
    assert 40 <= len(whole) <= 120


def test_only_others_are_like_members(uses: pd.DataFrame) -> None:
    labelled = uses.assign(label=np.where(uses["source"] < 10, "Member", "Other"))

    found = alike(labelled, 0.2)

    expected = {(a, b): s for a in range(10) for b in range(10, 40) if (s := jaccard(uses, a, b)) >= 0.2}
    assert {(a, b): s for a, b, s in found.itertuples(index=False)} == pytest.approx(expected)


def test_too_many_pairs_leave_weak_identifiers_out(uses: pd.DataFrame) -> None:
    assert budget.least_bits(uses, 40**2) == 0.0
    assert budget.least_bits(uses, 40**2 - 1) == 2.0
    assert budget.least_bits(uses.assign(weight=9.0), 1) == np.inf


def test_pairs_are_counted_without_weak_identifiers(uses: pd.DataFrame) -> None:
    labelled = uses.assign(label=np.where(uses["source"] < 20, "Member", "Other"))

    assert budget.pairs(labelled, (0.0, 9.0)).tolist() == [40**2, 0]
    assert budget.pairs_with_members(labelled, (0.0, 9.0)).tolist() == [20 * 20, 0]
