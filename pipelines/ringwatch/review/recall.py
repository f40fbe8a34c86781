"""How much is found of what there is: verdicts on flagged rings and on sampled groups in, an estimate of recall out.

It counts the rings of an average night among the groups that the program looks at, apart from the least likely (see
`sampling.LEAST`): what makes no group at all is missed by this, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ringwatch.review.sampling import STRATA
from ringwatch.review.stats import TRUE, Precision

# Verdicts below which nothing is said: on flagged rings, on sampled groups of each part, and on these in all.
FEWEST_FLAGGED, FEWEST_OF_PART, FEWEST_SAMPLED = 10, 5, 20
DRAWS = 20_000


@dataclass(frozen=True)
class Part:
    """A part of the groups below the threshold: how many there are a night, how many were decided on, and how many of
    these are rings.
    """

    name: str
    groups: float
    decided: int
    rings: int


@dataclass(frozen=True)
class Recall:
    """recall, low, high (95 %): None when verdicts are too few, which `told` says; flagged: rings a night."""

    nights: int
    flagged: float
    parts: tuple[Part, ...]
    recall: float | None
    low: float | None
    high: float | None
    told: str


def recall(
    nights: Iterable[Mapping[str, Any]], decided: Iterable[Mapping[str, Any]], precision: Precision | None
) -> Recall:
    """Return the estimate.

    nights, decided: rows of `store.samples.nights` and `.decided`, oldest first; of a group the newest decision counts.
    precision: that of all flagged rings that were reviewed, None if there are none.
    """
    rows = list(nights)
    days = {row["day"]: row["rings"] for row in rows}
    newest = {row["ring_id"]: row for row in decided if row["decision"] in TRUE}
    parts = tuple(_part(name, rows, len(days), newest.values()) for name in STRATA)
    flagged = sum(days.values()) / len(days) if days else 0.0
    told = _too_few(parts, precision)
    if told or precision is None:
        return Recall(len(days), flagged, parts, None, None, None, told)
    found = flagged * precision.share
    share = _share(found, sum(part.groups * part.rings / part.decided for part in parts if part.decided))
    low, high = _interval(flagged, precision, parts)
    return Recall(len(days), flagged, parts, share, min(low, share), max(high, share), "")


def _part(name: str, rows: list[Mapping[str, Any]], nights: int, decided: Iterable[Mapping[str, Any]]) -> Part:
    groups = sum(row["groups"] for row in rows if row["stratum"] == name)
    verdicts = [TRUE[row["decision"]] for row in decided if row["stratum"] == name]
    return Part(name, groups / max(nights, 1), len(verdicts), sum(verdicts))


def _too_few(parts: tuple[Part, ...], precision: Precision | None) -> str:
    """What is lacking before anything can be said of recall."""
    sampled, flagged = sum(part.decided for part in parts), precision.reviewed if precision else 0
    there = [part for part in parts if part.groups]
    if sampled >= FEWEST_SAMPLED and flagged >= FEWEST_FLAGGED and all(p.decided >= FEWEST_OF_PART for p in there):
        return ""
    of_part = ", ".join(f"{part.decided} of {part.name} ones" for part in parts)
    return (
        f"too few verdicts for an estimate of recall: {flagged} on flagged rings ({FEWEST_FLAGGED} are needed) and "
        f"{sampled} on groups below the threshold ({FEWEST_SAMPLED} are needed, at least {FEWEST_OF_PART} of each "
        f"part; {of_part} so far)"
    )


def _interval(flagged: float, precision: Precision, parts: tuple[Part, ...]) -> tuple[float, float]:
    """The middle 95 % of what recall may be: shares drawn from Jeffreys posteriors (Brown, Cai, DasGupta, 2001)."""
    random = np.random.default_rng(1)
    found = flagged * _drawn(precision.right, precision.reviewed, random)
    missed = np.zeros(DRAWS)
    for part in (part for part in parts if part.groups):
        missed += part.groups * _drawn(part.rings, part.decided, random)
    low, high = np.quantile(found / np.maximum(found + missed, 1e-12), [0.025, 0.975])
    return round(float(low), 4), round(float(high), 4)


def _drawn(right: int, of: int, random: np.random.Generator) -> np.ndarray:
    shares: np.ndarray = random.beta(right + 0.5, of - right + 0.5, DRAWS)
    return shares


def _share(found: float, missed: float) -> float:
    return round(found / (found + missed), 4) if found + missed else 0.0
