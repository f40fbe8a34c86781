"""`ringwatch keys rotate` on a real Neo4j, after whole nights, killed in between and run again."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from loads import everything
from nights import DAYS, environment, run_night

from ringwatch import stages
from ringwatch.errors import UsageError
from ringwatch.graph import Graph
from ringwatch.keys.tokens import key_file
from ringwatch.night import Night
from ringwatch.settings import Settings

pytestmark = pytest.mark.integration

# Rotates the keys in a process that is killed before the n-th statement that writes to the graph.
CHILD = """
import os, signal, sys
import neo4j
from ringwatch.cli import app
from ringwatch.graph import Graph

left, execute = [int(sys.argv[1])], Graph._execute

def dying(graph, query, parameters, routing):
    left[0] -= routing == neo4j.RoutingControl.WRITE
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(graph, query, parameters, routing)

Graph._execute = dying
app(["keys", "rotate", "--yes", "--by", "ada"])
"""

_SHARED = """
MATCH (a:Account)-[:HAS_MAILBOX|HAS_PHONE]->(i)
WITH labels(i) AS labels, i.accounts AS accounts, i.hub AS hub, i.bits AS bits, collect(a.account_id) AS ids
UNWIND ids AS id
WITH labels, accounts, hub, bits, ids, id ORDER BY id
RETURN labels, accounts, hub, bits, collect(id) AS ids
"""
_LINKS = "MATCH (a)-[r:LINKED_TO]->(b) RETURN a.account_id AS a, b.account_id AS b, r.bits AS bits, r.facets AS facets"
_RINGS = "MATCH (a:Account)-[m:MEMBER_OF]->(r:Ring) RETURN a.account_id AS a, r.ring_id AS r, m.probability AS p"
_TOKENS = "MATCH (i:Mailbox) RETURN i.mailbox AS token UNION MATCH (i:Phone) RETURN i.phone AS token"


def killed(settings: Settings, before: int) -> None:
    """Rotate the keys in a process that is killed before so many writing statements."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("RINGWATCH_", "NEO4J_"))}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(before)],
        env=others | environment(settings),
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def said(graph: Graph, query: str) -> list[str]:
    return sorted(map(repr, graph.read(query)))


def keys(settings: Settings) -> int:
    return len(key_file(settings.home).read_bytes()) // 32


def test_a_rotation_that_was_killed_and_run_again_leaves_every_link_and_no_old_token(
    nights: Night, settings: Settings, small_world: Path
) -> None:
    shared, links, rings = (said(nights.graph, query) for query in (_SHARED, _LINKS, _RINGS))
    old = {row["token"] for row in nights.graph.read(_TOKENS)}
    assert len(old) > 100
    assert any("True" not in line and line.count("acc") > 1 for line in shared)

    killed(settings, before=0)  # files and store are done, of the graph nothing
    with pytest.raises(UsageError, match="run `ringwatch keys rotate` again"):
        run_night(settings, DAYS[2], small_world)
    killed(settings, before=12)  # in the midst of the graph
    days, _ = stages.rotate(nights, "ada", lambda stage: None)

    assert (days, keys(settings)) == (0, 2)
    assert not old & {row["token"] for row in nights.graph.read(_TOKENS)}
    assert [said(nights.graph, query) for query in (_SHARED, _LINKS, _RINGS)] == [shared, links, rings]
    assert not old & _tokens_in_store(nights)


def test_a_rebuild_and_the_next_night_go_on_from_there(nights: Night, settings: Settings, small_world: Path) -> None:
    grown = everything(nights.graph, without_updated_on_of_link=True)
    stages.rebuild(nights, lambda stage: None)
    assert everything(nights.graph, without_updated_on_of_link=True) == grown

    before = said(nights.graph, "MATCH (i:Mailbox) RETURN i.mailbox AS token")
    run_night(settings, DAYS[2], small_world)

    assert set(before) <= set(said(nights.graph, "MATCH (i:Mailbox) RETURN i.mailbox AS token"))


def _tokens_in_store(night: Night) -> set[Any]:
    found: set[Any] = set()
    for day in night.store.published.days():
        for ring in night.store.published.rings(day):
            for reason in night.store.published.evidence(ring["ring_id"], day):
                found |= set(reason["identifiers"])
    return found
