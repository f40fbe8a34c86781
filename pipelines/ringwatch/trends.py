"""What is unusual about a feed against the nights before it: floors stop the night, everything else is a warning."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd

from ringwatch.errors import DataRefused
from ringwatch.gate import Judged
from ringwatch.night import Night

# Nights before this one that say what is usual, and how many there must be to say anything.
NIGHTS = 14
FEWEST = 5

# A feed of more than this many times its usual rows, or a column that lacks this much more of its values, is told.
CEILING = 5.0
LACKING = 0.2

# Population stability index above which a distribution is called shifted: the 0.25 of Siddiqi, Credit Risk Scorecards
# (2006), for columns of at most this many values.
SHIFTED = 0.25
CATEGORIES = 40


def unusual(night: Night, connection: duckdb.DuckDBPyConnection, judged: Judged) -> tuple[str, ...]:
    """Return what to say of a feed against up to NIGHTS nights before; nothing when there are fewer than FEWEST.

    Raises DataRefused when its rows are fewer than the setting `volume_floor` allows.
    """
    name = judged.feed.feed
    query = f"SELECT day, count(*) AS count FROM {name}_clean WHERE day < ? GROUP BY day ORDER BY day DESC LIMIT ?"
    usual = connection.execute(query, [night.day, NIGHTS]).df()
    if len(usual) < FEWEST:
        return ()
    rows, median = len(judged.clean), float(usual["count"].median())
    if rows < night.settings.volume_floor * median:
        raise DataRefused(
            f"{name} of {night.day} has {rows:,} rows that pass, and {median:,.0f} on the median of {len(usual)} "
            "nights before; deliver the whole feed, or lower the setting volume_floor if this is all"
        )
    before = connection.execute(f"FROM {name}_clean WHERE day < ? AND day >= ?", [night.day, usual["day"].min()]).df()
    much = (f"{name}: {rows:,} rows pass, {median:,.0f} are usual",) if rows > CEILING * median else ()
    return (*much, *(f"{name}.{column}: {what}" for column, what in _columns(judged.clean, before)))


def psi(now: pd.Series, before: pd.Series) -> float:
    """Population stability index of two columns of categories: sum of (p - q) ln(p / q), each count plus one half."""
    both = pd.concat([now.value_counts(), before.value_counts()], axis=1).fillna(0).to_numpy(dtype=float) + 0.5
    p, q = (both / both.sum(axis=0)).T
    return float(((p - q) * np.log(p / q)).sum())


def _columns(now: pd.DataFrame, before: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield what is unusual, column by column."""
    for column in now.columns.drop("day"):
        lacking, usual = now[column].isna().mean(), before[column].isna().mean()
        if lacking > usual + LACKING:
            yield column, f"{lacking:.0%} of its values are missing, {usual:.0%} are usual"
        known = set(before[column].dropna().unique())
        if not known or len(known) > CATEGORIES:
            continue
        new = sorted(map(str, set(now[column].dropna().unique()) - known))
        if new:
            yield column, f"{len(new)} new values, such as {new[0]}"
        shift = psi(now[column].dropna(), before[column].dropna())
        if shift > SHIFTED and len(now) >= 200:
            yield column, f"its values are spread in another way than before (PSI {shift:.2f})"
