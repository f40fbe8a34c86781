"""The benchmark of detection runs from a world to tables on a few accounts: times are not judged, sameness is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.detection import tables
from benchmarks.detection.__main__ import compare
from benchmarks.door.servers import Server
from ringwatch.graph import Graph

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ACCOUNTS = 600


def test_all_contenders_have_the_same_to_do_and_are_shown(graph: Graph, tmp_path: Path) -> None:
    @contextmanager
    def at_hand(_folder: Path) -> Iterator[Server]:
        yield Server(graph.connection)

    found = compare(tmp_path, ACCOUNTS, 4, 1, at_hand)

    done = {one.contender: one.done for one in found.figures}
    assert done.keys() == tables.CONTENDERS.keys()
    assert done[tables.OURS].counts["candidates"] > 0
    assert done[tables.ON_SPARK].counts == done[tables.IN_PROCESS].counts
    assert done[tables.DUCKDB].counts["pairs"] > 0
    bare = done[tables.BARE]
    # Lanes of the same links are asked together, and the whole and hub lanes ask for nothing more; what is similar has
    # its components from the same call.
    assert (bare.counts["components"], bare.counts["leiden"]) == (7, 8)
    assert bare.counts["pairs"] > 0
    assert all(ratio.value > 0 for ratio in found.ratios)
    assert "| ringwatch |" in tables.markdown(found)
    assert json.loads(json.dumps(tables.plain({}, [found])))["measured"][0]["accounts"] == ACCOUNTS
    assert graph.read("CALL gds.graph.list() YIELD graphName RETURN graphName") == []
