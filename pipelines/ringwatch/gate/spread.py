"""How the values of a column are spread over bins, tonight and in the nights before, and how unlike the two are.

Counted in DuckDB over the views `now` and `before`; memory grows with the bins only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import duckdb
import numpy as np
import numpy.typing as npt

from ringwatch.model import Column

VIEWS = ("now", "before")

# The most frequent values of the nights before, which are counted one by one; the others count together.
CATEGORIES = 20

# What chance hardly ever exceeds: so many deviations of a count, to which one is added.
DEVIATIONS = 4

_DECILES = [i / 10 for i in range(11)]


@dataclass(frozen=True)
class Spread:
    """Values of a column by `bins` (words for people): how many of them are in each, `now` and `before`."""

    bins: tuple[str, ...]
    now: tuple[int, ...]
    before: tuple[int, ...]

    @property
    def psi(self) -> float:
        """Population stability index: the sum of (p - q) ln(p / q), with one half added to each count.

        0 is alike; more than 0.25 is called a shift by Siddiqi, Credit Risk Scorecards (2006).
        """
        return float(self._parts().sum())

    @property
    def by_chance(self) -> float:
        """PSI that two samples of the same distribution hardly ever exceed.

        It is (1/n + 1/m) times a chi-square with one degree less than bins (Yurdakul and Naranjo, Statistical
        properties of the population stability index, Journal of Risk Model Validation, 2020): mean plus 4 deviations.
        """
        freedom = len(self.bins) - 1
        sampling = 1 / max(sum(self.now), 1) + 1 / max(sum(self.before), 1)
        return sampling * (freedom + 4 * math.sqrt(2 * freedom))

    def most_grown(self) -> tuple[str, float, float]:
        """Return the bin whose growth adds most to the PSI, and its share now and before."""
        most = int(np.argmax(np.where(_shares(self.now) > _shares(self.before), self._parts(), 0)))
        return self.bins[most], self.now[most] / sum(self.now), self.before[most] / sum(self.before)

    def _parts(self) -> npt.NDArray[np.float64]:
        p, q = _shares(self.now), _shares(self.before)
        return np.asarray((p - q) * np.log(p / q))


def spread(connection: duckdb.DuckDBPyConnection, name: str, column: Column) -> Spread:
    """Return how the column `name` is spread: times by hour of the day, numbers by decile, the rest by value."""
    if column.type == "timestamp":
        return _by_hour(connection, name)
    if column.type in ("integer", "number"):
        return _by_decile(connection, name)
    return _by_value(connection, name)


def new_values(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Return values that no night before has, the most frequent first; none for a column of too many values.

    None either when no more rows have them than are to be expected: of the values of a night, about as large a share is
    new as the share of those before that occur once (Good, The population frequencies of species, Biometrika, 1953).
    """
    if len(_most_frequent(connection, name, CATEGORIES + 1)) > CATEGORIES:
        return []
    query = f"""
        SELECT "{name}", count(*) FROM now ANTI JOIN before USING ("{name}") WHERE "{name}" IS NOT NULL
        GROUP BY "{name}" ORDER BY count(*) DESC, "{name}"
    """
    found = connection.execute(query).fetchall()
    often = beyond_chance(_expected_new(connection, name)) if found else 0
    return [str(value) for value, _ in found] if sum(rows for _, rows in found) > often else []


def beyond_chance(expected: float) -> float:
    """The count that a Poisson count of so many on average hardly ever exceeds."""
    return expected + DEVIATIONS * math.sqrt(expected + 1)


def _expected_new(connection: duckdb.DuckDBPyConnection, name: str) -> float:
    query = f"""
        SELECT (SELECT count("{name}") FROM now) * count_if(rows = 1) / sum(rows)
        FROM (SELECT count(*) AS rows FROM before WHERE "{name}" IS NOT NULL GROUP BY "{name}")
    """
    (expected,) = connection.execute(query).fetchone() or (0,)
    return float(expected or 0)


def _by_hour(connection: duckdb.DuckDBPyConnection, name: str) -> Spread:
    return _counted(connection, name, f'hour("{name}")', [f"{hour:02}:00 to {hour:02}:59" for hour in range(24)])


def _by_decile(connection: duckdb.DuckDBPyConnection, name: str) -> Spread:
    """Bins that begin at the deciles of the nights before, the last one their most; what is less or more, apart."""
    (found,) = connection.execute(
        f'SELECT quantile_disc("{name}", {_DECILES}) FROM before WHERE "{name}" IS NOT NULL'
    ).fetchone() or ([],)
    cuts = sorted(set(found))
    words = [f"less than {cuts[0]:g}"]
    words += [f"{low:g} to less than {high:g}" for low, high in pairwise(cuts)]
    words += [f"{cuts[-1]:g}", f"more than {cuts[-1]:g}"]
    reached = " + ".join(f'("{name}" >= {cut!r})::INT' for cut in cuts)
    return _counted(connection, name, f'{reached} + ("{name}" > {cuts[-1]!r})::INT', words)


def _by_value(connection: duckdb.DuckDBPyConnection, name: str) -> Spread:
    frequent = _most_frequent(connection, name, CATEGORIES)
    place = f'coalesce(list_position(?, "{name}") - 1, {len(frequent)})'
    return _counted(connection, name, place, [*frequent, "other values"], [frequent])


def _most_frequent(connection: duckdb.DuckDBPyConnection, name: str, most: int) -> list[str]:
    query = f"""
        SELECT "{name}" FROM before WHERE "{name}" IS NOT NULL
        GROUP BY "{name}" ORDER BY count(*) DESC, "{name}" LIMIT {most}
    """
    return [value for (value,) in connection.execute(query).fetchall()]


def _counted(
    connection: duckdb.DuckDBPyConnection, name: str, place: str, words: list[str], parameters: Iterable[object] = ()
) -> Spread:
    """Return the spread over the bins `words`; `place` is the SQL that says in which of them (from 0) a value is."""
    counts = {}
    for view in VIEWS:
        query = f'SELECT {place} AS place, count(*) FROM {view} WHERE "{name}" IS NOT NULL GROUP BY place'
        found = dict(connection.execute(query, list(parameters)).fetchall())
        counts[view] = tuple(found.get(i, 0) for i in range(len(words)))
    return Spread(tuple(words), **counts)


def _shares(counts: Iterable[int]) -> npt.NDArray[np.float64]:
    smoothed = np.fromiter(counts, dtype=float) + 0.5
    return np.asarray(smoothed / smoothed.sum())
