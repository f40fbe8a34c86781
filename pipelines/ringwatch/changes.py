"""What the graph should say of all that some days have touched: DuckDB queries over the clean days.

Every value follows from all rows on disk and not from what the graph said before, so it does not matter how often, or
in which order, days are loaded. Identifiers and relationships that the days do not touch are left out.

A row about accounts counts from the day on which all of them are known: that of the file which first names the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb

from ringwatch.model import ACCOUNT, ACCOUNT_KEY, Feed, Model, Node, Relationship

_CREATED = "created_at"

_PENDING = "CREATE TEMP TABLE pending_day AS SELECT unnest($days::DATE[]) AS day"
_KNOWN = f"""
CREATE TEMP TABLE known_account AS
SELECT {ACCOUNT_KEY}, min(day) AS since FROM accounts GROUP BY {ACCOUNT_KEY}
"""

_IDENTIFIERS = """
WITH sighting AS ({sightings})
SELECT _key AS {key}, {properties}max(_day) AS updated_on
FROM sighting SEMI JOIN (SELECT _key FROM sighting WHERE _day IN (FROM pending_day)) USING (_key)
GROUP BY _key
"""

_RELATIONSHIPS = """
WITH sighting AS (
  SELECT r.{account}, {target} AS _target, {first} AS _first, {last} AS _last, {events} AS _events,
    greatest(r.day, source.since{target_since}) AS _day
  FROM {feed} r
  JOIN known_account source ON source.{account} = r.{account}
  {join_target}
  WHERE {target} IS NOT NULL {lasting}
)
SELECT {account}, _target AS {target_name}, min(_first) AS first_seen, max(_last) AS last_seen,
  count(DISTINCT CAST(_last AS DATE)) AS days, CAST(sum(_events) AS BIGINT) AS events, max(_day) AS updated_on
FROM sighting
SEMI JOIN (SELECT {account}, _target FROM sighting WHERE _day IN (FROM pending_day)) USING ({account}, _target)
GROUP BY {account}, _target
"""

_NEWEST = "(FROM {feed} QUALIFY day = max(day) OVER (PARTITION BY {account}))"

_REPLACED = """
SELECT {account}, coalesce(list({target}) FILTER ({target} IS NOT NULL), []) AS {target}
FROM {newest}
SEMI JOIN (SELECT {account} FROM {feed} WHERE day IN (FROM pending_day)) USING ({account})
SEMI JOIN (
  SELECT {account} FROM {feed} GROUP BY {account} HAVING min(day) < max(day) AND count({target}) > 0
) USING ({account})
GROUP BY {account}
"""


def prepare(connection: duckdb.DuckDBPyConnection, days: Iterable[date]) -> None:
    """Say on a connection of `history.open_history` which days the queries below are about."""
    connection.execute(_PENDING, {"days": list(days)})
    connection.execute(_KNOWN)


def accounts(model: Model) -> str:
    """Query of account_id, the account's properties and totals, first_seen, last_seen, updated_on.

    For all accounts that a row of the days names. `first_seen` and `last_seen` are those of its activity, which is
    every row of a feed that does not last; else the time the account was opened.
    """
    parts = {"seen": _activity(model)}
    for feed in model.feeds.values():
        if feed.node:
            parts[f"{feed.feed}_node"] = _node(feed, feed.node)
    opened = f", {_CREATED}" if _CREATED in model.account_properties() else ""
    days = ", ".join(f"{part}._day" for part in parts)
    return (
        f"WITH touched AS ({_touched(model)}), {', '.join(f'{part} AS ({query})' for part, query in parts.items())}\n"
        f"SELECT {', '.join([ACCOUNT_KEY, *model.account_properties()])}, coalesce(_first{opened}) AS first_seen, "
        f"coalesce(_last{opened}) AS last_seen, greatest({days}) AS updated_on\n"
        f"FROM touched {' '.join(f'LEFT JOIN {part} USING ({ACCOUNT_KEY})' for part in parts)}"
    )


def identifiers(model: Model, label: str) -> str:
    """Query of the key, the properties and updated_on of the identifiers that the days touch."""
    sightings = [_identifier_sightings(f, r) for f, _, r in model.relationships() if r.to.label == label]
    newest = [f"arg_max({name}, (_last, _day, {name})) AS {name}, " for name in model.identifier_properties(label)]
    return _IDENTIFIERS.format(
        sightings=" UNION ALL BY NAME ".join(sightings),
        key=model.identifiers()[label],
        properties="".join(newest),
    )


def relationships(feed: Feed, relationship: Relationship) -> str:
    """Query of account_id, the far end's column, first_seen, last_seen, days, events, updated_on of what is touched.

    Of a relationship that lasts only what the account's newest row says is left.
    """
    source = relationship.to.source
    target = f"r.{source}"
    first, last = _seen(relationship, "r.")
    between = relationship.to.label == ACCOUNT
    apart = f"JOIN known_account target ON target.{ACCOUNT_KEY} = {target} AND {target} <> r.{ACCOUNT_KEY}"
    newest = _NEWEST.format(feed=feed.feed, account=ACCOUNT_KEY)
    return _RELATIONSHIPS.format(
        account=ACCOUNT_KEY,
        feed=feed.feed,
        target=target,
        target_name=source,
        target_since=", target.since" if between else "",
        join_target=apart if between else "",
        first=first,
        last=last,
        events=f"coalesce(r.{relationship.events}, 1)" if relationship.events else "1",
        lasting=f"AND ({target}, r.{ACCOUNT_KEY}) IN (SELECT ({source}, {ACCOUNT_KEY}) FROM {newest})"
        if relationship.lasting
        else "",
    )


def replaced(feed: Feed, relationship: Relationship) -> str:
    """Query of account_id and the list of far ends that its newest row names, for accounts that had a row before."""
    newest = _NEWEST.format(feed=feed.feed, account=ACCOUNT_KEY)
    return _REPLACED.format(account=ACCOUNT_KEY, feed=feed.feed, target=relationship.to.source, newest=newest)


def _touched(model: Model) -> str:
    named = [f"SELECT {ACCOUNT_KEY} FROM {name} WHERE day IN (FROM pending_day)" for name in model.feeds]
    return f"SELECT {ACCOUNT_KEY} FROM known_account SEMI JOIN ({' UNION ALL '.join(named)}) USING ({ACCOUNT_KEY})"


def _activity(model: Model) -> str:
    """SELECT of account_id, _first, _last, _day from every feed that says when an account was active."""
    spans = {
        f"SELECT {ACCOUNT_KEY}, {first} AS _first, {last} AS _last, day AS _day FROM {feed.feed}": None
        for feed, _, relationship in model.relationships()
        if not relationship.lasting
        for first, last in [_seen(relationship)]
    }
    return (
        f"SELECT {ACCOUNT_KEY}, min(_first) AS _first, max(_last) AS _last, max(_day) AS _day "
        f"FROM ({' UNION ALL '.join(spans)}) SEMI JOIN touched USING ({ACCOUNT_KEY}) GROUP BY {ACCOUNT_KEY}"
    )


def _node(feed: Feed, node: Node) -> str:
    """SELECT of account_id, what the newest row of the feed says of the account, the sums of its totals, _day."""
    said = [f"max({name}) FILTER (_newest) AS {name}" for name in node.properties]
    total = [f"{_sum(feed, name)} AS {name}" for name in node.totals]
    newest = f"day = max(day) OVER (PARTITION BY {ACCOUNT_KEY})" if said else "true"
    return (
        f"SELECT {', '.join([ACCOUNT_KEY, *said, *total])}, max(day) AS _day "
        f"FROM (SELECT *, {newest} AS _newest FROM {feed.feed} SEMI JOIN touched USING ({ACCOUNT_KEY})) "
        f"GROUP BY {ACCOUNT_KEY}"
    )


def _sum(feed: Feed, column: str) -> str:
    return f"CAST(sum({column}) AS BIGINT)" if feed.kept[column].type == "integer" else f"sum({column})"


def _identifier_sightings(feed: Feed, relationship: Relationship) -> str:
    source = relationship.to.source
    properties = "".join(f", {column} AS {name}" for name, column in relationship.to.properties.items())
    _, last = _seen(relationship)
    return f"SELECT {source} AS _key{properties}, {last} AS _last, day AS _day FROM {feed.feed} WHERE {source} NOTNULL"


def _seen(relationship: Relationship, alias: str = "") -> tuple[str, str]:
    """Return the first and the last time of a row: the day of its file, when it has none."""
    if relationship.seen is None:
        return f"CAST({alias}day AS TIMESTAMP)", f"CAST({alias}day AS TIMESTAMP)"
    first, last = relationship.seen
    return alias + first, alias + last
