"""link: the window's clean days in; `accounts`, `hub`, `bits`, `place` on identifiers and LINKED_TO of accounts out.

What counts as shared, what is a hub and what sharing is worth is decided in `sharing.py`, `cells.py` and `pairs.py`,
what place an address is in `places.py`.
The graph is made to say exactly that (`loading/links.py`); one that holds flagged neighbourhoods hears it from publish.
"""

from __future__ import annotations

from time import perf_counter

import duckdb

from ringwatch.loading import links
from ringwatch.model import ACCOUNT
from ringwatch.night import Night, Report
from ringwatch.window import pairs, shards, sharing


def run(night: Night) -> Report:
    """Link the accounts of the window. Raises InfrastructureError when the graph lacks what should be linked."""
    started = perf_counter()
    with sharing.open_sharing(night) as connection:
        connection.register("identifiers", pairs.identifiers(connection, ACCOUNT))
        connection.register("links", pairs.links(connection, night.settings.link_min_bits))
        connection.register("hubs", pairs.hubs(connection))
        seconds = {"share": perf_counter() - started}
        counts = _counts(connection)
        if not night.settings.holds_flagged:
            counts |= _write(night, connection, seconds)
        ties, bits = shards.cut(connection)
        counts |= {"shards": shards.count(connection), "ties_cut": ties, "bits_cut": round(bits)}
    return Report("link", night.day, counts, seconds, _warnings(ties, bits))


def _write(night: Night, connection: duckdb.DuckDBPyConnection, seconds: dict[str, float]) -> dict[str, int]:
    """Make the graph say it; return what that changed, and add to the seconds what it took."""
    started = perf_counter()
    counts = {"identifiers_changed": links.write_identifiers(night, connection)}
    marked = perf_counter()
    counts["links_written"] = links.write_links(night, connection)
    counts["links_removed"] = links.delete_links(night, connection)
    seconds |= {"identifiers": marked - started, "links": perf_counter() - marked}
    return counts


def _warnings(ties: int, bits: float) -> tuple[str, ...]:
    if not ties:
        return ()
    told = f"{ties:,} ties of {bits:,.0f} bits in all were cut, the weakest of parts that were too large for a shard"
    return (f"{told}; a higher shard_accounts cuts fewer",)


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
