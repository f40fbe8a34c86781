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
a home's, how close together they were opened. Its weights (`affinity` and `habit` of a facet, YOUNG) were fitted once
on simulated worlds (docs/measurements/detection.md). It finds candidates and counts nothing in their score.
"""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa

SAME_DAY = 1.25
# Days that are added to the days on which accounts were active, so that one day together is no habit.
FEW_DAYS = 2

# Bits, and likeness, from which a pair is kept.
LEAST_BITS, LEAST_LIKENESS = 1.5, 4.0
# Likeness of two accounts opened at once; one less with each doubling of the days between.
YOUNG = 3

# {accounts} narrows down whose pairs are made, {facets} of what; what sharing an identifier is worth does not change.
_BY_FACET = f"""
WITH used AS (
  SELECT account, identifier, days, first, last, CASE WHEN residents THEN tenure ELSE 0 END AS tenure,
    tenure AS staying, identifier.bits > 0 AS links,
    CASE WHEN affinity + habit > 0 AND accounts BETWEEN affinity_from AND affinity_limit
      THEN 1 - ln(accounts / 2) / ln(affinity_limit / 2) ELSE 0 END AS rarity
  FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet) {{accounts}}
  WHERE accounts > 1 AND (identifier.bits > 0 OR rarity > 0) {{facets}}
), met AS (
  SELECT a.account AS source, b.account AS target, a.identifier,
    CASE WHEN a.links THEN a.days & b.days ELSE xor(a.days, a.days) END AS days,
    a.rarity, least(a.staying, b.staying) AS staying,
    (1 - a.tenure) * (1 - b.tenure) * CASE WHEN least(a.tenure, b.tenure) > 0.5 THEN 0.5 ELSE 1 END AS visiting,
    greatest(greatest(a.first, b.first) - least(a.last, b.last), 0) AS gap
  FROM used a JOIN used b ON a.identifier = b.identifier AND a.account < b.account
), by_facet AS (
  SELECT source, target, facet, bit_or(days) AS days, any_value(cap_bits) AS cap, any_value(residents) AS residents,
    sum(identifier.bits * visiting * CASE WHEN bit_count(days) > 0 THEN {SAME_DAY}
      WHEN half_life_days > 0 THEN pow(2, -gap / half_life_days) ELSE 1 END) AS bits,
    sum(rarity * affinity * visiting) + max(rarity * habit * staying) AS likeness
  FROM met JOIN identifier USING (identifier) JOIN facet USING (facet) GROUP BY source, target, facet
)
"""

_USUAL = f"""
CREATE TABLE usual AS
{_BY_FACET.format(accounts="", facets="AND affinity_pairs > 0")}, met_in AS (
  SELECT facet, count(*) AS pairs FROM by_facet WHERE likeness > 0 GROUP BY facet
), dealt_in AS (
  SELECT facet, count(*) AS edges FROM dealing GROUP BY facet
)
SELECT facet, coalesce(edges, 0) AS edges, CASE WHEN pairs > 0
  THEN greatest(log2(pairs / (affinity_pairs * (SELECT accounts FROM figure))), 0) / affinity ELSE 0 END AS part
FROM (SELECT facet FROM identifier UNION SELECT facet FROM dealing) JOIN facet USING (facet)
LEFT JOIN met_in USING (facet) LEFT JOIN dealt_in USING (facet) ORDER BY facet
"""

_LINK = f"""
{_BY_FACET}, apart AS (
  SELECT source, target, facet, days, least(cap, bits) * CASE WHEN residents
    THEN 1 - bit_count(days) / (least(a.active_days, b.active_days) + {FEW_DAYS}) ELSE 1 END AS bits,
    likeness * greatest(1 - coalesce(usual.part, 0), 0) AS likeness,
    coalesce(greatest({YOUNG} - log2(1 + abs(a.created - b.created)), 0), 0) AS young
  FROM by_facet JOIN account a ON a.account = source JOIN account b ON b.account = target LEFT JOIN usual USING (facet)
)
SELECT source, target, round(sum(bits), 6) AS bits, list(facet ORDER BY facet) FILTER (bits > 0) AS facets,
  bit_count(bit_or(days)) AS days, round(sum(likeness) + any_value(young), 6) AS likeness
FROM apart GROUP BY source, target
HAVING round(sum(bits), 6) >= {LEAST_BITS} OR round(sum(likeness) + any_value(young), 6) >= {LEAST_LIKENESS}
ORDER BY source, target
"""
_OF_SHARD = "SEMI JOIN (FROM shard WHERE shard = {}) mine USING (account)"

_LINKS = """
SELECT least(a.account_id, b.account_id) AS source, greatest(a.account_id, b.account_id) AS target, bits, facets, days
FROM link JOIN account a ON a.account = link.source JOIN account b ON b.account = link.target
WHERE bits >= $min_bits ORDER BY ALL
"""

_LINKED = "SELECT source, target, bits FROM link WHERE bits >= $min_bits ORDER BY source, target"

_ALIKE = "SELECT source, target, likeness FROM link WHERE likeness >= $least ORDER BY source, target"

# Who deals with more accounts than the facet's hub_limit is a merchant, an exchange, or the service itself.
_DEALT = """
CREATE TABLE dealt AS
WITH pair AS (
  SELECT DISTINCT facet, least(source, target) AS source, greatest(source, target) AS target FROM dealing
), degree AS (
  SELECT facet, account, count(*) AS partners
  FROM (SELECT facet, unnest([source, target]) AS account FROM pair) GROUP BY ALL
)
SELECT source, target, CAST(count(*) AS DOUBLE) AS weight
FROM pair JOIN facet USING (facet) JOIN degree a ON (a.facet, a.account) = (pair.facet, source)
JOIN degree b ON (b.facet, b.account) = (pair.facet, target)
WHERE greatest(a.partners, b.partners) <= hub_limit GROUP BY source, target ORDER BY source, target
"""

_HUB = """
SELECT account, identifier, facet.bits AS bits
FROM identifier JOIN facet USING (facet) JOIN sighting USING (identifier)
WHERE hub AND review_share > 0 AND identifier.accounts <= hub_limit + review_share * (SELECT accounts FROM figure)
ORDER BY identifier, account
"""

_USE = """
SELECT account, identifier, round(bits, 6) AS bits FROM identifier JOIN sighting USING (identifier)
WHERE bits > 0 AND accounts > 1 ORDER BY account, identifier
"""

_BY_LABEL = """
SELECT label, name AS identifier, max(accounts) AS accounts, bool_or(hub) AS hub,
  round(max(identifier.bits), 6) AS bits, max(place) AS place
FROM identifier JOIN facet USING (facet) LEFT JOIN whereabouts USING (identifier)
WHERE label <> $account GROUP BY ALL ORDER BY ALL
"""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Add `usual` and `dealt` to the tables of `sharing` on `connection`."""
    connection.execute(_USUAL)
    connection.execute(_DEALT)


def add(connection: duckdb.DuckDBPyConnection, shards: int = 1) -> None:
    """Add the table `link` to those of `sharing` on `connection`, shard by shard where there are several."""
    narrowed = [_OF_SHARD.format(shard) for shard in range(1, shards + 1)] if shards > 1 else [""]
    for place, accounts in enumerate(narrowed):
        into = "INSERT INTO link" if place else "CREATE TABLE link AS"
        connection.execute(f"{into} {_LINK.format(accounts=accounts, facets='')}")


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
    return connection.sql(_HUB).to_arrow_table()


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
    return connection.sql(_BY_LABEL, params={"account": account_label}).to_arrow_table()
