"""Your own server, named by NEO4J_URI: it is used and checked, never started or changed."""

import re

from ringwatch.errors import InfrastructureError
from ringwatch.server.connection import Connection, Versions, ask_versions
from ringwatch.settings import Settings
from ringwatch.symptoms import LOST_SERVER

BOLT_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
NEO4J_LINE = "5.26."
GDS_LINE = "2.13."


def external_connection(settings: Settings) -> Connection:
    """Return a connection to the server at `settings.neo4j_uri`.

    Raises InfrastructureError when it does not answer, refuses the credentials, or is not Neo4j 5.26 with GDS 2.13.
    """
    connection = connection_of(settings)
    _check_versions(connection, _ask(connection))
    return connection


def connection_of(settings: Settings) -> Connection:
    """Return the connection that the settings name, unasked. Raises InfrastructureError when the address is none."""
    password = settings.neo4j_password.get_secret_value() if settings.neo4j_password else ""
    connection = Connection(str(settings.neo4j_uri), settings.neo4j_user, password, _without_login(settings))
    if connection.uri.partition("://")[0] not in BOLT_SCHEMES:  # the driver would try HTTP, too
        at = _at(connection)
        raise InfrastructureError(f"{at} is not an address that can be used: it must begin with bolt:// or neo4j://")
    return connection


def _without_login(settings: Settings) -> str | None:
    """Return the address of Browser, which is shown to people and asks for the login itself."""
    return re.sub(r"(?<=://)[^/?#]*@", "", settings.neo4j_http_url) if settings.neo4j_http_url else None


def _ask(connection: Connection) -> Versions:
    from neo4j.exceptions import AuthError, ClientError, ConfigurationError, DriverError, Neo4jError

    at = _at(connection)
    try:
        return ask_versions(connection)
    except AuthError:
        raise InfrastructureError(f"{at} refused the login: check NEO4J_USER and NEO4J_PASSWORD") from None
    except (ConfigurationError, ValueError) as error:
        raise InfrastructureError(f"{at} is not an address that can be used: {error}") from None
    except ClientError as error:
        raise InfrastructureError(
            f"{at} cannot be used, perhaps because GDS is not installed: {error.message}"
        ) from None
    except (DriverError, Neo4jError) as error:
        reason = str(error).partition("\n")[0].rstrip(":.")
        raise InfrastructureError(f"{at} does not answer, check that it runs: {reason}", LOST_SERVER) from None


def _at(connection: Connection) -> str:
    return f"Neo4j at {connection.uri} (NEO4J_URI)"


def _check_versions(connection: Connection, found: Versions) -> None:
    if not (found.neo4j.startswith(NEO4J_LINE) and found.gds.startswith(GDS_LINE)):
        raise InfrastructureError(
            f"Neo4j at {connection.uri} (NEO4J_URI) is {found.neo4j} with GDS {found.gds}; "
            f"ringwatch needs Neo4j {NEO4J_LINE}x with GDS {GDS_LINE}x"
        )
