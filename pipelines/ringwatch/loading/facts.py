"""The queries of a fold: what is known of each account, relationship and identifier after one day more.

They use the views `before_<table>` and `<feed>`, the table `known`, and the macros of `fold.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ringwatch.loading import tables
from ringwatch.loading.plan import Turn
from ringwatch.loading.tables import Table
from ringwatch.model import ACCOUNT, ACCOUNT_KEY, Feed, Model, Node, Relationship

# Days whose dates are remembered one by one; a row that is later than that counts as a day of its own.
REMEMBERED_DAYS = 60
_CREATED = "created_at"

_IDENTIFIERS = """
WITH sighting AS ({sightings}), tonight AS (
  SELECT _key AS {key}{newest} FROM sighting GROUP BY _key
), changed AS (
  SELECT {key}, before.updated_on{chosen}
  FROM before_{label} before FULL JOIN tonight USING ({key})
)
SELECT {key}{properties}, CASE WHEN updated_on IS NULL{differs} THEN night() ELSE updated_on END AS updated_on{times}
FROM changed {remaining}
"""

_RELATIONSHIPS = """
WITH sighting AS (
  SELECT {account}, {far}, {first} AS _first, {last} AS _last, {events} AS _events
  FROM {feed} WHERE {far} IS NOT NULL {apart}
), summed AS (
  SELECT {account}, {far}, min(_first) AS _first, max(_last) AS _last, CAST(sum(_events) AS BIGINT) AS _events,
    bit_or(date_bit(_last)) AS _dates,
    count(DISTINCT CAST(_last AS DATE)) FILTER (age(_last) >= {remembered}) AS _older_days
  FROM sighting GROUP BY {account}, {far}
), tonight AS (
  SELECT *, {ends_known} AS _ready, true AS _seen FROM summed
), standing AS (
  FROM before_{name} {still}
), woken AS (
  SELECT {account}, {far}, true AS _woken FROM standing WHERE updated_on IS NULL AND {ends_known}
), together AS (
  SELECT {account}, {far}, coalesce(b._slot, slot({account})) AS _slot,
    least(b._first, t._first) AS _first, greatest(b._last, t._last) AS _last,
    coalesce(b._days, 0) + coalesce(t._older_days, 0)
      + bit_count(coalesce(t._dates, 0) & ~aged(b._dates)) AS _days,
    added(b._events, t._events) AS _events,
    CASE WHEN t._seen OR _woken THEN night() ELSE b._day END AS _day,
    coalesce(t._dates, 0) | aged(b._dates) AS _dates,
    b.first_seen, b.last_seen, b.days, b.events, b.updated_on,
    CASE WHEN b.updated_on IS NULL THEN coalesce(t._ready, _woken, false)
      ELSE due(b._slot) OR (t._seen AND stale(b.last_seen)) IS TRUE END AS _renewed
  FROM standing b FULL JOIN tonight t USING ({account}, {far}) LEFT JOIN woken USING ({account}, {far})
)
SELECT {account}, {far}, {said},
  _slot, _first, _last, _days, _events, _day, _dates
FROM together {remaining}
"""

# An account's newest row says all that lasts.
_STILL_SAID = """
WHERE {account} NOT IN (SELECT {account} FROM {feed}) OR ({account}, {far}) IN (SELECT ({account}, {far}) FROM summed)
"""


def queries(model: Model, turn: Turn) -> list[tuple[Table, str]]:
    """Return the query of each table; relationships first, for what is left of identifiers follows from them."""
    queries = [(tables.accounts(model), _accounts(model))]
    for feed, declared, table in tables.with_table(model):
        queries.append((table, _relationships(feed, declared, table, turn)))
    queries += [(table, _identifiers(model, table, turn)) for table in tables.identifiers(model)]
    return queries


def _accounts(model: Model) -> str:
    """Query of the next state of accounts.

    What is said of an account is what its newest row says. Its times are those of its activity, which is every row of
    a feed that does not last; else the time it was opened.
    """
    nodes = [(feed, feed.node) for feed in model.feeds.values() if feed.node]
    said = {name: feed.feed for feed, node in nodes for name in node.properties}
    totals = [name for _, node in nodes for name in node.totals]
    parts = {"named": f"SELECT DISTINCT {ACCOUNT_KEY}, true AS _named FROM accounts", "active": _activity(model)}
    parts |= {f"{feed.feed}_node": _node(feed, node) for feed, node in nodes}
    newest = [f"CASE WHEN t._spoke_{feed} THEN t.{name} ELSE b.{name} END AS {name}" for name, feed in said.items()]
    differs = [f"(t._spoke_{feed} AND t.{name} IS DISTINCT FROM b.{name}) IS TRUE" for name, feed in said.items()]
    sums = [f"added(b._{name}, t.{name}) AS _{name}, b.{name}" for name in totals]
    opened = f", {_CREATED}" if _CREATED in said else ""
    shown = _shown(
        {name: f"_{name}" for name in totals}
        | {"first_seen": f"coalesce(_first{opened})", "last_seen": f"coalesce(_last{opened})", "updated_on": "_day"}
    )
    return f"""
WITH {", ".join(f"{part} AS ({query})" for part, query in parts.items())}, tonight AS (
  SELECT *, true AS _seen FROM {" FULL JOIN ".join(_using(part, i) for i, part in enumerate(parts))}
), together AS (
  SELECT {", ".join([ACCOUNT_KEY, *newest, *sums])},
    CASE WHEN b._since IS NULL AND t._named THEN night() ELSE b._since END AS _since,
    coalesce(b._slot, slot({ACCOUNT_KEY})) AS _slot, least(b._first, t._first) AS _first,
    greatest(b._last, t._last) AS _last, CASE WHEN t._seen THEN night() ELSE b._day END AS _day,
    b.first_seen, b.last_seen, b.updated_on,
    CASE WHEN b.updated_on IS NULL THEN t._named IS TRUE
      ELSE due(b._slot) OR {" OR ".join([*differs, "(t._seen AND stale(b.last_seen)) IS TRUE"])} END AS _renewed
  FROM before_{ACCOUNT} b FULL JOIN tonight t USING ({ACCOUNT_KEY})
)
SELECT {", ".join([ACCOUNT_KEY, *said])}, {shown}, _since, _slot, _first, _last, _day{_listed(f"_{n}" for n in totals)}
FROM together
"""


def _activity(model: Model) -> str:
    """SELECT of account_id, _first, _last from every feed that says when an account was active."""
    spans = {
        f"SELECT {ACCOUNT_KEY}, {first} AS _first, {last} AS _last FROM {feed.feed}": None
        for feed, _, relationship in model.relationships()
        if not relationship.lasting
        for first, last in [_seen(relationship)]
    }
    rows = " UNION ALL ".join(spans) or f"SELECT {ACCOUNT_KEY}, night() AS _first, night() AS _last FROM known LIMIT 0"
    return f"SELECT {ACCOUNT_KEY}, min(_first) AS _first, max(_last) AS _last FROM ({rows}) GROUP BY {ACCOUNT_KEY}"


def _node(feed: Feed, node: Node) -> str:
    """SELECT of account_id, what the feed says of the account tonight, the sums of its totals, _spoke_<feed>."""
    said = [f"max({name}) AS {name}" for name in node.properties]
    total = [f"{_sum(feed, name)} AS {name}" for name in node.totals]
    columns = ", ".join([ACCOUNT_KEY, *said, *total, f"true AS _spoke_{feed.feed}"])
    return f"SELECT {columns} FROM {feed.feed} GROUP BY {ACCOUNT_KEY}"


def _sum(feed: Feed, column: str) -> str:
    """A sum that does not depend on the order of the rows."""
    if feed.kept[column].type == "integer":
        return f"CAST(sum({column}) AS BIGINT)"
    return f"CAST(sum(CAST({column} AS DECIMAL(38, 6))) AS DOUBLE)"


def _identifiers(model: Model, table: Table, turn: Turn) -> str:
    """Query of the next state of the identifiers of a label: of each property what was last said of it."""
    (key,) = table.keys
    names = [name for name in table.said if name != "updated_on"]
    to_it = [(feed, declared, one) for feed, declared, one in tables.with_table(model) if one.far == table.name]
    sightings = " UNION ALL BY NAME ".join(_identifier_sightings(feed, declared) for feed, declared, _ in to_it)
    newer = {name: f"coalesce(tonight._{name}_at >= before._{name}_at, before._{name}_at IS NULL)" for name in names}
    differs = [f" OR {name} IS DISTINCT FROM _{name}_before" for name in names]
    remaining = " UNION ALL ".join(f"SELECT {list(one.keys)[1]} FROM after_{one.name}" for _, _, one in to_it)
    return _IDENTIFIERS.format(
        key=key,
        label=table.name,
        sightings=sightings,
        newest="".join(
            f", arg_max({name}, (_last, {name})) AS {name}, max(_last) FILTER ({name} IS NOT NULL) AS _{name}_at"
            for name in names
        ),
        chosen="".join(
            f", CASE WHEN {newer[name]} THEN tonight.{name} ELSE before.{name} END AS {name}, "
            f"before.{name} AS _{name}_before, greatest(before._{name}_at, tonight._{name}_at) AS _{name}_at"
            for name in names
        ),
        properties=_listed(names),
        differs="".join(differs),
        times=_listed(f"_{name}_at" for name in names),
        remaining=f"WHERE {key} IN ({remaining})" if turn.purge else "",
    )


def _identifier_sightings(feed: Feed, relationship: Relationship) -> str:
    source = relationship.to.source
    properties = "".join(f", {column} AS {name}" for name, column in relationship.to.properties.items())
    _, last = _seen(relationship)
    return f"SELECT {source} AS _key{properties}, {last} AS _last FROM {feed.feed} WHERE {source} IS NOT NULL"


def _relationships(feed: Feed, relationship: Relationship, table: Table, turn: Turn) -> str:
    """Query of the next state of a relationship type. Of one that lasts, what a newer row does not name goes."""
    account, far = table.keys
    first, last = _seen(relationship)
    between = table.far == ACCOUNT
    both = f" AND {far} IN (SELECT {account} FROM known)" if between else ""
    cutoff = None if relationship.lasting else turn.cutoffs.get(feed.feed)
    return _RELATIONSHIPS.format(
        account=account,
        far=far,
        feed=feed.feed,
        name=table.name,
        first=first,
        last=last,
        events=f"coalesce({relationship.events}, 1)" if relationship.events else "1",
        apart=f"AND {far} <> {account}" if between else "",
        remembered=REMEMBERED_DAYS,
        ends_known=f"{account} IN (SELECT {account} FROM known){both}",
        still=_STILL_SAID.format(account=account, far=far, feed=feed.feed) if relationship.lasting else "",
        said=_shown(
            {name: "_day" if name == "updated_on" else f"_{name.removesuffix('_seen')}" for name in table.said}
        ),
        remaining=f"WHERE CAST(_last AS DATE) >= DATE '{cutoff}'" if cutoff else "",
    )


def _shown(columns: dict[str, str]) -> str:
    """Columns that take over what is known of a key when it is renewed, and else stay as they are."""
    return ", ".join(f"CASE WHEN _renewed THEN {known} ELSE {name} END AS {name}" for name, known in columns.items())


def _seen(relationship: Relationship) -> tuple[str, str]:
    """Return the first and the last time of a row: the day of its delivery, when it has none."""
    return relationship.seen or ("CAST(day AS TIMESTAMP)", "CAST(day AS TIMESTAMP)")


def _using(part: str, position: int) -> str:
    return f"{part} USING ({ACCOUNT_KEY})" if position else part


def _listed(names: Iterable[str]) -> str:
    return "".join(f", {name}" for name in names)
