"""What a reviewer checks next of a likely ring: rows of evidence that weigh nothing, and say how firm the rest is.

bridge      the identifier that holds the ring together worst: without it most members come loose
dissolves   the smallest set of facts that, were they false, would leave no likely ring (strongest first)
honest      honest accounts to expect if all members were acted upon
look-alike  the group most like it that is no ring, and what it lacks
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from ringwatch.score import measuring, selection, variants
from ringwatch.score.features import TOPICS
from ringwatch.score.scorecard import Scorecard
from ringwatch.score.tables import EVIDENCE
from ringwatch.window import bipartite
from ringwatch.wording import Wording, amount, probable

# Probability from which a group is explained, and below which it is no ring.
LIKELY, NO_RING = 0.3, 0.05
# Facts that are tried before a ring is said to stand whatever is false.
MOST_FACTS = 8
# Bits from which an identifier may hold a ring together.
BRIDGING = 1.0
# Matters that are named in which a group differs from its look-alike.
MOST_TOPICS = 3


@dataclass(frozen=True)
class Context:
    """What judging had when it was done."""

    connection: duckdb.DuckDBPyConnection
    groups: pd.DataFrame
    stability: pd.Series
    card: Scorecard
    moved: float


def of_rings(context: Context, rings: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Return the rows above but look-alikes for the likely `rings`, columns as in `tables.EVIDENCE`."""
    likely = rings[rings["probability"] >= LIKELY]
    if likely.empty:
        return pd.DataFrame(columns=EVIDENCE.names)
    inside = context.groups[context.groups["candidate"].isin(likely["candidate"])]
    measures = measuring.measure(context.connection, inside)
    parts = [
        _bridges(context, inside, measures),
        _dissolving(context, inside, measures),
        _honest(likely, members),
    ]
    return _checks(pd.concat([part for part in parts if not part.empty], ignore_index=True))


class Compared(NamedTuple):
    """Groups of a shard as they are compared with those of others. rings: candidate, probability, size, kind; bits: by
    candidate and feature.
    """

    rings: pd.DataFrame
    bits: pd.DataFrame


def look_alikes(shards: Iterable[Compared]) -> pd.DataFrame:
    """Return the look-alike of each likely ring of a night, columns as in `tables.EVIDENCE`; goes through the shards
    twice, and holds one at a time.
    """
    likely = pd.concat([bits.loc[rings.loc[rings["probability"] >= LIKELY, "candidate"]] for rings, bits in shards])
    nearest: dict[str, _Nearest] = {}
    for rings, bits in shards:
        for name, found in _nearest(likely, rings, bits):
            nearest[name] = min(nearest.get(name, found), found, key=lambda one: one.order)
    rows = [
        _row(name, "look-alike", found.order[0], _lacking(found, likely.columns), []) for name, found in nearest.items()
    ]
    return _checks(pd.DataFrame(rows)) if rows else pd.DataFrame(columns=EVIDENCE.names)


def _checks(found: pd.DataFrame) -> pd.DataFrame:
    rows: pd.DataFrame = found.assign(facet="group", direction="check", expected=0.0, bits=0.0)[EVIDENCE.names]
    return rows


def _bridges(context: Context, inside: pd.DataFrame, measures: measuring.Measures) -> pd.DataFrame:
    """The shared identifier without which the fewest members stay together; where none matters there is none."""
    shared = measuring.sharers(context.connection, inside, BRIDGING)
    sizes = inside.groupby("candidate").size()
    named = {facet: Wording(text, facet).thing for facet, text in measures.wording.items()}
    rows = [_bridge(str(name), facts, int(sizes[name]), named) for name, facts in shared.groupby("candidate")]
    return pd.DataFrame([row for row in rows if row])


def _bridge(candidate: str, facts: pd.DataFrame, size: int, things: dict[str, str]) -> dict[str, object]:
    facts = facts.reset_index(drop=True)
    uses = facts["accounts"].explode()
    who, what = pd.factorize(uses)[0], uses.index.to_numpy()
    whole = _largest(who, what)
    widest = facts["accounts"].map(len).sort_values(ascending=False, kind="stable").index[:MOST_TRIED]
    left = [(_largest(who[what != tried], what[what != tried]), int(tried)) for tried in widest]
    together, weakest = min(left)
    if together >= whole:
        return {}
    facet, name = facts.loc[weakest, ["facet", "name"]]
    text = f"Weakest point: without one {things[str(facet)]}, {whole - together:,} of {size:,} members would come loose"
    return _row(candidate, "bridge", whole - together, text, [f"{facet}: {name}"])


# Identifiers of a ring that are tried as its bridge: those with most members.
MOST_TRIED = 12


def _largest(who: np.ndarray, what: np.ndarray) -> int:
    """Number of accounts (`who`, numbered) in the largest part that identifiers (`what`, numbered) connect."""
    _, first = np.unique(who, return_index=True)
    return int(np.bincount(bipartite.connected(who, what)[first]).max()) if len(who) else 0


def _dissolving(context: Context, inside: pd.DataFrame, measures: measuring.Measures) -> pd.DataFrame:
    """Strike the strongest fact of each ring, measure again, and go on until it is no likely ring any more."""
    struck = pd.DataFrame({"candidate": [], "facet": [], "name": []}, dtype="str")
    standing, fell = inside, pd.Series(dtype=float)
    for _ in range(MOST_FACTS):
        tied = measures.members[measures.members["candidate"].isin(standing["candidate"])]
        struck = pd.concat([struck, _strongest(tied)], ignore_index=True)
        measures = measuring.measure(context.connection, standing, struck)
        odds = _odds(context, measures)
        fallen = odds[odds < 0]
        fell = pd.concat([fell, selection.probability(fallen)])
        standing = standing[~standing["candidate"].isin(fallen.index)]
        if standing.empty:
            break
    return pd.DataFrame([_facts(str(name), facts, fell.get(name)) for name, facts in struck.groupby("candidate")])


def _strongest(members: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, facet, name: the identifier that ties most of the `members` (as in `Measures`) most."""
    tied = members[members["cap_bits"] > 0]
    what = [tied[column] for column in ("candidate", "identifier", "facet", "name")]
    worth = (tied["cap_bits"] * tied["strength"]).groupby(what).sum().round(6)
    found = worth[worth > 0].rename("worth").reset_index()
    order = found.sort_values(["candidate", "worth", "identifier"], ascending=[True, False, True])
    return order.drop_duplicates("candidate")[["candidate", "facet", "name"]]


def _odds(context: Context, measures: measuring.Measures) -> pd.Series:
    _, odds = variants.odds(context.connection, measures, context.stability, context.card)
    return odds + context.moved


def _facts(candidate: str, facts: pd.DataFrame, fell: float | None) -> dict[str, object]:
    named = [f"{facet}: {name}" for facet, name in facts[["facet", "name"]].to_numpy()]
    these, they = (f"these {len(named)}", "they") if len(named) > 1 else ("this", "it")
    if fell is None:
        text = f"It would be a likely ring even without {these}, which weigh{'' if len(named) > 1 else 's'} most"
    else:
        text = f"Check {these} first: were {they} false, the probability would be {probable(fell)}"
    return _row(candidate, "dissolves", len(named), text, named)


def _honest(likely: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    belongs = members["probability"] * members["candidate"].map(likely.set_index("candidate")["probability"])
    expected = (1 - belongs).groupby(members["candidate"]).sum()
    texts = {name: _hit(float(expected[name]), int(size)) for name, size in likely[["candidate", "size"]].to_numpy()}
    return pd.DataFrame(
        [_row(name, "honest", round(float(expected[name]), 4), text, []) for name, text in texts.items()]
    )


def _hit(expected: float, size: int) -> str:
    accounts = "account" if round(expected) <= 1 else "accounts"
    return f"Acting on all {size:,} members would hit {amount(expected)} honest {accounts}"


class _Nearest(NamedTuple):
    """The group that is no ring whose bits differ least. order: by how many they do, then what decides among equals;
    apart: in which features.
    """

    order: tuple[float, float, int, str, str]
    apart: np.ndarray


def _nearest(likely: pd.DataFrame, rings: pd.DataFrame, bits: pd.DataFrame) -> Iterator[tuple[str, _Nearest]]:
    """Yield for each likely group (row of bits) the one of a shard that is no ring and most like it, if any is."""
    others = rings[rings["probability"] < NO_RING].sort_values(["probability", "size", "kind", "candidate"])
    if others.empty:
        return
    theirs = bits.reindex(others["candidate"]).to_numpy()
    for name, own in zip(likely.index, likely.to_numpy(), strict=True):
        apart = own - theirs
        differ = np.abs(apart).sum(axis=1)
        at = int(differ.argmin())
        probability, size, kind, candidate = others.iloc[at][["probability", "size", "kind", "candidate"]]
        yield str(name), _Nearest((float(differ[at]), probability, int(size), kind, candidate), apart[at])


def _lacking(found: _Nearest, features: pd.Index) -> str:
    most = np.argsort(-found.apart, kind="stable")[:MOST_TOPICS]
    lacks = [TOPICS.get(str(features[i]), "") for i in most if found.apart[i] > 0]
    return f"The harmless group most like it has {found.order[2]:,} accounts{_differing(lacks)}"


def _differing(topics: list[str]) -> str:
    """What tells the look-alike apart; topics may have an "and" of their own."""
    return f"; it differs most in this: {'; '.join(topics)}" if topics else ""


def _row(candidate: str, reason: str, observed: float, text: str, identifiers: list[str]) -> dict[str, object]:
    row = {"candidate": candidate, "reason": reason, "observed": round(float(observed), 6), "text": text}
    return row | {"members": 0, "identifiers": identifiers}
