"""The door's benchmark runs from feeds to tables on a few accounts: times are not judged, sameness is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.door import load, tables
from benchmarks.door.__main__ import compare_door, growths, tell
from benchmarks.door.servers import Server, held
from ringwatch.graph import Graph

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ACCOUNTS = 300


def test_all_contenders_over_bolt_build_the_same_graph(graph: Graph, tmp_path: Path) -> None:
    seen = []

    @contextmanager
    def emptied(_folder: Path) -> Iterator[Server]:
        graph.write("MATCH (n) DETACH DELETE n")
        for constraint in graph.read("SHOW CONSTRAINTS YIELD name"):
            graph.write(f"DROP CONSTRAINT {constraint['name']}")
        server = Server(graph.connection)
        yield server
        seen.append(held(server))

    cold, warm = load.compare(tmp_path, ACCOUNTS, 5, emptied, tell)

    assert [one.contender for one in cold.figures] == [one.contender for one in warm.figures]
    assert len(seen) == len(cold.figures) == 3
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]["Account.nodes"] > 0.9 * ACCOUNTS
    assert all(one.seconds > 0 and one.done.rows > ACCOUNTS for one in cold.figures + warm.figures)


def test_gate_first_load_and_night_are_compared_and_shown(jars: Path, tmp_path: Path) -> None:
    comparisons = list(compare_door(tmp_path, ACCOUNTS, seed=5, repeats=1))

    gate, first, night = comparisons
    assert sum(gate.figures[0].done.counts.values()) > 0
    assert first.figures[0].done.rows == first.figures[1].done.rows > 5 * ACCOUNTS
    assert night.ratios[0].value > 0
    assert growths(comparisons) == ()
    assert json.loads(json.dumps(tables.plain({}, comparisons, ())))["comparisons"][2]["accounts"] == ACCOUNTS
    assert "| ringwatch validate |" in tables.markdown(gate)
