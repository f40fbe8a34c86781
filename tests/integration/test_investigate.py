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
CREATE (one:Ring {ring_id: 'R-1', state: 'current', kind: 'operator', size: 3, event: 'grown'}),
  (two:Ring {ring_id: 'R-2', state: 'current', kind: 'operator', size: 2, event: 'unchanged'}),
  (old:Ring {ring_id: 'R-0', state: 'dormant'}),
  (d1:Device {device: 'd1', accounts: 4, hub: false, bits: 4.0}),
  (c1:PaymentInstrument {instrument: 'c1', accounts: 2, hub: false, bits: 7.0}),
  (ip:IpAddress:Hub {ip: '192.0.2.1', accounts: 900, hub: true, bits: 0.0, country: 'NL', asn: 64500}),
  (a)-[:MEMBER_OF {probability: 0.9, role: 'core', since: date('2026-03-02'), active_hours: [3, 0, 0, 0, 0, 0, 0]}]->
    (one),
  (b)-[:MEMBER_OF {probability: 0.8, role: 'core', since: date('2026-03-02'), active_hours: [2, 0, 0, 0, 0, 0, 1]}]->
    (one),
  (c)-[:MEMBER_OF {probability: 0.7, role: 'fringe', since: date('2026-03-03')}]->(one),
  (x)-[:MEMBER_OF {probability: 0.9, role: 'core', since: date('2026-03-01')}]->(two),
  (y)-[:MEMBER_OF {probability: 0.9, role: 'core', since: date('2026-03-01')}]->(two),
  (a)-[:USED_DEVICE {days: 2}]->(d1), (b)-[:USED_DEVICE]->(d1), (c)-[:USED_DEVICE]->(d1), (d)-[:USED_DEVICE]->(d1),
  (a)-[:PAID_WITH]->(c1), (b)-[:PAID_WITH]->(c1),
  (a)-[:CONNECTED_FROM]->(ip), (b)-[:CONNECTED_FROM]->(ip), (c)-[:CONNECTED_FROM]->(ip), (y)-[:CONNECTED_FROM]->(ip),
  (a)-[:TRANSFERRED_TO {events: 3}]->(b),
  (a)-[:PAID {currency: 'EUR', amount: 60.5, payments: 3}]->(b), (d)-[:PAID {currency: 'USD', amount: 5.0}]->(c),
  (b)-[:PAID {currency: 'EUR', amount: 9.0}]->(y),
  (a)-[:WAS_MEMBER_OF {role: 'core', since: date('2026-02-01'), until: date('2026-02-20')}]->(old),
  (d)-[:WAS_MEMBER_OF {role: 'fringe', since: date('2026-03-01'), until: date('2026-03-03')}]->(one),
  (a)-[:LINKED_TO {bits: 9.0, facets: ['device', 'payment'], days: 2}]->(b),
  (a)-[:LINKED_TO {bits: 4.0, facets: ['device'], days: 1}]->(d),
  (b)-[:LINKED_TO {bits: 5.0, facets: ['device'], days: 1}]->(d),
  (c)-[:LINKED_TO {bits: 3.5, facets: ['ip', 'template'], days: 1}]->(x)
SET one.day = date('2026-03-03'), two.day = date('2026-03-03')
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
    shared = ask("ring_shares", ring_id="R-1")
    found = [(r["kind"], r["identifier"], r["members"], r["accounts"]) for r in shared]
    assert [r["rarity"] for r in shared] == [
        "1 of 6 accounts have it, too; one operator is 16 times likelier for two who share it",
        "a hub: to share it says nothing",
        "nobody else has it; one operator is 128 times likelier for two who share it",
    ]
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


def ring_bystanders(ask: Ask) -> None:
    (found,) = ask("ring_bystanders", ring_id="R-1")
    assert (found["account"], found["status"], found["identifiers"], found["members"]) == (
        "D", "active", ["Device d1"], 3
    )  # fmt: skip


def ring_networks(ask: Ask) -> None:
    (found,) = ask("ring_networks", ring_id="R-1")
    assert [found[name] for name in ("country", "asn", "members", "addresses", "hubs")] == ["NL", 64500, 3, 1, 1]


def ring_hours(ask: Ask) -> None:
    found = {row["hour"]: row for row in ask("ring_hours", ring_id="R-1")}
    assert [(found[hour]["monday"], found[hour]["sunday"]) for hour in (0, 1, 2)] == [(1, 1), (2, 0), (0, 0)]
    assert len(found) == 24


def ring_money(ask: Ask) -> None:
    found = [tuple(row.values())[:5] for row in ask("ring_money", ring_id="R-1")]
    assert found == [
        ("between members", "A", "B", "EUR", 60.5),
        ("from others", "D", "C", "USD", 5.0),
        ("to others", "B", "Y", "EUR", 9.0),
    ]


def left_on_day(ask: Ask) -> None:
    (left,) = ask("left_on_day", day="2026-03-03")
    assert [left[name] for name in ("ring", "state", "account", "now_in")] == ["R-1", "current", "D", None]
    assert ask("left_on_day", day="2026-03-02") == []


def account_rings(ask: Ask) -> None:
    found = [(row["ring"], row["state"], row["until"] is None) for row in ask("account_rings", account_id="A")]
    assert found == [("R-1", "current", True), ("R-0", "dormant", False)]


CASES = {
    case.__name__: case
    for case in (
        ring_members, ring_shares, ring_picture, path_between, account_neighbourhood, account_uses, hubs, nearest_rings,
        came_on_day, signup_timeline, close_to_ring, ring_dealings, ring_bystanders, ring_networks, ring_hours,
        ring_money, left_on_day, account_rings,
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
    assert answer or query.name in ("came_on_day", "left_on_day")  # nobody came or went on the day of their examples


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
