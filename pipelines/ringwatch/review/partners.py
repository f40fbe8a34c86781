"""Which of tonight's candidates share what partners sent: rows of evidence to check, of no weight. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ringwatch.review.signature import Signature, in_common, told

FACET = REASON = "partner"


def matches(ours: Mapping[str, Signature], sent: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of evidence (columns of `score.tables`) for candidates that share enough with a partner's ring.

    `ours`: hashes by kind of each candidate; `sent`: rows of the store. One row for each candidate and partner: of the
    ring with which it shares most.
    """
    rings: dict[tuple[str, str], Signature] = {}
    for row in sent:
        rings.setdefault((row["partner"], row["ring"]), {}).setdefault(row["kind"], []).extend(row["hashes"])
    best: dict[tuple[str, str], tuple[int, int, str, dict[str, int]]] = {}
    for candidate, hashes in sorted(ours.items()):
        for (partner, ring), theirs in sorted(rings.items()):
            if shared := in_common(hashes, theirs):
                rank = (len(shared), sum(shared.values()), ring, shared)
                if (candidate, partner) not in best or rank[:2] > best[candidate, partner][:2]:
                    best[candidate, partner] = rank
    return [_row(candidate, partner, *rank[1:]) for (candidate, partner), rank in best.items()]


def _row(candidate: str, partner: str, count: int, ring: str, shared: Mapping[str, int]) -> dict[str, Any]:
    said = {"candidate": candidate, "facet": FACET, "reason": REASON, "direction": "check", "bits": 0.0, "members": 0}
    text = f"{partner} confirmed a ring that has {told(shared)} in common with this one"
    return said | {"observed": float(count), "expected": None, "identifiers": [f"{partner}:{ring}"], "text": text}
