"""What must be sent to a graph that was told one state to make it say another, and what must go from it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ringwatch import duck
from ringwatch.loading.tables import SQL_TYPES, Table

_SAYS = "CREATE VIEW {when}_{name} AS SELECT {columns} FROM {when}_{name}_file WHERE updated_on IS NOT NULL"

_SENT = """
CREATE TABLE sent_{name} AS
SELECT now.* FROM now_{name} now LEFT JOIN told_{name} told USING ({keys})
WHERE told.updated_on IS NULL OR {differs}
ORDER BY {keys}
"""

_GONE = """
CREATE TABLE gone_{name} AS
SELECT {keys} FROM told_{name} ANTI JOIN now_{name} USING ({keys}) ORDER BY {keys}
"""


def work_out(connection: duckdb.DuckDBPyConnection, table: Table, told: Path | None, now: Path) -> None:
    """Make the tables `sent_<name>` (keys and properties) and `gone_<name>` (keys), in the order of their keys.

    `told` and `now` are folders of states, or of a survey; None stands for an empty graph.
    """
    for when, folder in (("told", told), ("now", now)):
        file = (
            duck.read_parquet(connection, folder / f"{table.name}.parquet") if folder else connection.sql(table.empty())
        )
        file.create_view(f"{when}_{table.name}_file")
        columns = ", ".join(f"CAST({name} AS {SQL_TYPES[kind]}) AS {name}" for name, kind in table.columns.items())
        connection.execute(_SAYS.format(when=when, name=table.name, columns=columns))
    keys = ", ".join(table.keys)
    differs = " OR ".join(f"now.{name} IS DISTINCT FROM told.{name}" for name in table.said)
    connection.execute(_SENT.format(name=table.name, keys=keys, differs=differs))
    connection.execute(_GONE.format(name=table.name, keys=keys))
