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
from ringwatch.review.records import History


@dataclass(frozen=True)
class Lineage:
    """Who became whom tonight.

    ids: ring_id, fingerprint (empty for earlier rings), shared (accounts it already had) by candidate; merged: ring_id
    that went into `into`; split: ring_id that was cut off from `parent`.
    """

    ids: pd.DataFrame
    merged: pd.DataFrame
    split: pd.DataFrame


def trace(day: date, members: pd.DataFrame, history: History) -> Lineage:
    """Return the lineage of the flagged candidates, whose `members` are candidate, account_id.

    Of several earlier rings in one candidate the one flagged last night keeps the id, of several such the oldest, of
    several as old the largest; of several fragments of a ring the heaviest keeps it.
    """
    seniority = _seniority(history.rings)
    pairs = identity.matches(history.members, members)
    kept = identity.assign(pairs, seniority)
    minted = identity.mint(day, members[~members["candidate"].isin(kept["candidate"])], history.taken)
    ids = pd.concat([kept, minted]).set_index("candidate")[["ring_id", "fingerprint", "shared"]]
    return Lineage(
        ids.assign(shared=ids["shared"].fillna(0).astype(int)),
        _merged(pairs, ids, history.rings),
        _split(pairs, ids, seniority),
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


def _seniority(rings: pd.DataFrame) -> pd.Series:
    """Rank of each ring_id: flagged last night first, so that none loses its id to a dormant one; then age, size."""
    ordered = rings.sort_values(["active", "first_day", "size", "ring_id"], ascending=[False, True, False, True])
    return pd.Series(range(len(ordered)), index=ordered["ring_id"])


def _merged(pairs: pd.DataFrame, ids: pd.DataFrame, rings: pd.DataFrame) -> pd.DataFrame:
    """Rings without a candidate of their own that are not already known as merged, and where most of each went."""
    absorbed = rings.loc[rings["absorbed"], "ring_id"]
    lost = pairs[~pairs["ring_id"].isin(ids["ring_id"]) & ~pairs["ring_id"].isin(absorbed)]
    lost = lost.drop_duplicates("ring_id")
    return pd.DataFrame({"ring_id": lost["ring_id"], "into": lost["candidate"].map(ids["ring_id"])})


def _split(pairs: pd.DataFrame, ids: pd.DataFrame, seniority: pd.Series) -> pd.DataFrame:
    """New rings that match an earlier one, which went on elsewhere, and that earlier one."""
    minted = ids.index[ids["fingerprint"].notna()]
    new = pairs[pairs["candidate"].isin(minted)]
    new = new.assign(rank=seniority.reindex(new["ring_id"]).to_numpy()).sort_values(
        ["shared", "rank"], ascending=[False, True]
    )
    new = new.drop_duplicates("candidate")
    return pd.DataFrame({"ring_id": new["candidate"].map(ids["ring_id"]), "parent": new["ring_id"]})


def _related(lineage: Lineage) -> pd.Series:
    """Sorted ids of the rings that each of tonight's rings took in, gave off or came from, by ring_id."""
    merged = lineage.merged.rename(columns={"into": "ring_id", "ring_id": "other"})
    child = lineage.split.rename(columns={"parent": "other"})
    parent = lineage.split.rename(columns={"parent": "ring_id", "ring_id": "other"})
    return pd.concat([merged, child, parent]).sort_values("other").groupby("ring_id")["other"].agg(list)
