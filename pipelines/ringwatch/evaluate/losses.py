"""Where recall is lost: how far the accounts and rings of a truth came on their way to being flagged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ringwatch.evaluate.metrics import OPERATOR, TRUE_CASE_SHARE, nearly_same


@dataclass(frozen=True)
class Losses:
    """Accounts that belong to a ring; each is found or lost at one step.

    no_candidate: in no candidate. not_picked: in a candidate, in no group that was picked of them. in_crowd: in a
    picked group of which most do not belong to a ring. below: in a picked group of which at least half do, whose
    probability is below the threshold. other_kind: in one that is likely, and called reseller or context. small: in a
    flagged ring of fewer accounts than are judged.
    """

    accounts: int
    found: int
    no_candidate: int
    not_picked: int
    in_crowd: int
    below: int
    other_kind: int
    small: int


@dataclass(frozen=True)
class Reached:
    """Rings of the truth, and how many of them have a Jaccard index of one half and more with some candidate, with some
    group that was picked of these, and with a flagged ring.
    """

    rings: int
    candidates: int
    picked: int
    flagged: int


def losses(judged: pd.DataFrame, candidates: pd.DataFrame, labels: pd.Series, smallest: int) -> Losses:
    """Return where the accounts with label 1 were lost.

    judged: ring_id, account_id, kind, flagged of all picked groups, whole; candidates: candidate, account_id; labels: 1
    or 0 by account_id, of those that have one; smallest: accounts of a ring that is judged.
    """
    groups = _groups(judged, labels)
    mine = labels.index[labels == 1]
    of = pd.Series(mine, index=mine).map(judged.set_index("account_id")["ring_id"])
    group = groups.reindex(of)
    picked, operator = of.notna().to_numpy(), group["kind"].eq(OPERATOR).to_numpy()
    flagged, true = (group[name].fillna(False).to_numpy(dtype=bool) for name in ("flagged", "true"))
    large = group["size"].ge(smallest).to_numpy()
    steps = {
        "found": picked & flagged & operator & large,
        "small": picked & flagged & operator,
        "other_kind": picked & flagged,
        "below": picked & true,
        "in_crowd": picked,
        "not_picked": mine.isin(candidates["account_id"]),
    }
    step = pd.Series(np.select(list(steps.values()), list(steps), "no_candidate"))
    counts = {name: int((step == name).sum()) for name in (*steps, "no_candidate")}
    return Losses(accounts=len(mine), **counts)


def _groups(judged: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """Return kind, flagged, size, true by ring_id; true: at least half of the accounts with a label have label 1."""
    by = judged.assign(label=judged["account_id"].map(labels).astype(float)).groupby("ring_id")
    groups = by.agg(kind=("kind", "first"), flagged=("flagged", "first"), size=("account_id", "size"))
    return groups.assign(true=by["label"].mean() >= TRUE_CASE_SHARE)


def reached(
    judged: pd.DataFrame, candidates: pd.DataFrame, members: pd.DataFrame, labelled: pd.Series, smallest: int
) -> Reached:
    """Return how far rings of at least `smallest` accounts came; accounts without a label count for nothing.

    members: account_id, operator_id.
    """
    sizes = members.groupby("operator_id")["account_id"].transform("size")
    rings = members.loc[sizes >= smallest, ["operator_id", "account_id"]]
    flagged = judged[judged["flagged"] & (judged["kind"] == OPERATOR)]
    found = candidates.rename(columns={"candidate": "ring_id"}), judged, flagged
    alike = (nearly_same(groups[groups["account_id"].isin(labelled)], rings) for groups in found)
    return Reached(rings["operator_id"].nunique(), *(pairs["operator_id"].nunique() for pairs in alike))
