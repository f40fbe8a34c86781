"""What is known of the server that ringwatch works on, without starting it."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from ringwatch.server.connection import Connection
from ringwatch.server.embedded import connection_to, process_of, versions_of
from ringwatch.server.external import external_connection
from ringwatch.server.home import Home, server_home
from ringwatch.server.process import listens
from ringwatch.server.state import State, read_state
from ringwatch.settings import Settings


@dataclass(frozen=True)
class Status:
    """The server as it is now. What only a running, or only an embedded, server can tell is None else."""

    running: bool
    embedded: bool = True
    uri: str | None = None
    browser_url: str | None = None
    neo4j: str | None = None
    gds: str | None = None
    pid: int | None = None
    heap_mb: int | None = None
    pagecache_mb: int | None = None
    resident_mb: float | None = None
    home: Path | None = None
    data_mb: float | None = None

    @property
    def answers(self) -> bool:
        """Whether nights could work on it; while it starts, it runs and does not answer yet."""
        return self.neo4j is not None


def status(settings: Settings) -> Status:
    """Return the state of the embedded server, or of your own at `NEO4J_URI`.

    Raises InfrastructureError when your own server cannot be used.
    """
    return _external_status(external_connection(settings)) if settings.neo4j_uri else _embedded_status(settings)


def _external_status(connection: Connection) -> Status:
    versions = versions_of(connection)
    return Status(
        running=versions is not None,
        embedded=False,
        uri=connection.uri,
        browser_url=connection.browser_url,
        neo4j=versions.neo4j if versions else None,
        gds=versions.gds if versions else None,
    )


def _embedded_status(settings: Settings) -> Status:
    home = server_home(settings)
    state, process = read_state(home), process_of(home)
    if state is None or process is None:
        return Status(running=False, home=home.folder, data_mb=_size_mb(home.data))
    return _running_status(home, state, process)


def _running_status(home: Home, state: State, process: psutil.Process) -> Status:
    connection = connection_to(home, state.ports)
    versions = versions_of(connection) if listens(process, connection.port) else None
    return Status(
        running=True,
        uri=connection.uri,
        browser_url=connection.browser_url,
        neo4j=versions.neo4j if versions else None,
        gds=versions.gds if versions else None,
        pid=process.pid,
        heap_mb=state.memory.heap_mb,
        pagecache_mb=state.memory.pagecache_mb,
        resident_mb=round(process.memory_info().rss / 2**20, 1),
        home=home.folder,
        data_mb=_size_mb(home.data),
    )


def _size_mb(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20, 1)
