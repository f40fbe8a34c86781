"""Hashes of rings: what one began as, which its id is made from, and what it is now to those who act on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def content_hashes(rings: pd.DataFrame, members: pd.DataFrame) -> dict[str, str]:
    """SHA-256 by ring_id of what a ring is to those who act on it: its members, band, event and kind.

    Not of its probability, interval, roles and summary, which move a little every night.
    """
    shown = rings[["ring_id", "kind", "band", "event"]].to_numpy().tolist()
    inside = members.groupby("ring_id")["account_id"].agg(sorted).to_dict()
    texts = {str(ring[0]): json.dumps([*ring, inside[ring[0]]]) for ring in shown}
    return {ring_id: hashlib.sha256(text.encode()).hexdigest() for ring_id, text in texts.items()}


def fingerprint(day: date, accounts: Iterable[str], number: int = 0) -> str:
    """Return the SHA-256 of a day and the sorted accounts of a ring that was first flagged on it, in hex digits.

    `number`: how many other rings began as the same accounts on that day.
    """
    again = [f"\n{number}"] if number else []
    return hashlib.sha256("\n".join((day.isoformat(), *sorted(accounts), *again)).encode()).hexdigest()
