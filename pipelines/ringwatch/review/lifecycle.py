"""What happened to rings since they were last seen. In: matches of earlier rings and tonight's candidates. Out: the
id of each candidate and the event of each ring.

A ring that was merged stays in the matching: when its accounts part from the other's, it can be revived under its old
id instead of becoming a stranger.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from ringwatch.review import identity
from ringwatch.store.records import History


@dataclass(frozen=True)
class Lineage:
    """Who became whom tonight.

    ids: ring_id, fingerprint (empty for rings that are known), shared (accounts it had before that day) by candidate;
    merged: ring_id that went into `into`; split: ring_id that was cut off from `parent`; replaced: rings that the day
    had when it was last published and that are none of tonight's, with the one that has most of it.
    """

    ids: pd.DataFrame
    merged: pd.DataFrame
    split: pd.DataFrame
    replaced: dict[str, str]


def trace(day: date, members: pd.DataFrame, history: History) -> Lineage:
    """Return the lineage of the flagged candidates, whose `members` are candidate, account_id.

    Of several known rings in one candidate the one flagged last night keeps the id, of several such the oldest, of
    several as old the largest; of several fragments of a ring the heaviest keeps it. A day that is published again
    knows its rings by what it had first, and rings of later days and withdrawn ones come after all others. What
    happened to rings is told by the days before alone.
    """
    known = [history.again, history.members, history.later, history.withdrawn]
    claims = identity.claims([each[["ring_id", "account_id"]] for each in known], members)
    seniority = _seniority(history)
    kept = identity.assign(claims, seniority)[["candidate", "ring_id"]]
    others = members[~members["candidate"].isin(kept["candidate"])]
    minted = identity.mint(day, others, history.taken, set(kept["ring_id"]))
    ids = pd.concat([kept.assign(fingerprint=None), minted]).set_index("candidate")[["ring_id", "fingerprint"]]
    ids = ids.assign(shared=_shared(ids, members, history.members))
    pairs = identity.matches(history.members, members)
    return Lineage(
        ids,
        _merged(pairs, ids, history.rings),
        _split(pairs, ids, history.rings, seniority),
        _replaced(history.again, members, ids),
    )


def events(rings: pd.DataFrame, lineage: Lineage, history: History) -> pd.DataFrame:
    """Return event, related, joined, departed of tonight's `rings` (ring_id, size, shared), on their index.

    grown and shrunk go by size; a ring of the same size that exchanged accounts has grown, since there is someone new
    to look at.
    """
    before = history.rings.set_index("ring_id")
    size_before = before["size"].reindex(rings["ring_id"], fill_value=0).to_numpy()
    joined, departed = rings["size"] - rings["shared"], size_before - rings["shared"]
    split = pd.concat([lineage.split["ring_id"], lineage.split["parent"]])
    event = np.select(
        [
            rings["ring_id"].isin(lineage.merged["into"]),
            rings["ring_id"].isin(split),
            ~rings["ring_id"].isin(before.index),
            ~rings["ring_id"].isin(before.index[before["active"]]),
            (joined == 0) & (departed == 0),
            rings["size"] >= size_before,
        ],
        ["merged", "split", "new", "revived", "unchanged", "grown"],
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


def _seniority(history: History) -> pd.Series:
    """Rank of each ring_id: flagged last night first, so that none loses its id to a dormant one; then age, size."""
    rings = history.rings
    ordered = rings.sort_values(["active", "first_day", "size", "ring_id"], ascending=[False, True, False, True])
    rest = [_by_age(members) for members in (history.again, history.later, history.withdrawn)]
    ids = pd.concat([ordered["ring_id"], *rest]).drop_duplicates()
    return pd.Series(range(len(ids)), index=ids)


def _by_age(members: pd.DataFrame) -> pd.Series:
    rings = members.groupby("ring_id", as_index=False).agg(day=("day", "min"), size=("account_id", "size"))
    return rings.sort_values(["day", "size", "ring_id"], ascending=[True, False, True])["ring_id"]


def _shared(ids: pd.DataFrame, members: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """How many accounts each candidate has that its ring had when it was last flagged."""
    named = members.assign(ring_id=members["candidate"].map(ids["ring_id"]))
    both = named.merge(before[["ring_id", "account_id"]], on=["ring_id", "account_id"])
    return both.groupby("candidate").size().reindex(ids.index, fill_value=0).astype(int)


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
