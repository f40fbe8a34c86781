"""What both engines find, held against independent libraries on random graphs."""

import random
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import duckdb
import networkx as nx
import pandas as pd
import pytest
from neo4j.exceptions import ClientError

from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.search import candidates, communities, memory, watch
from ringwatch.search.asked import WHOLE
from ringwatch.search.engine import Engine, Gds, Local
from ringwatch.settings import load_settings
from ringwatch.window import pairs

pytestmark = pytest.mark.integration

SEED = 7
NO_LINKS = pd.DataFrame({"source": [], "target": [], "bits": []}, dtype="int64")
NOBODY_ALIKE = pd.DataFrame({"source": [], "target": [], "likeness": []}, dtype="int64")
NO_DEALINGS = pd.DataFrame({"source": [], "target": [], "weight": []})
NO_USES = pd.DataFrame({"account": [], "identifier": [], "bits": []}, dtype="int64")
SAID = {
    "projection": "a graph of",
    "wcc": "weakly connected components",
    "kcore": "k-core",
    "leiden": "Leiden",
    "nodeSimilarity": "node similarity",
}
# What has each of them run.
HAS: dict[str, Callable[[Gds, pd.DataFrame, pd.DataFrame], Any]] = {
    "projection": lambda gds, links, _uses: gds.components(links, [0.0]),
    "wcc": lambda gds, links, _uses: gds.components(links, [0.0]),
    "kcore": lambda gds, links, _uses: gds.leiden(links, [(1.0, SEED)], cores=True),
    "leiden": lambda gds, links, _uses: gds.leiden(links, [(1.0, SEED)]),
    "nodeSimilarity": lambda gds, _links, uses: gds.similar(uses, 0.2),
}
IN_GDS = "CALL gds.graph.list() YIELD graphName RETURN graphName"


@pytest.fixture(params=["gds", "local"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return Local() if request.param == "local" else Gds(request.getfixturevalue("graph"))


@pytest.fixture(scope="module")
def links() -> nx.Graph:
    """Sixty small components and two large ones, each two dense halves and one link between."""
    made = nx.Graph()
    random_numbers = random.Random(SEED)
    for i in range(60):
        size = random_numbers.randint(2, WHOLE)
        made = nx.disjoint_union(made, nx.random_labeled_tree(size, seed=i))
    for seed in (1, 2):
        halves = nx.disjoint_union(nx.gnp_random_graph(15, 0.6, seed=seed), nx.gnp_random_graph(15, 0.6, seed=seed + 2))
        halves.add_edge(0, 15)
        made = nx.disjoint_union(made, halves)
    for _, _, link in made.edges(data=True):
        link["weight"] = random_numbers.uniform(3, 12)
    return made


@pytest.fixture(scope="module")
def uses() -> nx.Graph:
    """Forty accounts, 0 to 39, that each use some of fifteen devices, 100 to 114."""
    random_numbers = random.Random(SEED)
    made = nx.Graph()
    for account in range(40):
        made.add_edges_from((account, 100 + device) for device in random_numbers.sample(range(15), 4))
    return made


def frame(made: nx.Graph) -> pd.DataFrame:
    return pd.DataFrame(
        [(*sorted((a, b)), weight) for a, b, weight in made.edges(data="weight", default=2.0)],
        columns=["source", "target", "weight"],
    )


def in_components(engine: Engine, made: nx.Graph) -> pd.DataFrame:
    (nodes,) = engine.components(frame(made), [0.0])
    return frame(made).assign(component=lambda found: found["source"].map(nodes.set_index("node")["component"]))


def groups(found: pd.DataFrame) -> set[frozenset[int]]:
    return set(found.groupby(found.columns[1])["node"].agg(frozenset))


def parts(made: nx.Graph) -> set[frozenset[int]]:
    return {frozenset(component) for component in nx.connected_components(made) if len(component) > 1}


def test_components_and_cores_are_those_that_networkx_finds(engine: Engine, links: nx.Graph) -> None:
    (found,) = engine.components(frame(links), [0.0])
    cores = engine.leiden(in_components(engine, links), [], cores=True).cores

    assert groups(found) == parts(links)
    assert dict(zip(cores["node"], cores["core"], strict=True)) == nx.core_number(links)


def test_components_of_strong_links_are_asked_for_beside_those_of_all(engine: Engine, links: nx.Graph) -> None:
    weights = sorted(frame(links)["weight"])
    least = [weights[0], weights[len(weights) // 2], weights[-1] + 1]

    every, half, none = engine.components(frame(links), least)

    strong = [(a, b) for a, b, weight in links.edges(data="weight") if weight >= least[1]]
    assert groups(every) == parts(links)
    assert groups(half) == parts(links.edge_subgraph(strong))
    assert none.empty


def test_each_component_is_split_as_well_as_networkx_splits_it_alone(engine: Engine, links: nx.Graph) -> None:
    (found,), _ = engine.leiden(in_components(engine, links), [(1.0, SEED)])

    community = found.set_index("node")["community"]
    for component in nx.connected_components(links):
        inside = links.subgraph(component)
        ours = community[sorted(component)].reset_index().groupby("community")["node"].agg(set)
        theirs = nx.community.louvain_communities(inside, weight="weight", seed=SEED)
        assert nx.community.modularity(inside, ours, weight="weight") >= (
            nx.community.modularity(inside, theirs, weight="weight") - 0.01
        )


@pytest.mark.parametrize("gamma", [1.0, 3.0])
def test_a_clique_of_equals_stays_whole(engine: Engine, gamma: float) -> None:
    runs = [(gamma, SEED), (gamma, SEED + 1)]

    found, cores = engine.leiden(in_components(engine, nx.complete_graph(16)), runs, cores=True)

    assert [groups(one) for one in found] == [{frozenset(range(16))}] * 2
    assert cores["core"].tolist() == [15] * 16


def test_the_same_links_give_the_same_communities(engine: Engine, links: nx.Graph) -> None:
    inside = in_components(engine, links)
    first, _ = engine.leiden(inside, [(1.0, SEED), (1.0, SEED + 1)])

    again, _ = engine.leiden(inside.sample(frac=1, random_state=1), [(1.0, SEED), (1.0, SEED + 1)])

    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_similarity_is_the_jaccard_coefficient_of_networkx(engine: Engine, uses: nx.Graph) -> None:
    found, components = engine.similar(frame(uses), 0.5)

    expected = {(a, b): s for a, b, s in nx.jaccard_coefficient(uses, list(combinations(range(40), 2))) if s >= 0.5}
    similar = zip(found["source"], found["target"], found["similarity"], strict=True)
    assert {(a, b): similarity for a, b, similarity in similar} == pytest.approx(expected)
    assert groups(components) == parts(nx.Graph(expected.keys()))


def test_others_are_as_like_members_as_the_weighted_jaccard_index_says(engine: Engine, uses: nx.Graph) -> None:
    weights = {device: 1.0 + device % 3 for device in range(100, 115)}
    members = set(range(0, 40, 3))
    used = frame(uses).assign(
        weight=lambda found: found["target"].map(weights),
        label=lambda found: found["source"].isin(members).map({True: "Member", False: "Other"}),
    )

    found = engine.alike(used, 0.2)

    def jaccard(a: int, b: int) -> float:
        mine, theirs = set(uses[a]), set(uses[b])
        return sum(weights[d] for d in mine & theirs) / sum(weights[d] for d in mine | theirs)

    expected = {(a, b): jaccard(a, b) for a in members for b in set(range(40)) - members if jaccard(a, b) >= 0.2}
    similar = zip(found["source"], found["target"], found["similarity"], strict=True)
    assert {(a, b): similarity for a, b, similarity in similar} == pytest.approx(expected)


@pytest.fixture
def shared() -> Iterator[duckdb.DuckDBPyConnection]:
    """M0 and M1 are a ring on the device d; X is on it, too, and on one of its own; Y has nothing to do with them."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE account AS FROM (VALUES (1, 'M0'), (2, 'M1'), (3, 'X'), (4, 'Y')) t(account, account_id)"
        )
        connection.execute(
            "CREATE TABLE identifier AS FROM (VALUES (1, 'device', 'd', 4e0, 3), (2, 'device', 'x', 0e0, 1), "
            "(3, 'ip', 'z', 2e0, 2)) t(identifier, facet, name, bits, accounts)"
        )
        connection.execute(
            "CREATE TABLE sighting AS "
            "FROM (VALUES (1, 1), (2, 1), (3, 1), (3, 2), (3, 3), (4, 3)) t(account, identifier)"
        )
        yield connection


def test_who_shares_what_a_ring_shares_is_watched_with_what_it_shares(
    engine: Engine, shared: duckdb.DuckDBPyConnection
) -> None:
    ring = pd.DataFrame({"ring_id": "R-1", "account_id": ["M0", "M1"]})

    found = watch.look(shared, engine, pairs.uses(shared).to_pandas(), ring, 0.0)

    # X shares 4 of the 6 bits that it and a member use; what nobody else uses counts nothing.
    assert found.to_dict("records") == [
        {"account_id": "X", "ring_id": "R-1", "similarity": round(4 / 6, 6), "members": 2, "identifiers": ["device: d"]}
    ]


def test_without_rings_nobody_is_watched(engine: Engine, shared: duckdb.DuckDBPyConnection) -> None:
    none = pd.DataFrame({"ring_id": [], "account_id": []}, dtype="str")

    found = watch.look(shared, engine, pairs.uses(shared).to_pandas(), none, 0.0)

    assert found.empty
    assert list(found) == watch.WATCH.names


def test_a_graph_that_a_killed_night_left_behind_is_replaced(graph: Graph, links: nx.Graph) -> None:
    (first,) = Gds(graph).components(frame(links), [0.0])
    graph.read("UNWIND [[1, 2]] AS pair RETURN gds.graph.project($name, pair[0], pair[1])", name=communities.NAME)

    (again,) = Gds(graph).components(frame(links), [0.0])

    pd.testing.assert_frame_equal(first, again)
    assert graph.read(IN_GDS) == []


def test_nothing_stays_of_a_graph_on_which_an_algorithm_failed(graph: Graph, uses: nx.Graph) -> None:
    with pytest.raises(ClientError, match="similarityCutoff"):
        Gds(graph).similar(frame(uses), 2.0)

    assert graph.read(IN_GDS) == []


def test_a_lane_is_one_statement(graph: Graph, links: nx.Graph, uses: nx.Graph) -> None:
    gds = Gds(graph)
    asked: list[str] = []
    inside = in_components(gds, links)
    gds.similar(frame(uses), 0.2)

    with pytest.MonkeyPatch.context() as patched:
        for name in ("read", "read_lists", "ask_gds"):
            patched.setattr(Graph, name, noted(asked, getattr(Graph, name)))
        gds.components(frame(links), [0.0, 4.0, 5.0])
        gds.leiden(inside, [(1.0, SEED), (1.0, SEED + 1), (2.0, SEED)], cores=True)
        gds.similar(frame(uses), 0.2)

    assert len(asked) == 3


def noted(asked: list[str], read: Callable[..., Any]) -> Callable[..., Any]:
    def noting(door: Graph, query: str, /, **parameters: Any) -> Any:
        asked.append(query)
        return read(door, query, **parameters)

    return noting


def test_what_does_not_fit_into_the_heap_is_refused_in_a_sentence_that_names_the_setting(graph: Graph) -> None:
    with pytest.raises(
        InfrastructureError, match=r"a graph of 2,000,000,000 nodes .* raise the setting server_heap_mb"
    ):
        memory.Heap(graph).check([], 2 * 10**9, 10**11)
    memory.Heap(graph).check(["leiden"], 1000, 10_000)


def test_what_gds_itself_refuses_is_said_in_our_words(graph: Graph, links: nx.Graph) -> None:
    graph.read(
        "UNWIND range(0, 20) AS i WITH gds.graph.project($name, i, i + 1) AS made RETURN made", name=communities.NAME
    )
    with (
        pytest.raises(InfrastructureError, match=r"FastRP needs [\d,]+ MB and the server has [\d,]+ MB free; raise"),
        memory.refusals(),
    ):
        graph.read(
            "CALL gds.fastRP.stats($name, {embeddingDimension: 100000000}) YIELD nodeCount RETURN nodeCount",
            name=communities.NAME,
        )


@pytest.mark.parametrize("algorithm", SAID)
def test_nothing_runs_before_it_was_asked_what_it_needs(
    graph: Graph, links: nx.Graph, uses: nx.Graph, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    inside = in_components(Gds(graph), links)

    def asked(what: str, least_bytes: int, _share: float) -> None:
        assert least_bytes > 0
        if SAID[algorithm] in what:
            raise InfrastructureError(what)

    monkeypatch.setattr(memory, "_check", asked)
    monkeypatch.setattr(Graph, "read_lists", lambda _graph, query, **_given: ran.append(query))
    ran: list[str] = []
    with pytest.raises(InfrastructureError, match=SAID[algorithm]):
        HAS[algorithm](Gds(graph), inside, frame(uses))
    assert ran == []


def numbered(*names: str) -> pd.Series:
    return pd.Series(names, index=range(1, len(names) + 1), dtype="str")


def test_nothing_shared_makes_no_candidates(engine: Engine) -> None:
    nothing = candidates.Shared(NO_LINKS, NO_USES, NO_USES, NOBODY_ALIKE, NO_DEALINGS, numbered("A"))

    found, _ = candidates.find(engine, nothing, load_settings())

    assert found.empty


def test_a_ring_that_hides_behind_a_hub_is_a_candidate(engine: Engine) -> None:
    ring = [f"A{i:03}" for i in range(70)]
    hub = pd.DataFrame({"account": range(1, 71), "identifier": 2, "bits": 7.0})
    links = pd.DataFrame({"source": [71], "target": [72], "bits": [9.0]})
    uses = pd.DataFrame({"account": [71, 72], "identifier": [1, 1], "bits": [9.0, 9.0]})
    shared = candidates.Shared(links, hub, uses, NOBODY_ALIKE, NO_DEALINGS, numbered(*ring, "B0", "B1"))

    found, _ = candidates.find(engine, shared, load_settings())

    assert set(ring) in [set(group) for group in found.groupby("candidate")["account_id"].agg(list)]


def test_accounts_that_deal_directly_are_a_candidate_without_any_link(engine: Engine) -> None:
    ring = [f"A{i}" for i in range(6)]
    dealt = pd.DataFrame({"source": range(1, 6), "target": range(2, 7), "weight": 1.0})
    shared = candidates.Shared(NO_LINKS, NO_USES, NO_USES, NOBODY_ALIKE, dealt, numbered(*ring, "B0", "B1"))

    found, _ = candidates.find(engine, shared, load_settings())

    assert set(found["account_id"]) == set(ring)


def test_accounts_that_live_alike_are_a_candidate_without_any_link(engine: Engine) -> None:
    ring = [f"A{i}" for i in range(6)]
    alike = pd.DataFrame({"source": range(1, 6), "target": range(2, 7), "likeness": 9.0})
    links = pd.DataFrame({"source": [7], "target": [8], "bits": [9.0]})
    uses = pd.DataFrame({"account": [7, 8], "identifier": [1, 1], "bits": [9.0, 9.0]})
    shared = candidates.Shared(links, NO_USES, uses, alike, NO_DEALINGS, numbered(*ring, "B0", "B1"))

    found, _ = candidates.find(engine, shared, load_settings())

    assert set(found["account_id"]) == set(ring)
    assert found["lane"].str.contains("alike").all()
