"""What each question costs: as much as the ring or account that it is about, however large the hubs beside it are."""

from collections.abc import Iterator
from typing import Any

import neo4j
import pytest

from ringwatch import investigate, server
from ringwatch.graph import DATABASE, Graph
from ringwatch.model import load_model
from ringwatch.resources import CYPHER, cypher

pytestmark = pytest.mark.integration

# Ten members share a device with two others, each has an address of its own, and all are on a carrier's address, an
# account that invited everybody and a prompt template, with so many others.
WORLD = """
MERGE (hub:IpAddress:Hub {ip: 'carrier', accounts: $others, hub: true, bits: 0.0})
MERGE (template:PromptTemplate:Hub {template: 'common', accounts: $others, hub: true, bits: 0.0})
MERGE (ring:Ring {ring_id: 'R-7F3K2A', state: 'current', day: date('2026-03-06'), event: 'grown', size: 10})
MERGE (d:Device {device: 'd', accounts: 12, hub: false, bits: 5.0})
MERGE (inviter:Account {account_id: 'everybody came by me', created_at: localdatetime('2026-01-01')})
WITH *
UNWIND range(1, $others) AS n
CREATE (o:Account {account_id: 'O-' + n, created_at: localdatetime('2026-01-01')})
CREATE (o)-[:CONNECTED_FROM]->(hub), (o)-[:SENT]->(template), (o)-[:REFERRED_BY]->(inviter)
WITH DISTINCT hub, template, ring, d, inviter
UNWIND range(1, 12) AS n
CREATE (a:Account {account_id: 'A-' + n, created_at: localdatetime('2026-03-01')})
CREATE (a)-[:CONNECTED_FROM]->(hub), (a)-[:SENT]->(template), (a)-[:USED_DEVICE]->(d), (a)-[:REFERRED_BY]->(inviter)
CREATE (a)-[:CONNECTED_FROM]->(:IpAddress {ip: 'own-' + n, accounts: 1, hub: false, bits: 2.0})
WITH a, ring
WHERE a.account_id <> 'A-11' AND a.account_id <> 'A-12'
CREATE (a)-[:MEMBER_OF {probability: 0.9, role: 'core', since: date('2026-03-06'), active_hours: [1, 0, 0, 0, 0, 0, 1]}]
  ->(ring)
"""
CONSTRAINTS = [f"schema/{path.stem}" for path in sorted((CYPHER / "schema").glob("constrain_*.cypher"))]
CONSTRAINTS += ["publish/constrain_rings"]
MOST_HITS = 6_000


@pytest.fixture
def driver(neo4j_server: server.Connection, graph: Graph) -> Iterator[neo4j.Driver]:
    login = (neo4j_server.user, neo4j_server.password)
    with neo4j.GraphDatabase.driver(neo4j_server.uri, auth=login, notifications_min_severity="OFF") as driver:
        yield driver


def hits(driver: neo4j.Driver, others: int) -> dict[str, int]:
    """What each question touches in a world with `others` on the hubs, by its name."""
    driver.execute_query("MATCH (n) DETACH DELETE n", database_=DATABASE)
    for name in CONSTRAINTS:
        driver.execute_query(cypher(name), database_=DATABASE)
    driver.execute_query(WORLD, others=others, database_=DATABASE)
    driver.execute_query("CALL db.awaitIndexes(60)", database_=DATABASE)
    # Plans follow from samples of indexes, which may be of what tests before this one had.
    driver.execute_query("CALL db.prepareForReplanning(60)", database_=DATABASE)
    found = {}
    for query in investigate.queries():
        parameters = investigate.examples(query, load_model().identifiers)
        plan = driver.execute_query("PROFILE " + query.text, parameters, database_=DATABASE).summary.profile
        assert plan
        found[query.name] = _sum(plan)
    return found


def _sum(plan: dict[str, Any]) -> int:
    return int(plan.get("dbHits", 0)) + sum(map(_sum, plan.get("children", [])))


def test_a_question_costs_no_more_when_the_hubs_grow(driver: neo4j.Driver) -> None:
    few, many = hits(driver, 300), hits(driver, 3_000)

    assert {name: count for name, count in many.items() if count > 1.2 * few[name] + 50} == {}
    assert {name: count for name, count in many.items() if count > MOST_HITS} == {}
