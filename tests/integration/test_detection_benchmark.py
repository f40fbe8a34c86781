"""The benchmark of detection runs from a world to tables on a few accounts: times are not judged, sameness is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.detection import in_process, tables
from benchmarks.detection.__main__ import compare
from benchmarks.door.servers import Server
from ringwatch.graph import Graph
from ringwatch.search import candidates, communities

pytestmark = pytest.mark.integration

ACCOUNTS = 600


def test_all_contenders_have_the_same_to_do_and_are_shown(graph: Graph, tmp_path: Path) -> None:
    @contextmanager
    def at_hand(_folder: Path) -> Iterator[Server]:
        yield Server(graph.connection)

    found = compare(tmp_path, ACCOUNTS, 4, 1, at_hand)

    ours, in_this_process, bare = found.figures
    assert ours.done.counts["candidates"] > 0
    assert ours.done.rows == in_this_process.done.rows == bare.done.rows
    lanes = len(candidates.LANES) - 2  # of which the whole and hub lanes ask for nothing more
    assert (bare.done.counts["components"], bare.done.counts["leiden"]) == (lanes, lanes)
    assert bare.done.counts["pairs"] > 0
    assert all(ratio.value > 0 for ratio in found.ratios)
    assert "| ringwatch |" in tables.markdown(found)
    assert json.loads(json.dumps(tables.plain({}, [found])))["measured"][0]["accounts"] == ACCOUNTS
    assert graph.read("CALL gds.graph.list() YIELD graphName RETURN graphName") == []


@pytest.fixture
def uses() -> pd.DataFrame:
    """Thirty accounts, 0 to 29, on devices of three, cards of five, and one network of ten."""
    ties = [(a, 100 + a // 3, 5.0) for a in range(30)] + [(a, 200 + a // 5, 3.0) for a in range(30)]
    ties += [(a, 300, 0.7) for a in range(10)]
    return pd.DataFrame(ties, columns=["source", "target", "weight"])


def test_in_process_similarity_is_that_of_gds(graph: Graph, uses: pd.DataFrame) -> None:
    theirs, left_out = communities.similar(graph, uses, 10**6, 0.1)

    found, also_left_out = in_process.similar(None, uses, 10**6, 0.1)

    assert len(theirs) > 60
    pd.testing.assert_frame_equal(found, theirs, check_dtype=False, rtol=1e-6)
    assert left_out == also_left_out


def test_in_process_components_and_cores_are_those_of_gds(graph: Graph, uses: pd.DataFrame) -> None:
    links = uses[uses["target"] < 300]

    theirs, found = communities.components(graph, links), in_process.components(None, links)

    parts = [set(nodes.groupby("component")["node"].agg(frozenset)) for nodes in (theirs, found)]
    assert parts[0] == parts[1]
    assert found["core"].tolist() == theirs["core"].tolist()
