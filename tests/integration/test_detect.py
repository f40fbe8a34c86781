"""What GDS finds, held against independent libraries on random graphs."""

import random
from datetime import date, datetime
from itertools import combinations

import networkx as nx
import pandas as pd
import pytest

from ringwatch import communities
from ringwatch.graph import Graph

pytestmark = pytest.mark.integration

DAY = date(2026, 3, 2)
SEED = 7


@pytest.fixture
def links(graph: Graph) -> nx.Graph:
    """Sixty small components and two large ones, each two dense halves and one link between; in the graph, too."""
    made = nx.Graph()
    random_numbers = random.Random(SEED)
    for i in range(60):
        size = random_numbers.randint(2, communities.WHOLE)
        made = nx.disjoint_union(made, nx.random_labeled_tree(size, seed=i))
    for seed in (1, 2):
        halves = nx.disjoint_union(nx.gnp_random_graph(15, 0.6, seed=seed), nx.gnp_random_graph(15, 0.6, seed=seed + 2))
        halves.add_edge(0, 15)
        made = nx.disjoint_union(made, halves)
    for _, _, link in made.edges(data=True):
        link["bits"] = random_numbers.uniform(3, 12)
    made = nx.relabel_nodes(made, lambda n: f"A{n:04}")
    graph.write("UNWIND $ids AS id CREATE (:Account {account_id: id})", ids=sorted(made))
    graph.write(
        "UNWIND $links AS l MATCH (a:Account {account_id: l[0]}), (b:Account {account_id: l[1]}) "
        "CREATE (a)-[:LINKED_TO {bits: l[2]}]->(b)",
        links=[[a, b, bits] for a, b, bits in made.edges(data="bits")],
    )
    return made


@pytest.fixture
def uses(graph: Graph) -> nx.Graph:
    """Forty accounts that each use some of fifteen devices of equal bits, one of which is a hub; in the graph, too."""
    random_numbers = random.Random(SEED)
    made = nx.Graph()
    for i in range(40):
        made.add_edges_from((f"A{i:02}", f"D{d:02}") for d in random_numbers.sample(range(15), 4))
    graph.write(
        "UNWIND $uses AS u MERGE (a:Account {account_id: u[0]}) MERGE (d:Device {device: u[1]}) "
        "SET d.accounts = $accounts[u[1]], d.hub = u[1] = 'D00', d.bits = 2.0 "
        "CREATE (a)-[:USED_DEVICE {last_seen: $now}]->(d)",
        uses=[sorted(use) for use in made.edges],
        accounts={node: made.degree(node) for node in made if node.startswith("D")},
        now=datetime(2026, 3, 2, 12),
    )
    made.remove_node("D00")
    return made


def groups(found: pd.DataFrame) -> set[frozenset[str]]:
    return set(found.groupby("community")["account_id"].agg(frozenset))


def test_small_components_are_those_that_networkx_finds(graph: Graph, links: nx.Graph) -> None:
    found = groups(communities.linked(graph, 3.0, 1.0, SEED))

    components = {frozenset(component) for component in nx.connected_components(links)}
    assert {group for group in components if len(group) <= communities.WHOLE} <= found
    assert len(found) == 60 + 2 * 2


def test_weak_links_do_not_connect(graph: Graph, links: nx.Graph) -> None:
    found = groups(communities.linked(graph, 6.0, 1e-9, SEED))

    strong = nx.Graph([(a, b) for a, b, bits in links.edges(data="bits") if bits >= 6.0])
    assert found == {frozenset(component) for component in nx.connected_components(strong)}


def test_large_components_are_split_as_well_as_networkx_splits_each_of_them(graph: Graph, links: nx.Graph) -> None:
    found = communities.linked(graph, 3.0, 1.0, SEED).set_index("account_id")["community"]

    for component in nx.connected_components(links):
        if len(component) > communities.WHOLE:
            inside = links.subgraph(component)
            ours = found[sorted(component)].reset_index().groupby("community")["account_id"].agg(set)
            theirs = nx.community.louvain_communities(inside, weight="bits", seed=SEED)
            assert nx.community.modularity(inside, ours, weight="bits") >= (
                nx.community.modularity(inside, theirs, weight="bits") - 0.01
            )


def test_similarity_is_the_jaccard_coefficient_of_networkx(graph: Graph, uses: nx.Graph) -> None:
    window = {"since": datetime(2026, 3, 1), "lasting": [], "min_bits": 0.0}
    with communities.projection(graph, "detect/project_sharing", "similarity", **window) as projected:
        graph.gds.wcc.mutate(projected, "component", concurrency=1)
        communities.compare(graph, projected, 0.2)
        found = graph.read(
            "CALL gds.graph.relationshipProperty.stream('similarity', 'similarity', ['SIMILAR']) "
            "YIELD sourceNodeId, targetNodeId, propertyValue "
            "RETURN gds.util.asNode(sourceNodeId).account_id AS a, gds.util.asNode(targetNodeId).account_id AS b, "
            "propertyValue AS similarity"
        )

    accounts = sorted(node for node in uses if node.startswith("A"))
    expected = {(a, b): s for a, b, s in nx.jaccard_coefficient(uses, list(combinations(accounts, 2))) if s >= 0.2}
    assert {(row["a"], row["b"]): row["similarity"] for row in found if row["a"] < row["b"]} == pytest.approx(expected)


def test_accounts_that_last_shared_before_the_window_are_not_compared(graph: Graph, uses: nx.Graph) -> None:
    found, _ = communities.similar(graph, date(2026, 3, 3), [], 10**6, 0.2, SEED)

    assert found.empty


def test_too_many_pairs_leave_weak_identifiers_out(graph: Graph, uses: nx.Graph) -> None:
    graph.write("MATCH (d:Device) WHERE d.device > 'D10' SET d.bits = 5.0")

    _, left_out = communities.similar(graph, DAY, [], 39**2, 0.2, SEED)

    assert left_out == 2.0


@pytest.mark.parametrize("gamma", [1.0, 3.0])
def test_a_clique_of_equals_stays_whole(graph: Graph, gamma: float) -> None:
    names = [f"A{i:02}" for i in range(16)]
    graph.write("UNWIND $ids AS id CREATE (:Account {account_id: id})", ids=names)
    graph.write(
        "MATCH (a:Account), (b:Account) WHERE a.account_id < b.account_id CREATE (a)-[:LINKED_TO {bits: 4.0}]->(b)"
    )

    assert groups(communities.linked(graph, 3.0, gamma, SEED)) == {frozenset(names)}


def test_the_same_graph_gives_the_same_communities(graph: Graph, links: nx.Graph) -> None:
    first = communities.linked(graph, 3.0, 1.0, SEED)

    pd.testing.assert_frame_equal(first, communities.linked(graph, 3.0, 1.0, SEED))


def test_a_projection_that_a_killed_night_left_behind_is_replaced(graph: Graph, links: nx.Graph) -> None:
    first = communities.linked(graph, 3.0, 1.0, SEED)
    graph.read("MATCH (a:Account)-[:LINKED_TO]->(b) RETURN gds.graph.project('ringwatch_links', a, b) AS projected")

    pd.testing.assert_frame_equal(first, communities.linked(graph, 3.0, 1.0, SEED))
    assert graph.read("CALL gds.graph.list() YIELD graphName RETURN graphName") == []


def test_an_empty_graph_has_no_communities(graph: Graph) -> None:
    assert communities.linked(graph, 3.0, 1.0, SEED).empty
    assert communities.similar(graph, DAY, [], 10**6, 0.2, SEED)[0].empty
