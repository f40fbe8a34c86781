"""What accounts share two by two: the tables of `sharing` in; three more, and links, hubs and uses out.

link    source, target (accounts, source < target), bits, facets, days, likeness: pairs with at least LEAST_BITS or
        LEAST_LIKENESS
usual   facet (that anybody was seen in), edges (dealings in it), part (of its likeness that is lost, see below): of the
        whole night
dealt   source, target, weight: accounts that deal directly

Two accounts on an identifier get its bits, times what the way they use it is worth:

    (1 - tenure) (1 - tenure)    residents of an address are neighbours, not partners; halved again when both are
    1.25                         on a day that both used it
    2 ^ (-gap / half life)       where the facet has one: days from the last use of one to the first of the other

then added up per facet, up to the facet's cap, and over facets. Where a facet has residents, two who spend most of
their days together on it are one household and not one operator, however often their line changes its address: its
bits are multiplied with the share of their days that they spend apart. Pairs are never quadratic: an identifier above
its hub_limit makes none. Hubs within their facet's review_share are kept beside the pairs as nodes of their own.

Likeness is a second sum, of log odds that two accounts have one operator. Bits ask how rare it is to meet by chance;
likeness also asks how the two live: whether a device is where both spend their days, whether an address is a crowd's or
a home's, how close together they were opened: 3 for the same day, one less with each doubling of the days between. Its
weights (`affinity` and `habit` of a facet) were fitted once on simulated worlds (docs/measurements/detection.md). It
finds candidates and counts nothing in their score.
"""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa

from ringwatch.window.making import Maker
from ringwatch.window.statements import macros, statement

# Bits, and likeness, from which a pair is kept.
LEAST_BITS, LEAST_LIKENESS = 1.5, 4.0
_VALUES = {"least_bits": LEAST_BITS, "least_likeness": LEAST_LIKENESS}

_OF_SHARD = "SEMI JOIN (FROM shard WHERE shard = {}) mine USING (account)"

_LINKS = """
SELECT least(a.account_id, b.account_id) AS source, greatest(a.account_id, b.account_id) AS target, bits, facets, days
FROM link JOIN account a ON a.account = link.source JOIN account b ON b.account = link.target
WHERE bits >= $min_bits ORDER BY ALL
"""

_LINKED = "SELECT source, target, bits FROM link WHERE bits >= $min_bits ORDER BY source, target"

_ALIKE = "SELECT source, target, likeness FROM link WHERE likeness >= $least ORDER BY source, target"

_USE = """
SELECT account, identifier, round(bits, 6) AS bits FROM identifier JOIN sighting USING (identifier)
WHERE bits > 0 AND accounts > 1 ORDER BY account, identifier
"""

_BY_LABEL = """
SELECT label, name AS identifier, max(accounts) AS accounts, bool_or(hub) AS hub,
  round(max(identifier.bits), 6) AS bits, max(place) AS place
FROM identifier JOIN facet USING (facet) LEFT JOIN whereabouts USING (identifier)
WHERE label <> $account GROUP BY ALL
"""

_COUNTS = f"""
SELECT (SELECT count(*) FROM account) AS accounts, count(*) AS identifiers, count(*) FILTER (accounts > 1) AS shared,
  count(*) FILTER (hub) AS hubs, (SELECT count(*) FROM link WHERE bits >= $min_bits) AS links,
  (SELECT count(DISTINCT identifier) FROM kept_hubs) AS hubs_kept,
  (SELECT count(DISTINCT account) FROM kept_hubs) AS hub_accounts
FROM ({_BY_LABEL})
"""


def prepare(maker: Maker) -> None:
    """Add `usual` and `dealt` to the tables of `sharing`."""
    maker.do(("pair_alike", "met_in", "dealt_in", "seen_in", "usual", "partner", "partners", "dealt"))
    maker.drop(("pair_alike", "met_in", "dealt_in", "seen_in", "partner", "partners"))


def add(connection: duckdb.DuckDBPyConnection, shards: int = 1) -> None:
    """Add the table `link` to those of `sharing` on `connection`, shard by shard where there are several."""
    narrowed = [_OF_SHARD.format(shard) for shard in range(1, shards + 1)] if shards > 1 else [""]
    connection.execute(macros())
    for place, accounts in enumerate(narrowed):
        into = "INSERT INTO link" if place else "CREATE TABLE link AS"
        one = statement("link").filled(accounts=accounts)
        connection.execute(f"{into} {one.select}", one.used(_VALUES))


def links(connection: duckdb.DuckDBPyConnection, min_bits: float) -> pa.Table:
    """Return the pairs of accounts that share at least `min_bits`, hubs left out, as the graph shows them.

    source, target (ids, source < target), bits (capped per facet, then added), facets, days (on which they shared one).
    """
    return connection.sql(_LINKS, params={"min_bits": min_bits}).to_arrow_table()


def linked(connection: duckdb.DuckDBPyConnection, min_bits: float) -> pa.Table:
    """Return source, target (numbers of accounts, source < target), bits of the same pairs."""
    return connection.sql(_LINKED, params={"min_bits": min_bits}).to_arrow_table()


def alike(connection: duckdb.DuckDBPyConnection, least: float = LEAST_LIKENESS) -> pa.Table:
    """Return source, target (numbers, source < target), likeness of the pairs with at least this likeness."""
    return connection.sql(_ALIKE, params={"least": least}).to_arrow_table()


def dealt(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return source, target (numbers, source < target), weight (kinds of dealing) of accounts that deal directly."""
    return connection.sql("FROM dealt ORDER BY source, target").to_arrow_table()


def hubs(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return account, identifier (numbers), bits: who is on the hubs that may hide a large ring.

    A ring that outgrows the limit of its own card or cell would hide itself, so these are looked at as groups.
    """
    return connection.sql(statement("hub").select).to_arrow_table()


def uses(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return account, identifier (numbers), bits of what accounts share, hubs left out."""
    return connection.sql(_USE).to_arrow_table()


def accounts(connection: duckdb.DuckDBPyConnection) -> pd.Series:
    """Return the account_id of each account by its number, 1 to as many as there are."""
    found: pd.Series = connection.table("account").df().set_index("account")["account_id"].sort_index()
    return found


def places(connection: duckdb.DuckDBPyConnection) -> pd.Series:
    """Return the number of each account by its account_id: what is first among equals (`order.py`)."""
    found: pd.Series = connection.table("account").df().set_index("account_id")["account"]
    return found


def identifiers(connection: duckdb.DuckDBPyConnection, account_label: str) -> pa.Table:
    """Return label, identifier, accounts, hub, bits, place of what was seen in the window, without far accounts."""
    return connection.sql(f"{_BY_LABEL} ORDER BY ALL", params={"account": account_label}).to_arrow_table()


def keep_identifiers(connection: duckdb.DuckDBPyConnection, account_label: str) -> None:
    """Keep the same, in no order, as the table `identifiers` of this connection."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE identifiers AS {_BY_LABEL}", {"account": account_label})


def counts(connection: duckdb.DuckDBPyConnection, account_label: str, min_bits: float) -> dict[str, int]:
    """Accounts and identifiers seen in the window, those that are shared, hubs, links, and the reach of hubs.

    Hubs make no links; of those that may hide a large ring and are looked at as groups, `hubs_kept` says how many there
    are and `hub_accounts` how many accounts are on them.
    """
    connection.register("kept_hubs", hubs(connection))
    asked = {"account": account_label, "min_bits": min_bits}
    found: dict[str, int] = connection.sql(_COUNTS, params=asked).to_arrow_table().to_pylist()[0]
    return found
