"""What a person is told when the server does not come up."""

import socket
import sys
from pathlib import Path

import pytest
from neo4j.exceptions import AuthError

from ringwatch.errors import InfrastructureError
from ringwatch.server import ready
from ringwatch.server.connection import Connection
from ringwatch.server.ports import free_port
from ringwatch.server.process import end, spawn
from ringwatch.server.ready import PortTaken, explain, wait_until_ready


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("java.net.BindException: Address already in use", "ports was taken by another program"),
        ("java.io.IOException: No space left on device", "the disk is full"),
        ("FileLockException: Lock file has been locked by another process", "another process has its data open"),
        ("Error occurred during initialization of VM\nCould not reserve enough space", "RINGWATCH_SERVER_HEAP_MB"),
        ("java.nio.file.AccessDeniedException: /data/dbms", "check who owns it"),
    ],
)
def test_a_known_cause_is_named(tmp_path: Path, said: str, told: str) -> None:
    log = tmp_path / "console.log"
    log.write_text(f"INFO  Starting...\n{said}\n\tat org.neo4j.Main\n")

    assert told in str(explain("Neo4j ended while starting", log))


def test_an_unknown_cause_shows_what_the_server_said_last_without_stack_frames(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    log.write_text("Starting...\nERROR the moon is full\n" + "\tat org.neo4j.Main\n" * 40)

    told = str(explain("Neo4j ended while starting", log)).splitlines()

    assert told == [
        f"Neo4j ended while starting; the last lines of {log}:",
        "  Starting...",
        "  ERROR the moon is full",
    ]


def test_a_server_that_ends_at_once_is_not_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    process = spawn([sys.executable, "-c", "print('Address already in use')"], tmp_path, log)

    with pytest.raises(PortTaken, match="Neo4j ended while starting"):
        wait_until_ready(process, nobody(), log, seconds=60)


def test_another_server_on_the_port_is_never_asked_with_our_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(ready, "ask_versions", asked.append)
    connection, log = nobody(), tmp_path / "console.log"
    with socket.create_server(("127.0.0.1", connection.port)):  # the other one is this process
        script = "import time; time.sleep(0.5); print('Address already in use')"
        process = spawn([sys.executable, "-c", script], tmp_path, log)

        with pytest.raises(PortTaken):
            wait_until_ready(process, connection, log, seconds=60)

    assert asked == []


def test_a_server_that_refuses_its_own_password_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_connection: Connection) -> None:
        raise AuthError("wrong password")

    monkeypatch.setattr(ready, "ask_versions", refuse)
    connection = nobody()
    script = f"import socket, time; s = socket.create_server(('127.0.0.1', {connection.port})); time.sleep(60)"
    process = spawn([sys.executable, "-c", script], tmp_path, tmp_path / "console.log")

    with pytest.raises(InfrastructureError, match="refused its own password"):
        wait_until_ready(process, connection, tmp_path / "console.log", seconds=60)
    end(process)


def test_a_server_that_never_answers_is_given_up_after_the_time_that_is_set(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    process = spawn([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, log)

    with pytest.raises(InfrastructureError, match=r"did not answer within 1 s \(RINGWATCH_SERVER_START_SECONDS\)"):
        wait_until_ready(process, nobody(), log, seconds=1)
    end(process)


def nobody() -> Connection:
    """A connection to ports on which nothing listens."""
    return Connection(f"bolt://127.0.0.1:{free_port()}", "neo4j", "secret", f"http://127.0.0.1:{free_port()}")
