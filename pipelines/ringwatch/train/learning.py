"""Worlds and sources to learn from: clean days whose truth is known in, a scorecard out.

In each candidates are found as on any night. Who of a likely ring belongs to it is what the first trees are grown on;
by them candidates come in several forms. Their features, and whether most of a group is operators' (flag) and how far
it is one ring and the whole of it (shape), make the card.

One population's habits are not another's. So a lesson has an origin: the generator of a world, or whoever delivered a
source. Each origin counts alike; a feature that does not speak the same way in every origin is left out; and what odds
mean is learnt from sources that were left out while others of their origin were not, on groups that were picked and
whose members left as on any night.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.night import Night
from ringwatch.score import depth, measuring, membership, selection, trees, variants
from ringwatch.score.scorecard import VERSION, Scorecard, Sheet
from ringwatch.score.trees import Trees
from ringwatch.search import candidates, engine
from ringwatch.train import fitting
from ringwatch.window import pairs, sharing

CONTROLLED = 0.5
# Accounts of which something must be known to say what a group is.
KNOWN = 3
FOLDS = 4
# What the members of an origin that belong, and those that do not, weigh at most; and its rings, for their shape.
MEMBERS_WEIGH, RINGS_WEIGH = 3000.0, 200.0


@dataclass(frozen=True)
class Truth:
    """What is known of accounts: operators (operator_id, account_id: whole rings), guilty (accounts of operators, and
    those that are somehow fraud), unknown (accounts of which nothing is known).
    """

    operators: pd.DataFrame
    guilty: pd.Index
    unknown: pd.Index


@dataclass(frozen=True)
class Lesson:
    """One night: its source, the origin of that, candidates as they were found (see `candidates.merge`), what speaks
    for and against their members (see `membership.values`), the groups that become of them, the groups' stability and
    feature values, and what is known of the accounts.
    """

    source: str
    origin: str
    found: pd.DataFrame
    members: pd.DataFrame
    groups: pd.DataFrame
    stability: pd.Series
    values: pd.DataFrame
    truth: Truth

    @property
    def labels(self) -> pd.DataFrame:
        """flag, whole by candidate, in the order of the values; groups of which too little is known are left out."""
        known = label(self.groups, self.truth)
        return known.reindex(self.values.index.intersection(known.index))


def label(groups: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Return flag (half of it is operators') and whole (square of the Jaccard index with its operator) by candidate.

    Groups with fewer than KNOWN accounts of which something is known are left out.
    """
    groups, operators = groups[~groups["account_id"].isin(truth.unknown)], truth.operators
    groups = groups[groups.groupby("candidate")["account_id"].transform("size") >= KNOWN]
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
    guilty = groups["account_id"].isin(truth.guilty).groupby(groups["candidate"]).mean()
    whole = jaccard.reindex(size.index).fillna(0.0) ** 2
    return pd.DataFrame({"flag": guilty >= CONTROLLED, "whole": whole})


def attend(night: Night, truth: Truth, source: str, origin: str) -> Lesson:
    """Return what the clean days of a night teach; accounts never seen are left out of operators."""
    with sharing.open_sharing(night) as connection:
        seen = connection.table("account").df()["account_id"]
        shared = candidates.read(connection, night.settings.link_min_bits)
        found, _ = candidates.find(engine.of(night), shared, night.settings)
        members = membership.values(measuring.measure(connection, found))
    mine = replace(truth, operators=truth.operators[truth.operators["account_id"].isin(seen)])
    return Lesson(source, origin, found, members, found.iloc[:0], pd.Series(dtype=float), members.iloc[:0], mine)


def member_trees(lessons: Sequence[Lesson]) -> Trees:
    """Return the trees that tell the accounts of a ring from others in candidates that are mostly operators'."""
    rings = [_of_rings(lesson) for lesson in lessons]
    values = pd.concat([members.drop(columns="controlled") for members in rings], ignore_index=True)
    belongs = pd.concat([members["controlled"] for members in rings], ignore_index=True)
    origins = pd.Series(np.repeat([lesson.origin for lesson in lessons], [len(members) for members in rings]))
    weight = fitting.shared_out(MEMBERS_WEIGH, origins, belongs)
    return trees.grow(values, belongs.astype(float), membership.DIRECTIONS, weight)


def _of_rings(lesson: Lesson) -> pd.DataFrame:
    """Return the member values of candidates that are mostly operators', and whether each member is controlled."""
    accounts = lesson.members.index.get_level_values("account_id")
    marked = lesson.members.assign(controlled=accounts.isin(lesson.truth.guilty))
    marked = marked[~accounts.isin(lesson.truth.unknown)]
    return marked[marked.groupby("candidate")["controlled"].transform("mean") >= CONTROLLED]


def regroup(night: Night, lesson: Lesson, member: Trees) -> Lesson:
    """Return the lesson with its groups: the candidates in all forms."""
    with sharing.open_sharing(night) as connection:
        groups, stability = variants.formed(connection, lesson.found, member, night.settings.min_ring_size)
        values = variants.features_of(connection, measuring.measure(connection, groups), stability)
    return replace(lesson, groups=groups, stability=stability, values=values)


def _card(night: Night, member: Trees, flag: Sheet, shape: Trees) -> Scorecard:
    return Scorecard(VERSION, {}, night.settings.feeds, flag, shape, member, 0.0, ())


def learn(
    nights: Sequence[Night], lessons: Sequence[Lesson], member: Trees, feeds: tuple[str, ...], made: Mapping[str, Any]
) -> Scorecard:
    """Return the card of all lessons, one of each night, its odds calibrated on lessons that were left out."""
    odds, rings = _left_out(nights, lessons, member)
    slope, base = fitting.calibrate(odds, rings)
    flag, shape = sheets_of(lessons)
    prior = float(np.log2((rings.sum() + 1) / ((~rings).sum() + 1)))
    reliability = fitting.reliability(slope * odds + base, rings)
    calibrated = fitting.scaled(flag, slope, base)
    known = _sources(lessons, calibrated)
    return Scorecard(VERSION, made, feeds, calibrated, shape, member, round(prior, 4), reliability, known)


def _sources(lessons: Sequence[Lesson], flag: Sheet) -> depth.Sources:
    """Return what the groups of lessons are like that are no hopeless rings, and how far a source that is not alone of
    its origin is from the nearest other.
    """
    asked = [lesson.values.reindex(columns=flag.trees.names)[_hopeful(lesson, flag)] for lesson in lessons]
    known = [depth.quantiles(values) for values in asked]
    several = {i for part in _folds(lessons) for i in part}
    apart = [depth.measure(asked[i], _others(lessons, known, i)).distance for i in sorted(several)]
    named = {f"{lesson.source} {i}": of for i, (lesson, of) in enumerate(zip(lessons, known, strict=True))}
    return depth.Sources(max(apart, default=1.0), named)


def _others(lessons: Sequence[Lesson], known: Sequence[depth.Quantiles], one: int) -> depth.Sources:
    source = lessons[one].source
    others = {str(i): of for i, of in enumerate(known) if lessons[i].source != source}
    return depth.Sources(1.0, others)


def _hopeful(lesson: Lesson, flag: Sheet) -> pd.Series:
    hopeful: pd.Series = flag.total(lesson.values) >= selection.HOPELESS
    return hopeful


def sheets_of(lessons: Sequence[Lesson]) -> tuple[Sheet, Trees]:
    """Return the flag sheet of lessons, not calibrated, and the trees for shape, grown on operators' groups alone."""
    values, labels, origins = known_groups(lessons)
    rings = labels["flag"].astype(bool)
    agreeing = fitting.agreeing(values, rings, origins)
    sheet = fitting.fit_trees(values[agreeing], rings, fitting.weigh(rings, origins))
    whole = rings & (labels["whole"] > 0)  # of fraud without a ring nobody knows how whole it is
    weight = fitting.shared_out(RINGS_WEIGH, origins[whole])
    return sheet, trees.grow(values[whole], labels.loc[whole, "whole"], weight=weight)


def known_groups(lessons: Sequence[Lesson]) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Return values, labels and origins of the groups of which enough is known, in one order."""
    labels = [lesson.labels for lesson in lessons]
    values = [lesson.values.reindex(known.index) for lesson, known in zip(lessons, labels, strict=True)]
    origins = np.repeat([lesson.origin for lesson in lessons], [len(known) for known in labels])
    return pd.concat(values, ignore_index=True), pd.concat(labels, ignore_index=True), pd.Series(origins)


def _left_out(nights: Sequence[Night], lessons: Sequence[Lesson], member: Trees) -> tuple[pd.Series, pd.Series]:
    """Return the odds and the truth of the groups that are picked in lessons by the sheets of the others.

    Only sources that are not alone of their origin are asked: of the rest nobody can say what odds mean there.
    """
    odds, rings = [], []
    for left_out in _folds(lessons):
        sheets = sheets_of([lesson for i, lesson in enumerate(lessons) if i not in left_out])
        for i in sorted(left_out):
            groups, found = scored(nights[i], lessons[i], _card(nights[i], member, *sheets))
            truth = label(groups, lessons[i].truth)["flag"]
            odds.append(found.reindex(truth.index))
            rings.append(truth.astype(bool))
    return pd.concat(odds, ignore_index=True), pd.concat(rings, ignore_index=True)


def _folds(lessons: Sequence[Lesson]) -> list[set[int]]:
    """Return the lessons (by place) to leave out at a time: all of a source together."""
    origin = {lesson.source: lesson.origin for lesson in lessons}
    several = [source for source in sorted(origin) if list(origin.values()).count(origin[source]) > 1]
    parts = [several[part::FOLDS] for part in range(min(FOLDS, len(several)))]
    return [{i for i, lesson in enumerate(lessons) if lesson.source in part} for part in parts]


def scored(night: Night, lesson: Lesson, card: Scorecard) -> tuple[pd.DataFrame, pd.Series]:
    """Return the groups of a lesson that are picked by a card, without members that leave, and their log2 odds."""
    smallest, odds = night.settings.min_ring_size, card.flag.total(lesson.values)
    with sharing.open_sharing(night) as connection:
        whole, places = card.shape.total(lesson.values), pairs.places(connection)
        picked = selection.pick(lesson.groups, odds, whole, places, smallest)
        groups = variants.settle(connection, picked, odds, card, smallest)
        _, found = variants.odds(connection, measuring.measure(connection, groups), lesson.stability, card)
    return groups, found
