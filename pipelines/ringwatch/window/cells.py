"""Composite cells: two weak traits that go together far more often than each alone would explain.

The tables of `sharing` in; more rows of `identifier` and `sighting`, with the facet `cell`, and the table `cell`
(identifier, one, other: its sides) out. Accounts of one operator send the same prompt template from the same networks,
or pay with cards of one issuer from them, though each of these is common. For sides with n1 and n2 of all N accounts, c
accounts with both are expected to be

    e = (n1 - c) (n2 - c) / N + 0.5

which leaves the cell itself out, so that a farm that is a sixth of all accounts does not make its own habits look
common. A cell counts when c is at least LEAST, LIFT times e, and the log-likelihood ratio of a Poisson count
c ln(c / e) - c + e exceeds SURPRISE.
"""

from __future__ import annotations

import duckdb

LEAST, LIFT, SURPRISE = 4, 8.0, 14.0
# Share of all accounts above which a trait is no side.
WIDEST = 0.2

# Accounts with both sides, c, that are to be expected, and whether there are far more of them; n1 and n2 have a side.
EXPECTED = "(n1 - c) * (n2 - c) / (SELECT count(*) FROM account) + 0.5"
FAR_MORE = f"c / e >= {LIFT} AND c * ln(c / e) - c + e > {SURPRISE}"
# What sharing a cell is worth to two of its c accounts, by the facet that it is of.
WORTH = "CASE WHEN c > facet.hub_limit THEN 0 ELSE facet.bits * (1 - ln(c / 2) / ln(facet.hub_limit / 2)) END"

_SIDE = f"""
CREATE TEMP TABLE side AS
SELECT account, identifier, facet, accounts
FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet)
WHERE side > 0 AND accounts >= side AND accounts <= greatest({WIDEST} * (SELECT count(*) FROM account), side)
"""

_CELL = f"""
CREATE TEMP TABLE found AS
WITH counted AS (
  SELECT a.identifier AS one, b.identifier AS other, count(*) AS c,
    any_value(a.accounts) AS n1, any_value(b.accounts) AS n2
  FROM side a JOIN side b ON a.account = b.account AND a.facet < b.facet
  GROUP BY ALL HAVING c >= {LEAST}
), judged AS (
  SELECT *, {EXPECTED} AS e FROM counted
)
SELECT CAST((SELECT count(*) FROM identifier) + row_number() OVER (ORDER BY one, other) AS INTEGER) AS identifier,
  one, other, c
FROM judged WHERE {FAR_MORE}
"""

_IDENTIFIER = f"""
INSERT INTO identifier
SELECT found.identifier, facet.facet, a.facet || '=' || a.name || ' ' || b.facet || '=' || b.name, c,
  c > facet.hub_limit, {WORTH}
FROM found JOIN identifier a ON a.identifier = one JOIN identifier b ON b.identifier = other, facet
WHERE facet.facet = 'cell' ORDER BY found.identifier
"""

_SIGHTING = """
INSERT INTO sighting
SELECT a.account, found.identifier, repeat('0', $days)::BIT, NULL, NULL, 0
FROM found JOIN side a ON a.identifier = one JOIN side b ON b.identifier = other AND b.account = a.account
ORDER BY ALL
"""

_KEPT = "CREATE TABLE cell AS SELECT identifier, one, other FROM found ORDER BY identifier"


def add(connection: duckdb.DuckDBPyConnection, days: int) -> None:
    """Add the cells to the tables of `sharing` on `connection`, whose window is `days` long."""
    for statement in (_SIDE, _CELL, _IDENTIFIER):
        connection.execute(statement)
    connection.execute(_SIGHTING, {"days": days})
    connection.execute(_KEPT)
    connection.execute("DROP TABLE side; DROP TABLE found")
