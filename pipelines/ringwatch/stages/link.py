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
from ringwatch.spark.shards import opened
from ringwatch.window import pairs, sharing
from ringwatch.window.each import Here, Shards


def run(night: Night) -> Report:
    """Link the accounts of the window. Raises InfrastructureError when the graph lacks what should be linked."""
    if night.settings.holds_flagged:
        counts, seconds = _counted(night)
    else:
        counts, seconds = _shown(night)
    return Report("link", night.day, counts, seconds, _warnings(counts["ties_cut"], counts["bits_cut"]))


def _counted(night: Night) -> tuple[dict[str, int], dict[str, float]]:
    started = perf_counter()
    with opened(night) as shards:
        counts = shards.counts | _apart(shards)
    return counts, {"share": perf_counter() - started}


def _shown(night: Night) -> tuple[dict[str, int], dict[str, float]]:
    """Count what is shared, and make the graph say it."""
    started = perf_counter()
    with sharing.open_sharing(night) as connection:
        pairs.keep_identifiers(connection, ACCOUNT)
        here = Here(night, connection)
        counts, seconds = here.counts, {"share": perf_counter() - started}
        connection.register("links", pairs.links(connection, night.settings.link_min_bits))
        counts |= _write(night, connection, seconds) | _apart(here)
    return counts, seconds


def _apart(shards: Shards) -> dict[str, int]:
    ties, bits = shards.cut
    return {"shards": shards.count, "ties_cut": ties, "bits_cut": round(bits)}


def _write(night: Night, connection: duckdb.DuckDBPyConnection, seconds: dict[str, float]) -> dict[str, int]:
    """Make the graph say it; return what that changed, and add to the seconds what it took."""
    started = perf_counter()
    counts = {"identifiers_changed": links.write_identifiers(night, connection)}
    marked = perf_counter()
    counts["links_written"] = links.write_links(night, connection)
    counts["links_removed"] = links.delete_links(night, connection)
    seconds |= {"identifiers": marked - started, "links": perf_counter() - marked}
    return counts


def _warnings(ties: int, bits: int) -> tuple[str, ...]:
    if not ties:
        return ()
    told = f"{ties:,} ties of {bits:,} bits in all were cut, the weakest of parts that were too large for a shard"
    return (f"{told}; a higher shard_accounts cuts fewer",)
