"""The score: measures of groups in; reasons for and against in bits, and the probability they add up to, out.

The bits of a group's reasons are added; the sum is the log2 odds that at least half of it is under one control. Here is
where a group gets its reasons:

shared      for, per facet: half of the facet's cap_bits, times the mean strength over all members
own         against, per facet: its own_bits, times the share of members whose main identifier no other member uses
neighbours  against, per facet with residents: NEIGHBOUR_BITS, times the share of members who live where another does
prior       against: most groups that share something are families, offices and campuses

Half of the caps, because facets are not independent: who shares a device often shares its address. These weights were
chosen by hand near a logistic regression on the candidates of four simulated worlds, and looked at on a fifth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ringwatch.grouping import Measures
from ringwatch.scored import EVIDENCE

SHARED_WEIGHT = 0.5
NEIGHBOUR_BITS = 3.0
PRIOR_BITS = 2.0
# Share of members from which a group is said to do something.
MOST = 0.5


def reasons(measures: Measures, facets: pd.DataFrame) -> pd.DataFrame:
    """Return the reasons of each group, columns as in `scored.EVIDENCE`; `facets` is the table of `sharing`."""
    found = pd.concat(
        [
            _shared(measures.shared.merge(facets, on="facet")),
            _apart(measures.members.merge(facets, on="facet"), "own", "own_bits", _own_text),
            _apart(measures.members.assign(weight=NEIGHBOUR_BITS), "neighbour", "weight", _neighbour_text),
            _prior(measures.members),
        ]
    )
    order = ["candidate", "direction", "bits", "facet", "reason"]
    rows: pd.DataFrame = found[EVIDENCE.names].sort_values(order, ignore_index=True)
    return rows


def judge(evidence: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, bits, probability, low, high of each group with `evidence`.

    low: the probability if its strongest reason for were wrong; high: if its strongest reason against were.
    """
    evidence = evidence[evidence["reason"] != "prior"].assign(
        gain=evidence["bits"].clip(lower=0), loss=evidence["bits"].clip(upper=0)
    )
    by_group = evidence.groupby("candidate")
    bits = by_group["bits"].sum() - PRIOR_BITS
    judged = {
        "bits": bits,
        "probability": probability(bits),
        "low": probability(bits - by_group["gain"].max()),
        "high": probability(bits - by_group["loss"].min()),
    }
    return pd.DataFrame(judged).round(6).reset_index()


def probability(bits: pd.Series) -> pd.Series:
    """Return the probability whose log2 odds are `bits`."""
    odds_against: pd.Series = np.exp2(-bits.clip(-60, 60))
    return 1 / (1 + odds_against)


def member_bits(measures: Measures, facets: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, account_id, bits: what speaks for and against one account being part of its group."""
    members = measures.members.merge(facets, on="facet")
    gain = SHARED_WEIGHT * members["cap_bits"] * members["strength"]
    bits = gain - members["own_bits"] * members["own"] - NEIGHBOUR_BITS * members["neighbour"]
    return bits.groupby([members["candidate"], members["account_id"]]).sum().rename("bits").reset_index()


def roles(members: pd.DataFrame) -> pd.DataFrame:
    """Return candidate, account_id, probability, role of members given with `bits` and their group's `probability`.

    A member is as probable as its group times what ties it to the group; core has at least half of the median bits.
    """
    typical = members.groupby("candidate")["bits"].transform("median")
    return pd.DataFrame(
        {
            "candidate": members["candidate"],
            "account_id": members["account_id"],
            "probability": (members["probability"] * probability(members["bits"])).round(6),
            "role": np.where(members["bits"] >= typical / 2, "core", "fringe"),
        }
    )


def summaries(evidence: pd.DataFrame) -> pd.Series:
    """Return the facets of the strongest reasons for, at most three, by candidate: `share device 5/5, ip 3/5`."""
    strongest = evidence[evidence["direction"] == "for"].sort_values(["candidate", "bits"], ascending=[True, False])
    said = strongest["facet"] + " " + strongest["text"].str.replace(r"^(\d+) of (\d+) .*", r"\1/\2", regex=True)
    texts = "share " + said.groupby(strongest["candidate"]).agg(lambda found: ", ".join(found.head(3)))
    return texts.reindex(evidence["candidate"].unique(), fill_value="nothing ties these accounts together")


def kinds(measures: Measures, probabilities: pd.Series) -> pd.Series:
    """Return the kind of each group; both by candidate.

    reseller: most members have something of their own, few live together, and most share something all the same
    context: most have something of their own or live together, and the reasons for do not outweigh that
    operator: every other group
    """
    n = measures.members.groupby("candidate")["n"].first()
    own, near = (_share(measures.members, what, n) > MOST for what in ("own", "neighbour"))
    shared = measures.shared.groupby("candidate")["members"].max().reindex(n.index, fill_value=0) / n > MOST
    apart = (own | near) & (probabilities.reindex(n.index) < MOST)
    kind = np.select([own & ~near & shared, apart], ["reseller", "context"], "operator")
    return pd.Series(kind, index=n.index)


def _share(members: pd.DataFrame, what: str, n: pd.Series) -> pd.Series:
    """Share of each group's members for whom `what` holds in some facet."""
    return members[members[what]].groupby("candidate")["account_id"].nunique().reindex(n.index, fill_value=0) / n


def _shared(shared: pd.DataFrame) -> pd.DataFrame:
    text = [
        f"{members:.0f} of {n} accounts {wording}: {len(identifiers):,} of them, with {accounts:,.0f} accounts in all"
        for members, n, wording, identifiers, accounts in zip(
            shared["members"], shared["n"], shared["wording"], shared["identifiers"], shared["accounts"], strict=True
        )
    ]
    bits = SHARED_WEIGHT * shared["cap_bits"] * shared["strength"]
    return shared.assign(reason="shared", direction="for", observed=shared["members"], bits=bits, text=text)


def _apart(members: pd.DataFrame, what: str, weight: str, say: Callable[[int, int, str], str]) -> pd.DataFrame:
    """Reasons against: how many members `what` holds for; under one control it would hold for none."""
    some = members[members[what] & (members[weight] > 0)]
    found = some.groupby(["candidate", "facet"]).agg(
        observed=("account_id", "size"), n=("n", "first"), weight=(weight, "first")
    )
    found = found.reset_index()
    text = [say(m, n, facet) for m, n, facet in zip(found["observed"], found["n"], found["facet"], strict=True)]
    return found.assign(
        reason={"own": "own", "neighbour": "neighbours"}[what],
        direction="against",
        expected=0.0,
        bits=-found["weight"] * found["observed"] / found["n"],
        members=found["observed"],
        identifiers=_no_identifiers(len(text)),
        text=text,
    )


def _own_text(members: int, n: int, facet: str) -> str:
    return f"{members} of {n} accounts mostly use a {facet} of their own"


def _neighbour_text(members: int, n: int, facet: str) -> str:
    return f"{members} of {n} accounts live on the same {facet} as another, like families, offices and campuses"


def _prior(members: pd.DataFrame) -> pd.DataFrame:
    sizes = members.groupby("candidate")["n"].first().reset_index()
    return sizes.assign(
        facet="prior",
        reason="prior",
        direction="against",
        observed=0.0,
        expected=0.0,
        bits=-PRIOR_BITS,
        members=0,
        identifiers=_no_identifiers(len(sizes)),
        text="most groups that share something are no rings",
    )


def _no_identifiers(rows: int) -> pd.Series:
    """A column of empty lists."""
    return pd.Series([[] for _ in range(rows)], dtype=object)
