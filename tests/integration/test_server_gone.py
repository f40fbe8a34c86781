"""A server that goes away while GDS works."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from urllib.parse import urlsplit

import pandas as pd
import pytest

from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.search import communities
from ringwatch.search.memory import Heap
from ringwatch.server import Connection

pytestmark = pytest.mark.integration


class Line:
    """The way to a server; once it is cut, nothing listens at its end and all that passed through it is closed."""

    def __init__(self, host: str, port: int) -> None:
        self._to = host, port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        for end in [self._door, *self._ends]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, far = self._door.accept()[0], socket.create_connection(self._to)
                self._ends += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                target.sendall(chunk)


@pytest.fixture
def line(neo4j_server: Connection) -> Iterator[Line]:
    at = urlsplit(neo4j_server.uri)
    line = Line(at.hostname or "", at.port or 0)
    yield line
    line.cut()


def test_a_server_that_dies_while_gds_works_is_told_within_seconds(
    neo4j_server: Connection, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    graph = Graph(replace(neo4j_server, uri=f"bolt://127.0.0.1:{line.port}"), patience_seconds=5)
    links = pd.DataFrame({"source": range(200_000), "target": range(1, 200_001), "weight": 1.0})
    caplog.set_level(logging.WARNING)
    graph.read("RETURN 1")

    def work() -> None:
        threading.Timer(0.5, line.cut).start()
        communities.components(Heap(graph), links, [0.0])

    began = perf_counter()
    with pytest.raises(InfrastructureError, match="does not answer; see `ringwatch server status`"):
        work()

    assert perf_counter() - began < 20
    assert "Trying again" not in caplog.text
    graph.close()
