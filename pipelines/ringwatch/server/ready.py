"""Waits until a started server answers, and says why one did not."""

import time
from pathlib import Path

import psutil

from ringwatch.errors import InfrastructureError
from ringwatch.server.connection import Connection, Versions, ask_versions
from ringwatch.server.ports import answers
from ringwatch.server.process import is_alive

POLL_SECONDS = 0.2
SHOWN_LINES = 5

PORT_SIGNS = ("Address already in use", "already in use")
# What the server's log says, and what that means to a person. The first that fits is told.
CAUSES = (
    (PORT_SIGNS, "one of its ports was taken by another program; start it again"),
    (("No space left on device",), "the disk is full; free some space"),
    (("Lock file has been locked", "store_lock"), "another process has its data open; end that process"),
    (
        ("Could not reserve enough space", "Cannot allocate memory", "OutOfMemoryError"),
        "there is not enough memory for its heap; set RINGWATCH_SERVER_HEAP_MB",
    ),
    (("Permission denied", "AccessDeniedException"), "it may not read or write its folder; check who owns it"),
)


class PortTaken(InfrastructureError):
    """Another program took a port between our look at it and the server's start."""


def wait_until_ready(process: psutil.Process, connection: Connection, port: int, log: Path, seconds: float) -> Versions:
    """Return the server's versions once Bolt and GDS answer. Raises InfrastructureError that says what went wrong."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive(process):
            raise explain("Neo4j ended while starting", log)
        if answers(port) and (versions := _try_versions(connection)):
            return versions
        time.sleep(POLL_SECONDS)
    raise explain(f"Neo4j did not answer within {seconds:.0f} s (RINGWATCH_SERVER_START_SECONDS)", log)


def _try_versions(connection: Connection) -> Versions | None:
    from neo4j.exceptions import AuthError, DriverError, Neo4jError

    try:
        return ask_versions(connection)
    except AuthError:
        raise InfrastructureError(
            f"the server at {connection.uri} refused its own password: password file and data do not belong together"
        ) from None
    except (DriverError, Neo4jError):  # not there yet
        return None


def explain(what: str, log: Path) -> InfrastructureError:
    """Return the error to raise: `what` happened and the cause the log names, or else the log's last lines."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    for signs, cause in CAUSES:
        if any(sign in text for sign in signs):
            kind = PortTaken if signs is PORT_SIGNS else InfrastructureError
            return kind(f"{what}: {cause} (log: {log})")
    lines = "\n  ".join(text.splitlines()[-SHOWN_LINES:])
    return InfrastructureError(f"{what}; the last lines of {log}:\n  {lines}")
