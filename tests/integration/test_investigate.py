"""Every question for investigators, asked on a small graph that was made by hand.

Ring R-1 is A, B and C: they share the device d1, A and B the card c1, all the carrier's address (a hub). D uses d1,
too, and is in no ring. Ring R-2 is X and Y, linked to R-1 by X. A sent money to B.
"""

from collections.abc import Callable
from typing import Any

import pytest
from neo4j.exceptions import ClientError

from ringwatch import investigate
from ringwatch.graph import Graph
from ringwatch.model import load_model
from ringwatch.server import Connection

pytestmark = pytest.mark.integration

Ask = Callable[..., list[dict[str, Any]]]

WORLD = """
UNWIND ['A', 'B', 'C', 'D', 'X', 'Y'] AS id
CREATE (:Account {account_id: id, created_at: localdatetime('2026-03-0' + CASE id WHEN 'C' THEN '2' ELSE '1' END),
  status: 'active', email_domain: 'mail.example'})
WITH collect(id) AS every
MATCH (a:Account {account_id: 'A'}), (b:Account {account_id: 'B'}), (c:Account {account_id: 'C'}),
  (d:Account {account_id: 'D'}), (x:Account {account_id: 'X'}), (y:Account {account_id: 'Y'})
CREATE (one:Ring {ring_id: 'R-1', kind: 'operator', size: 3, event: 'grown', day: date('2026-03-03')}),
  (two:Ring {ring_id: 'R-2', kind: 'operator', size: 2, event: 'unchanged', day: date('2026-03-03')}),
  (d1:Device {device: 'd1', accounts: 4, hub: false, bits: 4.0}),
  (c1:PaymentInstrument {instrument: 'c1', accounts: 2, hub: false, bits: 7.0}),
  (ip:IpAddress {ip: '192.0.2.1', accounts: 900, hub: true, bits: 0.0}),
  (a)-[:MEMBER_OF {probability: 0.9, role: 'core', since: date('2026-03-02')}]->(one),
  (b)-[:MEMBER_OF {probability: 0.8, role: 'core', since: date('2026-03-02')}]->(one),
  (c)-[:MEMBER_OF {probability: 0.7, role: 'fringe', since: date('2026-03-03')}]->(one),
  (x)-[:MEMBER_OF {probability: 0.9, role: 'core', since: date('2026-03-01')}]->(two),
  (y)-[:MEMBER_OF {probability: 0.9, role: 'core', since: date('2026-03-01')}]->(two),
  (a)-[:USED_DEVICE {days: 2}]->(d1), (b)-[:USED_DEVICE]->(d1), (c)-[:USED_DEVICE]->(d1), (d)-[:USED_DEVICE]->(d1),
  (a)-[:PAID_WITH]->(c1), (b)-[:PAID_WITH]->(c1),
  (a)-[:CONNECTED_FROM]->(ip), (b)-[:CONNECTED_FROM]->(ip), (c)-[:CONNECTED_FROM]->(ip), (y)-[:CONNECTED_FROM]->(ip),
  (a)-[:TRANSFERRED_TO {events: 3}]->(b),
  (a)-[:LINKED_TO {bits: 9.0, facets: ['device', 'payment'], days: 2}]->(b),
  (a)-[:LINKED_TO {bits: 4.0, facets: ['device'], days: 1}]->(d),
  (b)-[:LINKED_TO {bits: 5.0, facets: ['device'], days: 1}]->(d),
  (c)-[:LINKED_TO {bits: 3.5, facets: ['ip', 'template'], days: 1}]->(x)
"""

# The names that the examples of parameters have.
AS_IN_EXAMPLES = """
MATCH (r:Ring {ring_id: 'R-1'}), (a:Account {account_id: 'A'}), (b:Account {account_id: 'B'})
SET r.ring_id = 'R-7F3K2A', a.account_id = 'A-1', b.account_id = 'A-2'
"""


@pytest.fixture
def ask(graph: Graph) -> Ask:
    graph.write(WORLD)

    def run(name: str, **given: str) -> list[dict[str, Any]]:
        query = investigate.find(name)
        return graph.read(query.text, **investigate.values(query, given, load_model().identifiers))

    return run


def nodes(rows: list[dict[str, Any]]) -> set[str]:
    """The names of all nodes on the paths of an answer."""
    names = ("account_id", "ring_id", "device", "instrument", "ip")
    found = [part for row in rows for part in row["path"] if isinstance(part, dict)]
    return {node[name] for node in found for name in names if name in node}


def ring_members(ask: Ask) -> None:
    assert [(r["account"], r["role"]) for r in ask("ring_members", ring_id="R-1")] == [
        ("A", "core"),
        ("B", "core"),
        ("C", "fringe"),
    ]
    assert len(ask("ring_members", ring_id="R-1", limit="2")) == 2


def ring_shares(ask: Ask) -> None:
    found = [(r["kind"], r["identifier"], r["members"], r["accounts"]) for r in ask("ring_shares", ring_id="R-1")]
    assert found == [("Device", "d1", 3, 4), ("IpAddress", "192.0.2.1", 3, 900), ("PaymentInstrument", "c1", 2, 2)]


def ring_picture(ask: Ask) -> None:
    assert nodes(ask("ring_picture", ring_id="R-1")) == {"A", "B", "C", "R-1", "d1", "c1", "192.0.2.1"}


def path_between(ask: Ask) -> None:
    assert nodes(ask("path_between", first="C", second="D")) == {"C", "d1", "D"}
    assert ask("path_between", first="A", second="Y") == []  # only the hub connects them


def account_neighbourhood(ask: Ask) -> None:
    assert nodes(ask("account_neighbourhood", account_id="A")) == {"A", "B", "C", "D", "d1", "c1"}


def account_uses(ask: Ask) -> None:
    found = [(r["relationship"], r["identifier"], r["days"]) for r in ask("account_uses", account_id="A")]
    assert found == [("CONNECTED_FROM", "192.0.2.1", None), ("PAID_WITH", "c1", None), ("USED_DEVICE", "d1", 2)]


def hubs(ask: Ask) -> None:
    assert ask("hubs") == [{"kind": "IpAddress", "identifier": "192.0.2.1", "accounts": 900}]


def nearest_rings(ask: Ask) -> None:
    (near,) = ask("nearest_rings", ring_id="R-1")
    assert (near["ring"], near["our_accounts"], near["bits"], near["facets"]) == ("R-2", 1, 3.5, ["ip", "template"])


def came_on_day(ask: Ask) -> None:
    (changed,) = ask("came_on_day", day="2026-03-03")
    assert (changed["ring"], changed["event"], changed["accounts"]) == ("R-1", "grown", ["C"])
    (before,) = ask("came_on_day", day="2026-03-02")  # what happened to the ring since is of another day
    assert (before["ring"], before["event"], before["accounts"]) == ("R-1", None, ["A", "B"])
    assert ask("came_on_day", day="2026-03-04") == []


def signup_timeline(ask: Ask) -> None:
    found = ask("signup_timeline", ring_id="R-1")
    assert [(str(r["day"]), r["accounts"]) for r in found] == [("2026-03-01", ["A", "B"]), ("2026-03-02", ["C"])]


def close_to_ring(ask: Ask) -> None:
    (close,) = ask("close_to_ring", ring_id="R-1")
    assert (close["account"], close["members"], close["bits"]) == ("D", 2, 5.0)


def ring_dealings(ask: Ask) -> None:
    (dealing,) = ask("ring_dealings", ring_id="R-1")
    assert (dealing["source"], dealing["relationship"], dealing["target"]) == ("A", "TRANSFERRED_TO", "B")


CASES = {
    case.__name__: case
    for case in (
        ring_members, ring_shares, ring_picture, path_between, account_neighbourhood, account_uses, hubs, nearest_rings,
        came_on_day, signup_timeline, close_to_ring, ring_dealings,
    )
}  # fmt: skip


@pytest.mark.parametrize("name", [query.name for query in investigate.queries()])
def test_the_question_is_answered(name: str, ask: Ask) -> None:
    CASES[name](ask)


@pytest.mark.parametrize("query", investigate.queries(), ids=lambda query: query.name)
def test_the_text_of_a_browser_link_is_a_statement_that_runs(query: investigate.Query, graph: Graph) -> None:
    parameters = investigate.examples(query, load_model().identifiers)
    graph.write(WORLD)
    graph.write(AS_IN_EXAMPLES)

    answer = graph.read(investigate.filled_in(query, parameters))
    assert answer == graph.read(query.text, **parameters)
    assert answer or query.name == "came_on_day"  # nobody of this world came on the day of its example


@pytest.mark.parametrize("hostile", ["'}) DETACH DELETE a //", "'' OR true //", "a\nb", "日本 &#;", "$limit"])
def test_a_hostile_value_stays_a_value_in_a_link(hostile: str, graph: Graph) -> None:
    graph.write(
        "CREATE (:Account {account_id: $id})-[:MEMBER_OF {probability: 1.0}]->(:Ring {ring_id: $id})", id=hostile
    )
    query = investigate.find("ring_members")

    text = investigate.filled_in(query, investigate.values(query, {"ring_id": hostile}, load_model().identifiers))

    assert [row["account"] for row in graph.read(text)] == [hostile]
    assert not set("&#") & set(text)


def test_a_value_with_a_backslash_makes_no_link() -> None:
    connection = Connection("bolt://127.0.0.1:7687", "neo4j", "secret", "http://127.0.0.1:7474")
    query = investigate.find("ring_members")

    assert investigate.browser_link(connection, query, {"ring_id": "R-1", "limit": 5}) is not None
    assert investigate.browser_link(connection, query, {"ring_id": "\\u0027 OR true", "limit": 5}) is None


def test_a_question_cannot_write(graph: Graph) -> None:
    with pytest.raises(ClientError, match="Writing in read access mode not allowed"):
        graph.read("CREATE (:Account {account_id: 'new'})")
