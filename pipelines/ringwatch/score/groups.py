"""Judging: candidates in; disjoint groups, each with probability, kind and the reasons that add up to it, out.

Which groups candidates become is in `variants.py`, who leaves them in `membership.py`, what is measured of a group in
`measuring.py`, what the score looks at in `features.py`, what it counts in a scorecard, which groups stay in
`selection.py`, which honest people they may be in `benign.py`, the words in `reasons.py`.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd

from ringwatch.score import benign, intervals, measuring, membership, notes, reasons, selection, variants
from ringwatch.score.measuring import Measures
from ringwatch.score.scorecard import Scorecard
from ringwatch.score.tables import RINGS, TABLES
from ringwatch.score.variants import Scores
from ringwatch.window import pairs

# Share of members from which a group is said to do something.
MOST = 0.5


def score_groups(
    connection: duckdb.DuckDBPyConnection, candidates: pd.DataFrame, card: Scorecard, smallest: int
) -> dict[str, pd.DataFrame]:
    """Return the tables of `tables.TABLES` for `candidates` (candidate, account_id, lane, stability).

    `connection` is one of `sharing.open_sharing`; `smallest` is the fewest accounts of a group.
    """
    gathered = variants.gather(connection, candidates, card, smallest)
    picked, stability = gathered.pick(pairs.places(connection), smallest), gathered.stability
    if picked.empty:
        return {name: pd.DataFrame(columns=table.names) for name, table in TABLES.items()}
    groups = variants.settle(connection, picked, gathered.odds, card, smallest)
    measures = measuring.measure(connection, groups)
    scores = variants.score(connection, measures, stability, card)
    moved = selection.shift(scores.odds, card.prior)
    explained = benign.unexplained(measures, scores.values)
    lowered = benign.floor(scores.odds + moved, explained)
    scores = replace(scores, odds=scores.odds.add(lowered, fill_value=0.0))
    rings = _rings(measures, scores, card, moved)
    members = _members(measures)
    told = reasons.of_groups(measures, scores.values, scores.bits, scores.others, card.flag, moved)
    told = pd.concat([told, benign.against(explained, lowered)], ignore_index=True)
    context = notes.Context(connection, groups, stability, card, moved)
    likely = pd.Index(rings.loc[rings["probability"] >= notes.LIKELY, "candidate"])
    more = [notes.of_rings(context, rings, members, scores.bits), benign.checks(explained, likely)]
    rings["summary"] = rings["candidate"].map(reasons.summaries(measures, told, rings.set_index("candidate")["bits"]))
    return {"rings": rings[RINGS.names], "members": members, "evidence": reasons.ordered(told, *more)}


def _rings(measures: Measures, scores: Scores, card: Scorecard, moved: float) -> pd.DataFrame:
    odds = (scores.odds + moved).round(6)
    probability = selection.probability(odds)
    low, high = intervals.around(scores.odds.to_numpy(), card.reliability, moved)
    found = {
        "candidate": odds.index,
        "size": measures.groups.set_index("candidate")["n"].reindex(odds.index),
        "probability": intervals.bounded(probability.to_numpy()),
        "low": low,
        "high": high,
        "kind": _kinds(measures, scores.values, probability),
        "bits": odds,
    }
    return pd.DataFrame(found).round({"probability": 6, "low": 6, "high": 6}).reset_index(drop=True)


def _kinds(measures: Measures, values: pd.DataFrame, probability: pd.Series) -> pd.Series:
    """Return the kind of each group.

    reseller: most pay with the same instruments, have a device and an address of their own (of what is never known
        the other is enough), and few live together
    context: most have something of their own, live together or belong to one organisation, and it is no likely ring
    operator: every other group
    """
    paying = measures.facets[measures.facets["facet"] == "payment"].set_index("candidate")["covered"]
    pays = paying.reindex(values.index, fill_value=0) > MOST
    some, near = _of(values, "some_own_life"), (_of(values, "neighbours") > MOST) | (_of(values, "home") > MOST)
    life = _of(values, "own_life").fillna(some) > MOST
    unlikely = ((some > MOST) | near | (_of(values, "organisation") > MOST)) & (probability < MOST)
    kind = np.select([pays & life & ~near, unlikely], ["reseller", "context"], "operator")
    return pd.Series(kind, index=values.index)


def _of(values: pd.DataFrame, name: str) -> pd.Series:
    """Return a feature of each group; NaN where the deployment has no such feature."""
    return values[name] if name in values else pd.Series(np.nan, index=values.index)


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
