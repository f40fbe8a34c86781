"""The only door to Neo4j and GDS."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import neo4j
import pandas as pd
from neo4j import GraphDatabase

from ringwatch.errors import InfrastructureError
from ringwatch.server import Connection

if TYPE_CHECKING:
    from graphdatascience import GraphDataScience

DATABASE = "neo4j"


class Graph:
    """Runs statements with parameters. Transactions are retried on transient errors: statements must be idempotent."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._driver = GraphDatabase.driver(
            connection.uri,
            auth=(connection.user, connection.password),
            notifications_min_severity="OFF",
        )

    def close(self) -> None:
        self._driver.close()

    def read(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a reading statement and return its records as dicts."""
        return self._execute(query, parameters, neo4j.RoutingControl.READ)

    def write(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a writing statement in one retried transaction and return its records as dicts."""
        return self._execute(query, parameters, neo4j.RoutingControl.WRITE)

    def write_frame(self, query: str, frame: pd.DataFrame, batch_rows: int, **parameters: Any) -> int:
        """Run `query` once per batch of rows, each column of `frame` being a list parameter of its name.

        Returns the number of rows sent. Columns instead of one map per row: the fastest of the forms measured.
        """
        for batch in _batches(frame, batch_rows):
            self.write(query, **batch, **parameters)
        return len(frame)

    @cached_property
    def gds(self) -> GraphDataScience:
        """The GDS client on the same driver."""
        from graphdatascience import GraphDataScience

        return GraphDataScience(self._driver, database=DATABASE, arrow=False, show_progress=False)

    def _execute(self, query: str, parameters: dict[str, Any], routing: neo4j.RoutingControl) -> list[dict[str, Any]]:
        try:
            result = self._driver.execute_query(query, parameters, database_=DATABASE, routing_=routing)
        except neo4j.exceptions.AuthError:
            raise InfrastructureError(
                f"Neo4j at {self.connection.uri} refused the user name or password; check NEO4J_USER and NEO4J_PASSWORD"
            ) from None
        except neo4j.exceptions.ServiceUnavailable:
            raise InfrastructureError(
                f"Neo4j at {self.connection.uri} does not answer; see `ringwatch server status`"
            ) from None
        return [record.data() for record in result.records]


def _batches(frame: pd.DataFrame, batch_rows: int) -> Iterator[dict[str, list[Any]]]:
    """Yield `frame` in slices, each a dict of plain Python lists with None for what is missing."""
    for start in range(0, len(frame), batch_rows):
        part = frame.iloc[start : start + batch_rows]
        yield {str(name): _plain(part[name]) for name in part}


def _plain(column: pd.Series) -> list[Any]:
    values = column.astype(object).where(column.notna(), None)
    return [value.to_pydatetime() if isinstance(value, pd.Timestamp) else value for value in values]
