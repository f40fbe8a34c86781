"""The words of the score: bits by feature in; one row per reason for and against a group, as people read them, out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from ringwatch.score.features import FEATURES, Feature
from ringwatch.score.measuring import Measures
from ringwatch.score.scorecard import Sheet
from ringwatch.score.tables import EVIDENCE

# Reasons of fewer bits are told together.
LEAST_BITS = 0.1
SUMMARISED = 3

_FEATURES = {feature.name: feature for feature in FEATURES}


def of_groups(
    measures: Measures, values: pd.DataFrame, bits: pd.DataFrame, others: pd.DataFrame, sheet: Sheet, moved: float
) -> pd.DataFrame:
    """Return the reasons of each group, columns as in `scored.EVIDENCE`: their bits add up to its log2 odds.

    values, bits: of each group (row) and feature; others: bits of facets that no card knows; moved: tonight's shift.
    """
    found = _long(bits, "bits").reset_index()
    found = found[found["bits"] != 0]
    large = found["bits"].abs() >= LEAST_BITS
    told = _told(found[large], values, measures, sheet)
    parts = [told, _unknown(others, measures), _rest(found[~large]), _start(values.index, sheet.base + moved)]
    every: pd.DataFrame = pd.concat([part for part in parts if not part.empty], ignore_index=True)[EVIDENCE.names]
    return every


def _long(wide: pd.DataFrame, name: str) -> pd.Series:
    """Return one value per group and feature, by candidate and reason."""
    found: pd.Series = wide.stack()  # type: ignore[assignment]
    return found.rename(name).rename_axis(["candidate", "reason"])


def ordered(*parts: pd.DataFrame) -> pd.DataFrame:
    """Return all rows in one order, whatever the order in which they were found."""
    every = pd.concat([part for part in parts if not part.empty], ignore_index=True)
    rows: pd.DataFrame = every.sort_values(
        ["candidate", "direction", "bits", "facet", "reason", "text"], ignore_index=True
    )
    return rows


def summaries(measures: Measures) -> pd.Series:
    """Return what most members share, at most three facets, by candidate: `share device 5/5, ip 3/5`."""
    shared = measures.facets[measures.facets["members"] > 0].merge(_linking(measures), on="facet")
    shared = shared.sort_values(["candidate", "strength", "facet"], ascending=[True, False, True])
    said = shared["facet"] + " " + shared["members"].astype(str) + "/" + shared["n"].astype(str)
    texts = "share " + said.groupby(shared["candidate"]).agg(lambda found: ", ".join(found.head(SUMMARISED)))
    return texts.reindex(measures.groups["candidate"], fill_value="nothing ties these accounts together")


def _linking(measures: Measures) -> pd.DataFrame:
    caps = measures.members.groupby("facet")["cap_bits"].first()
    return caps[caps > 0].index.to_frame(index=False)


def _told(found: pd.DataFrame, values: pd.DataFrame, measures: Measures, sheet: Sheet) -> pd.DataFrame:
    feature = found["reason"].map(_FEATURES)
    observed = _long(values, "observed")
    rows = found.assign(facet=feature.map(lambda f: f.facet)).join(observed, on=["candidate", "reason"])
    rows = rows.assign(expected=rows["reason"].map(lambda name: sheet.scales[name].usual), feature=feature)
    rows = _with_examples(rows, measures)
    texts = [
        _text(f, v, n, measures.wording) for f, v, n in zip(rows["feature"], rows["observed"], rows["n"], strict=True)
    ]
    return rows.assign(direction=_direction(rows["bits"]), text=texts)


def _text(feature: Feature, value: float, n: int, wording: Mapping[str, str]) -> str:
    return feature.says.format(value=value, share=f"{value:.0%}", n=n, wording=wording.get(feature.facet))


def _with_examples(rows: pd.DataFrame, measures: Measures) -> pd.DataFrame:
    """Add n, the members that the facet covers, and the identifiers that most of them share."""
    of_facet = measures.facets[["candidate", "facet", "members", "identifiers"]]
    sizes = measures.groups.set_index("candidate")["n"]
    found = rows.merge(of_facet, on=["candidate", "facet"], how="left").assign(n=lambda r: r["candidate"].map(sizes))
    members = found["members"].fillna(found["n"]).astype(int)
    return found.assign(members=members, identifiers=found["identifiers"].map(_names))


def _names(found: object) -> list[str]:
    return [] if isinstance(found, float) or found is None else list(found)  # type: ignore[call-overload]


def _unknown(others: pd.DataFrame, measures: Measures) -> pd.DataFrame:
    rows = _with_examples(others[others["bits"] != 0].assign(reason="shared"), measures)
    texts = [
        f"{m} of {n} accounts {measures.wording[f]}"
        for m, n, f in zip(rows["members"], rows["n"], rows["facet"], strict=True)
    ]
    return rows.assign(observed=rows["members"].astype(float), expected=0.0, direction="for", text=texts)


def _rest(small: pd.DataFrame) -> pd.DataFrame:
    bits = small.groupby("candidate")["bits"].sum().round(6)
    return _plain(
        bits[bits != 0], "rest", lambda count: f"{count} things of little weight", small.groupby("candidate").size()
    )


def _start(groups: pd.Index, bits: float) -> pd.DataFrame:
    start = pd.Series(round(bits, 6), index=groups)
    return _plain(
        start, "prior", lambda _: "so many of tonight's groups are rings, before anything is known of this one", start
    )


def _plain(bits: pd.Series, reason: str, say: Callable[[int], str], counts: pd.Series) -> pd.DataFrame:
    found = bits.rename("bits").rename_axis("candidate").reset_index()
    return found.assign(
        facet="prior" if reason == "prior" else "group",
        reason=reason,
        direction=_direction(found["bits"]),
        observed=0.0,
        expected=0.0,
        members=0,
        identifiers=pd.Series([[] for _ in range(len(found))], dtype=object, index=found.index),
        text=[say(int(count)) for count in counts.reindex(found["candidate"])],
    )


def _direction(bits: pd.Series) -> pd.Series:
    return (bits >= 0).map({True: "for", False: "against"})
