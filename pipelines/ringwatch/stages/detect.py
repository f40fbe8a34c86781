"""detect: the graph as link left it in; groups of accounts that are worth judging out, from several lanes.

similar  accounts that use the same things, by node similarity and Leiden: groups that share many weak things
strict   accounts with strong links, in large communities: chains, and groups that meet now and then
wide     accounts with any link, in small communities: groups inside crowds

A group that several lanes find is one candidate. Which candidates are rings is for score to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from time import perf_counter

import pandas as pd

from ringwatch import communities
from ringwatch.errors import DataRefused
from ringwatch.night import Night, Report
from ringwatch.sharing import window_start

# Links of at least so many bits make the strict lane; its communities are large, those of the wide lane small.
STRICT_BITS = 5.0
STRICT_GAMMA, WIDE_GAMMA = 0.2, 1.0


def run(night: Night) -> Report:
    """Write `candidates.parquet`: candidate, account_id, lane (several joined by +)."""
    settings = night.settings
    started = perf_counter()
    similar, left_out = _similar(night)
    compared = perf_counter()
    strict = communities.linked(night.graph, max(STRICT_BITS, settings.link_min_bits), STRICT_GAMMA, settings.seed)
    wide = communities.linked(night.graph, settings.link_min_bits, WIDE_GAMMA, settings.seed)
    candidates = merge({"similar": similar, "strict": strict, "wide": wide}, settings.min_ring_size)
    candidates.to_parquet(night.files.candidates(night.day), index=False)
    seconds = {"similar": compared - started, "links": perf_counter() - compared}
    return Report("detect", night.day, _counts(candidates), seconds, _warnings(left_out))


def merge(lanes: Mapping[str, pd.DataFrame], min_size: int) -> pd.DataFrame:
    """Return candidate, account_id, lane of the communities (account_id, community) of at least `min_size` accounts.

    A candidate is named after its accounts: the same group has the same name whichever lane found it.
    """
    named = pd.concat([_named(communities, min_size).assign(lane=lane) for lane, communities in lanes.items()])
    by_account = named.groupby(["candidate", "account_id"])["lane"]
    return by_account.agg(lambda found: "+".join(sorted(found))).reset_index()


def _named(found: pd.DataFrame, min_size: int) -> pd.DataFrame:
    """Return candidate, account_id of the communities that are large enough."""
    sizes = found.groupby("community")["account_id"].transform("size")
    large = found[sizes >= min_size].sort_values("account_id")
    names = large.groupby("community")["account_id"].agg(_name)
    return pd.DataFrame({"candidate": large["community"].map(names).astype("str"), "account_id": large["account_id"]})


def _name(accounts: pd.Series) -> str:
    return "c-" + hashlib.sha256("\n".join(accounts).encode()).hexdigest()[:16]


def _similar(night: Night) -> tuple[pd.DataFrame, float]:
    settings = night.settings
    lasting = [name for _, name, relationship in night.model.relationships(settings.feeds) if relationship.lasting]
    budget, cutoff = settings.similarity_pair_budget, settings.similarity_cutoff
    try:
        return communities.similar(night.graph, window_start(night), lasting, budget, cutoff, settings.seed)
    except ValueError as error:
        raise DataRefused(
            f"{error}; lower hub_limit in schemas/, or raise the setting similarity_pair_budget"
        ) from None


def _counts(candidates: pd.DataFrame) -> dict[str, int]:
    lanes = candidates.drop_duplicates("candidate")["lane"].value_counts().sort_index()
    counts = {"candidates": candidates["candidate"].nunique(), "accounts": candidates["account_id"].nunique()}
    return counts | {f"lanes.{lane}": int(count) for lane, count in lanes.items()}


def _warnings(left_out: float) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (f"node similarity left out identifiers of {left_out:g} bits and less, to stay within its pair budget",)
