"""The clean days as DuckDB views: one way for load and link to ask what was seen, when."""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd
import pyarrow as pa

from ringwatch.model import ACCOUNT_KEY, Column, Feed
from ringwatch.night import Night

_ARROW = {"integer": pa.int64(), "number": pa.float64(), "timestamp": pa.timestamp("us")}


def clean_schema(feed: Feed) -> pa.Schema:
    """Columns of a clean file: those that are kept, and `day`, the day of the file."""
    columns = [(name, _arrow_type(column)) for name, column in feed.kept.items()]
    return pa.schema([*columns, ("day", pa.date32())])


def open_history(night: Night, since: date | None = None, until: date | None = None) -> duckdb.DuckDBPyConnection:
    """Return a connection with a view per feed over the clean files of `since` to `until`, both included.

    A feed without any file is an empty view. One whose rows say what lasts always starts at the first day.
    """
    connection = duckdb.connect()
    for feed in night.model.feeds.values():
        first = None if feed.lasts else since
        paths = _clean_files(night, feed.feed, first, until)
        if paths:
            relation = connection.read_parquet(paths, union_by_name=True)
        else:
            connection.register(f"{feed.feed}_empty", clean_schema(feed).empty_table())
            relation = connection.table(f"{feed.feed}_empty")
        relation.create_view(feed.feed)
    return connection


def clean_days(night: Night) -> list[date]:
    """Days that have passed the gate, oldest first."""
    return sorted(date.fromisoformat(path.parent.name) for path in (night.files.home / "days").glob("*/clean"))


def account_ids(night: Night) -> pd.Series:
    """Ids of the accounts named by the accounts feed before the night."""
    paths = [path for path in _clean_files(night, "accounts", None, night.day) if night.day.isoformat() not in path]
    if not paths:
        return pd.Series(dtype="str")
    with duckdb.connect() as connection:
        query = f"SELECT DISTINCT {ACCOUNT_KEY} FROM read_parquet(?)"
        return connection.execute(query, [paths]).df()[ACCOUNT_KEY]


def _clean_files(night: Night, feed: str, since: date | None, until: date | None) -> list[str]:
    found = []
    for path in sorted((night.files.home / "days").glob(f"*/clean/{feed}.parquet")):
        day = date.fromisoformat(path.parent.parent.name)
        if (since is None or day >= since) and (until is None or day <= until):
            found.append(str(path))
    return found


def _arrow_type(column: Column) -> pa.DataType:
    return _ARROW.get(column.type, pa.string())
