"""Measures of groups, in the form that features read: a table by facet, one by member, one of the groups themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ringwatch.score.measuring import CELL, Measures

# Most bits between two accounts from which one tie of a facet says that an account belongs; a cell always does.
STRONG_CAP = 8.0

_MEASURED = ["bits", "total", "contained", "covered", "own", "neighbour", "fleeting", "spread", "home", "top", "seen"]
_MEASURED += ["networks", "lasts"]
_OF_MEMBERS = ["bits", "contained", "own_act", "own", "alone"]


@dataclass(frozen=True)
class Frames:
    """Measures by group: `of(measure, facet)` by facet, `members` with a column per facet and measure, `groups`.

    linking: facets that link accounts; strong: those of which one tie says that an account belongs; seen: as in
    `Measures`.
    """

    wide: pd.DataFrame
    members: pd.DataFrame
    groups: pd.DataFrame
    linking: tuple[str, ...]
    strong: tuple[str, ...]
    seen: frozenset[str]

    def of(self, measure: str, facet: str) -> pd.Series:
        """Return the measure of a facet, NaN for groups of which no member was seen in it."""
        if (measure, facet) not in self.wide:
            return pd.Series(np.nan, index=self.groups.index)
        return self.wide[(measure, facet)].reindex(self.groups.index)

    def sees(self, facet: str) -> bool:
        """Whether anybody was seen in the facet tonight."""
        return facet in self.seen

    def member(self, measure: str, facet: str) -> pd.Series:
        """Return the measure of a facet by candidate and account, 0 where the account was not seen in it."""
        if (measure, facet) not in self.members:
            return pd.Series(0.0, index=self.members.index)
        return self.members[(measure, facet)].astype(float).fillna(0)

    def around(self, measure: str) -> pd.Series:
        """Return a measure of the groups' surroundings, NaN where there was nothing to go by."""
        if measure not in self.groups:
            return pd.Series(np.nan, index=self.groups.index)
        return self.groups[measure].astype(float)

    def share(self, members: pd.Series | np.ndarray) -> pd.Series:
        """Return the share of each group's members for which `members` holds."""
        holds = pd.Series(members, index=self.members.index).astype(float)
        found: pd.Series = holds.groupby(level="candidate").sum()
        return (found / self.groups["n"]).reindex(self.groups.index)


def arranged(measures: Measures, stability: pd.Series) -> Frames:
    """Return the measures in the form that features read; `stability` is by candidate."""
    groups = measures.groups.set_index("candidate")
    wide = measures.facets.pivot(index="candidate", columns="facet", values=_MEASURED)
    members = measures.members.pivot(index=["candidate", "account_id"], columns="facet", values=_OF_MEMBERS)
    caps = measures.members.groupby("facet")["cap_bits"].first()
    linking = tuple(str(facet) for facet in caps.index[caps > 0])
    strong = tuple(facet for facet in linking if facet == CELL or caps[facet] >= STRONG_CAP)
    return Frames(
        wide, members, groups.assign(stability=stability.reindex(groups.index)), linking, strong, measures.seen
    )
