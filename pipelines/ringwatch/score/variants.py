"""Candidates in; every group among which rings are picked, each with its score, out.

A candidate is rarely a ring as it stands: a few strangers have come along, or two rings that rent the same exits. So it
is scored in several forms (`membership.forms`), from all members with evidence of their own to those alone that surely
fit. Of forms that may be rings, the parts that hang together by what members use are looked at, too, with addresses and
without them, since addresses are what operators have in common. Groups that are linked are looked at as one, and what
is picked from all these once more with whom other likely groups would add to it.

A group is named after its accounts, whichever way it was come by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import duckdb
import pandas as pd

from ringwatch.score import features, frames, known, measuring, membership, selection
from ringwatch.score.measuring import Measures
from ringwatch.score.scorecard import Scorecard
from ringwatch.score.trees import Trees
from ringwatch.search import candidates
from ringwatch.window import pairs

# Members of candidates that are measured at a time.
BATCH = 200_000


@dataclass(frozen=True)
class Scores:
    """bits: of each group (row) and feature; others: bits of facets that no card knows, by candidate and facet; odds:
    log2 odds by candidate, as the card gives them.
    """

    values: pd.DataFrame
    bits: pd.DataFrame
    others: pd.DataFrame
    odds: pd.Series


@dataclass(frozen=True)
class Gathered:
    """groups: candidate, account_id; stability, odds (log2, of being a ring) and whole (log2 odds, see `trees.py`) by
    candidate; values: the features of each.
    """

    groups: pd.DataFrame
    stability: pd.Series
    values: pd.DataFrame
    odds: pd.Series
    whole: pd.Series

    def pick(self, places: pd.Series, smallest: int) -> pd.DataFrame:
        """Return disjoint groups (candidate, account_id) of all that were gathered; `places` as `pairs.places`."""
        return selection.pick(self.groups, self.odds, self.whole, places, smallest)


def gather(connection: duckdb.DuckDBPyConnection, found: pd.DataFrame, card: Scorecard, smallest: int) -> Gathered:
    """Return the groups to pick from, given candidates (candidate, account_id, lane, stability).

    `connection` is one of `sharing.open_sharing`; `smallest` is the fewest accounts of a group. Of groups that are
    nearly as good, the one that is more like a ring of last night is the likelier whole.
    """
    places = pairs.places(connection)
    batches = _batches(found, places)
    split = _and(*_formed_and_split(connection, next(batches), card, smallest, pd.Index([])))
    for batch in batches:
        split = _and(split, *_formed_and_split(connection, batch, card, smallest, split.odds.index))
    picked, links = split.pick(places, smallest), pairs.links(connection, pairs.LEAST_BITS).to_pandas()
    unions = _named(selection.unite(picked, split.odds, links), split.stability, smallest)
    united = _and(split, _scored(connection, *_new(unions, split.odds.index), card)[0])
    wider = measuring.measure(connection, selection.grow(picked, split.groups, split.odds))
    grown = _named(membership.forms(wider, card.member), split.stability, smallest)
    every = _and(united, _scored(connection, *_new(grown, united.odds.index), card)[0])
    steady = selection.steadiness(every.groups, candidates.known(found)).reindex(every.whole.index, fill_value=0.0)
    return replace(every, whole=every.whole + selection.STEADY * steady)


def settle(
    connection: duckdb.DuckDBPyConnection,
    picked: pd.DataFrame,
    odds: pd.Series,
    card: Scorecard,
    smallest: int,
    rings: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the `picked` groups, the likely ones among them without members that rather do not belong to them.

    Whoever was in one of last night's `rings` (ring, account_id) is looked at again where most of that ring is now,
    and stays there with less than others need, unless it is in another group that is at least as likely. A group of
    which hardly anybody would stay is left as it is: it is for its odds to say what it is.
    """
    likely = picked[picked["candidate"].map(odds) >= selection.PROMISING]
    before = selection.heirs(likely, selection.NO_RINGS if rings is None else rings)
    now = before["account_id"].map(likely.set_index("account_id")["candidate"].map(odds)).astype(float)
    away = before[~(now >= before["candidate"].map(odds).astype(float))]
    seen = measuring.measure(connection, pd.concat([likely, away], ignore_index=True))
    usual = (membership.USUAL_FORM,)
    stay = membership.forms(seen, card.member, usual, before)[["candidate", "account_id"]]
    stay = pd.concat([stay.merge(away), stay]).drop_duplicates("account_id")
    stay = stay[stay.groupby("candidate")["account_id"].transform("size") >= smallest]
    left = picked[~picked["candidate"].isin(stay["candidate"]) & ~picked["account_id"].isin(stay["account_id"])]
    left = left[left.groupby("candidate")["account_id"].transform("size") >= smallest]
    return pd.concat([stay, left], ignore_index=True)


def _batches(found: pd.DataFrame, places: pd.Series) -> Iterator[pd.DataFrame]:
    """Candidates in turn, so that what is measured of their members fits into memory; once when there are none."""
    sizes = found.groupby("candidate").size().reindex(selection.in_order(found, places))
    batch = (sizes.cumsum() - sizes) // BATCH
    number = found["candidate"].map(batch)
    for each in sorted(batch.unique()) or [0]:
        yield found[number == each]


def _formed_and_split(
    connection: duckdb.DuckDBPyConnection, found: pd.DataFrame, card: Scorecard, smallest: int, known: pd.Index
) -> list[Gathered]:
    """Return the forms of candidates, and the parts of those that may be rings, without groups of `known` names."""
    first, ties = _scored(connection, *_new(formed(connection, found, card.member, smallest), known), card)
    few = first.groups.groupby("candidate").size().reindex(first.odds.index) <= membership.LARGE
    hopeful = first.odds.index[few & (first.odds >= selection.HOPELESS)]
    parts = _named(_parts(ties[ties["candidate"].isin(hopeful) & ~ties["imposed"]]), first.stability, smallest)
    return [first, _scored(connection, *_new(parts, known.union(first.odds.index)), card)[0]]


def formed(
    connection: duckdb.DuckDBPyConnection, found: pd.DataFrame, member: Trees, smallest: int
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the candidates in all their forms (candidate, account_id), and the stability of each."""
    stability = found.groupby("candidate")["stability"].first()
    return _named(membership.forms(measuring.measure(connection, found), member), stability, smallest)


def features_of(connection: duckdb.DuckDBPyConnection, measures: Measures, stability: pd.Series) -> pd.DataFrame:
    """Return one row per measured group and one column per feature of the facets that the deployment has."""
    facets = known.of(connection).facets.index
    return features.values(frames.arranged(measures, stability), facets)


def score(connection: duckdb.DuckDBPyConnection, measures: Measures, stability: pd.Series, card: Scorecard) -> Scores:
    """Return what the card gives the measured groups, feature by feature."""
    values = features_of(connection, measures, stability)
    bits, others = card.flag.bits(values), features.unknown(measures)
    return Scores(values, bits, others, card.flag.base + bits.sum(axis=1) + _more(others, values.index))


def odds(
    connection: duckdb.DuckDBPyConnection, measures: Measures, stability: pd.Series, card: Scorecard
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the features and the log2 odds of the measured groups, which take far less than what `score` returns."""
    values = features_of(connection, measures, stability)
    return values, card.flag.total(values) + _more(features.unknown(measures), values.index)


def _more(others: pd.DataFrame, groups: pd.Index) -> pd.Series:
    """Return the bits of facets that no card knows, by candidate."""
    more: pd.Series = others.groupby("candidate")["bits"].sum().reindex(groups, fill_value=0.0)
    return more


def _scored(
    connection: duckdb.DuckDBPyConnection, groups: pd.DataFrame, stability: pd.Series, card: Scorecard
) -> tuple[Gathered, pd.DataFrame]:
    """Return the groups with their odds, and their ties (see `Measures`)."""
    measures = measuring.measure(connection, groups)
    values, found = odds(connection, measures, stability, card)
    return Gathered(groups, stability, values, found, card.shape.total(values)), measures.ties


def _and(*every: Gathered) -> Gathered:
    return Gathered(
        pd.concat([part.groups for part in every], ignore_index=True),
        *(
            pd.concat([getattr(part, name) for part in every]).rename_axis("candidate")
            for name in ("stability", "values", "odds", "whole")
        ),
    )


def _named(groups: pd.DataFrame, stability: pd.Series, smallest: int) -> tuple[pd.DataFrame, pd.Series]:
    """Return the `groups` that are large enough under their lasting names, the same one once, and their stability.

    groups: group (a number), account_id, candidate (of which it is a form or a part; none has no stability).
    """
    large = groups[groups.groupby("group")["account_id"].transform("size") >= smallest]
    large = large.sort_values(["group", "account_id"])
    names = candidates.names(large["group"], large["account_id"])
    of = large.drop_duplicates("group").set_index("group")["candidate"]
    known = of.map(stability).astype(float).groupby(names.reindex(of.index)).max().rename_axis("candidate")
    named = large.assign(candidate=large["group"].map(names).astype("str"))
    return named.drop_duplicates(["candidate", "account_id"])[["candidate", "account_id"]], known


def _new(named: tuple[pd.DataFrame, pd.Series], known: pd.Index) -> tuple[pd.DataFrame, pd.Series]:
    groups, stability = named
    return groups[~groups["candidate"].isin(known)], stability[~stability.index.isin(known)]


def _parts(ties: pd.DataFrame) -> pd.DataFrame:
    """Return group, account_id, candidate of the parts that hang together by `ties` (see `Measures`): by all of them,
    and by those alone that are no address and no cell.
    """
    every = [_connected(ties), _connected(ties[ties["personal"]])]
    found = pd.concat(every, keys=range(len(every)), names=["way", None]).reset_index("way")
    return found.assign(group=found.groupby(["way", "group"]).ngroup())


def _connected(ties: pd.DataFrame) -> pd.DataFrame:
    """Return group (a number), account_id, candidate of the accounts that identifiers connect within a candidate."""
    found: pd.DataFrame = ties.assign(group=membership.connected(ties))[["group", "account_id", "candidate"]]
    return found.drop_duplicates()
