"""What members of a ring left in the window: what they used and when, their hours and networks. Accounts in, rows out.

Read from the tables that link made of the window and from the clean files of its days; nothing is worked out anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from ringwatch.days.history import open_history, window_start
from ringwatch.night import Night
from ringwatch.window import sharing

# Identifiers that are drawn and listed at most: those that say most, then those that most members use.
MOST_IDENTIFIERS = 60

_ASKED = "CREATE TEMP TABLE asked AS SELECT account, account_id FROM account WHERE account_id IN (SELECT unnest($1))"

_THINGS = """
SELECT facet, name, any_value(label) AS label, any_value(accounts) AS accounts, any_value(hub) AS hub,
  any_value(identifier.bits) AS bits, count(*) AS members, any_value(place) AS place,
  coalesce(min(first), 0) AS first, list(account_id ORDER BY account_id) AS users,
  list(coalesce(first, 0) ORDER BY account_id) AS firsts
FROM asked JOIN sighting USING (account) JOIN identifier USING (identifier) JOIN facet USING (facet)
LEFT JOIN whereabouts USING (identifier)
WHERE label IS NOT NULL AND label <> 'Account'
GROUP BY facet, name HAVING count(*) > 1
ORDER BY max(identifier.bits) * (count(*) - 1) DESC, count(*) DESC, facet, name
"""

_DEALINGS = """
SELECT DISTINCT s.account_id AS source, t.account_id AS target, facet
FROM dealing JOIN asked s ON s.account = source JOIN asked t ON t.account = target ORDER BY ALL
"""

_ACTIVE = """
SELECT account_id, any_value(created) AS created, CAST(bit_or(days) AS VARCHAR) AS days
FROM asked JOIN account USING (account, account_id) LEFT JOIN sighting USING (account) GROUP BY account_id ORDER BY ALL
"""

_HOURS = """
SELECT isodow(day) AS weekday, hour, count(DISTINCT (account_id, day)) AS times
FROM usage, unnest(range(24)) AS h(hour)
WHERE account_id IN (SELECT unnest($1)) AND (active_hours >> hour) & 1 = 1 GROUP BY ALL ORDER BY ALL
"""

_NETWORKS = """
SELECT coalesce(country, '') AS country, asn, coalesce(network_kind, 'unknown') AS kind,
  count(DISTINCT account_id) AS members, count(DISTINCT ip) AS addresses
FROM ips WHERE account_id IN (SELECT unnest($1)) GROUP BY ALL ORDER BY members DESC, addresses DESC, country, asn, kind
"""

_ABOUT = """
SELECT account_id, arg_max(status, day) AS status, arg_max(country, day) AS country, min(created_at) AS created_at
FROM accounts WHERE account_id IN (SELECT unnest($1)) GROUP BY account_id
"""


@dataclass(frozen=True)
class Thing:
    """An identifier that two members or more use; users: account and the number of the day it was first seen on it."""

    facet: str
    name: str
    label: str
    accounts: int
    hub: bool
    bits: float
    members: int
    place: str | None
    first: int
    users: dict[str, int]


@dataclass(frozen=True)
class Traces:
    """since, until: the window; active: a letter for each of its days, by account; created: day of sign-up;
    hours: weekday (1 is Monday), hour and how often a member was active; networks: country, asn, kind, members,
    addresses; about: status, country, created_at by account.
    """

    since: date
    until: date
    things: tuple[Thing, ...] = ()
    more_things: int = 0
    dealings: tuple[tuple[str, str, str], ...] = ()
    active: dict[str, str] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)
    hours: tuple[tuple[int, int, int], ...] = ()
    networks: tuple[dict[str, Any], ...] = ()
    about: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1


def read(night: Night, accounts: Sequence[str]) -> Traces | None:
    """Return what is known of the accounts in the window of the night; None when its tables are not in the home."""
    connection = sharing.as_left(night)
    if connection is None:
        return None
    with connection:
        shared = _shared(connection, accounts)
    with open_history(night, window_start(night), night.day) as connection:
        seen = _seen(connection, night, accounts)
    return Traces(window_start(night), night.day, **shared, **seen)


def _shared(connection: duckdb.DuckDBPyConnection, accounts: Sequence[str]) -> dict[str, Any]:
    connection.execute(_ASKED, [list(accounts)])
    found = _rows(connection, _THINGS)
    things = tuple(map(_thing, found[:MOST_IDENTIFIERS]))
    active = _rows(connection, _ACTIVE)
    return {
        "things": things,
        "more_things": len(found) - len(things),
        "dealings": tuple((row["source"], row["target"], row["facet"]) for row in _rows(connection, _DEALINGS)),
        "active": {row["account_id"]: row["days"] or "" for row in active},
        "created": {row["account_id"]: row["created"] for row in active if row["created"] is not None},
    }


def _thing(row: dict[str, Any]) -> Thing:
    users = dict(zip(row.pop("users"), row.pop("firsts"), strict=True))
    return Thing(**row, users=users)


def _seen(connection: duckdb.DuckDBPyConnection, night: Night, accounts: Sequence[str]) -> dict[str, Any]:
    """What the feeds say that are there; a deployment's own model may lack some, or their columns."""
    asked = [list(accounts)]
    found: dict[str, Any] = {}
    if _has(night, "usage", "active_hours"):
        hours = _rows(connection, _HOURS, asked)
        found["hours"] = tuple((row["weekday"], row["hour"], row["times"]) for row in hours)
    if _has(night, "ips", "ip", "asn", "network_kind", "country"):
        found["networks"] = tuple(_rows(connection, _NETWORKS, asked))
    if _has(night, "accounts", "status", "country", "created_at"):
        found["about"] = {row["account_id"]: row for row in _rows(connection, _ABOUT, asked)}
    return found


def _has(night: Night, feed: str, *columns: str) -> bool:
    return feed in night.model.feeds and set(columns) <= set(night.model.feeds[feed].kept)


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: Any = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = connection.sql(query, params=values).to_arrow_table().to_pylist()
    return found


_HUBS = """
SELECT facet, name, accounts FROM identifier JOIN facet USING (facet)
WHERE hub AND label IS NOT NULL AND label <> 'Account' ORDER BY accounts DESC, facet, name LIMIT 200
"""


def hubs(night: Night) -> list[dict[str, Any]]:
    """Return facet, name, accounts of what most accounts of the window share, none when its tables are not there."""
    connection = sharing.as_left(night)
    if connection is None:
        return []
    with connection:
        return _rows(connection, _HUBS)


_NEAR = """
SELECT other.account_id, facet
FROM account me JOIN sighting own ON own.account = me.account
JOIN identifier ON identifier.identifier = own.identifier AND NOT hub AND bits > 0
JOIN sighting theirs ON theirs.identifier = own.identifier AND theirs.account <> me.account
JOIN account other ON other.account = theirs.account
WHERE me.account_id = $account_id GROUP BY ALL ORDER BY ALL
"""


def near(night: Night, account_id: str, rings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return ring_id, members, facets: the rings (by account) of whose members some share something with the account.

    What hubs and facets without weight say does not count. Those of most members come first.
    """
    connection = sharing.as_left(night)
    if connection is None:
        return []
    with connection:
        found = _rows(connection, _NEAR, {"account_id": account_id})
    shared: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        if ring_id := rings.get(row["account_id"]):
            shared.setdefault(ring_id, []).append(row)
    made = [
        {
            "ring_id": ring_id,
            "members": len({row["account_id"] for row in rows}),
            "facets": sorted({row["facet"] for row in rows}),
        }
        for ring_id, rows in shared.items()
    ]
    return sorted(made, key=lambda row: (-row["members"], row["ring_id"]))
