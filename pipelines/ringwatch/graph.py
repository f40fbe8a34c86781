"""The only door to Neo4j and GDS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import neo4j
from neo4j import GraphDatabase

from ringwatch.errors import InfrastructureError
from ringwatch.server import Connection
from ringwatch.symptoms import LOST_SERVER

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from graphdatascience import GraphDataScience

DATABASE = "neo4j"
_CONNECT_SECONDS = 10
# How long a night goes on trying while its server restarts, or refuses for the moment.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Written:
    """What became of a frame: rows sent, and the sum of what the statement returned as `written`."""

    rows: int
    written: int


class Graph:
    """Runs statements with parameters. Transactions are retried on transient errors: statements must be idempotent.

    patience_seconds: for how long; 0 for who waits in front of a screen.
    """

    def __init__(self, connection: Connection, patience_seconds: float | None = None) -> None:
        self.connection = connection
        self._driver = GraphDatabase.driver(
            connection.uri,
            auth=(connection.user, connection.password),
            notifications_min_severity="OFF",
            connection_timeout=_CONNECT_SECONDS,
            max_transaction_retry_time=PATIENCE_SECONDS if patience_seconds is None else patience_seconds,
        )

    def close(self) -> None:
        self._driver.close()

    def read(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a reading statement and return its records as dicts."""
        return self._execute(query, parameters, neo4j.RoutingControl.READ)

    def ask(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a reading statement and return its records with nodes, relationships and paths as the driver has them."""
        with self._failures():
            result = self._driver.execute_query(
                query, parameters, database_=DATABASE, routing_=neo4j.RoutingControl.READ
            )
        return [dict(zip(record.keys(), record.values(), strict=True)) for record in result.records]

    def read_lists(self, query: str, **parameters: Any) -> list[dict[str, list[Any]]]:
        """Run a reading statement whose records are lists of plain values, and return the records as they came.

        `read` looks into every list for nodes and relationships, which takes longer than most queries.
        """
        with self._failures():
            result = self._driver.execute_query(
                query, parameters, database_=DATABASE, routing_=neo4j.RoutingControl.READ
            )
        return [dict(zip(record.keys(), record.values(), strict=True)) for record in result.records]

    def write(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a writing statement in one retried transaction and return its records as dicts."""
        return self._execute(query, parameters, neo4j.RoutingControl.WRITE)

    def write_frame(
        self, query: str, rows: pd.DataFrame | pa.Table | Iterable[pa.RecordBatch], batch_rows: int, **parameters: Any
    ) -> Written:
        """Run `query` once per batch of `rows`, each column being a list parameter of its name; missing becomes null.

        Record batches are sent as they come. Columns instead of one map per row: the fastest of the forms measured.
        """
        sent = written = 0
        for batch in _batches(rows, batch_rows):
            records = self._execute(query, batch.to_pydict() | parameters, neo4j.RoutingControl.WRITE)
            sent += batch.num_rows
            written += sum(record.get("written", 0) for record in records)
        return Written(sent, written)

    @cached_property
    def gds(self) -> GraphDataScience:
        """The GDS client on the same driver."""
        from ringwatch.gds import open_client

        return open_client(self._driver, DATABASE)

    def ask_gds(self, query: str, **parameters: Any) -> dict[str, Any]:
        """Return the one record of a statement that has GDS work, asked for by its client."""
        from graphdatascience.error.unable_to_connect import UnableToConnectError

        with self._failures():
            try:
                found = self.gds.run_cypher(query, parameters)
            except UnableToConnectError as error:
                raise neo4j.exceptions.ServiceUnavailable(str(error)) from None
        return {str(name): value for name, value in found.iloc[0].items()}

    def write_in_batches(self, query: str, **parameters: Any) -> None:
        """Run a statement that has `IN TRANSACTIONS`, and so commits by itself as it goes on."""
        with self._failures(), self._driver.session(database=DATABASE) as session:
            session.run(query, parameters).consume()

    def read_columns(self, query: str, rows: int) -> Iterator[dict[str, list[Any]]]:
        """Run a reading statement and yield its records as columns of up to `rows` values, without keeping them all."""
        with (
            self._failures(),
            self._driver.session(
                database=DATABASE, default_access_mode=neo4j.READ_ACCESS, fetch_size=min(rows, 10_000)
            ) as session,
        ):
            result = session.run(query)
            while records := result.fetch(rows):
                values = zip(*(record.values() for record in records), strict=True)
                yield dict(zip(result.keys(), map(list, values), strict=True))

    def _execute(self, query: str, parameters: dict[str, Any], routing: neo4j.RoutingControl) -> list[dict[str, Any]]:
        with self._failures():
            result = self._driver.execute_query(query, parameters, database_=DATABASE, routing_=routing)
        return [record.data() for record in result.records]

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Say in one sentence what keeps the server from answering; a wrong statement is a defect of ours."""
        at = f"Neo4j at {self.connection.uri}"
        try:
            yield
        except neo4j.exceptions.AuthError:
            raise InfrastructureError(
                f"{at} refused the user name or password; check NEO4J_USER and NEO4J_PASSWORD"
            ) from None
        except (neo4j.exceptions.ServiceUnavailable, neo4j.exceptions.SessionExpired):
            raise InfrastructureError(f"{at} does not answer; see `ringwatch server status`", LOST_SERVER) from None
        except (neo4j.exceptions.TransientError, neo4j.exceptions.DatabaseError) as error:
            reason = str(error.message).partition("\n")[0].rstrip(".")
            raise InfrastructureError(
                f"{at} could not do it ({reason}); see `ringwatch server logs`", LOST_SERVER
            ) from None


def _batches(rows: pd.DataFrame | pa.Table | Iterable[pa.RecordBatch], batch_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield `rows` in batches that are not empty."""
    import pandas as pd
    import pyarrow as pa

    table = pa.Table.from_pandas(rows, preserve_index=False) if isinstance(rows, pd.DataFrame) else rows
    batches: Iterable[pa.RecordBatch] = (
        table.to_batches(max_chunksize=batch_rows) if isinstance(table, pa.Table) else table
    )
    yield from (batch for batch in batches if batch.num_rows)
