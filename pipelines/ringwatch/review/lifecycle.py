"""What happened to rings since they were last seen. In: matches of earlier rings and tonight's candidates. Out: the
id of each candidate and the event of each ring.

A ring that was merged stays in the matching: when its accounts part from the other's, it can be revived under its old
id instead of becoming a stranger.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from ringwatch.review import identity
from ringwatch.store.records import History


@dataclass(frozen=True)
class Lineage:
    """Who became whom tonight.

    ids: ring_id, fingerprint (empty for rings that are known) by candidate; merged: ring_id that went into `into`;
    split: ring_id that was cut off from `parent`; returned: ring_id, identifiers of rings that are known again by what
    they use alone; replaced: rings that the day had when it was last published and that are none of tonight's, with
    the one that has most of it.
    """

    ids: pd.DataFrame
    merged: pd.DataFrame
    split: pd.DataFrame
    returned: pd.DataFrame
    replaced: dict[str, str]


def trace(
    day: date,
    members: pd.DataFrame,
    history: History,
    identifiers: pd.DataFrame | None = None,
    reviewed: Collection[str] = (),
) -> Lineage:
    """Return the lineage of the flagged candidates, whose `members` are candidate, account_id, weight.

    `identifiers` (candidate, facet, identifier) are the strong ones that speak for them; `reviewed` are rings that
    somebody decided on. Rings flagged last night are assigned before those that were gone, these by members before
    what they use, and rings of later days and withdrawn ones after all others. A day that is published again knows its
    rings by what it had first. What happened to rings is told by the days before alone.
    """
    pairs = identity.matches(identity.weighed(history.members), members)
    returns = _returns(history, identifiers)
    seniority = _seniority(history, reviewed)
    kept = identity.assign_in_turn(_turns(history, members, pairs, returns), seniority)
    others = members[~members["candidate"].isin(kept["candidate"])]
    minted = identity.mint(day, others, history.taken, set(kept["ring_id"]))
    ids = pd.concat([kept.assign(fingerprint=None), minted]).set_index("candidate")[["ring_id", "fingerprint"]]
    return Lineage(
        ids,
        _merged(pairs, ids, history.rings),
        _split(pairs, ids, history.rings, seniority),
        _returned(pairs, returns, ids),
        _replaced(history.again, members, ids),
    )


def _returns(history: History, identifiers: pd.DataFrame | None) -> pd.DataFrame:
    """Return by what rings that are gone, and not merged into another, are known again (see `identity`)."""
    absorbed = history.rings.loc[history.rings["absorbed"].astype(bool), "ring_id"]
    gone = history.identifiers[~history.identifiers["ring_id"].isin(absorbed)]
    nothing = pd.DataFrame(columns=["candidate", "facet", "identifier"], dtype="str")
    return identity.by_identifiers(gone, nothing if identifiers is None else identifiers)


def _turns(history: History, members: pd.DataFrame, pairs: pd.DataFrame, returns: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the claims of rings on candidates, those that come first in front."""
    again, later, withdrawn = (
        identity.matches(known[["ring_id", "account_id"]], members)
        for known in (history.again, history.later, history.withdrawn)
    )
    known = history.rings["ring_id"]
    active = history.rings.loc[history.rings["active"].astype(bool), "ring_id"]
    by_members = [again[again["ring_id"].isin(known)], pairs]
    last_night = [claims[claims["ring_id"].isin(active)] for claims in by_members]
    return [*last_night, *by_members, returns, again, later, withdrawn]


def events(rings: pd.DataFrame, members: pd.DataFrame, lineage: Lineage, history: History) -> pd.DataFrame:
    """Return event, related, joined, departed of tonight's `rings` (ring_id, size), on their index; `members` has
    ring_id, account_id.

    Grown and shrunk are rings that somebody joined or left; one that has both, and is no smaller, has grown, since
    there is someone new to look at. Who comes back after one night, or leaves again after one, makes no event.
    """
    before = history.rings.set_index("ring_id")
    size_before = before["size"].reindex(rings["ring_id"], fill_value=0).to_numpy()
    shared = _counts(members.merge(history.members[["ring_id", "account_id"]]), rings)
    joined, departed = rings["size"] - shared, size_before - shared
    came, went = _lasting(members, history)
    news, losses = _counts(came, rings), _counts(went, rings)
    split = pd.concat([lineage.split["ring_id"], lineage.split["parent"]])
    event = np.select(
        [
            rings["ring_id"].isin(lineage.merged["into"]),
            rings["ring_id"].isin(split),
            rings["ring_id"].isin(lineage.returned["ring_id"]),
            ~rings["ring_id"].isin(before.index),
            ~rings["ring_id"].isin(before.index[before["active"].astype(bool)]),
            (news == 0) & (losses == 0),
            (news > 0) & (news >= losses),
        ],
        ["merged", "split", "returned", "new", "revived", "unchanged", "grown"],
        "shrunk",
    )
    related = rings["ring_id"].map(_related(lineage))
    return pd.DataFrame(
        {
            "event": event,
            "related": related.map(lambda ids: ids if isinstance(ids, list) else []),
            "joined": joined,
            "departed": departed,
        },
        index=rings.index,
    )


def _lasting(members: pd.DataFrame, history: History) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ring_id, account_id of those who joined and of those who left, but for changes of last night that tonight
    takes back.
    """
    tonight, last_night, earlier = (
        pd.MultiIndex.from_frame(frame[["ring_id", "account_id"]].astype("str"))
        for frame in (members, history.members, history.earlier)
    )
    rings = earlier.get_level_values("ring_id")
    new_last_night = last_night[last_night.get_level_values("ring_id").isin(rings)].difference(earlier)
    came = tonight.difference(last_night).difference(earlier)
    went = last_night.difference(tonight).difference(new_last_night)
    return came.to_frame(index=False), went.to_frame(index=False)


def _counts(members: pd.DataFrame, rings: pd.DataFrame) -> pd.Series:
    """Return how many of `members` each of `rings` has, on its index."""
    counted = members.groupby("ring_id").size().reindex(rings["ring_id"], fill_value=0)
    return pd.Series(counted.to_numpy(dtype=int), index=rings.index)


def farewells(lineage: Lineage, history: History) -> pd.DataFrame:
    """Return the rings that leave the flagged ones: ring_id, event, related, kind, departed, summary.

    Those merged tonight, and those flagged last night of which nothing is left.
    """
    into = lineage.merged.set_index("ring_id")["into"]
    rings = history.rings
    merged = rings["ring_id"].isin(into.index)
    left = rings[merged | (rings["active"] & ~rings["ring_id"].isin(lineage.ids["ring_id"]))]
    target = left["ring_id"].map(into).astype(object)
    gone = target.isna()
    last = "not flagged tonight; last on " + left["last_day"].astype(str) + " with " + left["size"].astype(str)
    return pd.DataFrame(
        {
            "ring_id": left["ring_id"],
            "event": np.where(gone, "dormant", "merged"),
            "related": target.map(lambda ring_id: [ring_id] if isinstance(ring_id, str) else []),
            "kind": left["kind"],
            "departed": left["size"].where(left["active"], 0),
            "summary": (last + " accounts").where(gone, target.map("merged into {}".format)),
        }
    )


def _seniority(history: History, reviewed: Collection[str]) -> pd.Series:
    """Rank of each ring_id: flagged last night first, so that none loses its id to a dormant one; then those that
    somebody decided on, by age, and size.
    """
    rings = history.rings.assign(reviewed=history.rings["ring_id"].isin(list(reviewed)))
    order = ["active", "reviewed", "first_day", "size", "ring_id"]
    ordered = rings.sort_values(order, ascending=[False, False, True, False, True])
    rest = [_by_age(members) for members in (history.again, history.later, history.withdrawn)]
    ids = pd.concat([ordered["ring_id"], *rest]).drop_duplicates()
    return pd.Series(range(len(ids)), index=ids)


def _by_age(members: pd.DataFrame) -> pd.Series:
    rings = members.groupby("ring_id", as_index=False).agg(day=("day", "min"), size=("account_id", "size"))
    return rings.sort_values(["day", "size", "ring_id"], ascending=[True, False, True])["ring_id"]


def _merged(pairs: pd.DataFrame, ids: pd.DataFrame, rings: pd.DataFrame) -> pd.DataFrame:
    """Rings without a candidate of their own that are not already known as merged, and where most of each went."""
    absorbed = rings.loc[rings["absorbed"], "ring_id"]
    lost = pairs[~pairs["ring_id"].isin(ids["ring_id"]) & ~pairs["ring_id"].isin(absorbed)]
    lost = lost.drop_duplicates("ring_id")
    return pd.DataFrame({"ring_id": lost["ring_id"], "into": lost["candidate"].map(ids["ring_id"])})


def _split(pairs: pd.DataFrame, ids: pd.DataFrame, rings: pd.DataFrame, seniority: pd.Series) -> pd.DataFrame:
    """New rings that match an earlier one, which went on elsewhere, and that earlier one."""
    novel = ids.index[~ids["ring_id"].isin(rings["ring_id"])]
    new = pairs[pairs["candidate"].isin(novel) & pairs["ring_id"].isin(ids["ring_id"])]
    new = new.assign(rank=seniority.reindex(new["ring_id"]).to_numpy()).sort_values(
        ["shared", "rank"], ascending=[False, True]
    )
    new = new.drop_duplicates("candidate")
    return pd.DataFrame({"ring_id": new["candidate"].map(ids["ring_id"]), "parent": new["ring_id"]})


def _returned(pairs: pd.DataFrame, returns: pd.DataFrame, ids: pd.DataFrame) -> pd.DataFrame:
    """Return ring_id, identifiers of the rings that continue in a candidate of which no member was theirs."""
    named = ids["ring_id"].rename_axis("candidate").reset_index()
    by_members = named.merge(pairs[["ring_id", "candidate"]])
    return named[~named["ring_id"].isin(by_members["ring_id"])].merge(returns)[["ring_id", "identifiers"]]


def _replaced(again: pd.DataFrame, members: pd.DataFrame, ids: pd.DataFrame) -> dict[str, str]:
    gone = again[~again["ring_id"].isin(ids["ring_id"])]
    best = identity.matches(gone[["ring_id", "account_id"]], members).drop_duplicates("ring_id")
    return dict(zip(best["ring_id"], best["candidate"].map(ids["ring_id"]), strict=True))


def _related(lineage: Lineage) -> pd.Series:
    """Sorted ids of the rings that each of tonight's rings took in, gave off or came from, by ring_id."""
    merged = lineage.merged.rename(columns={"into": "ring_id", "ring_id": "other"})
    child = lineage.split.rename(columns={"parent": "other"})
    parent = lineage.split.rename(columns={"parent": "ring_id", "ring_id": "other"})
    return pd.concat([merged, child, parent]).sort_values("other").groupby("ring_id")["other"].agg(list)
