"""Who shared what in the window: the clean days in; accounts, sightings, identifiers and dealings out, in DuckDB.

facet       facet, label, and the model's evidence: what accounts can have in common
account     account (number), account_id, active_days, created (day), hour (both since the window began): the accounts
            seen in the window
identifier  identifier (number), facet, name, accounts, hub, bits; cells come from `cells.py`
link        what accounts share two by two, from `pairs.py`
sighting    account, identifier, days (a bit for each day of the window, none for what lasts), first, last (places of
            the first and last of these days), tenure (share of the account's active days spent on it, 0 below
            RESIDENT_DAYS): once per account and identifier
dealing     source, target (accounts), facet, name (of the target), sources (who deal with that target), targets (with
            whom that source deals): who invited or paid whom
figure      accounts (in all), hours (median absolute deviation of the hours of their opening): of the whole night

Where accounts are, and with whom they work, is added by `places.py`; where they live, by `homes.py`; which of them are
judged together, by `shards.py`.

A relationship between accounts counts as an identifier, the far account, which that account uses itself.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

from ringwatch import duck
from ringwatch.days import history
from ringwatch.days.durable import replacing
from ringwatch.days.history import connect, open_history, window_start
from ringwatch.days.in_use import feeds_in_use
from ringwatch.model import ACCOUNT, Evidence, Feed, Model, Relationship, Trait
from ringwatch.night import Night
from ringwatch.window import cells, components, funding, homes, order, pairs, places, shards

# The code that the tables follow from.
MADE_BY = (sys.modules[__name__], history, cells, components, funding, homes, order, pairs, places, shards)
# Days from which staying on an identifier is a habit.
RESIDENT_DAYS = 3

_ACTIVITY = """
CREATE TEMP TABLE activity AS
SELECT DISTINCT account_id, facet, name, date_diff('day', $since, day) AS day FROM ({rows})
WHERE day BETWEEN $since AND $until
"""

_PERSON = """
CREATE TEMP TABLE person AS
SELECT CAST(row_number() OVER () AS INTEGER) AS account, account_id, active_days, opened
FROM (
  SELECT account_id, count(DISTINCT day) AS active_days FROM (
    SELECT account_id, day FROM activity
    UNION ALL
    SELECT account_id, date_diff('day', $since, CAST(created_at AS DATE)) FROM accounts
    WHERE CAST(created_at AS DATE) BETWEEN $since AND $until
  ) GROUP BY account_id
) LEFT JOIN (SELECT account_id, min(created_at) AS opened FROM accounts GROUP BY account_id) USING (account_id)
"""

# A name that several kinds of identifier have (a kind is a label) says nothing; numbers are counted from 1 in each.
_NO_NAME = """
CREATE TEMP TABLE no_name AS
WITH named AS (
  SELECT DISTINCT facet, label, name
  FROM (SELECT facet, name FROM activity UNION ALL SELECT facet, name FROM ({lasting})) JOIN facet USING (facet)
  WHERE facet IN (SELECT unnest($facets)) AND NOT regexp_full_match(name, '[0-9]+')
)
SELECT facet, name FROM named WHERE name IN (SELECT name FROM named GROUP BY name HAVING count(DISTINCT label) > 1)
"""

# The account was active all the same.
_WITHOUT_NAMES = "UPDATE activity SET name = NULL WHERE (facet, name) IN (SELECT facet, name FROM no_name)"

_SEEN = """
CREATE TEMP TABLE seen AS
SELECT account, facet, name, bitstring_agg(CAST(day AS INTEGER), 0, {last}) AS days,
  CAST(min(day) AS SMALLINT) AS first, CAST(max(day) AS SMALLINT) AS last
FROM activity JOIN person USING (account_id) WHERE name IS NOT NULL GROUP BY ALL
UNION ALL
SELECT DISTINCT account, facet, name, repeat('0', {last} + 1)::BIT, NULL, NULL
FROM ({lasting}) JOIN person USING (account_id) ANTI JOIN no_name USING (facet, name)
"""

_THING = """
CREATE TEMP TABLE thing AS
SELECT CAST(row_number() OVER () AS INTEGER) AS identifier, facet, name, accounts, person.account AS owner
FROM (SELECT facet, name, count(*) AS accounts FROM seen GROUP BY ALL) JOIN facet USING (facet)
LEFT JOIN person ON label = $account AND account_id = name
"""

_USE = """
CREATE TEMP TABLE use AS
SELECT account, identifier, days, first, last FROM seen JOIN thing USING (facet, name)
"""

# From here on accounts and identifiers have the numbers of their places (`order.py`).
_ACCOUNT = """
CREATE TABLE account AS
SELECT place AS account, account_id, active_days, date_diff('day', $since, CAST(opened AS DATE)) AS created,
  date_diff('second', CAST($since AS TIMESTAMP), CAST(opened AS TIMESTAMP)) / 3600 AS hour
FROM person JOIN account_place USING (account) ORDER BY place
"""

# Here it is decided what is a hub, and what sharing is worth: bits fall with the logarithm of the accounts.
_IDENTIFIER = """
CREATE TABLE identifier AS
SELECT place AS identifier, facet, name, accounts, bits > 0 AND accounts > hub_limit AS hub,
  CASE WHEN accounts < 2 OR accounts > hub_limit THEN 0
    ELSE bits * (1 - ln(accounts / 2) / ln(hub_limit / 2)) END AS bits
FROM thing JOIN identifier_place USING (identifier) JOIN facet USING (facet) ORDER BY place
"""

_SIGHTING = """
CREATE TABLE sighting AS
SELECT account_place.place AS account, identifier_place.place AS identifier, days, first, last,
  CAST(CASE WHEN bit_count(days) >= {resident_days} THEN bit_count(days) / active_days ELSE 0 END AS FLOAT) AS tenure
FROM use JOIN person USING (account) JOIN account_place USING (account) JOIN identifier_place USING (identifier)
"""

_DEALING = """
CREATE TABLE dealing AS
SELECT *, count(*) OVER (PARTITION BY facet, target) AS sources, count(*) OVER (PARTITION BY facet, source) AS targets
FROM (
  SELECT DISTINCT source.account AS source, target.account AS target, facet, name
  FROM ({dealings}) JOIN account source USING (account_id) JOIN account target ON target.account_id = name
  WHERE name <> source.account_id AND (day IS NULL OR day BETWEEN $since AND $until)
)
"""

_FIGURE = "CREATE TABLE figure AS SELECT count(*) AS accounts, mad(hour) AS hours FROM account"


_SHARED_BY = """
WITH asked AS (SELECT account FROM account WHERE account_id = $account_id),
used AS (SELECT identifier.* FROM sighting SEMI JOIN asked USING (account) JOIN identifier USING (identifier))
SELECT (SELECT count(*) FROM asked),
  (SELECT count(*) FROM link, asked WHERE account IN (source, target) AND bits >= $min_bits),
  (SELECT count(*) FROM used WHERE accounts > 1 AND NOT hub), (SELECT count(*) FROM used WHERE hub)
"""


_TIED = """
WITH seen AS (
  SELECT ring_id, account_id, identifier, facet
  FROM together JOIN account USING (account_id) JOIN sighting USING (account) JOIN identifier USING (identifier)
  WHERE NOT hub AND bits > 0
), shared AS (FROM seen QUALIFY count(*) OVER (PARTITION BY ring_id, identifier) > 1)
SELECT DISTINCT ring_id, account_id, facet FROM shared ORDER BY ALL
"""


def open_sharing(night: Night) -> duckdb.DuckDBPyConnection:
    """Return a connection with the tables above for the window that ends with the night's day.

    They lie in a database in the home, so that they are made once a night and need not fit into memory; it is made
    anew when the clean days, the model or the settings are others than it was made from.
    """
    path = night.files.sharing
    stamp = _stamp(night)
    if not path.is_file() or _read_stamp(path) != stamp:
        _make(night, path, stamp)
    return connect(night, path, read_only=True)


def worked_out(night: Night) -> duckdb.DuckDBPyConnection | None:
    """Return a connection with the tables above if they are there for this night as they should be, else None."""
    path = night.files.sharing
    current = path.is_file() and _read_stamp(path) == _stamp(night)
    return connect(night, path, read_only=True) if current else None


def as_left(night: Night) -> duckdb.DuckDBPyConnection | None:
    """Return a connection with the tables above as the night left them, whatever was changed or decided since.

    None when they are not there, or those of another day.
    """
    path = night.files.sharing
    return connect(night, path, read_only=True) if path.is_file() and _read_day(path) == night.day else None


def shared_by(connection: duckdb.DuckDBPyConnection, account_id: str, min_bits: float) -> dict[str, int]:
    """Return for an account: seen (0 or 1), links of `min_bits` and more, identifiers and hubs that others use, too."""
    found = connection.execute(_SHARED_BY, {"account_id": account_id, "min_bits": min_bits}).fetchall()[0]
    return dict(zip(("seen", "links", "identifiers", "hubs"), found, strict=True))


def tied(connection: duckdb.DuckDBPyConnection, groups: pd.DataFrame) -> pd.DataFrame:
    """Return ring_id, account_id, facet: in which facets each account shares something telling with others of its
    group. `groups` has ring_id, account_id.
    """
    connection.register("together", groups)
    return connection.execute(_TIED).df()


def _stamp(night: Night) -> str:
    """Digest of all that the tables follow from: clean files, as of when, what is asked of them, and by what."""
    paths = sorted(path for part in ("clean", "held") for path in night.files.home.glob(f"days/*/{part}/*.parquet"))
    seen = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    settings = night.settings
    asked = night.day, settings.window_days, settings.held_days, feeds_in_use(night).used, night.model
    apart = settings.shard_accounts, last_night(night).to_csv(index=False)
    made_by = b"".join(Path(str(module.__file__)).read_bytes() for module in MADE_BY)
    return hashlib.sha256(repr((seen, asked, apart, _allowed(night))).encode() + made_by).hexdigest()


def _allowed(night: Night) -> list[tuple[str, str]]:
    """Identifiers that reviewers took out, for this day; a deployment without a store has none."""
    return night.store.verdicts.allowed(night.day) if _has_store(night) else []


def last_night(night: Night) -> pd.DataFrame:
    """Return ring_id, account_id of the rings that were flagged on the last published day before this night."""
    if not _has_store(night):
        return pd.DataFrame({"ring_id": [], "account_id": []}, dtype="str")
    history = night.store.published.history(night.day)
    active = history.rings.loc[history.rings["active"].astype(bool), "ring_id"]
    rings = history.members.loc[history.members["ring_id"].isin(active), ["ring_id", "account_id"]]
    return rings.sort_values(["ring_id", "account_id"], ignore_index=True)


def _has_store(night: Night) -> bool:
    address = night.settings.store_address
    return not isinstance(address, Path) or address.is_file()


def _read_stamp(path: Path) -> str | None:
    """Return the stamp of a finished database, None for anything else."""
    try:
        with duck.connect(path, read_only=True) as connection:
            found: str = connection.execute("SELECT stamp FROM made").fetchall()[0][0]
            return found
    except duckdb.Error:
        return None


def _read_day(path: Path) -> date | None:
    """Return the day whose window a finished database is of, None for anything else."""
    try:
        with duck.connect(path, read_only=True) as connection:
            found: date = connection.execute("SELECT day FROM made").fetchall()[0][0]
            return found
    except duckdb.Error:
        return None


def _make(night: Night, path: Path, stamp: str) -> None:
    since = window_start(night)
    with replacing(path) as new, open_history(night, since, night.day) as connection:
        duck.attach(connection, new, "sharing")
        connection.execute("SET search_path = 'sharing.main,memory.main'")
        apart = Apart(night.settings.shard_accounts, last_night(night))
        share(connection, night.model, feeds_in_use(night).used, since, night.day, _allowed(night), apart)
        connection.execute("CREATE TABLE made AS SELECT $1 AS stamp, $2 AS day", [stamp, night.day])
        connection.execute("SET search_path = 'memory.main'; DETACH sharing")


class Apart(NamedTuple):
    """most: accounts of a shard, None for one shard whatever its size; rings: as `shards.add`."""

    most: int | None = None
    rings: pd.DataFrame | None = None


ONE_SHARD = Apart()


def share(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    feeds: tuple[str, ...],
    since: date,
    until: date,
    allowed: Iterable[tuple[str, str]] = (),
    apart: Apart = ONE_SHARD,
) -> None:
    """Make the tables above from the views of `feeds` on `connection`; nobody shares what is `allowed`: facet, name."""
    relationships = [(feed, r) for feed, _, r in model.relationships(feeds)]
    traits = list(model.traits(feeds))
    connection.register("facets", _facets(model, relationships, traits))
    connection.execute("CREATE TABLE facet AS FROM facets")
    window = {"since": since, "until": until}
    activity = [_rows(feed, r) for feed, r in relationships if not r.lasting]
    activity += [_trait_rows(feed, trait) for feed, trait in traits if not feed.lasts]
    lasting = [_lasting_rows(feed, r) for feed, r in relationships if r.lasting]
    lasting += [_lasting_trait_rows(feed, trait) for feed, trait in traits if feed.lasts]
    connection.execute(_ACTIVITY.format(rows=_union(activity, ", NULL::DATE AS day")), window)
    connection.execute(_NO_NAME.format(lasting=_union(lasting)), {"facets": _free(model, feeds)})
    for facet, name in allowed:
        connection.execute("INSERT INTO no_name VALUES ($1, $2)", [facet, name])
    connection.execute(_WITHOUT_NAMES)
    connection.execute(_PERSON, window)
    connection.execute(_SEEN.format(lasting=_union(lasting), last=(until - since).days))
    connection.execute(_THING, {"account": ACCOUNT})
    connection.execute(_USE)
    order.add(connection)
    connection.execute(_ACCOUNT, {"since": since})
    connection.execute(_IDENTIFIER)
    connection.execute(_SIGHTING.format(resident_days=RESIDENT_DAYS))
    dealings = _union([_dealings(feed, r) for feed, r in relationships if r.to.label == ACCOUNT], ", NULL::DATE AS day")
    connection.execute(_DEALING.format(dealings=dealings), window)
    for table in ("activity", "no_name", "seen", "person", "thing", "use", "account_place", "identifier_place"):
        connection.execute(f"DROP TABLE {table}")
    places.add(connection, model, feeds, since, until)
    cells.add(connection, (until - since).days + 1)
    funding.add(connection, model, feeds, since, until)
    homes.add(connection)
    connection.execute(_FIGURE)
    pairs.prepare(connection)
    shards.add(connection, *apart)
    pairs.add(connection, shards.count(connection))


def _free(model: Model, feeds: tuple[str, ...]) -> list[str]:
    """Facets of free text, in which a word may stand for nothing: kinds of identifier, and traits (no kinds)."""
    kinds = [facet for sources in model.kinds(feeds).values() for *_, facet in sources]
    traits = [t.evidence.facet for feed, t in model.traits(feeds) if feed.kept[t.column].is_free and not t.network]
    return [*kinds, *traits]


def _facets(
    model: Model, relationships: Iterable[tuple[Feed, Relationship]], traits: Iterable[tuple[Feed, Trait]]
) -> pd.DataFrame:
    rows = [_facet(r.evidence, r.to.label) for _, r in relationships]
    rows += [_facet(trait.evidence, None) for _, trait in traits]
    return pd.DataFrame([*rows, _facet(model.defaults.cell, None), _facet(model.defaults.funding, None)])


def _facet(evidence: Evidence, label: str | None) -> dict[str, object]:
    return asdict(evidence) | {"label": label}


def _rows(feed: Feed, relationship: Relationship) -> str:
    """SELECT of account_id, facet, name, day: once for the first and once for the last time of each row.

    Where the identifier is missing the account was there all the same.
    """
    return _both_ends(relationship, f"{_days(relationship.seen)} AS day FROM {feed.feed}")


def _days(seen: tuple[str, str] | None) -> str:
    first, last = seen or ("day", "day")
    return f"CAST({first} AS DATE)" if first == last else f"unnest([CAST({first} AS DATE), CAST({last} AS DATE)])"


def _lasting_rows(feed: Feed, relationship: Relationship) -> str:
    """SELECT of account_id, facet, name: what the newest rows of each account say."""
    rows = _both_ends(relationship, f"day FROM {_newest(feed)}")
    return f"SELECT account_id, facet, name FROM ({rows}) WHERE name IS NOT NULL"


def _newest(feed: Feed) -> str:
    return f"(FROM {feed.feed} QUALIFY day = max(day) OVER (PARTITION BY account_id))"


def _both_ends(relationship: Relationship, rest: str) -> str:
    """SELECT for the account and, when the far end is a known account, for that one, too."""
    facet, column = f"'{relationship.evidence.facet}' AS facet", relationship.to.source
    if relationship.to.label != ACCOUNT:
        return f"SELECT account_id, {facet}, {column} AS name, {rest}"
    known = f"{column} IN (SELECT account_id FROM accounts) AND {column} <> account_id"
    return (
        f"SELECT account_id, {facet}, CASE WHEN {known} THEN {column} END AS name, {rest} "
        f"UNION ALL SELECT {column} AS account_id, {facet}, {column} AS name, {rest} WHERE {known}"
    )


def _trait_rows(feed: Feed, trait: Trait) -> str:
    """SELECT of account_id, facet, name, day of a trait, at the times of the feed's first relationship."""
    seen = next((r.seen for r in feed.relationships.values() if r.seen), None)
    return f"SELECT account_id, {_trait(trait)}, {_days(seen)} AS day FROM {feed.feed} WHERE name IS NOT NULL"


def _lasting_trait_rows(feed: Feed, trait: Trait) -> str:
    return f"SELECT account_id, {_trait(trait)} FROM {_newest(feed)} WHERE name IS NOT NULL"


def _trait(trait: Trait) -> str:
    """Facet and name; the network of an address is its /24, or the /48 of an IPv6 one."""
    name = network_of(trait.column) if trait.network else trait.column
    return f"'{trait.evidence.facet}' AS facet, {name} AS name"


def network_of(address: str) -> str:
    """Expression of the network of a column of addresses: the /24, or the /48 of an IPv6 one."""
    return (
        f"CASE WHEN contains({address}, ':') THEN array_to_string(split({address}, ':')[1:3], ':') "
        f"ELSE regexp_extract({address}, '^(.*)\\.', 1) END"
    )


def _dealings(feed: Feed, relationship: Relationship) -> str:
    day = "NULL::DATE" if relationship.lasting else f"CAST({(relationship.seen or ('day', 'day'))[0]} AS DATE)"
    rows = _newest(feed) if relationship.lasting else feed.feed
    facet = relationship.evidence.facet
    return f"SELECT account_id, '{facet}' AS facet, {relationship.to.source} AS name, {day} AS day FROM {rows}"


def _union(selects: list[str], empty: str = "") -> str:
    nobody = "SELECT NULL::TEXT AS account_id, NULL::TEXT AS facet, NULL::TEXT AS name"
    return " UNION ALL ".join(selects or [f"{nobody}{empty} WHERE false"])
