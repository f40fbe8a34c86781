"""Judging: candidates in; disjoint groups, each with probability, kind and the reasons that add up to it, out.

Which groups candidates become is in `variants.py`, who leaves them in `membership.py`, what is measured of a group in
`measuring.py`, what the score looks at in `features.py`, what it counts in a scorecard, which groups stay in
`selection.py`, which honest people they may be in `benign.py`, whether the card can know in `depth.py`, the words in
`reasons.py`.

A night is judged in steps, so that it can be in shards (`window/shards.py`): `settle` and `tell` look at one shard,
`tonight` at what `settle` found in all of them, and `notes.look_alikes` at all groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from ringwatch.review.calibrate import UNADJUSTED, Adjustment
from ringwatch.score import (
    benign,
    collectors,
    depth,
    intervals,
    measuring,
    membership,
    notes,
    reasons,
    selection,
    variants,
)
from ringwatch.score.depth import Depth
from ringwatch.score.features import of
from ringwatch.score.measuring import Measures
from ringwatch.score.scorecard import Scorecard
from ringwatch.score.tables import ORDERS, RINGS, TABLES
from ringwatch.score.variants import Scores
from ringwatch.search import candidates as search
from ringwatch.shares import MOST
from ringwatch.window import pairs

# How far a group must have the accounts of one of last night's rings to be that ring, and the probability below which
# it is one no longer, whatever it looks like: the odds down to which its members stay, too (`membership.STAYS`).
STOOD, LEAVES = 0.5, 0.2


class Judged(NamedTuple):
    """tables: those of `tables.TABLES`; depth: how near the night is to what the card was made from."""

    tables: dict[str, pd.DataFrame]
    depth: Depth


@dataclass(frozen=True)
class Rules:
    """What groups are judged by: the card, what verdicts changed in it, the fewest accounts of a group."""

    card: Scorecard
    smallest: int
    adjustment: Adjustment = UNADJUSTED


@dataclass(frozen=True)
class Outlook:
    """What a shard says of the night. odds: of its groups, by candidate; seen: what all groups are like that may be
    rings, which says whether the card knows such nights.
    """

    odds: pd.Series
    seen: depth.Seen


@dataclass(frozen=True)
class Settled:
    """What a night, or a shard of it, has come to before it is known how usual rings are tonight.

    groups: candidate, account_id, disjoint; stability: by candidate; stood: candidates that are rings of last night;
    measures: of the groups, where they are at hand.
    """

    groups: pd.DataFrame
    stability: pd.Series
    stood: pd.Index
    outlook: Outlook
    measures: Measures | None = None


@dataclass(frozen=True)
class Tonight:
    """moved: the night's shift of the odds; near: its depth. Both are of all groups of a night, whatever its shards."""

    moved: float
    near: Depth


@dataclass(frozen=True)
class Part:
    """What is told of the groups of a night or a shard. tables: those of `tables.TABLES`; compared: what is asked for
    what only all groups of a night tell.
    """

    tables: dict[str, pd.DataFrame]
    compared: notes.Compared


def score_groups(
    connection: duckdb.DuckDBPyConnection,
    candidates: pd.DataFrame,
    card: Scorecard,
    smallest: int,
    adjustment: Adjustment = UNADJUSTED,
) -> Judged:
    """Judge `candidates` (candidate, account_id, lane, stability) of a night of one shard.

    `connection` is one of `sharing.open_sharing`; `smallest` is the fewest accounts of a group; adjustment: what
    verdicts changed in the card.
    """
    rules = Rules(card, smallest, adjustment)
    settled = settle(connection, candidates, rules)
    found = tonight([settled.outlook], card)
    told = tell(connection, settled, found, rules)
    evidence = reasons.together(told.tables["evidence"], notes.look_alikes([told.compared]))
    every = told.tables | {"evidence": evidence}
    return Judged({name: rows.sort_values(ORDERS[name], ignore_index=True) for name, rows in every.items()}, found.near)


def settle(connection: duckdb.DuckDBPyConnection, candidates: pd.DataFrame, rules: Rules) -> Settled:
    """Return the disjoint groups that the candidates of a shard become."""
    card, smallest = rules.card, rules.smallest
    gathered = variants.gather(connection, candidates, card, smallest)
    seen = depth.seen(gathered.values[gathered.odds >= selection.HOPELESS], card.sources)
    groups = gathered.pick(pairs.places(connection), smallest)
    if groups.empty:
        return Settled(groups, gathered.stability, pd.Index([]), Outlook(gathered.odds.iloc[:0], seen))
    known = search.known(candidates)
    groups = variants.settle(connection, groups, gathered.odds, card, smallest, known)
    measures = measuring.measure(connection, groups)
    _, odds = variants.odds(connection, measures, gathered.stability, card)
    stability = gathered.stability[gathered.stability.index.isin(groups["candidate"])]
    return Settled(groups, stability, _stood(groups, known), Outlook(odds, seen), measures)


def settle_without_measures(connection: duckdb.DuckDBPyConnection, candidates: pd.DataFrame, rules: Rules) -> Settled:
    """Return the same without measures, which are made again when they are wanted: those of many are too much."""
    return replace(settle(connection, candidates, rules), measures=None)


def tonight(parts: Sequence[Outlook], card: Scorecard) -> Tonight:
    """Return what all shards of a night say of it."""
    # Put in one order, so that the same night has the same sum.
    odds = pd.concat([part.odds for part in parts]).sort_index()
    return Tonight(selection.shift(odds, card.prior), depth.told([part.seen for part in parts], card.sources))


def tell(connection: duckdb.DuckDBPyConnection, settled: Settled, found: Tonight, rules: Rules) -> Part:
    """Return what there is to tell of the groups of a shard, each with probability, kind and reasons."""
    groups, stability, card, moved, near = settled.groups, settled.stability, rules.card, found.moved, found.near
    if groups.empty:
        nothing = {name: table.empty_table().to_pandas() for name, table in TABLES.items()}
        return Part(nothing, notes.Compared(nothing["rings"], card.flag.bits(pd.DataFrame(index=pd.Index([])))))
    measures = settled.measures or measuring.measure(connection, groups)
    scores = variants.score(connection, measures, stability, card)
    told = reasons.of_groups(measures, scores.values, scores.bits, scores.others, card.flag, moved)
    explained = benign.unexplained(measures, scores.values)
    adjusted = rules.adjustment.bits(scores.odds + moved, scores.bits)
    odds, more = _weighed(scores.odds, moved, adjusted, card, near, explained)
    scores, told = replace(scores, odds=odds), pd.concat([told, *more], ignore_index=True)
    rings = _rings(measures, scores, card, moved, near.trust, settled.stood)
    strong = groups[groups["candidate"].isin(rings.loc[rings["probability"] >= notes.LIKELY, "candidate"])]
    joining = collectors.collecting(connection, strong)
    rings["size"] += collectors.sizes(rings["candidate"], joining)
    members = pd.concat([_members(measures), collectors.members(joining)], ignore_index=True)
    context = notes.Context(connection, groups, stability, card, moved)
    likely = pd.Index(strong["candidate"].unique())
    notices = notes.of_rings(context, rings, members), benign.checks(explained, likely)
    further = [*notices, collectors.checks(joining)]
    rings["summary"] = rings["candidate"].map(reasons.summaries(measures, told, rings.set_index("candidate")["bits"]))
    tables = {"rings": rings[RINGS.names], "members": members, "evidence": reasons.together(told, *further)}
    return Part(tables, notes.Compared(rings[["candidate", "probability", "size", "kind"]], scores.bits))


def _weighed(
    odds: pd.Series, moved: float, adjusted: pd.Series, card: Scorecard, near: Depth, explained: pd.DataFrame
) -> tuple[pd.Series, list[pd.DataFrame]]:
    """Return the log2 `odds` after what is weighed against the card itself, and the reasons for each of these: what
    verdicts adjusted, what the card cannot vouch for tonight, and that a benign explanation covers all of a group.
    """
    odds = odds + adjusted
    unvouched = _unvouched(odds, card, moved, near)
    lowered = benign.floor(odds + unvouched + moved, explained)
    told = [reasons.adjusted(adjusted), reasons.unfamiliar(unvouched), benign.against(explained, lowered)]
    return (odds + unvouched).add(lowered, fill_value=0.0), told


def _unvouched(odds: pd.Series, card: Scorecard, moved: float, near: Depth) -> pd.Series:
    """Return the bits, none above 0, that the log2 `odds` lose on a night that is beyond the depth of the card.

    They are drawn towards the prior, and the low end of the interval around that is all that is told. Within the depth
    none are lost.
    """
    if not near.beyond:
        return pd.Series(0.0, index=odds.index)
    drawn = card.prior + near.trust * (odds + moved - card.prior)
    low, _ = intervals.around((drawn - moved).to_numpy(), card.reliability, moved, near.trust)
    least = low.clip(intervals.LEAST)
    lost: pd.Series = (np.log2(least / (1 - least)) - odds - moved).clip(upper=0.0).round(6)
    return lost


def _stood(groups: pd.DataFrame, known: pd.DataFrame) -> pd.Index:
    """Return the candidates that are rings of last night, as far as their accounts say."""
    steady = selection.steadiness(groups, known)
    return steady.index[steady >= STOOD]


def _rings(
    measures: Measures, scores: Scores, card: Scorecard, moved: float, trust: float, stood: pd.Index
) -> pd.DataFrame:
    odds = (scores.odds + moved).round(6)
    probability = selection.probability(odds)
    low, high = intervals.around(scores.odds.to_numpy(), card.reliability, moved, trust)
    found = {
        "candidate": odds.index,
        "size": measures.groups.set_index("candidate")["n"].reindex(odds.index),
        "probability": intervals.bounded(probability.to_numpy()),
        "low": low,
        "high": high,
        "kind": _kinds(measures, scores.values, probability, stood),
        "bits": odds,
    }
    return pd.DataFrame(found).round({"probability": 6, "low": 6, "high": 6}).reset_index(drop=True)


def _kinds(measures: Measures, values: pd.DataFrame, probability: pd.Series, stood: pd.Index) -> pd.Series:
    """Return the kind of each group.

    reseller: most pay with the same instruments, have a device and an address of their own (of what is never known
        the other is enough), and few live together
    context: most have something of their own, live together or belong to one organisation, and it is no likely ring;
        one that `stood` last night is none before it is unlikely by far, so that a ring near evens does not flicker
    operator: every other group
    """
    paying = measures.facets[measures.facets["facet"] == "payment"].set_index("candidate")["covered"]
    pays = paying.reindex(values.index, fill_value=0) > MOST
    some, near = of(values, "some_own_life"), (of(values, "neighbours") > MOST) | (of(values, "home") > MOST)
    life = of(values, "own_life").fillna(some) > MOST
    limit = np.where(probability.index.isin(stood), LEAVES, MOST)
    unlikely = ((some > MOST) | near | (of(values, "organisation") > MOST)) & (probability < limit)
    kind = np.select([pays & life & ~near, unlikely], ["reseller", "context"], "operator")
    return pd.Series(kind, index=values.index)


def _members(measures: Measures) -> pd.DataFrame:
    """Return candidate, account_id, probability, role.

    A member is as probable as what ties it to the group says, if the group is a ring; core has at least half of the
    usual tie.
    """
    ties = membership.ties(measures)
    usual = ties.groupby("candidate")["tie"].transform("median")
    return pd.DataFrame(
        {
            "candidate": ties["candidate"],
            "account_id": ties["account_id"],
            "probability": selection.probability(ties["tie"]).round(6),
            "role": np.where(ties["tie"] >= usual / 2, "core", "fringe"),
        }
    )
