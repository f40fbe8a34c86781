"""The settings of a task: those of ringwatch, and where they name no graph or store, Airflow's connections to these.

`neo4j_default` and `review_db` may lie wherever Airflow looks for connections: its metadata, a secrets backend, the
environment. A setting of ringwatch goes before a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from ringwatch.settings import Settings

GRAPH, STORE = "neo4j_default", "review_db"


def settings() -> Settings:
    """Return the settings of a task. Raises UsageError for a wrong one, and for a connection to something else."""
    from ringwatch.settings import load_settings

    given = load_settings()
    found: dict[str, Any] = {}
    if given.neo4j_uri is None and (graph := _connection(GRAPH, "neo4j")):
        found |= _of_graph(graph)
    if given.store_url is None and (store := _connection(STORE, "postgres", "postgresql")):
        found |= {"store_url": _address(store)}
    return load_settings(**found) if found else given


def _connection(name: str, *kinds: str) -> Connection | None:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from ringwatch.errors import UsageError

    try:
        found: Connection = Connection.get(name)
    except AirflowNotFoundException:
        return None
    if found.conn_type not in kinds or not found.host:
        raise UsageError(
            f"the Airflow connection {name} is of the type {found.conn_type}, host {found.host or 'none'}; it takes "
            f"{kinds[0]} and a host"
        )
    return found


def _of_graph(connection: Connection) -> dict[str, Any]:
    """Return settings as Airflow's provider of Neo4j understands the connection; http_url is an extra of ours."""
    extra = connection.extra_dejson
    scheme = "neo4j" if _is_on(extra, "neo4j_scheme") else "bolt"
    trust = "+ssc" if _is_on(extra, "certs_self_signed") else "+s" if _is_on(extra, "certs_trusted_ca") else ""
    return {
        "neo4j_uri": f"{scheme}{trust}://{connection.host}:{connection.port or 7687}",
        "neo4j_user": connection.login or "neo4j",
        "neo4j_password": connection.password,
        "neo4j_http_url": extra.get("http_url"),
    }


def _is_on(extra: dict[str, Any], name: str) -> bool:
    return str(extra.get(name, False)).lower() == "true"


def _address(connection: Connection) -> str:
    """Return the SQLAlchemy address; extras such as sslmode are options of the driver."""
    from sqlalchemy import URL

    url = URL.create(
        "postgresql+psycopg",
        connection.login,
        connection.password,
        connection.host,
        connection.port,
        connection.schema or None,
        {name: str(value) for name, value in connection.extra_dejson.items()},
    )
    return url.render_as_string(hide_password=False)
