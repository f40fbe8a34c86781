"""What the bare contenders are given for nothing: the rows that the graph should hold, one Parquet file a statement.

They follow from the clean files by SQL of this benchmark's own, and so say what the product's loader must arrive at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.door.homes import home_settings
from ringwatch.days import history
from ringwatch.model import ACCOUNT, ACCOUNT_KEY, Feed, Model, Relationship
from ringwatch.night import open_night

_TIME = "strftime({}, '%Y-%m-%dT%H:%M:%S')"
_CREATED = "created_at"
_DATE = "strftime({}, '%Y-%m-%d')"


@dataclass(frozen=True)
class Target:
    """What one file becomes: a node of `name`, or a relationship of type `name` from an Account to `label`.

    key: property that identifies the node, or the far end; source: column that holds it; times, dates: properties that
    are written from text.
    """

    name: str
    key: str
    source: str
    properties: tuple[str, ...]
    label: str | None = None

    @property
    def file(self) -> str:
        return f"{self.name}.parquet"


def targets(model: Model) -> list[Target]:
    """Return nodes first, then relationships."""
    seen = ("first_seen", "last_seen")
    accounts = Target(ACCOUNT, ACCOUNT_KEY, ACCOUNT_KEY, (*model.account_properties(), *seen, "updated_on"))
    nodes = [
        Target(label, key, key, (*model.identifier_properties(label), "updated_on"))
        for label, key in model.identifiers().items()
    ]
    relationships = [
        Target(name, r.to.key, r.to.source, (*seen, "days", "events", "updated_on"), r.to.label)
        for _, name, r in model.relationships()
    ]
    return [accounts, *nodes, *relationships]


def write_rows(home: Path, until: date, out: Path, touched: date | None = None) -> int:
    """Write the rows of each target below `out` and return their number.

    All that the clean days up to `until` say; with `touched`, only of accounts, identifiers and relationships that the
    rows of that day name, which is what a night sends when it sends everything.
    """
    night = open_night(home_settings(home), until)
    out.mkdir(parents=True, exist_ok=True)
    rows = 0
    with history.open_history(night, until=until) as connection:
        _prepare(connection, night.model, touched)
        for target, query in zip(targets(night.model), _queries(night.model), strict=True):
            path = out / target.file
            connection.execute(f"COPY ({query}) TO '{path}' (ROW_GROUP_SIZE 10000)").fetchall()
            rows += pq.read_metadata(path).num_rows
    return rows


def _prepare(connection: duckdb.DuckDBPyConnection, model: Model, touched: date | None) -> None:
    """Make a table of all sightings, and of the accounts that are known."""
    since = f"SELECT {ACCOUNT_KEY}, min(day) AS since FROM accounts GROUP BY {ACCOUNT_KEY}"
    connection.execute(f"CREATE TEMP TABLE known AS {since}").fetchall()
    parts = " UNION ALL BY NAME ".join(_sightings(feed, name, r) for feed, name, r in model.relationships())
    named, any_day = (f"'{touched}'",) * 2 if touched else ("counts_from", "day")
    connection.execute(
        f"CREATE TEMP TABLE sighting AS SELECT *, counts_from = {named} AS fresh FROM ({parts})"
    ).fetchall()
    said = " UNION ALL ".join(f"SELECT {ACCOUNT_KEY}, day FROM {feed}" for feed in model.feeds)
    connection.execute(
        f"CREATE TEMP TABLE touched AS SELECT {ACCOUNT_KEY} FROM ({said}) SEMI JOIN known USING ({ACCOUNT_KEY}) "
        f"GROUP BY {ACCOUNT_KEY} HAVING bool_or(day = {any_day})"
    ).fetchall()


def _sightings(feed: Feed, name: str, relationship: Relationship) -> str:
    to = relationship.to
    first, last = relationship.seen or ("CAST(day AS TIMESTAMP)",) * 2
    properties = "".join(f", {column} AS {new}" for new, column in to.properties.items())
    source = f"{feed.feed}.{ACCOUNT_KEY}"
    known, since = f"JOIN known source USING ({ACCOUNT_KEY})", "greatest(day, source.since)"
    if to.label == ACCOUNT:
        known += f" JOIN known target ON target.{ACCOUNT_KEY} = {to.source} AND {to.source} <> {source}"
        since = "greatest(day, source.since, target.since)"
    return (
        f"SELECT {source}, {to.source} AS key, '{name}' AS type, '{to.label}' AS label, {first} AS first, "
        f"{last} AS last, coalesce({relationship.events or 1}, 1) AS events, day, {since} AS counts_from, "
        f"{not relationship.lasting} AS active{properties} FROM {feed.feed} {known} WHERE {to.source} IS NOT NULL"
    )


def _queries(model: Model) -> Iterator[str]:
    yield _accounts(model)
    for label, key in model.identifiers().items():
        newest = "".join(f"arg_max({name}, (last, day)) AS {name}, " for name in model.identifier_properties(label))
        yield (
            f"SELECT key AS {key}, {newest}{_DATE.format('max(day)')} AS updated_on FROM sighting "
            f"WHERE label = '{label}' GROUP BY key HAVING bool_or(fresh)"
        )
    for _, name, relationship in model.relationships():
        yield (
            f"SELECT {ACCOUNT_KEY}, key AS {relationship.to.source}, {_TIME.format('min(first)')} AS first_seen, "
            f"{_TIME.format('max(last)')} AS last_seen, count(DISTINCT CAST(last AS DATE)) AS days, "
            f"CAST(sum(events) AS BIGINT) AS events, {_DATE.format('max(day)')} AS updated_on "
            f"FROM sighting WHERE type = '{name}' GROUP BY {ACCOUNT_KEY}, key HAVING bool_or(fresh)"
        )


def _accounts(model: Model) -> str:
    columns = [_TIME.format(name) + f" AS {name}" if name == _CREATED else name for name in model.account_properties()]
    return f"""
        SELECT {", ".join([ACCOUNT_KEY, *columns])},
          {_TIME.format(f"coalesce(first, {_CREATED})")} AS first_seen,
          {_TIME.format(f"coalesce(last, {_CREATED})")} AS last_seen,
          {_DATE.format("greatest(day, named)")} AS updated_on
        FROM touched {" ".join(_said(feed) for feed in model.feeds.values() if feed.node)}
        LEFT JOIN (
          SELECT {ACCOUNT_KEY}, min(first) FILTER (active) AS first, max(last) FILTER (active) AS last, max(day) AS day
          FROM sighting GROUP BY {ACCOUNT_KEY}
        ) USING ({ACCOUNT_KEY})
        LEFT JOIN (SELECT {ACCOUNT_KEY}, max(day) AS named FROM accounts GROUP BY {ACCOUNT_KEY}) USING ({ACCOUNT_KEY})
    """


def _said(feed: Feed) -> str:
    """Join what the newest row of a feed says of an account, and the sums of all."""
    newest = [f"arg_max({name}, day) AS {name}" for name in (feed.node.properties if feed.node else ())]
    totals = [f"CAST(sum({name}) AS BIGINT) AS {name}" for name in (feed.node.totals if feed.node else ())]
    said = ", ".join([ACCOUNT_KEY, *newest, *totals])
    return f"LEFT JOIN (SELECT {said} FROM {feed.feed} GROUP BY {ACCOUNT_KEY}) USING ({ACCOUNT_KEY})"
