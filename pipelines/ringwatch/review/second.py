"""Second opinions: which reviewed rings somebody else is asked about, and how far reviewers agree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

STREAM = "second opinion"


def is_drawn(ring_id: str, day: date | None, share: float) -> bool:
    """Whether a ring that was reviewed when `day` was the newest is in the sample: the same for all who ask."""
    digest = hashlib.sha256(f"second opinion {ring_id} {day}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def pairs(verdicts: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return what was decided first and what the second opinion was, of each ring that has both.

    `verdicts`: rows on rings, oldest first, without those that were taken back.
    """
    first: dict[str, Mapping[str, Any]] = {}
    found = []
    for verdict in verdicts:
        before = first.get(verdict["ring_id"])
        if verdict["stream"] == STREAM and before and before["author"] != verdict["author"]:
            found.append((str(before["decision"]), str(verdict["decision"])))
        elif verdict["stream"] != STREAM:
            first[verdict["ring_id"]] = verdict
    return found


def agreement(found: list[tuple[str, str]]) -> dict[str, Any]:
    """Return rings, agreed (share of them) and Cohen's kappa, which is None where chance alone would agree as much.

    Cohen 1960, "A coefficient of agreement for nominal scales".
    """
    if not found:
        return {"rings": 0, "agreed": None, "kappa": None}
    first, second = zip(*found, strict=True)
    agreed = sum(one == other for one, other in found) / len(found)
    return {"rings": len(found), "agreed": agreed, "kappa": _kappa(first, second)}


def _kappa(first: tuple[str, ...], second: tuple[str, ...]) -> float | None:
    if len({*first, *second}) < 2:
        return None
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(first, second))
