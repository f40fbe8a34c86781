"""Waits until a started server answers, and says why one did not."""

import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from ringwatch.errors import InfrastructureError
from ringwatch.server.connection import Connection, ask_versions
from ringwatch.server.process import is_alive, listens
from ringwatch.symptoms import LOST_SERVER

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


def wait_until_ready(process: psutil.Process, connection: Connection, log: Path, seconds: float) -> None:
    """Return once Bolt, GDS and Browser answer. Raises InfrastructureError that says what went wrong."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive(process):
            raise explain("Neo4j ended while starting", log)
        if _answers(process, connection) and _serves_browser(connection):
            return
        time.sleep(POLL_SECONDS)
    raise explain(f"Neo4j did not answer within {seconds:.0f} s (RINGWATCH_SERVER_START_SECONDS)", log)


def _answers(process: psutil.Process, connection: Connection) -> bool:
    """Whether the server answers. One of another home that was quicker to take the port is never asked: a few wrong
    passwords, and it would refuse the right one, too. Ours will say that the port is taken, and end.
    """
    from neo4j.exceptions import AuthError, DriverError, Neo4jError

    if not listens(process, connection.port):
        return False
    try:
        return bool(ask_versions(connection))
    except AuthError:
        raise InfrastructureError(
            f"the server at {connection.uri} refused its own password: password file and data do not belong together"
        ) from None
    except (DriverError, Neo4jError):  # not there yet
        return False


def _serves_browser(connection: Connection) -> bool:
    """Whether the HTTP address is this server's: Neo4j tells there where its Bolt is."""
    from http.client import HTTPConnection, HTTPException

    http = HTTPConnection(urlsplit(connection.http_url or "").netloc, timeout=2)
    try:
        http.request("GET", "/")
        return bool(json.load(http.getresponse())["bolt_direct"] == connection.uri)
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return False
    finally:
        http.close()


def explain(what: str, log: Path) -> InfrastructureError:
    """Return the error to raise: `what` happened and the cause the log names, or else what it said last."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    for signs, cause in CAUSES:
        if any(sign in text for sign in signs):
            kind = PortTaken if signs is PORT_SIGNS else InfrastructureError
            return kind(f"{what}: {cause} (log: {log})", LOST_SERVER)
    said = [line for line in text.splitlines() if not line.startswith("\t")]  # without the frames of stack traces
    return InfrastructureError("\n  ".join([f"{what}; the last lines of {log}:", *said[-SHOWN_LINES:]]), LOST_SERVER)
