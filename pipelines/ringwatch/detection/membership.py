"""Who belongs to a group: measures of a group in, what speaks for and against each of its members out.

A sheet of the scorecard turns it into the log2 odds that a member of a ring is one of its accounts. Beside it stands
one rule that no sheet may outvote: whom only an outsider's acts tie to a group is not a member of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ringwatch.detection.features import CELL, STRONG_CAP, unknown_worth
from ringwatch.detection.grouping import MOST_BITS, RESIDENT, Measures
from ringwatch.detection.scorecard import Sheet

# Bits of evidence that nobody imposed, below which nobody is a member.
LEAST_OWN_ACT = 2.0
# Shares of the usual tie that are told apart.
MOST_USUAL = 3.0

# What is looked at of a member, and which way more of it speaks.
DIRECTIONS: Mapping[str, Literal["for", "against"]] = {
    "tie": "for",
    "usual": "for",
    "strong": "for",
    "own_act": "for",
    "kinds": "for",
    "part": "for",
    "alike": "for",
    "device": "against",
    "address": "against",
    "lives": "against",
    "apart": "against",
    "aside": "against",
}


def ties(measures: Measures) -> pd.DataFrame:
    """Return candidate, account_id, tie (bits by which a member hangs on its group, each facet up to its cap), strong
    (its best evidence of a strong facet), own_act (its best evidence that no outsider could have brought about), kinds
    (facets with such evidence), device (it mostly uses a device that no other member uses), address (it lives at an
    address of its own), lives (both).
    """
    members = measures.members
    home = members["own"] & (members["main_tenure"] >= RESIDENT)
    allowed = (MOST_BITS * members["contained"]).clip(upper=members["bits"])
    found = members[["candidate", "account_id"]].assign(
        tie=members["cap_bits"] * members["strength"],
        strong=allowed.where((members["cap_bits"] >= STRONG_CAP) | (members["facet"] == CELL), 0.0),
        own_act=members["own_act"].where(members["cap_bits"] > 0, 0.0),
        kind=(members["own_act"] >= LEAST_OWN_ACT) & (members["cap_bits"] > 0),
        device=members["own"] & (members["facet"] == "device"),
        address=home & (members["facet"] == "ip"),
    )
    by_member = found.groupby(["candidate", "account_id"])
    found = by_member.agg(
        tie=("tie", "sum"),
        strong=("strong", "max"),
        own_act=("own_act", "max"),
        kinds=("kind", "sum"),
        device=("device", "any"),
        address=("address", "any"),
    )
    return found.assign(lives=found["device"] & found["address"]).reset_index()


def values(measures: Measures) -> pd.DataFrame:
    """Return one row per candidate and account_id (index) and a column per name of DIRECTIONS.

    Beside those of `ties`: usual (its tie as a share of the group's median), part (how many members hang together with
    it by ties that nobody imposed; log2), alike and apart (likeness to the nearest member and to the nearest account
    outside), aside (days between its opening and the group's usual one; log2 of 1 + days).
    """
    found = ties(measures).merge(_parts(measures), on=["candidate", "account_id"], how="left")
    found = found.merge(measures.alike, on=["candidate", "account_id"], how="left")
    usual = found.groupby("candidate")["tie"].transform("median")
    found["usual"] = (found["tie"] / usual.where(usual > 0)).clip(upper=MOST_USUAL)
    found["part"] = np.log2(found["part"].fillna(1))
    return found.set_index(["candidate", "account_id"])[[*DIRECTIONS]].astype(float)


def eject(measures: Measures, sheet: Sheet, smallest: int) -> pd.DataFrame:
    """Return candidate, account_id without the members that do not fit, and without what is too small then.

    A member leaves when the sheet's odds are against it, and whatever they are when all that ties it to the group could
    have been brought about by an outsider. What it shares in facets that the sheet does not know is added to the odds.
    """
    found = values(measures)
    more = unknown_worth(measures).groupby(["candidate", "account_id"])["worth"].sum()
    odds = sheet.total(found) + more.reindex(found.index, fill_value=0.0)
    stay = (odds >= 0) & (found["own_act"] >= LEAST_OWN_ACT)
    return large(found[stay].index.to_frame(index=False), smallest)


def large(groups: pd.DataFrame, smallest: int) -> pd.DataFrame:
    return groups[groups.groupby("candidate")["account_id"].transform("size") >= smallest]


def _parts(measures: Measures) -> pd.DataFrame:
    """Return candidate, account_id, part: how many members hang together with each of them by ties of their own."""
    found = measures.ties
    who = found.groupby(["candidate", "account_id"]).ngroup().to_numpy()
    what = found.groupby(["candidate", "identifier"]).ngroup().to_numpy()
    size = int(who.max(initial=-1)) + 1
    shape = (size + int(what.max(initial=-1)) + 1,) * 2
    labels = connected_components(coo_array((np.ones(len(found)), (who, size + what)), shape=shape), directed=False)[1]
    members = found.assign(label=labels[who])[["candidate", "account_id", "label"]].drop_duplicates()
    return members.assign(part=members.groupby("label")["account_id"].transform("size")).drop(columns="label")
