"""The reasons of the score: bits by feature in; one row per reason for and against a group, and its first line, out.

What a feature says is its own (`words.py`); here is what it says it of, and what is told of a group beside features.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ringwatch.score.features import FEATURES
from ringwatch.score.measuring import Measures
from ringwatch.score.scorecard import Sheet
from ringwatch.score.tables import EVIDENCE
from ringwatch.score.trees import UNKNOWN
from ringwatch.score.words import Fact, Said
from ringwatch.shares import MOST
from ringwatch.wording import Wording, amount, members

# Reasons of fewer bits are told together.
LEAST_BITS = 0.1
# Facets that a first line names.
SUMMARISED = 2

_FEATURES = {feature.name: feature for feature in FEATURES}


def of_groups(
    measures: Measures, values: pd.DataFrame, bits: pd.DataFrame, others: pd.DataFrame, sheet: Sheet, moved: float
) -> pd.DataFrame:
    """Return the reasons of each group, columns as in `tables.EVIDENCE`: their bits add up to its log2 odds. And head:
    the text without what it is held against.

    values, bits: of each group (row) and feature; others: bits of facets that no card knows; moved: tonight's shift.
    """
    unsaid = bits[UNKNOWN] if UNKNOWN in bits else pd.Series(0.0, index=bits.index)
    found = _long(bits.drop(columns=UNKNOWN, errors="ignore"), "bits").reset_index()
    found = found[found["bits"] != 0]
    large = found["bits"].abs() >= LEAST_BITS
    told = _told(found[large], values, measures, sheet)
    parts = [told, _unknown(others, measures), _rest(found[~large]), _start(unsaid + sheet.base + moved)]
    every: pd.DataFrame = pd.concat([part for part in parts if not part.empty], ignore_index=True)
    return every[[*EVIDENCE.names, "head"]]


def _long(wide: pd.DataFrame, name: str) -> pd.Series:
    """Return one value per group and feature, by candidate and reason."""
    found: pd.Series = wide.stack()  # type: ignore[assignment]
    return found.rename(name).rename_axis(["candidate", "reason"])


def together(*parts: pd.DataFrame) -> pd.DataFrame:
    """Return all rows, columns as in `tables.EVIDENCE`."""
    none = EVIDENCE.empty_table().to_pandas()
    every = pd.concat([part for part in parts if not part.empty] or [none], ignore_index=True)
    rows: pd.DataFrame = every[EVIDENCE.names]
    return rows


def _told(found: pd.DataFrame, values: pd.DataFrame, measures: Measures, sheet: Sheet) -> pd.DataFrame:
    """Each feature in its own words, on what was found of the group."""
    observed = _long(values, "observed")
    rows = found.assign(facet=found["reason"].map(lambda name: _FEATURES[name].facet))
    rows = rows.join(observed, on=["candidate", "reason"])
    rows = rows.assign(expected=rows["reason"].map(sheet.usual))
    rows = _with_examples(rows.assign(direction=_direction(rows["bits"])), measures)
    said = [_said(*row) for row in zip(rows["reason"], rows["direction"], _facts(rows, measures), strict=True)]
    return rows.assign(text=[each.text for each in said], head=[each.head for each in said])


def _said(reason: str, direction: str, fact: Fact) -> Said:
    feature = _FEATURES[reason]
    return feature.words.say(fact, feature.direction, "for" if direction == "for" else "against")


def _facts(rows: pd.DataFrame, measures: Measures) -> list[Fact]:
    wordings = {facet: Wording(text, facet) for facet, text in measures.wording.items()}
    columns = [rows[name] for name in ("n", "observed", "expected", "kinds", "opened")]
    columns += [rows[name] for name in ("seen", "tied", "things", "others", "chance", "tie")]
    unnamed = [wordings.get(facet, Wording("", facet)) for facet in rows["facet"]]
    return [Fact(*row) for row in zip(*(column.tolist() for column in columns), unnamed, strict=True)]


def _with_examples(rows: pd.DataFrame, measures: Measures) -> pd.DataFrame:
    """Add what sentences tell of a group and of the facet (see `Fact`), the members whom that covers, and the
    identifiers that most of them share.
    """
    of_facet = measures.facets[["candidate", "facet", "members", "seen", "identifiers", "others", "expected", "bits"]]
    of_facet = of_facet.rename(columns={"members": "tied", "expected": "chance", "bits": "tie"})
    found = rows.merge(of_facet, on=["candidate", "facet"], how="left").join(_of_groups(measures), on="candidate")
    covered, names = found["tied"].fillna(found["n"]).astype(int), found["identifiers"].map(_names)
    counts = {name: found[name].fillna(0).astype(int) for name in ("tied", "others")}
    return found.assign(
        members=covered,
        identifiers=names,
        things=names.map(len),
        seen=found["seen"].fillna(found["n"]).astype(int),
        chance=found["chance"].fillna(0.0),
        tie=found["tie"].fillna(0.0),
        **counts,
    )


def _of_groups(measures: Measures) -> pd.DataFrame:
    """Return n, opened, kinds (linking facets in which a member was seen) by candidate."""
    groups = measures.groups.set_index("candidate")[["n", "opened"]].astype({"opened": float})
    seen = measures.facets.merge(_linking(measures), on="facet")
    return groups.assign(kinds=seen.groupby("candidate").size().reindex(groups.index, fill_value=0))


def _linking(measures: Measures) -> pd.DataFrame:
    caps = measures.members.groupby("facet")["cap_bits"].first()
    return caps[caps > 0].index.to_frame(index=False)


def _names(found: object) -> list[str]:
    return [] if isinstance(found, float) or found is None else list(found)  # type: ignore[call-overload]


def _unknown(others: pd.DataFrame, measures: Measures) -> pd.DataFrame:
    """A facet that no feature is about, such as a deployment's own: how many share, against chance."""
    rows = others[others["bits"] != 0].assign(reason="shared", direction="for", observed=0.0, expected=0.0)
    rows = _with_examples(rows, measures)
    said = [_shared(fact) for fact in _facts(rows, measures)]
    rows = rows.assign(observed=rows["members"].astype(float), expected=rows["chance"])
    return rows.assign(text=[each.text for each in said], head=[each.head for each in said])


def _shared(fact: Fact) -> Said:
    head = f"{members(fact.tied, fact.n)} {fact.wording.told(fact.things)}"
    return Said(head, f"by chance: {amount(fact.chance)}")


def _rest(small: pd.DataFrame) -> pd.DataFrame:
    bits = small.groupby("candidate")["bits"].sum().round(6)
    counts = small.groupby("candidate").size()

    def say(count: int) -> str:
        return f"{count} more things of little weight" if count > 1 else "1 more thing of little weight"

    return _plain(bits[bits != 0], "rest", say, counts)


def _start(bits: pd.Series) -> pd.DataFrame:
    """Before anything is known of a group, and with what this service cannot know of any."""
    return _plain(bits.round(6), "prior", _most, (bits > 0).astype(int))


def adjusted(bits: pd.Series) -> pd.DataFrame:
    """What verdicts of this deployment changed, by candidate; none where nothing."""

    def say(more: int) -> str:
        return f"What reviewers here decided so far speaks {'for' if more else 'against'} groups like this one"

    return _plain(bits[bits != 0], "adjusted", say, (bits > 0).astype(int))


def unfamiliar(bits: pd.Series) -> pd.DataFrame:
    """What is taken from the odds of groups on a night unlike all that the scorecard was made from, none if nothing."""

    def say(_: int) -> str:
        return "Groups here are unlike all that the scorecard was made from, so less is made of everything else"

    return _plain(bits[bits != 0], "unfamiliar", say, (bits != 0).astype(int))


def _most(likely: int) -> str:
    return f"Most groups that are looked at are {'rings' if likely else 'harmless'}"


def _plain(bits: pd.Series, reason: str, say: Callable[[int], str], counts: pd.Series) -> pd.DataFrame:
    found = bits.rename("bits").rename_axis("candidate").reset_index()
    texts = [say(int(count)) for count in counts.reindex(found["candidate"])]
    return found.assign(
        facet="prior" if reason == "prior" else "group",
        reason=reason,
        direction=_direction(found["bits"]),
        observed=0.0,
        expected=0.0,
        members=0,
        identifiers=pd.Series([[] for _ in range(len(found))], dtype=object, index=found.index),
        text=texts,
        head=texts,
    )


def _direction(bits: pd.Series) -> pd.Series:
    return (bits >= 0).map({True: "for", False: "against"})


def summaries(measures: Measures, told: pd.DataFrame, odds: pd.Series) -> pd.Series:
    """Return a sentence by candidate: what most members share, and the weightiest fact beside that.

    told: what `of_groups` found; odds: by candidate. "18 accounts used the same 5 devices and paid with the same 3
    payment methods; all 18 members were opened within 4 days of each other".
    """
    shared = _sharing(measures).reindex(odds.index)
    facts = _facts_beside(told, odds).reindex(odds.index)
    sizes = measures.groups.set_index("candidate")["n"].reindex(odds.index)
    lines = [_line(*row) for row in zip(shared, facts, sizes, odds, strict=True)]
    return pd.Series(lines, index=odds.index, dtype="str")


def _line(shared: object, fact: object, n: int, odds: float) -> str:
    first = shared if isinstance(shared, str) else f"Nothing unusual ties these {n:,} accounts together"
    if not isinstance(fact, str):
        return first
    return f"{first}; {'' if odds > 0 else 'but '}{fact[0].lower()}{fact[1:]}"


def _sharing(measures: Measures) -> pd.Series:
    """Return what members share, the facets that tie them most first, by candidate."""
    shared = measures.facets[measures.facets["members"] > 0].merge(_linking(measures), on="facet")
    shared = shared.sort_values(["candidate", "strength", "facet"], ascending=[True, False, True])
    place = shared.groupby("candidate").cumcount()
    most, alone = shared["members"] >= MOST * shared["n"], shared["others"] <= shared["members"]
    shared = shared[(place == 0) | ((place < SUMMARISED) & most & alone)]
    rows = shared.assign(did=_deeds(shared, measures))[["members", "n", "did"]]
    told = [_together(list(group.itertuples(index=False, name=None))) for _, group in rows.groupby(shared["candidate"])]
    return pd.Series(told, index=pd.Index(shared["candidate"].unique(), dtype="str"), dtype="str")


def _deeds(shared: pd.DataFrame, measures: Measures) -> list[str]:
    return [
        Wording(measures.wording[facet], facet).told(len(names))
        + (f", as did {other:,} others" if other > tied else "")
        for facet, names, tied, other in zip(
            shared["facet"], shared["identifiers"], shared["members"], shared["others"].astype(int), strict=True
        )
    ]


def _together(shared: list[tuple[int, int, str]]) -> str:
    """One facet or two: "17 of 18 accounts used the same 5 devices, and 12 paid with the same 3 cards"."""
    (tied, n, did), *others = shared
    first = f"{n:,} accounts {did}" if tied == n else f"{tied:,} of {n:,} accounts {did}"
    for count, _, more in others:
        first += f" and {more}" if count == tied == n and ", as did" not in first else f", and {count:,} {more}"
    return first


def _facts_beside(told: pd.DataFrame, odds: pd.Series) -> pd.Series:
    """Return the weightiest fact by candidate of those that say enough alone and speak as all reasons together do."""
    plain = {name for name, feature in _FEATURES.items() if not feature.words.vague}
    way = (told["candidate"].map(odds) > 0).map({True: "for", False: "against"})
    fitting = told[told["reason"].isin(plain) & (told["direction"] == way)]
    order = np.lexsort((fitting["reason"], -fitting["bits"].abs()))
    return fitting.iloc[order].drop_duplicates("candidate").set_index("candidate")["head"]
