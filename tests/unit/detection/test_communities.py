"""What the search for communities says when its server cannot be asked."""

from contextlib import closing
from functools import partial

import neo4j
import pandas as pd
import pytest

from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.search import communities
from ringwatch.server.connection import Connection

NOBODY_LISTENS = Connection("bolt://127.0.0.1:1", "neo4j", "secret")


def test_a_server_that_is_down_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient = partial(neo4j.GraphDatabase.driver, max_transaction_retry_time=0.1)
    monkeypatch.setattr("ringwatch.graph.GraphDatabase.driver", impatient)
    links = pd.DataFrame({"source": [1], "target": [2], "weight": [1.0]})

    with (
        closing(Graph(NOBODY_LISTENS)) as graph,
        pytest.raises(InfrastructureError, match="does not answer; see `ringwatch server status`"),
    ):
        communities.components(graph, links)
