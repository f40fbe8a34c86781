"""Who shared what in the window: the clean days in; accounts, sightings, identifiers and pairs out, as DuckDB tables.

facet       facet, label, bits, hub_limit, cap_bits, residents, own_bits: the model's evidence
account     account_id, active_days: the accounts seen in the window
sighting    account_id, facet, identifier, days (list of dates, empty for what lasts), tenure: once per account and
            identifier; tenure is the share of the account's active days spent on it, for facets with residents
identifier  facet, identifier, accounts, hub, bits

A relationship between accounts counts as an identifier, the far account, which that account uses itself.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta

import duckdb
import pandas as pd
import pyarrow as pa

from ringwatch.history import open_history
from ringwatch.model import ACCOUNT, Feed, Relationship
from ringwatch.night import Night

# Days from which staying on an identifier is a habit.
RESIDENT_DAYS = 3

_ACTIVITY = """
CREATE TABLE activity AS
SELECT DISTINCT account_id, facet, identifier, day FROM ({rows})
WHERE day BETWEEN $since AND $until
"""

_ACCOUNT = """
CREATE TABLE account AS
SELECT account_id, count(DISTINCT day) AS active_days FROM (
  SELECT account_id, day FROM activity
  UNION ALL
  SELECT account_id, CAST(created_at AS DATE) AS day FROM accounts
  WHERE CAST(created_at AS DATE) BETWEEN $since AND $until
) GROUP BY account_id
"""

_SIGHTING = """
CREATE TABLE sighting AS
WITH seen AS (
  SELECT account_id, facet, identifier, list_sort(list(day)) AS days
  FROM activity WHERE identifier IS NOT NULL GROUP BY ALL
  UNION ALL
  SELECT DISTINCT account_id, facet, identifier, CAST([] AS DATE[]) AS days FROM ({lasting})
)
SELECT account_id, facet, identifier, days,
  CASE WHEN residents AND len(days) >= {resident_days} THEN len(days) / active_days ELSE 0 END AS tenure
FROM seen JOIN account USING (account_id) JOIN facet USING (facet)
"""

# Here it is decided what is a hub, and what sharing is worth: bits fall with the logarithm of the accounts.
_IDENTIFIER = """
CREATE TABLE identifier AS
SELECT facet, identifier, accounts, accounts > hub_limit AS hub,
  CASE WHEN accounts < 2 OR accounts > hub_limit THEN 0
    ELSE bits * (1 - ln(accounts / 2) / ln(hub_limit / 2)) END AS bits
FROM (SELECT facet, identifier, count(*) AS accounts FROM sighting GROUP BY ALL) JOIN facet USING (facet)
"""

# Using an identifier on the same day counts a quarter more; residents of an address are neighbours, not partners.
_PAIR = """
WITH shared AS (
  SELECT a.account_id AS source, b.account_id AS target, a.facet, identifier.bits,
    (1 - a.tenure) * (1 - b.tenure) * CASE WHEN least(a.tenure, b.tenure) > 0.5 THEN 0.5 ELSE 1 END AS visiting,
    list_intersect(a.days, b.days) AS days
  FROM sighting a JOIN sighting b ON a.facet = b.facet AND a.identifier = b.identifier AND a.account_id < b.account_id
  JOIN identifier ON identifier.facet = a.facet AND identifier.identifier = a.identifier
  WHERE NOT identifier.hub
), by_facet AS (
  SELECT source, target, facet, flatten(list(days)) AS days,
    least(cap_bits, sum(shared.bits * visiting * CASE WHEN len(days) > 0 THEN 1.25 ELSE 1 END)) AS bits
  FROM shared JOIN facet USING (facet) GROUP BY source, target, facet, cap_bits
)
SELECT source, target, round(sum(bits), 6) AS bits, list(facet ORDER BY facet) FILTER (bits > 0) AS facets,
  len(list_distinct(flatten(list(days)))) AS days
FROM by_facet GROUP BY source, target HAVING round(sum(bits), 6) >= $min_bits ORDER BY source, target
"""

_BY_LABEL = """
SELECT label, identifier, max(accounts) AS accounts, bool_or(hub) AS hub, round(max(identifier.bits), 6) AS bits
FROM identifier JOIN facet USING (facet) WHERE label <> $account GROUP BY ALL ORDER BY ALL
"""


def open_sharing(night: Night) -> duckdb.DuckDBPyConnection:
    """Return a connection with the tables above for the window that ends with the night's day."""
    since = window_start(night)
    connection = open_history(night, since, night.day)
    relationships = list(night.model.relationships(night.settings.feeds))
    connection.register("facets", _facets([relationship for _, _, relationship in relationships]))
    connection.execute("CREATE TABLE facet AS FROM facets")
    window = {"since": since, "until": night.day}
    activity = [_rows(feed, r) for feed, _, r in relationships if not r.lasting]
    lasting = [_lasting_rows(feed, r) for feed, _, r in relationships if r.lasting]
    connection.execute(_ACTIVITY.format(rows=_union(activity, ", NULL::DATE AS day")), window)
    connection.execute(_ACCOUNT, window)
    connection.execute(_SIGHTING.format(lasting=_union(lasting), resident_days=RESIDENT_DAYS))
    connection.execute(_IDENTIFIER)
    return connection


def window_start(night: Night) -> date:
    """First day that counts."""
    return night.day - timedelta(days=night.settings.window_days - 1)


def pairs(connection: duckdb.DuckDBPyConnection, min_bits: float) -> pa.Table:
    """Return the pairs of accounts that share at least `min_bits`, hubs left out.

    source, target (source < target), bits (capped per facet, then added), facets, days (on which they shared one).
    """
    return connection.sql(_PAIR, params={"min_bits": min_bits}).to_arrow_table()


def identifiers(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return label, identifier, accounts, hub, bits of the identifiers seen in the window, without far accounts."""
    return connection.sql(_BY_LABEL, params={"account": ACCOUNT}).to_arrow_table()


def _facets(relationships: list[Relationship]) -> pd.DataFrame:
    return pd.DataFrame([asdict(r.evidence) | {"label": r.to.label} for r in relationships])


def _rows(feed: Feed, relationship: Relationship) -> str:
    """SELECT of account_id, facet, identifier, day: once for the first and once for the last time of each row.

    Where the identifier is missing the account was there all the same.
    """
    first, last = relationship.seen or ("day", "day")
    rest = f"unnest([CAST({first} AS DATE), CAST({last} AS DATE)]) AS day FROM {feed.feed}"
    return _both_ends(relationship, rest)


def _lasting_rows(feed: Feed, relationship: Relationship) -> str:
    """SELECT of account_id, facet, identifier: what the newest rows of each account say."""
    newest = f"(FROM {feed.feed} QUALIFY day = max(day) OVER (PARTITION BY account_id))"
    rows = _both_ends(relationship, f"day FROM {newest}")
    return f"SELECT account_id, facet, identifier FROM ({rows}) WHERE identifier IS NOT NULL"


def _both_ends(relationship: Relationship, rest: str) -> str:
    """SELECT for the account and, when the far end is a known account, for that one, too."""
    facet, column = f"'{relationship.evidence.facet}' AS facet", relationship.to.source
    if relationship.to.label != ACCOUNT:
        return f"SELECT account_id, {facet}, {column} AS identifier, {rest}"
    known = f"{column} IN (SELECT account_id FROM accounts) AND {column} <> account_id"
    return (
        f"SELECT account_id, {facet}, CASE WHEN {known} THEN {column} END AS identifier, {rest} "
        f"UNION ALL SELECT {column} AS account_id, {facet}, {column} AS identifier, {rest} WHERE {known}"
    )


def _union(selects: list[str], empty: str = "") -> str:
    nobody = "SELECT NULL::TEXT AS account_id, NULL::TEXT AS facet, NULL::TEXT AS identifier"
    return " UNION ALL ".join(selects or [f"{nobody}{empty} WHERE false"])
