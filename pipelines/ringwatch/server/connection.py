"""What is needed to talk to a server, and the question every server is asked: which versions are you?"""

from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

DATABASE = "neo4j"
COMPONENTS = "CALL dbms.components() YIELD name, versions RETURN name, versions"


@dataclass(frozen=True)
class Connection:
    """Address and credentials of a server; `http_url` is the base of Neo4j Browser where it is known."""

    uri: str
    user: str
    password: str = field(repr=False)
    http_url: str | None = None

    @property
    def port(self) -> int | None:
        return urlsplit(self.uri).port

    @property
    def browser_url(self) -> str | None:
        """Link that opens Neo4j Browser on this server, or None where its address is not known."""
        if self.http_url is None:
            return None
        scheme, _, address = self.uri.partition("://")
        at = f"{scheme}://{quote(self.user, safe='')}@{address.rpartition('@')[2]}"
        return f"{self.http_url}/browser/?dbms={quote(at, safe=':/@')}&db={DATABASE}"


@dataclass(frozen=True)
class Versions:
    neo4j: str
    gds: str


def ask_versions(connection: Connection) -> Versions:
    """Return the versions of the server and of its GDS. Raises the driver's errors as they are."""
    from neo4j import GraphDatabase

    auth = (connection.user, connection.password)
    with GraphDatabase.driver(connection.uri, auth=auth, connection_timeout=10) as driver:
        driver.verify_connectivity()
        components = driver.execute_query(COMPONENTS, database_=DATABASE)
        kernel = next(row["versions"][0] for row in components.records if row["name"] == "Neo4j Kernel")
        gds = driver.execute_query("RETURN gds.version() AS version", database_=DATABASE).records[0]["version"]
    return Versions(neo4j=kernel, gds=gds)
