"""What the window says is written into the graph: `accounts`, `hub`, `bits`, `place` of identifiers, and LINKED_TO.

In: a DuckDB connection with `identifiers` (label, identifier, accounts, hub, bits, place) and `links` (source, target,
bits, facets, days). The graph is made to say exactly that: only what differs from it is written.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
import pyarrow as pa

from ringwatch.errors import InfrastructureError
from ringwatch.night import Night
from ringwatch.resources import cypher

_SHOWN_IDENTIFIERS = pa.schema(
    {
        "id": pa.string(),
        "identifier": pa.string(),
        "accounts": pa.int64(),
        "hub": pa.bool_(),
        "bits": pa.float64(),
        "place": pa.string(),
    }
)
_SHOWN_LINKS = pa.schema(
    {
        "source": pa.string(),
        "target": pa.string(),
        "bits": pa.float64(),
        "facets": pa.list_(pa.string()),
        "days": pa.int64(),
    }
)

# An identifier that the window has not seen is shared by nobody now.
_CHANGED_IDENTIFIERS = """
SELECT shown.id, coalesce(wanted.accounts, 0) AS accounts, coalesce(wanted.hub, false) AS hub,
  coalesce(wanted.bits, 0) AS bits, wanted.place
FROM shown LEFT JOIN (FROM identifiers WHERE label = $label) wanted USING (identifier)
WHERE (shown.accounts, shown.hub, shown.bits, shown.place) IS DISTINCT FROM
  (coalesce(wanted.accounts, 0), coalesce(wanted.hub, false), coalesce(wanted.bits, 0), wanted.place)
ORDER BY shown.identifier
"""

_CHANGED_LINKS = """
SELECT links.* FROM links LEFT JOIN shown_links shown USING (source, target)
WHERE (links.bits, links.facets, links.days) IS DISTINCT FROM (shown.bits, shown.facets, shown.days)
ORDER BY source, target
"""

_STALE_LINKS = "SELECT source, target FROM shown_links ANTI JOIN links USING (source, target) ORDER BY ALL"


def write_identifiers(night: Night, connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many identifiers of the graph now say something else."""
    changed = 0
    for label, key in night.model.identifiers().items():
        shown = night.graph.read_lists(cypher("link/read_identifiers"), label=label, key=key)
        connection.register("shown", _table(shown, _SHOWN_IDENTIFIERS))
        different = connection.sql(_CHANGED_IDENTIFIERS, params={"label": label}).to_arrow_table()
        changed += _write_apart(night, "link/write_identifiers", different, day=night.day)
    return changed


def write_links(night: Night, connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many links were written."""
    shown = night.graph.read_lists(cypher("link/read_links"))
    connection.register("shown_links", _table(shown, _SHOWN_LINKS))
    different = connection.sql(_CHANGED_LINKS).to_arrow_table()
    return _write(night, "link/write_links", different, day=night.day)


def delete_links(night: Night, connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many links were removed, after `write_links`: those that the window no longer supports."""
    return _write(night, "link/delete_links", connection.sql(_STALE_LINKS).to_arrow_table())


def _write_apart(night: Night, name: str, rows: pa.Table, **parameters: Any) -> int:
    """Write rows that never lock the same node, by as many writers as load has."""
    share = max(-(-len(rows) // night.settings.load_writers), night.settings.batch_rows)
    shares = [rows.slice(start, share) for start in range(0, len(rows), share)]
    with ThreadPoolExecutor(night.settings.load_writers) as writers:
        return sum(writers.map(lambda given: _write(night, name, given, **parameters), shares))


def _write(night: Night, name: str, rows: pa.Table, **parameters: Any) -> int:
    done = night.graph.write_frame(cypher(name), rows, night.settings.batch_rows, **parameters)
    if done.written != done.rows:
        raise InfrastructureError(
            f"{name}: {done.rows - done.written:,} of {done.rows:,} rows found no place in the graph; "
            f"load the days of the window again, then link {night.day}"
        )
    return done.written


def _table(slices: list[dict[str, list[Any]]], schema: pa.Schema) -> pa.Table:
    """Put slices of columns into one table."""
    return pa.Table.from_batches([pa.RecordBatch.from_pydict(columns, schema=schema) for columns in slices], schema)
