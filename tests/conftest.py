"""What all tests share: settings untouched by the machine's environment, and one real Neo4j for the whole run."""

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from postgres_server import SKIPPED, binaries, running
from ringwatch import server
from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.server.conf import java
from ringwatch.server.download import fetch_jars
from ringwatch.settings import load_settings

OURS = ("RINGWATCH_", "NEO4J_")
GIVEN = os.environ.get("RINGWATCH_TEST_POSTGRES_URL")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests set what they need; what the shell has set is for the server of the session only."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """SQLAlchemy address of a Postgres on which databases, schemas and roles may be made."""
    if GIVEN:
        yield GIVEN
        return
    where = binaries()
    if where is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(SKIPPED)
    with running(where) as opened:
        yield opened.address


@pytest.fixture(scope="session")
def jars() -> Path:
    """The folder of the server's jars. Without them or Java the test is skipped; on CI it fails."""
    try:
        java()
        return fetch_jars(load_settings())
    except InfrastructureError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{error}; to get all that is needed: make setup")


@pytest.fixture(scope="session")
def neo4j_server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[server.Connection]:
    """One real server for all tests: a new one that is stopped at the end, or the empty one at NEO4J_URI."""
    settings = load_settings(home=tmp_path_factory.mktemp("neo4j"), server_heap_mb=1024, server_pagecache_mb=128)
    if settings.neo4j_uri:
        yield _empty(server.ensure_running(settings))
        return
    request.getfixturevalue("jars")
    try:
        yield server.ensure_running(settings)
    finally:
        server.stop(settings)


@pytest.fixture(scope="session")
def neo4j_settings(neo4j_server: server.Connection) -> dict[str, Any]:
    """Settings by which the program works on the server of the session: `load_settings(home=…, **neo4j_settings)`."""
    return {
        "neo4j_uri": neo4j_server.uri,
        "neo4j_user": neo4j_server.user,
        "neo4j_password": neo4j_server.password,
        "neo4j_http_url": neo4j_server.http_url,
    }


@pytest.fixture
def graph(neo4j_server: server.Connection) -> Iterator[Graph]:
    """The graph of the session's server, without nodes and without GDS graphs."""
    graph = Graph(neo4j_server)
    graph.write("MATCH (n) DETACH DELETE n")
    graph.read("CALL gds.graph.list() YIELD graphName CALL gds.graph.drop(graphName) YIELD nodeCount RETURN nodeCount")
    yield graph
    graph.close()


def _empty(connection: server.Connection) -> server.Connection:
    """The tests delete all data, so a server with any is refused."""
    graph = Graph(connection)
    if graph.read("MATCH (n) RETURN n LIMIT 1"):
        pytest.exit(
            f"the server at {connection.uri} (NEO4J_URI) has data, and tests delete all data: unset NEO4J_URI", 4
        )
    graph.close()
    return connection


class Sink:
    """An address on this machine that keeps what is posted to it, as apprise's `json://` sends it."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        kept = self.messages

        class Keeps(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_said: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Keeps)
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    opened = Sink()
    yield opened
    opened.close()
