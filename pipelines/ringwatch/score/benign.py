"""Benign explanations: the declared list of what makes honest people look like a group under one control.

Measures and features of groups in; the explanation that leaves least unexplained, and the groups that it explains
altogether, out. An explanation fits a group by its features, and covers the facets in which such people share things.
The floor of evidence: a group is no likely ring unless some of what ties it is covered by no explanation that fits, and
was not imposed by others. What a deployment never delivers fits nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ringwatch.score.features import of
from ringwatch.score.measuring import Measures
from ringwatch.shares import MOST

# Bits from which a member is tied to a group by what nobody imposed on it.
OWN_ACT = 2.0
# Share of members whom an explanation may leave tied by something else and still explain the group.
FEW = 0.2
# Log2 odds that a group which is explained altogether has at most: a probability of a fifth.
EXPLAINED = -2.0
# The most accounts that a family has.
FAMILY = 6


@dataclass(frozen=True)
class Explanation:
    """people: who they would be; covers: facets in which they share; any_of, all_of: features that must reach a value,
    one of them or all; below: features that must not; unless_below: features that must not be known to be below one;
    largest: the most accounts.
    """

    name: str
    people: str
    covers: frozenset[str]
    any_of: Mapping[str, float] = field(default_factory=dict)
    all_of: Mapping[str, float] = field(default_factory=dict)
    below: Mapping[str, float] = field(default_factory=dict)
    unless_below: Mapping[str, float] = field(default_factory=dict)
    largest: int | None = None

    def fits(self, values: pd.DataFrame, sizes: pd.Series) -> pd.Series:
        """Return by group whether it fits; what is unknown neither reaches a value nor stays below it."""
        fits = pd.Series(True, index=values.index)
        if self.any_of:
            fits &= np.logical_or.reduce([of(values, name) >= least for name, least in self.any_of.items()])
        for name, least in self.all_of.items():
            fits &= of(values, name) >= least
        for name, most in self.below.items():
            fits &= of(values, name) < most
        for name, least in self.unless_below.items():
            fits &= ~(of(values, name) < least)
        return fits & (sizes <= self.largest) if self.largest is not None else fits


EXPLANATIONS: tuple[Explanation, ...] = (
    Explanation(
        "household",
        "a family or flatmates",
        frozenset({"device", "payment", "ip", "phone", "referral", "transfer", "funding", "cell"}),
        any_of={"home": MOST, "neighbours": MOST},
        unless_below={"device_own": FEW},
        largest=FAMILY,
    ),
    Explanation(
        "family-card",
        "a family that pays with one card",
        frozenset({"payment"}),
        all_of={"device_own": MOST},
        largest=FAMILY,
    ),
    Explanation(
        "workplace",
        "colleagues with devices of their own",
        frozenset({"ip", "template", "payment", "cell"}),
        any_of={"organisation": MOST, "at_office": MOST, "corporate": MOST},
        all_of={"device_own": MOST},
    ),
    Explanation(
        "team",
        "people at homes of their own for whom one of them pays",
        frozenset({"ip", "template", "payment", "cell"}),
        all_of={"at_home": MOST},
        below={"home": MOST, "neighbours": MOST},
        unless_below={"device_own": MOST},
    ),
    Explanation(
        "campus",
        "people of one campus",
        frozenset({"ip", "template", "referral", "cell"}),
        all_of={"at_campus": MOST},
    ),
    Explanation(
        "carrier",
        "customers of one carrier",
        frozenset({"ip", "cell"}),
        all_of={"at_carrier": MOST},
    ),
    Explanation(
        "rented-exit",
        "customers of one VPN or data centre",
        frozenset({"ip", "cell"}),
        any_of={"at_vpn": MOST, "at_hosting": MOST},
    ),
    Explanation(
        "public-place",
        "people at a place that is open to everybody",
        frozenset({"ip", "device", "cell"}),
        all_of={"at_cafe": MOST},
    ),
    Explanation(
        "reseller",
        "customers of one reseller",
        frozenset({"payment", "template", "cell"}),
        all_of={"own_life": MOST},
    ),
    Explanation(
        "merchant",
        "customers of one merchant",
        frozenset({"transfer"}),
        below={"transfer_sweep": FEW, "transfer_fan_out": FEW, "transfer_inside": FEW},
    ),
)


def unexplained(measures: Measures, values: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, explanation (its place in the list), members (tied by what it does not cover), n of the best
    explanation of each group that any fits: the one that leaves fewest members, of such the first.
    """
    own = measures.members[(measures.members["own_act"] >= OWN_ACT) & (measures.members["cap_bits"] > 0)]
    sizes = measures.groups.set_index("candidate")["n"].reindex(values.index)
    found = [_left(place, explanation, own, values, sizes) for place, explanation in enumerate(EXPLANATIONS)]
    every = pd.concat(found, ignore_index=True).sort_values(["candidate", "members", "explanation"])
    return every.drop_duplicates("candidate", ignore_index=True)


def floor(odds: pd.Series, found: pd.DataFrame) -> pd.Series:
    """Return the bits, none above 0, by which the `odds` (log2, by candidate) of groups that are explained altogether
    are lowered; found: what `unexplained` returned.
    """
    explained = found.loc[found["members"] < FEW * found["n"], "candidate"]
    bits = (EXPLAINED - odds.reindex(explained)).clip(upper=0.0)
    return bits[bits < 0].round(6)


def against(found: pd.DataFrame, bits: pd.Series) -> pd.DataFrame:
    """Return the evidence against groups that are explained altogether, columns as in `tables.EVIDENCE`, and head.

    bits: what `floor` returned.
    """
    rows = _rows(found[found["candidate"].isin(bits.index)], "against")
    return rows.assign(bits=rows["candidate"].map(bits))


def checks(found: pd.DataFrame, likely: pd.Index) -> pd.DataFrame:
    """Return what to check of `likely` rings: the best explanation, and whom it leaves unexplained."""
    return _rows(found[found["candidate"].isin(likely)], "check").assign(bits=0.0)


def _rows(found: pd.DataFrame, direction: str) -> pd.DataFrame:
    texts = [_said(*row) for row in found[["explanation", "members", "n"]].itertuples(index=False, name=None)]
    return pd.DataFrame(
        {
            "candidate": found["candidate"].to_numpy(),
            "facet": "group",
            "reason": "explanation",
            "direction": direction,
            "observed": found["members"].to_numpy(dtype=float),
            "expected": 0.0,
            "members": 0,
            "identifiers": pd.Series([[] for _ in range(len(found))], dtype=object),
            "text": texts,
            "head": texts,
        }
    )


def _said(explanation: int, left: int, n: int) -> str:
    people = EXPLANATIONS[explanation].people
    if left < FEW * n:
        return f"They may be {people}, who share such things"
    whom = f"{left:,} of the {n:,} members" if left < n else f"any of the {n:,} members"
    return f"They may be {people}, but that does not explain what else ties {whom}"


def _left(
    place: int, explanation: Explanation, own: pd.DataFrame, values: pd.DataFrame, sizes: pd.Series
) -> pd.DataFrame:
    fits = values.index[explanation.fits(values, sizes)]
    more = own[own["candidate"].isin(fits) & ~own["facet"].isin(explanation.covers)]
    tied = more.drop_duplicates(["candidate", "account_id"]).groupby("candidate").size()
    left = tied.reindex(fits, fill_value=0).to_numpy()
    return pd.DataFrame({"candidate": fits, "explanation": place, "members": left, "n": sizes[fits].to_numpy()})
