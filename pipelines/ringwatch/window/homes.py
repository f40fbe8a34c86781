"""Where an account is at home, so that what others do there is no act of its own: the tables of `sharing` in, two out.

abode  account, identifier: the addresses and networks of the line that it lives on, the device that it lives with, and
       the cells of which one of these is a side
guest  account, share (how much of its days at addresses it spends where another one lives and it does not, as those do
       who rent exits; hubs are nobody's home), hardly_seen (on so few days that it may live at any of its addresses)

Outsiders can send their traffic through somebody's line, and pose as somebody's device. A line is told by its region,
since a line that changes its address gets another one near by; lines are no VPNs, data centres, places of work, nor
hubs. An account lives on a line when it is there on at least half of the days on which it was seen at any address, and
on more days than on all other lines together: who rents exits is on each of them for some days only, and on several at
once. It lives with the device that it uses on most days, when these are half of its days on devices at least.
"""

from __future__ import annotations

import duckdb

# Share of the days on which an account was seen that it spends where it lives; fewest days on a line, and on a device.
LIVES, LIVES_DAYS, DEVICE_DAYS = 0.5, 3, 2

# What stays of the name of an address, or of its network, when a line gets another: its /20, or the /32 of an IPv6 one.
_REGION = r"""
CASE WHEN contains(name, ':') THEN array_to_string(split(name, ':')[1:2], ':')
  WHEN regexp_matches(name, '^(\d+[.]){2}\d+([.]|$)') THEN
    array_to_string(split(name, '.')[1:2], '.') || '.' || CAST(split(name, '.')[3] AS INTEGER) // 16
  ELSE name END
"""

_LINE = f"""
CREATE TEMP TABLE line AS
WITH seen AS (
  SELECT account, {_REGION} AS region, days, NOT hub AND coalesce(place IN ('home', 'cafe', 'carrier'), true) AS own
  FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet) JOIN whereabouts USING (identifier)
  WHERE outsider AND residents AND label IS NOT NULL
), spent AS (
  SELECT account, region, bit_or(days) AS days FROM seen WHERE own GROUP BY ALL
), most AS (
  SELECT account, arg_max(region, (bit_count(days), region)) AS region FROM spent GROUP BY account
), compared AS (
  SELECT account, most.region, bit_count(bit_or(days) FILTER (spent.region = most.region)) AS here,
    coalesce(bit_count(bit_or(days) FILTER (spent.region <> most.region)), 0) AS elsewhere
  FROM most JOIN spent USING (account) GROUP BY ALL
)
SELECT account, region
FROM compared JOIN (SELECT account, bit_count(bit_or(days)) AS days FROM seen GROUP BY account) USING (account)
WHERE here > elsewhere AND here >= greatest({LIVES_DAYS}, {LIVES} * days)
"""

_ABODE = f"""
CREATE TABLE abode AS
WITH passed AS MATERIALIZED (  -- or all lines of a region are joined with all addresses of it
  SELECT account, identifier, {_REGION} AS region FROM sighting JOIN identifier USING (identifier)
  JOIN facet USING (facet) WHERE outsider AND residents
), machine AS (
  SELECT account, arg_max(identifier, (bit_count(days), -accounts, identifier)) AS identifier,
    max(bit_count(days)) AS most, bit_count(bit_or(days)) AS days
  FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet)
  WHERE outsider AND NOT residents GROUP BY account, facet
)
SELECT account, identifier, true AS line FROM passed JOIN line USING (account, region)
UNION ALL
SELECT account, identifier, false FROM machine WHERE most >= greatest({DEVICE_DAYS}, {LIVES} * days)
ORDER BY ALL
"""

_GUEST = f"""
CREATE TABLE guest AS
WITH home AS (SELECT DISTINCT identifier FROM abode WHERE line)
SELECT account, coalesce(
    sum(bit_count(days)) FILTER (home.identifier IS NOT NULL AND abode.account IS NULL AND NOT hub), 0
  ) / sum(bit_count(days)) AS share,
  bit_count(bit_or(days)) < {LIVES_DAYS} AS hardly_seen
FROM sighting JOIN identifier USING (identifier) JOIN facet USING (facet)
LEFT JOIN home USING (identifier) LEFT JOIN abode USING (account, identifier)
WHERE outsider AND residents AND label IS NOT NULL GROUP BY account HAVING sum(bit_count(days)) > 0 ORDER BY account
"""

_OF_CELLS = """
INSERT INTO abode
WITH side AS (
  SELECT identifier AS cell, one AS identifier FROM cell UNION ALL SELECT identifier, other FROM cell
)
SELECT account, cell, bool_or(line) FROM side JOIN abode USING (identifier) JOIN sighting USING (account)
WHERE sighting.identifier = cell GROUP BY ALL ORDER BY ALL
"""


def add(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the tables above to those of `sharing` on `connection`, after its places and cells."""
    for statement in (_LINE, _ABODE, _GUEST, _OF_CELLS):
        connection.execute(statement)
    connection.execute("DROP TABLE line")
