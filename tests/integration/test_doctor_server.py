"""What the doctor finds on a real server."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ringwatch.doctor import Finding, examine
from ringwatch.graph import Graph
from ringwatch.settings import load_settings
from ringwatch.store.store import Store

pytestmark = pytest.mark.integration

PROJECT = "UNWIND [[0, 1]] AS pair RETURN gds.graph.project($name, pair[0], pair[1]) AS made"


@pytest.fixture
def found(tmp_path: Path, neo4j_settings: dict[str, Any]) -> Callable[[], dict[str, Finding]]:
    settings = load_settings(home=tmp_path, **neo4j_settings)
    return lambda: {one.name: one for one in examine(settings, date(2026, 3, 2), datetime.now(UTC))}


def test_a_server_that_answers_is_well_and_its_clock_is_looked_at(found: Callable[[], dict[str, Finding]]) -> None:
    findings = found()

    assert [findings[name].state for name in ("server", "versions", "projections", "clock")] == ["ok"] * 4
    assert findings["versions"].says.startswith("Neo4j 5.26.")
    assert findings["clock"].says.endswith("Neo4j say the same")


def test_graphs_that_gds_was_left_with_are_named_unless_a_stage_is_at_work(
    graph: Graph, tmp_path: Path, found: Callable[[], dict[str, Finding]]
) -> None:
    graph.read(PROJECT, name="links")
    store = Store.open(tmp_path / "review.db")

    left = found()["projections"]
    with store.lease("detect of 2026-03-02", 60):
        at_work = found()["projections"]
    store.close()

    assert (left.state, at_work.state) == ("warn", "ok")
    assert left.fix is not None
    assert "CALL gds.graph.drop('links');" in left.fix
