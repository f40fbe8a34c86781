"""How good the flagged rings are, as far as verdicts say: decisions in; precision by kind, band, reason, reviewer out.

Verdicts say nothing about rings that nobody reviewed; how much was never flagged is in `recall.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ringwatch.shares import wilson

# What decisions say of whether a ring is one; the others say nothing of it.
TRUE = {"confirmed": True, "partly_confirmed": True, "reseller": True, "benign": False}
# What figures are broken down by, as columns of a decision.
BY = ("kind", "band", "reason", "author")


@dataclass(frozen=True)
class Precision:
    """Of `reviewed` rings `right` were ones; share, and its 95 % interval (Wilson); expected: mean probability."""

    by: str
    name: str
    reviewed: int
    right: int
    share: float
    low: float
    high: float
    expected: float


def precision(decided: Iterable[Mapping[str, Any]]) -> list[Precision]:
    """Return the precision of all reviewed rings, and by each of BY, the most reviewed first.

    decided: rows of `store.verdicts.decided`, oldest first; of a ring the newest decision counts.
    """
    newest = {row["ring_id"]: row for row in decided if row["decision"] in TRUE}
    rows = list(newest.values())
    found = [_of("all", "all", rows)] if rows else []
    for by in BY:
        parts: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            if row[by] is not None:
                parts[str(row[by])].append(row)
        found += sorted((_of(by, *part) for part in parts.items()), key=lambda each: (-each.reviewed, each.name))
    return found


def _of(by: str, name: str, rows: list[Mapping[str, Any]]) -> Precision:
    right = sum(TRUE[row["decision"]] for row in rows)
    expected = sum(row["probability"] or 0.0 for row in rows) / len(rows)
    return Precision(by, name, len(rows), right, right / len(rows), *wilson(right, len(rows)), expected)
