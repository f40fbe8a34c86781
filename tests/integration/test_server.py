"""The embedded server's life: started, started again, crashed, stopped. Each test may find it running or not."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import neo4j
import psutil
import pytest

from ringwatch import server
from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.server.home import server_home
from ringwatch.server.ports import free_port
from ringwatch.server.process import is_alive
from ringwatch.settings import Settings, load_settings

pytestmark = pytest.mark.integration
PROGRAM = Path(sys.executable).with_name("ringwatch")


@dataclass(frozen=True)
class Own:
    """A server of these tests alone: settings, the port that somebody else has, and what its first starts printed."""

    settings: Settings
    taken: int
    first: list[dict[str, Any]]

    def pid(self) -> int | None:
        return server.status(self.settings).pid


@pytest.fixture(scope="module")
def own(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """Started for the first time by two commands at once, while somebody listens on the wanted Bolt port."""
    home = tmp_path_factory.mktemp("own")
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = int(somebody.getsockname()[1])
        settings = load_settings(
            home=home, cache=jars.parents[1], neo4j_uri=None, server_bolt_port=taken,
            server_heap_mb=512, server_pagecache_mb=64,
        )  # fmt: skip
        commands = [start_command(settings) for _ in range(2)]
        printed = [command.communicate(timeout=300) for command in commands]
    try:
        assert [command.returncode for command in commands] == [0, 0], printed
        yield Own(settings, taken, [json.loads(out) for out, _ in printed])
    finally:
        server.stop(settings)


def test_two_starts_at_once_make_one_server(own: Own) -> None:
    one, other = own.first

    assert one["running"]
    assert one["pid"] == other["pid"]
    assert one["uri"] == other["uri"]


def test_a_server_that_runs_is_not_started_again(own: Own) -> None:
    connection = server.start(own.settings)
    pid = own.pid()

    assert server.start(own.settings) == connection
    assert own.pid() == pid is not None


def test_another_port_is_chosen_for_one_that_is_taken_and_it_is_remembered(own: Own) -> None:
    chosen = own.first[0]["uri"]
    server.stop(own.settings)

    again = server.start(own.settings)  # the wanted port is free by now

    assert chosen == again.uri
    assert not chosen.endswith(f":{own.taken}")


def test_a_crash_loses_nothing(own: Own) -> None:
    graph = Graph(server.start(own.settings))
    graph.write("MERGE (:Kept {what: 'before the crash'})")
    graph.close()
    crashed = psutil.Process(own.pid())
    os.kill(crashed.pid, signal.SIGKILL)
    psutil.wait_procs([crashed], timeout=30)
    assert server.status(own.settings).running is False

    graph = Graph(server.start(own.settings))

    assert graph.read("MATCH (kept:Kept) RETURN kept.what AS what") == [{"what": "before the crash"}]
    assert own.pid() != crashed.pid
    graph.close()


def test_a_stop_is_clean(own: Own) -> None:
    server.start(own.settings)
    process = psutil.Process(own.pid())

    stopped = server.stop(own.settings)

    assert stopped == server.Stopped(process.pid, killed=False)
    assert not is_alive(process)
    assert server.status(own.settings).running is False
    assert "Stopped." in server_home(own.settings).log.read_text()


def test_only_this_machine_can_reach_it(own: Own) -> None:
    server.start(own.settings)

    listening = [
        connection.laddr.ip
        for connection in psutil.Process(own.pid()).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert len(listening) == 2
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_only_the_owner_can_read_what_it_writes(own: Own) -> None:
    home = server_home(own.settings)

    assert home.password.stat().st_mode & 0o777 == 0o600
    assert home.folder.stat().st_mode & 0o777 == 0o700


def test_browser_is_served_where_the_status_says(own: Own) -> None:
    link = server.start(own.settings).browser_url
    assert link is not None

    with build_opener(ProxyHandler({})).open(link, timeout=10) as page:
        assert page.status == 200
        assert b"<title>Neo4j Browser</title>" in page.read()


def test_gds_finds_the_components_of_a_graph(own: Own) -> None:
    graph = Graph(server.start(own.settings))
    graph.write("MERGE (a:Dot {name: 'a'}) MERGE (b:Dot {name: 'b'}) MERGE (:Dot {name: 'c'}) MERGE (a)-[:TO]->(b)")

    projected = graph.gds.graph.project.native("dots", "Dot", "TO").graph
    found = graph.gds.wcc.stats(projected)
    projected.drop()
    graph.close()

    assert found.component_count == 2


def test_it_takes_no_other_procedures_than_those_of_gds_and_reads_no_files(own: Own) -> None:
    graph = Graph(server.start(own.settings))
    rules = "SHOW SETTINGS YIELD name, value WHERE name STARTS WITH 'dbms.security.procedures' RETURN value"

    assert graph.read(rules) == [{"value": "gds.*"}] * 2
    with pytest.raises(neo4j.exceptions.ClientError, match="file"):
        graph.read("LOAD CSV FROM 'file:///etc/hostname' AS line RETURN line")
    graph.close()


def test_two_servers_that_start_at_once_on_the_same_ports_each_answer_to_their_own_password(
    jars: Path, tmp_path: Path
) -> None:
    bolt, http = free_port(), free_port()
    both = [
        load_settings(
            home=tmp_path / name, cache=jars.parents[1], server_bolt_port=bolt, server_http_port=http,
            server_heap_mb=512, server_pagecache_mb=64,
        )
        for name in ("one", "other")
    ]  # fmt: skip
    try:
        started = [start_command(settings) for settings in both]
        printed = [command.communicate(timeout=300) for command in started]
        assert [command.returncode for command in started] == [0, 0], printed

        for settings in both:
            connection = server.running(settings)
            assert connection is not None
            graph = Graph(connection)
            graph.write("CREATE (:Home {path: $path})", path=str(settings.home))
            assert graph.read("MATCH (home:Home) RETURN home.path AS path") == [{"path": str(settings.home)}]
            graph.close()
        for settings in both:  # neither was ever asked with the password of the other
            assert "unauthorized" not in server_home(settings).log.read_text()
    finally:
        for settings in both:
            server.stop(settings)


def test_a_wrong_password_at_neo4j_uri_is_told_in_one_sentence(own: Own) -> None:
    running = server.start(own.settings)
    settings = load_settings(neo4j_uri=running.uri, neo4j_password="wrong")

    with pytest.raises(InfrastructureError, match=r"refused the login: check NEO4J_USER and NEO4J_PASSWORD$"):
        server.ensure_running(settings)


def test_a_server_at_neo4j_uri_is_used_as_it_is(own: Own, tmp_path: Path) -> None:
    running = server.start(own.settings)
    settings = load_settings(home=tmp_path, neo4j_uri=running.uri, neo4j_password=running.password)

    found = server.status(settings)

    assert server.ensure_running(settings).uri == running.uri
    assert (found.running, found.embedded, found.gds) == (True, False, "2.13.9")
    assert list(tmp_path.iterdir()) == []


def start_command(settings: Settings) -> subprocess.Popen[str]:
    ours = ("RINGWATCH_", "NEO4J_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "RINGWATCH_HOME": str(settings.home),
        "RINGWATCH_CACHE": str(settings.cache),
        "RINGWATCH_SERVER_BOLT_PORT": str(settings.server_bolt_port),
        "RINGWATCH_SERVER_HTTP_PORT": str(settings.server_http_port),
        "RINGWATCH_SERVER_HEAP_MB": str(settings.server_heap_mb),
        "RINGWATCH_SERVER_PAGECACHE_MB": str(settings.server_pagecache_mb),
    }
    command = [PROGRAM, "server", "start", "--json"]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
