"""Ids that were given to somebody else: a known account that is said to be opened behind what it did before.

In: the clean files of the day and of the days before. Out: the accounts. A correction is none of them: one by at most a
day (a zone, a date without its time), one to an earlier moment, and one that leaves everything behind the opening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringwatch import duck
from ringwatch.days import history
from ringwatch.gate import normalise
from ringwatch.gate.arrivals import Arrived
from ringwatch.gate.chunks import Chunk
from ringwatch.model import ACCOUNT_KEY, Feed
from ringwatch.night import Night

_SHOWN = 3

# What DuckDB may have; what does not fit goes to the disk.
_MEMORY = "256MB"

# Known accounts whose opening moved by more than a day to later, and whether another mailbox or phone came with it.
_MOVED = """
CREATE TABLE moved AS
WITH known AS (
  SELECT {account}, arg_max(created_at, day) AS created_at, {last}
  FROM before SEMI JOIN now USING ({account}) GROUP BY {account}
)
SELECT now.{account}, now.created_at, {other} AS other
FROM now JOIN known USING ({account})
WHERE now.created_at > known.created_at + INTERVAL 1 DAY
"""

_REUSED = """
SELECT {account}, coalesce(activity.first < created_at, false) AS active
FROM moved LEFT JOIN (SELECT {account}, min(first) AS first FROM seen GROUP BY {account}) activity USING ({account})
WHERE activity.first < created_at OR other
UNION ALL
SELECT DISTINCT {account}, true
FROM now JOIN early USING ({account}) ANTI JOIN before USING ({account})
WHERE early.first < created_at - INTERVAL 1 DAY
ORDER BY ALL
"""


@dataclass(frozen=True)
class Reused:
    """Accounts whose ids were given away, by what is known of them: `active` did something before they were opened."""

    accounts: tuple[str, ...]
    active: int


def told(night: Night, clean: dict[str, Path], where: Callable[[Sequence[str]], list[str]]) -> Iterator[str]:
    """Yield what to say of ids in the `clean` files of the day, given by feed, that were somebody else's before.

    `where` returns the places of the first rows of accounts, as `places` does.
    """
    found = find(night, clean)
    if found.accounts:
        ids = "1 id seems" if len(found.accounts) == 1 else f"{len(found.accounts):,} ids seem"
        yield (
            f"accounts: {ids} to have been given to somebody else ({_listed(where(found.accounts))}): their "
            f"created_at is later than what the same account did before ({found.active:,}), or moved and came with "
            "another mailbox or phone; what was known of the former owner counts for the new one, too, so have the "
            "sender give each account an id of its own, or created_at as it was"
        )


def places(chunks: Iterable[Chunk], arrived: Sequence[Arrived], accounts: Sequence[str]) -> list[str]:
    """Return the places of the first rows of `accounts`: so many as are shown, and one more if there are others."""
    found: list[str] = []
    wanted = pa.array(accounts, pa.string())
    for chunk in chunks:
        here = pc.indices_nonzero(pc.is_in(normalise.ids(chunk.rows, ACCOUNT_KEY), wanted)).to_pylist()
        found += [f"{arrived[chunk.files[i]].name} row {chunk.numbers[i]}" for i in here[: _SHOWN + 1]]
        if len(found) > _SHOWN:
            break
    return found[: _SHOWN + 1]


def _listed(places: list[str]) -> str:
    return ", ".join([*places[:_SHOWN], *(["others"] if len(places) > _SHOWN else [])])


def find(night: Night, clean: dict[str, Path]) -> Reused:
    """Return the accounts in the `clean` files of the day, given by feed, whose id was somebody else's before."""
    accounts = clean.get("accounts")
    if accounts is None or "created_at" not in pq.read_schema(accounts).names:
        return Reused((), 0)
    with duck.connect(memory_limit=_MEMORY, temp_directory=str(night.files.spill)) as connection:
        _find_moved(connection, night, accounts)
        _add_activity(connection, night, clean)
        found = connection.execute(_REUSED.format(account=ACCOUNT_KEY)).fetchall()
    return Reused(tuple(account for account, _ in found), sum(active for _, active in found))


def _find_moved(connection: duckdb.DuckDBPyConnection, night: Night, accounts: Path) -> None:
    feed = night.model.feeds["accounts"]
    before = history.account_files(night)
    duck.read_parquet(connection, accounts).create_view("now")
    known = duck.read_parquet(connection, before) if before else connection.view("now").limit(0)
    known.create_view("before")
    contacts = [name for name in feed.tokens if name in known.columns]
    last = ", ".join(f"arg_max({name}, day) AS {name}" for name in contacts) or "NULL AS nobody"
    other = " OR ".join(f"now.{name} <> known.{name}" for name in contacts) or "false"
    connection.execute(_MOVED.format(account=ACCOUNT_KEY, last=last, other=f"coalesce({other}, false)"))


def _add_activity(connection: duckdb.DuckDBPyConnection, night: Night, clean: dict[str, Path]) -> None:
    """Make the tables `seen`, of moved accounts on all days, and `early`, of rows of today about earlier days."""
    moved = connection.execute("SELECT count(*) FROM moved").fetchone() != (0,)
    for table in ("seen", "early"):
        connection.execute(f"CREATE TABLE {table} ({ACCOUNT_KEY} VARCHAR, first TIMESTAMP)")
    for feed in night.model.feeds.values():
        first = next((relationship.seen[0] for relationship in feed.relationships.values() if relationship.seen), None)
        today = [clean[feed.feed]] if feed.feed in clean else []
        if first is None:
            continue
        _add(connection, "early", first, today, f"WHERE {first} < DATE '{night.day}'")
        if moved:
            _add(connection, "seen", first, [*_before(night, feed), *today], f"SEMI JOIN moved USING ({ACCOUNT_KEY})")


def _add(connection: duckdb.DuckDBPyConnection, table: str, first: str, files: list[Path], wanted: str) -> None:
    if files:
        duck.read_parquet(connection, files).create_view("rows", replace=True)
        connection.execute(f"INSERT INTO {table} SELECT {ACCOUNT_KEY}, {first} FROM rows {wanted}")


def _before(night: Night, feed: Feed) -> list[Path]:
    """The clean files of a feed of the days before."""
    files = [night.files.clean(day, feed.feed) for day in history.clean_days(night) if day < night.day]
    return [path for path in files if path.is_file()]
