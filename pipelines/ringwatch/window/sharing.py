"""Who shared what in the window: the clean days in; accounts, sightings, identifiers and dealings out, in DuckDB.

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

What the feeds say of each account is asked by `said.py`; the statements are in `sql/`.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa

from ringwatch import duck
from ringwatch.days import history
from ringwatch.days.durable import replacing
from ringwatch.days.history import connect, open_history, window_start
from ringwatch.days.in_use import feeds_in_use
from ringwatch.model import ACCOUNT, Model
from ringwatch.night import Night
from ringwatch.window import cells, components, funding, homes, making, order, pairs, places, said, shards, statements
from ringwatch.window.making import Maker
from ringwatch.window.statements import statement

# The code that the tables follow from.
_MODULES = (cells, components, funding, history, homes, making, order, pairs, places, said, shards, statements)
MADE_BY = (sys.modules[__name__], *_MODULES)
# Days from which staying on an identifier is a habit.
RESIDENT_DAYS = 3

_NAMED = pa.schema([("facet", pa.string()), ("name", pa.string())])

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
    stamp = stamp_of(night)
    if not path.is_file() or _read_stamp(path) != stamp:
        _make(night, path, stamp)
    return connect(night, path, read_only=True)


def worked_out(night: Night) -> duckdb.DuckDBPyConnection | None:
    """Return a connection with the tables above if they are there for this night as they should be, else None."""
    path = night.files.sharing
    current = path.is_file() and _read_stamp(path) == stamp_of(night)
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


def stamp_of(night: Night) -> str:
    """Digest of all that the tables follow from: clean files, as of when, what is asked of them, and by what."""
    paths = sorted(path for part in ("clean", "held") for path in night.files.home.glob(f"days/*/{part}/*.parquet"))
    seen = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    settings = night.settings
    asked = night.day, settings.window_days, settings.held_days, feeds_in_use(night).used, night.model
    apart = settings.shard_accounts, last_night(night).to_csv(index=False)
    code = [*(Path(str(module.__file__)) for module in MADE_BY), *sorted(statements.FOLDER.glob("*.sql"))]
    made_by = b"".join(path.read_bytes() for path in code)
    return hashlib.sha256(repr((seen, asked, apart, allowed_of(night))).encode() + made_by).hexdigest()


def allowed_of(night: Night) -> list[tuple[str, str]]:
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
        share(connection, night.model, feeds_in_use(night).used, since, night.day, allowed_of(night), apart)
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
    maker = making.Here(connection)
    figures(maker, model, feeds, since, until, allowed)
    shards.add(connection, *apart)
    pairs.add(connection, several := shards.count(connection))
    if several > 1:
        shards.sort(connection)


def figures(
    maker: Maker,
    model: Model,
    feeds: tuple[str, ...],
    since: date,
    until: date,
    allowed: Iterable[tuple[str, str]],
) -> None:
    """Make all tables above but shards and links: figures of the whole night."""
    maker.give("facet", pa.Table.from_pandas(said.facets(model, feeds)), lasts=True)
    maker.give("allowed", pa.Table.from_pylist([dict(zip(_NAMED.names, row, strict=True)) for row in allowed], _NAMED))
    maker.do(said.statements(model, feeds), since=since, until=until)
    maker.do(
        ("no_name", "person", statement("seen").filled(last=(until - since).days), "thing", "use"),
        facets=said.free(model, feeds),
        account=ACCOUNT,
    )
    maker.drop(("activity", "lasting", "known", "no_name", "allowed", "seen"))
    order.add(maker)
    maker.do(("identifier", "account", "sighting"), since=since, resident_days=RESIDENT_DAYS)
    maker.drop(("person", "thing", "use", "account_place", "identifier_place"))
    maker.do(("figure", "dealing_to", "dealing"))
    maker.drop(("dealt_with", "dealing_to"))
    places.add(maker, model, feeds, since, until)
    cells.add(maker, (until - since).days + 1)
    funding.add(maker, model, since, until)
    homes.add(maker)
    pairs.prepare(maker)
    maker.drop(("opened", "place_kind", "paid"))
