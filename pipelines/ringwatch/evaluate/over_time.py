"""What changes from night to night: judged groups of several nights in; how rings last, and how soon they are found.

Nights are by day, in order; each is `judged` as in `metrics`. Ids of groups need not last: rings are followed by their
accounts, with the rules by which published rings keep their id (`review.identity`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pandas as pd

from ringwatch.evaluate.metrics import OPERATOR, match_rings
from ringwatch.evaluate.truth import Truth
from ringwatch.review.identity import assign, matches


@dataclass(frozen=True)
class Stability:
    """rings: flagged on a night that another follows; followed: those that a group of the next night continues.

    kept: those still flagged then, by the lower probability that keeps a ring; jaccard: of their members, on average.
    """

    nights: int
    rings: int
    followed: int
    kept: int
    jaccard: float | None


@dataclass(frozen=True)
class Delay:
    """days: for each operator that was found, nights from the day on which it had enough accounts to be a ring."""

    operators: int
    found: int
    days: tuple[int, ...]

    @property
    def median_days(self) -> float | None:
        return float(pd.Series(self.days).median()) if self.days else None


def stability(nights: Mapping[date, pd.DataFrame], keep_probability: float) -> Stability:
    """Return how the flagged rings of each night fare in the next one."""
    continued = [_continued(tonight, next_night) for tonight, next_night in pairwise(nights.values())]
    rings = sum(_accused(night)["ring_id"].nunique() for night in list(nights.values())[:-1])
    pairs = pd.concat(continued) if continued else pd.DataFrame(columns=["jaccard", "probability", "kind"])
    kept = pairs[(pairs["probability"] >= keep_probability) & (pairs["kind"] == OPERATOR)]
    jaccard = float(kept["jaccard"].mean()) if len(kept) else None
    return Stability(len(nights), rings, len(pairs), len(kept), jaccard)


def delay(nights: Mapping[date, pd.DataFrame], truth: Truth, min_size: int) -> Delay:
    """Return how many nights pass until operators are found, of those that reach `min_size` accounts by the last."""
    enough = _days_of_enough(truth, min_size)
    found: dict[str, date] = {}
    for day, judged in nights.items():
        matched = match_rings(judged[judged["flagged"]], truth.by(day).members)
        found |= {operator: day for operator in matched["operator_id"] if operator not in found}
    enough = enough[enough <= max(nights)]
    known = [operator for operator in enough.index if operator in found]
    days = sorted(max(0, (found[operator] - enough[operator]).days) for operator in known)
    return Delay(len(enough), len(known), tuple(days))


def _days_of_enough(truth: Truth, min_size: int) -> pd.Series:
    """Return the day on which each operator has `min_size` accounts, by operator_id."""
    controlled = truth.members[truth.members["kind"] == OPERATOR].sort_values("first_day")
    place = controlled.groupby("operator_id").cumcount()
    return controlled[place == min_size - 1].set_index("operator_id")["first_day"]


def _continued(tonight: pd.DataFrame, next_night: pd.DataFrame) -> pd.DataFrame:
    """Return jaccard, probability, kind of the groups that continue tonight's flagged rings."""
    rings = _accused(tonight)[["ring_id", "account_id"]]
    groups = next_night.rename(columns={"ring_id": "candidate"})
    order = pd.Series(range(rings["ring_id"].nunique()), index=sorted(rings["ring_id"].unique()))
    pairs = assign(matches(rings, groups[["candidate", "account_id"]]), order)
    group = groups.drop_duplicates("candidate").set_index("candidate")
    said = group.reindex(pairs["candidate"])
    return pairs[["jaccard"]].assign(probability=said["ring_probability"].to_numpy(), kind=said["kind"].to_numpy())


def _accused(judged: pd.DataFrame) -> pd.DataFrame:
    return judged[judged["flagged"] & (judged["kind"] == OPERATOR)]
