"""Groups that are worth judging, from several lanes: what accounts share two by two in, candidates out.

strict   accounts with strong links, in the largest communities: chains, and groups that meet now and then
middle   accounts with fairly strong links, in large communities: groups that hang together by several weak things
fine     the same links, in small communities: groups side by side
wide     accounts with any link, in middling communities: groups inside crowds
whole    the whole of a large component of strict links, and its core: dense blobs that communities tear apart
hub      all accounts of a hub that may hide a large ring
dealt    accounts that pay or invite each other directly, whole components, their cores, and communities inside
similar  accounts that use the same things, by node similarity and Leiden: groups that share many weak things
alike    accounts that live alike (see `pairs.py`), in large communities; alike-fine in small ones, alike-wide and
         alike-all with ever less likeness
known    the rings that were flagged last night, as far as their accounts are seen in the window

A group that several lanes find is one candidate. Which candidates are rings is for score to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pandas as pd

from ringwatch.errors import DataRefused
from ringwatch.search import budget
from ringwatch.search.lanes import inside, side_by_side, stack
from ringwatch.settings import Settings
from ringwatch.window import pairs

if TYPE_CHECKING:
    from ringwatch.search.engine import Engine

# Lanes of links: least bits of a link, and the resolution of Leiden. On four worlds of family B the first two hold most
# rings that any of 35 such lanes found, and each of the others some more (docs/measurements/detection.md).
LINKED = {"middle": (4.0, 0.05), "wide": (3.0, 0.5), "strict": (5.0, 0.02), "fine": (4.0, 2.0)}
# Lanes of likeness: the least of it, and the resolution of Leiden.
ALIKE = {"alike": (6.0, 0.05), "alike-fine": (6.0, 1.0), "alike-wide": (4.9, 2.0), "alike-all": (4.1, 0.5)}
LANES = (*LINKED, *ALIKE, "whole", "hub", "dealt", "similar")
KNOWN = "known"
# The lane of direct dealings: the least weight of one, and the resolution of Leiden.
DEALT = (0.0, 0.05)
SIMILAR_GAMMA = 1.0
# Runs of Leiden with other seeds that say how stable a community is.
MORE_SEEDS = 2


@dataclass(frozen=True)
class Shared:
    """What link found: links (source, target, bits), hubs (account, identifier, bits), uses (account, identifier,
    bits), alike (source, target, likeness), dealt (source, target, weight); accounts: account_id by number.

    Accounts and identifiers go by their numbers, whose order follows from what is shared and not from names
    (`order.py`): engines visit nodes in it.
    """

    links: pd.DataFrame
    hubs: pd.DataFrame
    uses: pd.DataFrame
    alike: pd.DataFrame
    dealt: pd.DataFrame
    accounts: pd.Series


def read(connection: duckdb.DuckDBPyConnection, min_bits: float) -> Shared:
    """Return what link found on a connection of `sharing.open_sharing`; links have at least `min_bits`."""
    return Shared(
        pairs.linked(connection, min_bits).to_pandas(),
        pairs.hubs(connection).to_pandas(),
        pairs.uses(connection).to_pandas(),
        pairs.alike(connection).to_pandas(),
        pairs.dealt(connection).to_pandas(),
        pairs.accounts(connection),
    )


def find(
    engine: Engine,
    shared: Shared,
    settings: Settings,
    lanes: Sequence[str] = LANES,
    rings: pd.DataFrame | None = None,
    left_out: float | None = None,
) -> tuple[pd.DataFrame, float]:
    """Return the candidates (see `merge`), and the bits of the weakest identifiers node similarity had to leave out.

    rings: ring_id, account_id of those flagged last night; left_out: `compared_from` of the whole night, where `shared`
    is a shard of it.
    """
    seeds = range(settings.seed, settings.seed + 1 + MORE_SEEDS)
    found: dict[str, pd.DataFrame] = {}
    if "similar" in lanes:
        left_out = compared_from(shared.uses, settings) if left_out is None else left_out
        found["similar"] = _similar(engine, shared, left_out, settings.similarity_cutoff, seeds)
    whole = "strict" if "whole" in lanes else None
    linked = {
        lane: (max(least, settings.link_min_bits), gamma)
        for lane, (least, gamma) in LINKED.items()
        if lane in lanes or lane == whole
    }
    found |= side_by_side(engine, _ties(shared), partial(_linked, shared), linked, seeds, whole)
    close = shared.alike.rename(columns={"likeness": "weight"})
    alike = {lane: ALIKE[lane] for lane in ALIKE if lane in lanes}
    found |= side_by_side(engine, close, partial(_living_alike, shared), alike, seeds)
    if "hub" in lanes:
        found["hub"] = _hub_groups(shared.hubs)
    if "dealt" in lanes:
        dealt = side_by_side(engine, shared.dealt, lambda _: shared.dealt, {"dealt": DEALT}, seeds, "dealt")
        found["dealt"] = stack([dealt["dealt"], dealt["whole"]])
    named = {lane: _named(found[lane], shared.accounts) for lane in lanes}
    if rings is not None:
        named[KNOWN] = last_night(rings, shared.accounts)
    return merge(named, settings.min_ring_size), left_out or 0.0


def compared_from(uses: pd.DataFrame, settings: Settings) -> float:
    """Return the bits of the weakest identifiers that node similarity leaves out, to stay within its pair budget.

    Raises DataRefused when even the strongest identifiers connect too many pairs.
    """
    ties = uses.rename(columns={"account": "source", "identifier": "target", "bits": "weight"})
    return within_budget(budget.least_bits(ties, settings.similarity_pair_budget), settings)


def within_budget(bits: float, settings: Settings) -> float:
    """Return the same bits; raises DataRefused where there are none, since all identifiers connect too many pairs."""
    if bits == np.inf:
        raise DataRefused(
            f"more than {settings.similarity_pair_budget:,} pairs of accounts are connected by identifiers of "
            f"{budget.WEAKEST_BITS[-1]} bits; lower hub_limit in schemas/, or raise the setting similarity_pair_budget"
        )
    return bits


def merge(lanes: Mapping[str, pd.DataFrame], min_size: int) -> pd.DataFrame:
    """Return candidate, account_id, lane (several joined by +), stability of the communities of each lane.

    lanes: account_id, community, stability. Communities of fewer than `min_size` accounts are left out. A candidate is
    named after its accounts: the same group has the same name whichever lane found it.
    """
    candidates = pd.concat([_candidates(found, min_size).assign(lane=lane) for lane, found in lanes.items()])
    members = candidates.groupby(["candidate", "account_id"])["stability"].max().round(6).reset_index()
    lane = members["candidate"].map(_joined(candidates[["candidate", "lane"]].drop_duplicates()))
    return members.assign(lane=lane)[["candidate", "account_id", "lane", "stability"]]


def known(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rings of last night among the candidates that `merge` returned: ring (a candidate), account_id."""
    lanes = found["lane"].str.split("+", regex=False)
    rings = found[lanes.map(lambda names: KNOWN in names).astype(bool)]
    return rings[["candidate", "account_id"]].rename(columns={"candidate": "ring"})


def last_night(rings: pd.DataFrame, accounts: pd.Series) -> pd.DataFrame:
    """Return account_id, community, stability of the accounts of rings that are seen; no run of Leiden found these."""
    there = accounts[accounts.isin(rings["account_id"])]  # few, so that not all accounts are looked up for the rings
    seen = rings[rings["account_id"].isin(there)]
    return pd.DataFrame(
        {"account_id": seen["account_id"], "community": seen.groupby("ring_id").ngroup(), "stability": np.nan}
    )


def _joined(which: pd.DataFrame) -> pd.Series:
    """Return the lanes of each candidate, joined; `which` has candidate, lane."""
    lanes = sorted(which["lane"].unique())
    sets = which["lane"].map({lane: 1 << i for i, lane in enumerate(lanes)}).groupby(which["candidate"]).sum()
    texts = {one: "+".join(lane for i, lane in enumerate(lanes) if one >> i & 1) for one in sets.unique()}
    return sets.map(texts).astype("str")


def _candidates(found: pd.DataFrame, min_size: int) -> pd.DataFrame:
    """Return candidate, account_id, stability of the communities that are large enough."""
    sizes = found.groupby("community")["account_id"].transform("size")
    large = found[sizes >= min_size].sort_values("account_id")
    names_of = names(large["community"], large["account_id"])
    candidate = large["community"].map(names_of).astype("str")
    return pd.DataFrame(
        {"candidate": candidate, "account_id": large["account_id"], "stability": large["stability"].astype(float)}
    )


def names(groups: pd.Series, accounts: pd.Series) -> pd.Series:
    """Return by group the name of a group of these accounts, in their order."""
    code, numbers = pd.factorize(groups, sort=True)
    order = np.argsort(code, kind="stable")
    ids, ends = accounts.to_numpy(dtype=object)[order].tolist(), np.bincount(code).cumsum().tolist()
    found = [name(ids[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    return pd.Series(found, index=numbers, dtype="str")


def name(accounts: Iterable[str]) -> str:
    """Return the name of a group of these accounts, in their order."""
    return "c-" + hashlib.sha256("\n".join(accounts).encode()).hexdigest()[:16]


def _linked(shared: Shared, min_bits: float) -> pd.DataFrame:
    """Return source, target, weight of the links; the hubs are nodes of their own beyond the accounts."""
    strong = shared.links[shared.links["bits"] >= min_bits].rename(columns={"bits": "weight"})
    spokes = _spokes(shared, shared.hubs)
    return pd.concat([strong[["source", "target", "weight"]], spokes], ignore_index=True)


def _ties(shared: Shared) -> pd.DataFrame:
    """Return source, target, weight of the links and hubs; what is on a hub is tied, however few bits that has."""
    links = shared.links.rename(columns={"bits": "weight"})[["source", "target", "weight"]]
    return pd.concat([links, _spokes(shared, shared.hubs).assign(weight=np.inf)], ignore_index=True)


def _spokes(shared: Shared, uses: pd.DataFrame) -> pd.DataFrame:
    """Return source, target, weight of accounts on identifiers, which are nodes beyond the accounts."""
    target = shared.accounts.index.max() + uses["identifier"]  # the accounts of a shard have any numbers
    return pd.DataFrame({"source": uses["account"], "target": target, "weight": uses["bits"]})


def _living_alike(shared: Shared, least: float) -> pd.DataFrame:
    """Return source, target, weight of the pairs with at least that likeness; the weight is what exceeds it, and 1."""
    close = shared.alike[shared.alike["likeness"] >= least]
    return close[["source", "target"]].assign(weight=close["likeness"] - least + 1)


def _hub_groups(hubs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"node": hubs["account"], "community": hubs["identifier"], "stability": 1.0})


def _similar(engine: Engine, shared: Shared, left_out: float, cutoff: float, seeds: Sequence[int]) -> pd.DataFrame:
    uses = _spokes(shared, shared.uses)
    found, nodes = engine.similar(uses[uses["weight"] > left_out], cutoff)
    links = found.rename(columns={"similarity": "weight"})
    return inside(engine, links, nodes, {"similar": SIMILAR_GAMMA}, seeds)["similar"]


def _named(found: pd.DataFrame, accounts: pd.Series) -> pd.DataFrame:
    """Return account_id, community, stability: the nodes that are accounts, under their ids."""
    named = found.assign(account_id=found["node"].map(accounts))
    return named.loc[named["account_id"].notna(), ["account_id", "community", "stability"]]
