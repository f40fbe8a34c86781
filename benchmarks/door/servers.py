"""Servers of a benchmark: each a fresh one with the product's settings, stopped and gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.door.contenders.statements import constraints
from benchmarks.door.homes import home_settings
from benchmarks.door.rows import Target, targets
from ringwatch import server
from ringwatch.graph import Graph
from ringwatch.model import load_model
from ringwatch.server import Connection


@dataclass(frozen=True)
class Server:
    """A running server: where it is, and its process where it is known."""

    connection: Connection
    pid: int | None = None

    @property
    def settings(self) -> dict[str, str]:
        """Settings by which the product and the bare contenders work on it."""
        return {
            "neo4j_uri": self.connection.uri,
            "neo4j_user": self.connection.user,
            "neo4j_password": self.connection.password,
        }


# Makes an empty server in a folder.
NewServer = Callable[[Path], AbstractContextManager[Server]]


@contextmanager
def running(home: Path) -> Iterator[Server]:
    """Start the embedded server of `home`, whatever it holds, and stop it afterwards."""
    with stopping(home):
        yield start(home)


def start(home: Path) -> Server:
    """Return the embedded server of `home`; start it if it does not run."""
    settings = home_settings(home)
    return Server(server.start(settings), server.status(settings).pid)


@contextmanager
def stopping(home: Path) -> Iterator[None]:
    """Stop the embedded server of `home`, whoever started it."""
    try:
        yield
    finally:
        server.stop(home_settings(home))


def constrain(running_on: Server) -> None:
    """Make the constraints of the model and wait until their indexes are there."""
    graph = Graph(running_on.connection)
    for statement in constraints(targets(load_model())):
        graph.write(statement)
    graph.write("CALL db.awaitIndexes(600)")
    graph.close()


def held(running_on: Server) -> dict[str, int]:
    """Return what the graph holds: nodes by label, relationships by type with the sums of their events and days."""
    graph = Graph(running_on.connection)
    counts: dict[str, int] = {}
    for target in targets(load_model()):
        counts |= {f"{target.name}.{name}": value or 0 for name, value in graph.read(_counting(target))[0].items()}
    graph.close()
    return counts


def _counting(target: Target) -> str:
    if target.label is None:
        return f"MATCH (n:{target.name}) RETURN count(n) AS nodes"
    return f"MATCH ()-[r:{target.name}]->() RETURN count(r) AS edges, sum(r.events) AS events, sum(r.days) AS days"
