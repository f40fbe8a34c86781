"""The clean days as DuckDB views: one way for load and link to ask what was seen, when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from ringwatch import duck
from ringwatch.days.files import Files
from ringwatch.model import ACCOUNT_KEY, Column, Feed
from ringwatch.night import Night

_ARROW = {"integer": pa.int64(), "number": pa.float64(), "timestamp": pa.timestamp("us")}

_ADMITTED = f"""
FROM {{feed}}_clean
UNION ALL
SELECT held.* REPLACE (greatest(held.day, known.since) AS day)
FROM {{feed}}_held held
JOIN (SELECT {ACCOUNT_KEY}, min(day) AS since FROM accounts_clean GROUP BY {ACCOUNT_KEY}) known USING ({ACCOUNT_KEY})
WHERE known.since <= held.day + {{held_days}}
"""

_COUNTS_FROM = f"""
CREATE VIEW {{feed}} AS
FROM {{feed}}_clean
UNION ALL
SELECT held.* REPLACE (DATE '{{day}}' AS day)
FROM {{feed}}_held held JOIN known USING ({ACCOUNT_KEY})
WHERE greatest(held.day, known._since) = DATE '{{day}}' AND known._since <= held.day + {{held_days}}
"""


_IN_VAIN = f"""
SELECT held.*
FROM {{feed}}_held held
LEFT JOIN (SELECT {ACCOUNT_KEY}, min(day) AS since FROM accounts_clean GROUP BY ALL) known USING ({ACCOUNT_KEY})
WHERE held.day + {{held_days}} < coalesce(known.since, $newest)
"""


def clean_schema(feed: Feed) -> pa.Schema:
    """Columns of a clean file: those that are kept, and `day`, the day of the file."""
    columns = [(name, _arrow_type(column)) for name, column in feed.kept.items()]
    return pa.schema([*columns, ("day", pa.date32())])


def open_history(night: Night, since: date | None = None, until: date | None = None) -> duckdb.DuckDBPyConnection:
    """Return a connection with a view per feed over the clean files of `since` to `until`, both included.

    Held rows are among them as soon as an accounts feed has named their account within the grace window, with
    the day on which it did. A feed without any file is an empty view. One whose rows say what lasts always starts at
    the first day.
    """
    connection = connect(night)
    for feed in night.model.feeds.values():
        first = None if feed.lasts else since
        connection.register(f"{feed.feed}_none", clean_schema(feed).empty_table())
        parts = {part: files(night, part, feed.feed, first, until) for part in ("clean", "held")}
        for part, paths in parts.items():
            rows = duck.read_parquet(connection, paths) if paths else connection.table(f"{feed.feed}_none")
            rows.create_view(f"{feed.feed}_{part}")
        counts = admitted(feed.feed, night.settings.held_days) if parts["held"] else f"FROM {feed.feed}_clean"
        connection.execute(f"CREATE VIEW {feed.feed} AS {counts}")
    return connection


def admitted(feed: str, held_days: int) -> str:
    """Return the SELECT of the rows of a feed that count, from `<feed>_clean`, `<feed>_held` and `accounts_clean`."""
    return _ADMITTED.format(feed=feed, held_days=held_days)


def connect(night: Night, path: Path | None = None, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Return a connection to the database in `path`, or to an empty one, that keeps within the setting duckdb_memory_mb
    and puts what is more into the home.
    """
    connection = duck.connect(path, read_only)
    connection.execute(f"SET memory_limit = '{night.settings.duckdb_memory_mb}MiB'")
    connection.execute("SET temp_directory = $folder", {"folder": str(night.files.spill)})
    return connection


def show_delivery(connection: duckdb.DuckDBPyConnection, night: Night, day: date) -> None:
    """Make views of what was delivered on `day`: `<feed>_clean`, and `<feed>_held`, which waits since `held_days`."""
    for feed in night.model.feeds.values():
        schema = clean_schema(feed)
        connection.register(f"{feed.feed}_none", schema.empty_table())
        for part, first in (("clean", day), ("held", day - timedelta(days=night.settings.held_days))):
            rows = connection.table(f"{feed.feed}_none")
            if paths := files(night, part, feed.feed, first, day):
                duck.read_parquet(connection, paths).create_view(f"{feed.feed}_{part}_files")
                rows = connection.sql(f"FROM {feed.feed}_none UNION ALL BY NAME FROM {feed.feed}_{part}_files")
            rows.select(*schema.names).create_view(f"{feed.feed}_{part}")


def admit_held(connection: duckdb.DuckDBPyConnection, night: Night, day: date) -> None:
    """Make the view `<feed>` of the rows that count from `day`: clean ones, and held ones whose account came that day.

    The table `known` says since when each account is: account_id, _since.
    """
    for feed in night.model.feeds:
        connection.execute(_COUNTS_FROM.format(feed=feed, day=day, held_days=night.settings.held_days))


def window_start(night: Night) -> date:
    """First day that counts."""
    return night.day - timedelta(days=night.settings.window_days - 1)


def clean_days(night: Night) -> list[date]:
    """Days that have passed the gate, oldest first."""
    return days_on_disk(night.files)


def days_on_disk(files: Files) -> list[date]:
    """Days that have passed the gate in a home, oldest first."""
    return sorted(date.fromisoformat(path.parent.name) for path in (files.home / "days").glob("*/clean"))


def waited_in_vain(night: Night) -> Iterator[tuple[str, pa.Table]]:
    """Yield each feed that has held rows whose account was not named within the grace window, with these rows."""
    days = clean_days(night)
    with open_history(night) as connection:
        for feed in night.model.feeds if days else ():
            rows = _in_vain(connection, night, feed, days[-1]).to_arrow_table()
            if rows.num_rows:
                yield feed, rows


def count_waited_in_vain(night: Night) -> dict[str, int]:
    """Return by feed how many held rows had waited in vain by the night's day: feeds that have any."""
    last = night.day - timedelta(days=night.settings.held_days + 1)
    feeds = [feed for feed in night.model.feeds if files(night, "held", feed, None, last)]
    if not feeds:
        return {}
    with open_history(night, until=night.day) as connection:
        counts = {feed: len(_in_vain(connection, night, feed, night.day)) for feed in feeds}
    return {feed: count for feed, count in counts.items() if count}


def _in_vain(connection: duckdb.DuckDBPyConnection, night: Night, feed: str, newest: date) -> duckdb.DuckDBPyRelation:
    query = _IN_VAIN.format(feed=feed, held_days=night.settings.held_days)
    return connection.sql(query, params={"newest": newest})


def account_files(night: Night) -> list[Path]:
    """Clean files that name the accounts known before the night."""
    return files(night, "clean", "accounts", None, night.day - timedelta(days=1))


def clean_days_by_feed(night: Night, until: date) -> dict[str, list[date]]:
    """Return by feed the days up to `until` that have clean rows of it, oldest first."""
    return {
        feed: [date.fromisoformat(path.parent.parent.name) for path in files(night, "clean", feed, None, until)]
        for feed in night.model.feeds
    }


def files(night: Night, part: str, feed: str, since: date | None, until: date | None) -> list[Path]:
    """Return the files of a feed (part: clean or held) of the days from `since` to `until`, oldest first."""
    found = []
    for path in sorted((night.files.home / "days").glob(f"*/{part}/{feed}.parquet")):
        day = date.fromisoformat(path.parent.parent.name)
        if (since is None or day >= since) and (until is None or day <= until):
            found.append(path)
    return found


def _arrow_type(column: Column) -> pa.DataType:
    return _ARROW.get(column.type, pa.string())
