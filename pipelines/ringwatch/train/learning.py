"""Worlds to learn from: clean days whose truth is known in, scorecards out.

In each world candidates are found as on any night. Who of a likely ring belongs to it is what the first trees are
grown on; by them candidates come in several forms. Their features, and whether most of a group is operators' (flag)
and how far it is one ring and the whole of it (shape), make a first card. With that, all groups are gathered that
judging would look at, and the card is fitted on these. What odds mean is learnt from worlds that were left out, on
groups that were picked and whose members left as on any night.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.night import Night
from ringwatch.score import measuring, membership, selection, trees, variants
from ringwatch.score.scorecard import VERSION, Scorecard, Sheet
from ringwatch.score.trees import Trees
from ringwatch.search import candidates
from ringwatch.train import fitting
from ringwatch.window import pairs, sharing

CONTROLLED = 0.5
FOLDS = 4


@dataclass(frozen=True)
class Lesson:
    """One world: candidates as they were found (see `candidates.merge`), what speaks for and against their members (see
    `membership.values`), the groups that become of them, the groups' stability and feature values, and the operators'
    accounts (operator_id, account_id).
    """

    found: pd.DataFrame
    members: pd.DataFrame
    groups: pd.DataFrame
    stability: pd.Series
    values: pd.DataFrame
    operators: pd.DataFrame

    @property
    def labels(self) -> pd.DataFrame:
        """flag, whole by candidate, in the order of the values."""
        return label(self.groups, self.operators).reindex(self.values.index)


def label(groups: pd.DataFrame, operators: pd.DataFrame) -> pd.DataFrame:
    """Return flag (half of it is operators') and whole (square of the Jaccard index with its operator) by candidate."""
    size, accounts = groups.groupby("candidate").size(), operators.groupby("operator_id").size()
    found = (
        groups.merge(operators, on="account_id")
        .groupby(["candidate", "operator_id"])
        .size()
        .rename("both")
        .reset_index()
    )
    sizes = found["candidate"].map(size).astype(float) + found["operator_id"].map(accounts).astype(float)
    jaccard = (found["both"] / (sizes - found["both"])).groupby(found["candidate"]).max()
    controlled = found.groupby("candidate")["both"].sum().reindex(size.index, fill_value=0)
    whole = jaccard.reindex(size.index).fillna(0.0) ** 2
    return pd.DataFrame({"flag": controlled / size >= CONTROLLED, "whole": whole})


def attend(night: Night, operators: pd.DataFrame) -> Lesson:
    """Return what the clean days of a night teach; `operators` as in Lesson, accounts never seen being left out."""
    with sharing.open_sharing(night) as connection:
        seen = connection.table("account").df()["account_id"]
        shared = candidates.read(connection, night.settings.link_min_bits)
        found, _ = candidates.find(night.graph, shared, night.settings)
        members = membership.values(measuring.measure(connection, found))
    mine = operators[operators["account_id"].isin(seen)]
    return Lesson(found, members, found.iloc[:0], pd.Series(dtype=float), members.iloc[:0], mine)


def member_trees(lessons: Sequence[Lesson]) -> Trees:
    """Return the trees that tell the accounts of a ring from others in candidates that are mostly operators'."""
    rings = [_of_rings(lesson) for lesson in lessons]
    values = pd.concat([members.drop(columns="controlled") for members in rings], ignore_index=True)
    belongs = pd.concat([members["controlled"] for members in rings], ignore_index=True)
    return trees.grow(values, belongs.astype(float), membership.DIRECTIONS)


def _of_rings(lesson: Lesson) -> pd.DataFrame:
    """Return the member values of candidates that are mostly operators', and whether each member is controlled."""
    controlled = lesson.members.index.get_level_values("account_id").isin(lesson.operators["account_id"])
    marked = lesson.members.assign(controlled=controlled)
    return marked[marked.groupby("candidate")["controlled"].transform("mean") >= CONTROLLED]


def regroup(night: Night, lesson: Lesson, member: Trees) -> Lesson:
    """Return the lesson with its groups: the candidates in all forms."""
    with sharing.open_sharing(night) as connection:
        groups, stability = variants.formed(connection, lesson.found, member, night.settings.min_ring_size)
        values = variants.features_of(connection, measuring.measure(connection, groups), stability)
    return replace(lesson, groups=groups, stability=stability, values=values)


def gather(night: Night, lesson: Lesson, member: Trees, flag: Sheet, shape: Trees) -> Lesson:
    """Return the lesson with all groups that judging would look at, given what `first_sheets` returned."""
    card = _first_card(night, member, flag, shape)
    with sharing.open_sharing(night) as connection:
        gathered = variants.gather(connection, lesson.found, card, night.settings.min_ring_size)
    return replace(lesson, groups=gathered.groups, stability=gathered.stability, values=gathered.values)


def _first_card(night: Night, member: Trees, flag: Sheet, shape: Trees) -> Scorecard:
    return Scorecard(VERSION, {}, night.settings.feeds, flag, shape, member, 0.0, ())


def learn(nights: Sequence[Night], lessons: Sequence[Lesson], member: Trees, made: Mapping[str, Any]) -> Scorecard:
    """Return the card of all lessons, one of each night, its odds calibrated on lessons that were left out."""
    odds, rings = _left_out(nights, lessons, member)
    slope, base = fitting.calibrate(odds, rings)
    flag, shape = first_sheets(lessons)
    prior = float(np.log2((rings.sum() + 1) / ((~rings).sum() + 1)))
    reliability = fitting.reliability(slope * odds + base, rings)
    calibrated = fitting.scaled(flag, slope, base)
    return Scorecard(VERSION, made, nights[0].settings.feeds, calibrated, shape, member, round(prior, 4), reliability)


def first_sheets(lessons: Sequence[Lesson]) -> tuple[Sheet, Trees]:
    """Return the flag sheet of lessons, not calibrated, and the trees for shape, grown on operators' groups alone."""
    values = pd.concat([lesson.values for lesson in lessons], ignore_index=True)
    labels = pd.concat([lesson.labels for lesson in lessons], ignore_index=True)
    rings = labels["flag"].astype(bool)
    return fitting.fit_sheet(values, rings), trees.grow(values[rings], labels.loc[rings, "whole"])


def _left_out(nights: Sequence[Night], lessons: Sequence[Lesson], member: Trees) -> tuple[pd.Series, pd.Series]:
    """Return the odds and the truth of the groups that the sheets of the others pick in each lesson."""
    odds, rings = [], []
    for fold in range(min(FOLDS, len(lessons))):
        sheets = first_sheets([lesson for i, lesson in enumerate(lessons) if i % FOLDS != fold])
        for night, lesson in zip(nights[fold::FOLDS], lessons[fold::FOLDS], strict=True):
            groups, found = _judged(night, lesson, _first_card(night, member, *sheets))
            truth = label(groups, lesson.operators)["flag"]
            odds.append(found.reindex(truth.index))
            rings.append(truth)
    return pd.concat(odds, ignore_index=True), pd.concat(rings, ignore_index=True)


def _judged(night: Night, lesson: Lesson, card: Scorecard) -> tuple[pd.DataFrame, pd.Series]:
    """Return the groups of a lesson that are picked by a card, without members that leave, and their log2 odds."""
    smallest, odds = night.settings.min_ring_size, card.flag.total(lesson.values)
    with sharing.open_sharing(night) as connection:
        whole, places = card.shape.total(lesson.values), pairs.places(connection)
        picked = selection.pick(lesson.groups, odds, whole, places, smallest)
        groups = variants.settle(connection, picked, odds, card, smallest)
        scores = variants.score(connection, measuring.measure(connection, groups), lesson.stability, card)
    return groups, scores.odds
