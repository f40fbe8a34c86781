"""What the search for communities says when its server cannot be asked."""

from contextlib import closing

import pandas as pd
import pytest

from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.search import communities
from ringwatch.search.memory import Heap
from ringwatch.server.connection import Connection

NOBODY_LISTENS = Connection("bolt://127.0.0.1:1", "neo4j", "secret")


def test_a_server_that_is_down_is_one_sentence() -> None:
    links = pd.DataFrame({"source": [1], "target": [2], "weight": [1.0]})

    with (
        closing(Graph(NOBODY_LISTENS, patience_seconds=0)) as graph,
        pytest.raises(InfrastructureError, match="does not answer; see `ringwatch server status`"),
    ):
        communities.components(Heap(graph), links, [0.0])
