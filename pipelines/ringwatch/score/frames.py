"""Measures of groups, in the form that features read: by facet, by member, and of the groups themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ringwatch.score.measuring import CELL, Measures

# Most bits between two accounts from which one tie of a facet says that an account belongs; a cell always does.
STRONG_CAP = 8.0

_MEASURED = ["bits", "total", "contained", "covered", "own", "neighbour", "fleeting", "spread", "home", "top", "seen"]
_MEASURED += ["networks", "lasts", "own_act", "alone", "cap_bits"]


@dataclass(frozen=True, eq=False)
class Rows:
    """What was measured in one facet: columns of a table, rows of it, and the place of each, a group or a member."""

    columns: Mapping[str, np.ndarray]
    rows: np.ndarray
    place: np.ndarray

    def of(self, measure: str, places: int, none: float) -> np.ndarray:
        """Return a measure by place, `none` where nothing was measured."""
        found = np.full(places, none)
        found[self.place] = self.columns[measure][self.rows]
        return found


@dataclass(frozen=True, eq=False)
class Frames:
    """Measures by group, each an array in the order of `names`; `member` has an entry for each member.

    by_facet, by_member: of groups, and of members, by facet; group: of each member; linking: facets that link
    accounts; strong: those of which one tie says that an account belongs; seen: as in `Measures`.
    """

    names: pd.Index
    groups: Mapping[str, np.ndarray]
    by_facet: Mapping[str, Rows]
    by_member: Mapping[str, Rows]
    group: np.ndarray
    linking: tuple[str, ...]
    strong: tuple[str, ...]
    seen: frozenset[str]

    @property
    def n(self) -> np.ndarray:
        """The size of each group."""
        return self.groups["n"]

    def of(self, measure: str, facet: str) -> np.ndarray:
        """Return the measure of a facet, NaN for groups of which no member was seen in it."""
        rows = self.by_facet.get(facet)
        return rows.of(measure, len(self.names), np.nan) if rows else self.unknown()

    def unknown(self) -> np.ndarray:
        return np.full(len(self.names), np.nan)

    def sees(self, facet: str) -> bool:
        """Whether anybody was seen in the facet tonight."""
        return facet in self.seen

    def member(self, measure: str, facet: str) -> np.ndarray:
        """Return the measure of a facet by member, 0 where the account was not seen in it."""
        rows = self.by_member.get(facet)
        return rows.of(measure, len(self.group), 0.0) if rows else np.zeros(len(self.group))

    def around(self, measure: str) -> np.ndarray:
        """Return a measure of the groups' surroundings, NaN where there was nothing to go by."""
        return self.groups[measure] if measure in self.groups else self.unknown()

    def share(self, members: np.ndarray) -> np.ndarray:
        """Return the share of each group's members for which `members` holds."""
        answer: np.ndarray = np.bincount(self.group[members], minlength=len(self.names)) / self.n
        return answer


def arranged(measures: Measures, stability: pd.Series) -> Frames:
    """Return the measures in the form that features read; `stability` is by candidate."""
    groups, members = measures.groups, measures.members
    names = pd.Index(groups["candidate"], name="candidate")
    by_facet, by_member = _by_facet(measures.facets, "group"), _by_facet(members, "member")
    caps = {facet: rows.columns["cap_bits"][rows.rows[0]] for facet, rows in by_member.items()}
    linking = tuple(facet for facet, cap in caps.items() if cap > 0)
    strong = tuple(facet for facet in linking if facet == CELL or caps[facet] >= STRONG_CAP)
    columns = {str(name): groups[name].to_numpy(dtype=float) for name in groups.columns.drop("candidate")}
    columns["stability"] = stability.reindex(names).to_numpy(dtype=float)
    of_member = measures.alike["group"].to_numpy()
    return Frames(names, columns, by_facet, by_member, of_member, linking, strong, measures.seen)


def _by_facet(table: pd.DataFrame, place: str) -> dict[str, Rows]:
    """Return the rows of each facet, in the order of their names."""
    code, names = pd.factorize(table["facet"], sort=True)
    order, ends = np.argsort(code, kind="stable"), np.bincount(code).cumsum()
    columns = {name: table[name].to_numpy() for name in table.columns.intersection(_MEASURED)}
    places = table[place].to_numpy()
    rows = np.split(order, ends[:-1]) if len(names) else []
    return {str(name): Rows(columns, at, places[at]) for name, at in zip(names, rows, strict=True)}
