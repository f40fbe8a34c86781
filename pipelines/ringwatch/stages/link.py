"""link: the window's clean days in; `accounts`, `hub`, `bits`, `place` on identifiers and LINKED_TO of accounts out.

What counts as shared, what is a hub and what sharing is worth is decided in `sharing.py`, `cells.py` and `pairs.py`,
what place an address is in `places.py`.
The graph is made to say exactly that: only what differs from it is written, and links that the window no longer
supports are removed.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import duckdb
import pyarrow as pa

from ringwatch.errors import InfrastructureError
from ringwatch.model import ACCOUNT
from ringwatch.night import Night, Report
from ringwatch.resources import cypher
from ringwatch.window import pairs, shards, sharing

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
SELECT links.* FROM links LEFT JOIN shown USING (source, target)
WHERE (links.bits, links.facets, links.days) IS DISTINCT FROM (shown.bits, shown.facets, shown.days)
ORDER BY source, target
"""

_STALE_LINKS = "SELECT source, target FROM shown ANTI JOIN links USING (source, target) ORDER BY source, target"


def run(night: Night) -> Report:
    """Link the accounts of the window. Raises InfrastructureError when the graph lacks what should be linked."""
    started = perf_counter()
    with sharing.open_sharing(night) as connection:
        connection.register("identifiers", pairs.identifiers(connection, ACCOUNT))
        connection.register("links", pairs.links(connection, night.settings.link_min_bits))
        connection.register("hubs", pairs.hubs(connection))
        shared = perf_counter()
        changed = _write_identifiers(night, connection)
        marked = perf_counter()
        written, removed = _write_links(night, connection)
        counts = _counts(connection) | {
            "identifiers_changed": changed,
            "links_written": written,
            "links_removed": removed,
        }
        ties, bits = shards.cut(connection)
        counts |= {"shards": shards.count(connection), "ties_cut": ties, "bits_cut": round(bits)}
    seconds = {"share": shared - started, "identifiers": marked - shared, "links": perf_counter() - marked}
    return Report("link", night.day, counts, seconds, _warnings(ties, bits))


def _warnings(ties: int, bits: float) -> tuple[str, ...]:
    if not ties:
        return ()
    told = f"{ties:,} ties of {bits:,.0f} bits in all were cut, the weakest of parts that were too large for a shard"
    return (f"{told}; a higher shard_accounts cuts fewer",)


def _write_identifiers(night: Night, connection: duckdb.DuckDBPyConnection) -> int:
    changed = 0
    for label, key in night.model.identifiers().items():
        shown = night.graph.read_lists(cypher("link/read_identifiers"), label=label, key=key)
        connection.register("shown", _table(shown, _SHOWN_IDENTIFIERS))
        different = connection.sql(_CHANGED_IDENTIFIERS, params={"label": label}).to_arrow_table()
        changed += _write(night, "link/write_identifiers", different, day=night.day)
    return changed


def _write_links(night: Night, connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Return how many links were written and removed."""
    connection.register("shown", _table(night.graph.read_lists(cypher("link/read_links")), _SHOWN_LINKS))
    different = connection.sql(_CHANGED_LINKS).to_arrow_table()
    stale = connection.sql(_STALE_LINKS).to_arrow_table()
    written = _write(night, "link/write_links", different, day=night.day)
    return written, _write(night, "link/delete_links", stale)


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


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Accounts and identifiers seen in the window, those that are shared, hubs, links, and the reach of hubs.

    Hubs make no links; of those that may hide a large ring and are looked at as groups, `hubs_kept` says how many there
    are and `hub_accounts` how many accounts are on them.
    """
    counted = connection.sql(
        "SELECT (SELECT count(*) FROM account) AS accounts, count(*) AS identifiers, "
        "count(*) FILTER (accounts > 1) AS shared, count(*) FILTER (hub) AS hubs, "
        "(SELECT count(*) FROM links) AS links, (SELECT count(DISTINCT identifier) FROM hubs) AS hubs_kept, "
        "(SELECT count(DISTINCT account) FROM hubs) AS hub_accounts FROM identifiers"
    ).to_arrow_table()
    found: dict[str, int] = counted.to_pylist()[0]
    return found
