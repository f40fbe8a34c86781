"""Worlds to learn from: clean days whose truth is known in, scorecards out.

In each world candidates are found as on any night. Who of a likely ring belongs to it is what the first sheet is fitted
on; by it members are ejected. The features of what is left, and whether most of a group is one operator's (flag) and
whether it is one ring and the whole of it (shape), are what the others are fitted on. Unions of likely groups come with
a first card and are fitted with the rest. What a group's odds mean is learnt from worlds that were left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.detection import candidates, features, grouping, membership, pairs, scoring, sharing, training, trees
from ringwatch.detection.scorecard import VERSION, Scorecard, Sheet
from ringwatch.detection.trees import Trees
from ringwatch.night import Night

SAME_RING, CONTROLLED = 0.5, 0.5
FOLDS = 4


@dataclass(frozen=True)
class Lesson:
    """One world: candidates as they were found (candidate, account_id), what speaks for and against their members (see
    `membership.values`), the groups that are left of them, the groups' feature values, and the operators' accounts
    (operator_id, account_id). `links` and `stability` serve to look for unions.
    """

    found: pd.DataFrame
    members: pd.DataFrame
    groups: pd.DataFrame
    values: pd.DataFrame
    operators: pd.DataFrame
    links: pd.DataFrame
    stability: pd.Series

    @property
    def labels(self) -> pd.DataFrame:
        """flag, shape by candidate, in the order of the values."""
        return label(self.groups, self.operators).reindex(self.values.index)


def label(groups: pd.DataFrame, operators: pd.DataFrame) -> pd.DataFrame:
    """Return flag (half of it is operators') and shape (Jaccard index with one operator of a half) by candidate."""
    size, whole = groups.groupby("candidate").size(), operators.groupby("operator_id").size()
    found = (
        groups.merge(operators, on="account_id")
        .groupby(["candidate", "operator_id"])
        .size()
        .rename("both")
        .reset_index()
    )
    sizes = found["candidate"].map(size).astype(float) + found["operator_id"].map(whole).astype(float)
    jaccard = (found["both"] / (sizes - found["both"])).groupby(found["candidate"]).max()
    controlled = found.groupby("candidate")["both"].sum().reindex(size.index, fill_value=0)
    shape = jaccard.reindex(size.index).fillna(0) >= SAME_RING
    return pd.DataFrame({"flag": controlled / size >= CONTROLLED, "shape": shape})


def attend(night: Night, operators: pd.DataFrame) -> Lesson:
    """Return what the clean days of a night teach; `operators` as in Lesson, accounts never seen being left out."""
    with sharing.open_sharing(night) as connection:
        seen = connection.table("account").df()["account_id"]
        links = pairs.links(connection, pairs.LEAST_BITS).to_pandas()
        shared = candidates.read(connection, night.settings.link_min_bits)
        found, _ = candidates.find(night.graph, shared, night.settings)
        stability = found.groupby("candidate")["stability"].first()
        members = membership.values(grouping.measure(connection, found))
    mine = operators[operators["account_id"].isin(seen)]
    return Lesson(found, members, found.iloc[:0], members.iloc[:0], mine, links, stability)


def member_sheet(lessons: Sequence[Lesson]) -> Sheet:
    """Return the sheet that tells the accounts of a ring from others in candidates that are mostly operators'."""
    rings = [_of_rings(lesson) for lesson in lessons]
    values = pd.concat([members.drop(columns="controlled") for members in rings], ignore_index=True)
    belongs = pd.concat([members["controlled"] for members in rings], ignore_index=True)
    return training.fit_sheet(values, belongs, every_other=1, directions=membership.DIRECTIONS)


def _of_rings(lesson: Lesson) -> pd.DataFrame:
    """Return the member values of candidates that are mostly operators', and whether each member is controlled."""
    controlled = lesson.members.index.get_level_values("account_id").isin(lesson.operators["account_id"])
    marked = lesson.members.assign(controlled=controlled)
    return marked[marked.groupby("candidate")["controlled"].transform("mean") >= CONTROLLED]


def regroup(night: Night, lesson: Lesson, member: Sheet) -> Lesson:
    """Return the lesson with its groups: the candidates without the members that do not fit."""
    with sharing.open_sharing(night) as connection:
        measures = grouping.measure(connection, lesson.found)
        groups = membership.eject(measures, member, night.settings.min_ring_size)
        return replace(lesson, groups=groups, values=_values(connection, groups, lesson.stability))


def with_unions(night: Night, lesson: Lesson, flag: Sheet, shape: Trees) -> Lesson:
    """Return the lesson with the unions that judging would look at, given what `first_sheets` returned."""
    odds = flag.total(lesson.values)
    first = scoring.pick(lesson.groups, odds, shape.total(lesson.values), night.settings.min_ring_size)
    unions = scoring.unite(first, odds, lesson.links)
    if unions.empty:
        return lesson
    with sharing.open_sharing(night) as connection:
        values = _values(connection, unions, lesson.stability)
    groups = pd.concat([lesson.groups, unions], ignore_index=True)
    return replace(lesson, groups=groups, values=pd.concat([lesson.values, values]))


def learn(
    lessons: Sequence[Lesson], member: Sheet, feeds: tuple[str, ...], smallest: int, made: Mapping[str, Any]
) -> Scorecard:
    """Return the card of all lessons, its odds calibrated on lessons that were left out."""
    odds, rings = _left_out(lessons, smallest)
    slope, base = training.calibrate(odds, rings)
    flag, shape = first_sheets(lessons)
    prior = float(np.log2((rings.sum() + 1) / ((~rings).sum() + 1)))
    reliability = training.reliability(slope * odds + base, rings)
    calibrated = training.scaled(flag, slope, base)
    return Scorecard(VERSION, made, feeds, calibrated, shape, member, round(prior, 4), reliability)


def first_sheets(lessons: Sequence[Lesson]) -> tuple[Sheet, Trees]:
    """Return the flag sheet of lessons, not calibrated, and the trees for shape, grown on operators' groups alone."""
    values = pd.concat([lesson.values for lesson in lessons], ignore_index=True)
    labels = pd.concat([lesson.labels for lesson in lessons], ignore_index=True).astype(bool)
    rings = labels["flag"]
    return training.fit_sheet(values, rings), trees.grow(values[rings], labels.loc[rings, "shape"])


def _left_out(lessons: Sequence[Lesson], smallest: int) -> tuple[pd.Series, pd.Series]:
    """Return the odds and the truth of the groups picked in each lesson by the sheets of the others."""
    odds, rings = [], []
    for fold in range(min(FOLDS, len(lessons))):
        flag, shape = first_sheets([lesson for i, lesson in enumerate(lessons) if i % FOLDS != fold])
        for lesson in lessons[fold::FOLDS]:
            total = flag.total(lesson.values)
            picked = scoring.pick(lesson.groups, total, shape.total(lesson.values), smallest)
            truth = label(picked, lesson.operators)["flag"]
            odds.append(total.reindex(truth.index))
            rings.append(truth)
    return pd.concat(odds, ignore_index=True), pd.concat(rings, ignore_index=True)


def _values(connection: Any, groups: pd.DataFrame, stability: pd.Series) -> pd.DataFrame:
    facets = connection.table("facet").df()["facet"]
    return features.values(features.frames(grouping.measure(connection, groups), stability), facets)
