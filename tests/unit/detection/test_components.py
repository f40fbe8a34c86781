"""Parts that are judged apart: whole components, cut at their weakest ties where one is too large."""

from collections import Counter

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringwatch.window.components import Ties, packed, parts

ACCOUNTS = 12


def ties(*rows: tuple[int, int, float]) -> Ties:
    columns = [np.array(column) for column in zip(*rows, strict=True)] if rows else [np.array([], int)] * 3
    return Ties(columns[0].astype(int), columns[1].astype(int), columns[2].astype(float), ACCOUNTS)


def accounts_of(part: np.ndarray) -> Counter[int]:
    return Counter(part[:ACCOUNTS].tolist())


# Accounts 0 to 11 on identifiers 12 to 19.
TIES = st.lists(st.tuples(st.integers(0, ACCOUNTS - 1), st.integers(ACCOUNTS, 19), st.integers(1, 6)), max_size=40).map(
    lambda rows: ties(*((a, b, float(bits)) for a, b, bits in rows))
)


@given(TIES, st.integers(1, ACCOUNTS))
def test_no_part_is_too_large_and_what_is_small_enough_stays_whole(given_ties: Ties, most: int) -> None:
    part = parts(given_ties, most)

    assert max(accounts_of(part).values()) <= most
    graph = nx.Graph(zip(given_ties.source.tolist(), given_ties.target.tolist(), strict=True))
    for component in nx.connected_components(graph):
        members = [node for node in component if node < ACCOUNTS]
        assert len(members) > most or len(set(part[list(component)].tolist())) == 1


@given(TIES, st.integers(1, ACCOUNTS))
def test_nodes_of_a_part_are_connected_by_ties_inside_it(given_ties: Ties, most: int) -> None:
    part = parts(given_ties, most)

    inside = nx.Graph()
    inside.add_nodes_from(range(ACCOUNTS))
    pairs = zip(given_ties.source.tolist(), given_ties.target.tolist(), strict=True)
    inside.add_edges_from((a, b) for a, b in pairs if part[a] == part[b])
    assert len({int(part[account]) for account in range(ACCOUNTS)}) == sum(
        any(node < ACCOUNTS for node in component) for component in nx.connected_components(inside)
    )


@given(TIES, st.integers(1, ACCOUNTS))
def test_a_tie_is_cut_only_where_stronger_and_equal_ones_were_too_much_for_one_part(
    given_ties: Ties, most: int
) -> None:
    part = parts(given_ties, most)

    for a, b, bits in zip(given_ties.source, given_ties.target, given_ties.bits, strict=True):
        if part[a] != part[b]:
            as_strong = given_ties.bits >= bits
            graph = nx.Graph(zip(given_ties.source[as_strong], given_ties.target[as_strong], strict=True))
            assert sum(node < ACCOUNTS for node in nx.node_connected_component(graph, a)) > most


def test_a_component_comes_apart_at_its_weakest_link() -> None:
    strong = [(a, 12 + a // 3, 5.0) for a in range(6)]

    part = parts(ties(*strong, (0, 14, 1.0), (5, 14, 1.0)), 5)

    assert part[:3].tolist() == [part[0]] * 3
    assert part[3:6].tolist() == [part[3]] * 3
    assert part[0] != part[3]


@given(st.lists(st.integers(1, 30), max_size=40), st.integers(30, 100))
def test_every_part_is_in_one_shard_and_none_is_overfull(sizes: list[int], most: int) -> None:
    shard = packed(np.array(sizes, dtype=int), most)

    filled = np.bincount(shard, sizes) if sizes else np.array([0])
    assert len(shard) == len(sizes)
    assert filled.max() <= most
    assert len(filled) <= 2 * -(-sum(sizes) // most) + 1
