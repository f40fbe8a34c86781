"""The link that commands print, opened by a person: Neo4j Browser asks for the login, then draws the ring."""

import re

import pytest
from playwright.sync_api import Page

from ringwatch import investigate, server
from ringwatch.graph import Graph

pytestmark = pytest.mark.integration

RING = """
CREATE (r:Ring {ring_id: 'R-TEST01'})
WITH r
UNWIND ['A', 'B', 'C'] AS name
CREATE (a:Account:Core {account_id: name, updated_on: date('2026-03-06')})-[:MEMBER_OF {probability: 0.9}]->(r)
MERGE (d:Device {device: 'd-1'})
MERGE (h:IpAddress:Hub {ip: '192.0.2.1', hub: true})
CREATE (a)-[:USED_DEVICE]->(d), (a)-[:CONNECTED_FROM]->(h)
WITH DISTINCT 1 AS one
MATCH (a:Account), (b:Account)
WHERE a.account_id < b.account_id
CREATE (a)-[:LINKED_TO {bits: 5.0}]->(b)
"""


def test_the_link_of_a_ring_draws_its_members_and_what_they_share(
    neo4j_server: server.Connection, graph: Graph, page: Page
) -> None:
    if neo4j_server.browser_url is None:
        pytest.skip("the server at NEO4J_URI has no Neo4j Browser that is known; to name it: NEO4J_HTTP_URL")
    graph.write(RING)
    query = investigate.find("ring_picture")

    page.goto(investigate.browser_link(neo4j_server, query, {"ring_id": "R-TEST01", "limit": 50}) or "")
    assert page.get_by_test_id("username").input_value() == neo4j_server.user
    page.get_by_test_id("password").fill(neo4j_server.password)
    page.get_by_test_id("connect").click()
    page.get_by_text(":config autoComplete").first.wait_for()  # what Browser does once it is connected
    page.get_by_test_id("editor-Run").click()

    page.locator("g.node").first.wait_for()
    assert page.locator("g.node").count() == 6
    for part in ("Device (1)", "Ring (1)", "MEMBER_OF (3)", "USED_DEVICE (3)", "CONNECTED_FROM (3)"):
        assert page.get_by_text(part, exact=True).is_visible(), part
    assert page.get_by_text(re.compile(r"LINKED_TO \(")).count() == 0
    drawn = {node.text_content() for node in page.locator("g.node").all()}
    assert {text.strip() for text in drawn if text} >= {"A", "B", "C", "R-TEST01", "d-1"}  # a hub shows little
    page.screenshot(path="/tmp/share/browser.png")
    colors = {node.get_attribute("fill").upper() for node in page.locator("g.node circle.b-outline").all()}
    assert colors == {"#D55E00", "#000000", "#56B4E9", "#BDBDBD"}
