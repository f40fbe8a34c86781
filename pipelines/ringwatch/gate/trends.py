"""What is unusual about a feed against the nights before it: floors stop the night, ceilings are told.

Nights are compared by aggregates that DuckDB makes of their clean files, column by column: memory grows neither with
the nights nor with the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import duckdb
import pyarrow.parquet as pq

from ringwatch import duck
from ringwatch.days import history
from ringwatch.errors import DataRefused
from ringwatch.gate import outcomes
from ringwatch.gate.outcomes import Outcome
from ringwatch.gate.spread import VIEWS, Spread, beyond_chance, new_values, spread
from ringwatch.model import ACCOUNT_KEY, Column, Feed
from ringwatch.night import Night

# A night is compared with those of the same weekday when there are enough of them, for weekends are unlike other days;
# until then with the nights before it.
WEEKS, FEWEST_WEEKS = 4, 3
NIGHTS, FEWEST_NIGHTS = 14, 5

# A column is held to its floor when at least this many of its values are to be expected: of fewer, chance may take all.
FEWEST_VALUES = 50

# A feed of which a day may be empty is held to the floor of rows when at least this many are to be expected.
FEWEST_ROWS = 50

# Characters of a value that a message shows.
MOST_SHOWN = 40

_MEASURED = ("timestamp", "integer", "number")


def unusual(night: Night, feed: Feed, clean: Path) -> tuple[str, ...]:
    """Return what to say of the clean rows of `feed` in the file `clean` against comparable nights, if there are any.

    Raises DataRefused when there are fewer rows than the setting `volume_floor` allows, or fewer values in a column
    than the setting `filled_floor` does.
    """
    arrived = [day for day in history.clean_days(night) if night.files.clean(day, feed.feed).is_file()]
    files = [night.files.clean(day, feed.feed) for day in comparable(arrived, night.day)]
    if not files:
        return ()
    rows, usual = _rows(clean), median(map(_rows, files))
    much = tuple(_volume(night, feed, rows, usual, len(files)))
    alike = [path for path in files if usual / 2 <= _rows(path) <= usual * 2]  # a first load is no usual night
    with duck.connect() as connection:
        duck.read_parquet(connection, alike).create_view("before")
        duck.read_parquet(connection, clean).create_view("now")
        return (*much, *_columns(night, feed, connection))


def often_broken(night: Night, found: Sequence[Outcome]) -> Iterator[str]:
    """Yield the rules of `found`, those of one feed, that far more rows break than in comparable nights.

    A rule that no night before had is one that no row broke: then it is new, or the sender is.
    """
    before = [broken for day in _judged_days(night, found) if (broken := _shares(night, day, found[0].feed))]
    for one in found if before else ():
        usual = median(shares.get(_rule(one, night.day), 0.0) for shares in before)
        expected = usual * one.rows
        if one.broken > max(expected + night.settings.broken_ceiling * one.rows, beyond_chance(expected)):
            yield f"{one.feed}: {one.broken:,} of {one.rows:,} rows break a rule, {usual:.1%} are usual: {one.rule}"


def comparable(days: Iterable[date], day: date) -> list[date]:
    """Return which of the nights `days` tell what is usual on `day`, oldest first; none when there are too few."""
    before = sorted(known for known in days if known < day)
    weeks = [day - timedelta(weeks=i) for i in range(WEEKS, 0, -1)]
    same = [known for known in weeks if known in before]
    if len(same) >= FEWEST_WEEKS:
        return same
    return before[-NIGHTS:] if len(before) >= FEWEST_NIGHTS else []


def _judged_days(night: Night, found: Sequence[Outcome]) -> list[date]:
    """Return comparable nights that had the feed, if there are enough of them."""
    days = history.clean_days(night) if found else []
    return comparable([day for day in days if night.files.clean(day, found[0].feed).is_file()], night.day)


def _shares(night: Night, day: date, feed: str) -> dict[str, float]:
    """Return by rule the share of the rows of `feed` that broke it on `day`."""
    told = [one for one in outcomes.read(night.files.outcomes(day)) if one.feed == feed]
    return {_rule(one, day): one.broken / max(one.rows, 1) for one in told}


def _rule(one: Outcome, day: date) -> str:
    """The rule in words that are the same each night: some name the day."""
    return one.rule.replace(day.isoformat(), "")


def _rows(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows)


def _volume(night: Night, feed: Feed, rows: int, usual: float, nights: int) -> Iterator[str]:
    if rows < night.settings.volume_floor * usual and _may_be_so_few(night, feed, rows, usual):
        yield f"{feed.feed}: {rows:,} rows pass, {usual:,.0f} are usual"
    elif rows < night.settings.volume_floor * usual:
        raise DataRefused(
            f"{feed.feed} of {night.day} has {rows:,} rows that pass, and {usual:,.0f} on the median of {nights} "
            "nights before; deliver the whole feed, or lower the setting volume_floor if this is all"
        )
    if rows > night.settings.volume_ceiling * usual:
        yield f"{feed.feed}: {rows:,} rows pass, {usual:,.0f} are usual"


def _may_be_so_few(night: Night, feed: Feed, rows: int, usual: float) -> bool:
    """Whether a day may have so few rows: none, where the sender says so by a file without any, or few by chance."""
    return feed.feed in night.settings.may_be_empty and (not rows or usual < FEWEST_ROWS)


def _columns(night: Night, feed: Feed, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield what is unusual, column by column; one that came later than the nights compared says nothing."""
    arrived = set(connection.view("before").columns)
    columns = {name: column for name, column in feed.kept.items() if name in arrived}
    now, before = (_filled(connection, view, columns) for view in VIEWS)
    for name, column in columns.items():
        where = f"{feed.feed}.{name}"
        yield from _lacking(night, where, now[name], before[name])
        if name in _identifying(feed) or not (now[name][0] and before[name][0]):
            continue
        if column.type not in _MEASURED:
            yield from _unheard(where, column, new_values(connection, name))
        yield from _shifted(night, where, column, spread(connection, name, column))


def _identifying(feed: Feed) -> set[str]:
    """Columns whose values are another each time: they have no usual spread, and do not belong in a message."""
    shared = (relationship.to.source for relationship in feed.relationships.values())
    return {ACCOUNT_KEY, *shared, *(feed.key if len(feed.key) == 1 else ())}


def _filled(connection: duckdb.DuckDBPyConnection, view: str, columns: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return for each column how many of its values are there, of how many rows."""
    counted = ", ".join(f'count("{name}")' for name in columns)
    rows, *counts = connection.execute(f"SELECT count(*), {counted} FROM {view}").fetchone() or ()
    return {name: (count, rows) for name, count in zip(columns, counts, strict=True)}


def _lacking(night: Night, where: str, now: tuple[int, int], before: tuple[int, int]) -> Iterator[str]:
    (filled, rows), usual = now, before[0] / max(before[1], 1)
    if usual * rows >= FEWEST_VALUES and filled < night.settings.filled_floor * usual * rows:
        raise DataRefused(
            f"{where} of {night.day} is filled in {filled:,} of {rows:,} rows, {usual:.0%} are usual; have the sender "
            "fill it, or lower the setting filled_floor if this is meant"
        )
    if rows - filled > max((1 - usual + night.settings.missing_ceiling) * rows, beyond_chance((1 - usual) * rows)):
        yield f"{where}: {1 - filled / rows:.0%} of its values are missing, {1 - usual:.0%} are usual"


def _shifted(night: Night, where: str, column: Column, spread: Spread) -> Iterator[str]:
    if spread.psi <= max(night.settings.shift_ceiling, spread.by_chance):
        return
    values, now, before = spread.most_grown()
    values = "one of them" if column.becomes else values
    yield (
        f"{where}: its values are spread in another way than before (PSI {spread.psi:.2f}), most of all {values}: "
        f"{now:.0%} of the values, {before:.0%} are usual"
    )


def _unheard(where: str, column: Column, values: list[str]) -> Iterator[str]:
    if values:
        such = "" if column.becomes else f", such as {values[0][:MOST_SHOWN]}"
        yield f"{where}: {len(values)} new {'value' if len(values) == 1 else 'values'}{such}"
