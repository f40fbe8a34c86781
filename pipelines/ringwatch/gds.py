"""The GDS client, which by itself would wait ten minutes for a server that is gone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import neo4j
from tenacity import retry, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_fixed

if TYPE_CHECKING:
    from graphdatascience import GraphDataScience

_TRIES = 3
_MOST_SECONDS = 5
_BETWEEN_SECONDS = 0.5


def open_client(driver: neo4j.Driver, database: str) -> GraphDataScience:
    """Return a client on `driver`; its calls raise the driver's errors within seconds when the server is gone."""
    from graphdatascience import GraphDataScience

    runner = _impatient()(driver, "neo4j+s" if driver.encrypted else "bolt", database=database, show_progress=False)
    return GraphDataScience(runner, database=database, arrow=False, show_progress=False)


@cache
def _impatient() -> Any:
    """Return the client's way to run queries, made here since importing it takes a second."""
    from graphdatascience.query_runner.neo4j_query_runner import Neo4jQueryRunner

    class Impatient(Neo4jQueryRunner):
        """Asks whether the server is there a few times, silently, before each call.

        More is of no use: the graphs of GDS are in the memory of the server, and one that comes back has lost them.
        """

        @retry(
            retry=retry_if_exception_type(neo4j.exceptions.DriverError),
            stop=stop_after_attempt(_TRIES) | stop_after_delay(_MOST_SECONDS),
            wait=wait_fixed(_BETWEEN_SECONDS),
            reraise=True,
        )
        def _verify_connectivity(
            self,
            database: str | None,  # noqa: ARG002 - the client passes both by position
            retry_config: Neo4jQueryRunner.ConnectivityRetriesConfig,  # noqa: ARG002
        ) -> None:
            self._driver.verify_connectivity()

    return Impatient
