"""The queue: which rings are to be reviewed, until when, and in what order. In: rows of the store. Out: `QueueRow`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from ringwatch.errors import UsageError
from ringwatch.review import sampling, second

STATUSES = ("open", "in_review", "closed", "all")
HARM = ["exchanges", "tokens", "active_today", "spend", "declines", "refunds", "chargebacks", "capabilities"]
HARM += ["honest_expected", "paid", "aged", "enterprise", "stake"]
# Sampled groups are shown as rings of this band are, of which a share is judged blind, too; among so many first rows.
ALIKE, ALIKE_SHARE, FIRST = "likely", 0.25, 20


@dataclass(frozen=True)
class QueueRow:
    """A ring as the queue shows it. harm: its figures, empty when they are not known; stream: why it is there.

    Nothing is known of the probability of one that is judged blind, nor of what follows from it.
    """

    ring_id: str
    sentence: str
    probability: float | None
    low: float | None
    high: float | None
    band: str | None
    kind: str | None
    size: int
    event: str
    joined: int
    departed: int
    status: str
    outcome: str | None
    claimed_by: str | None
    claim_expires: datetime | None
    due: datetime | None
    expected_harm: float | None
    harm: dict[str, Any]
    stream: str
    first_day: date
    day: date


def queue_row(row: Mapping[str, Any], now: datetime, due_hours: Mapping[str, float]) -> QueueRow:
    """Return a row of `Queue.rings` as of `now`: a claim that has run out is none."""
    claimed = row["claim_expires"] is not None and row["claim_expires"] > now
    status = "in_review" if claimed and row["status"] == "open" else row["status"]
    same = {name: row[name] for name in QueueRow.__annotations__ if name in row}
    return QueueRow(
        **same
        | {
            "sentence": row["summary"],
            "status": status,
            "claimed_by": row["claimed_by"] if claimed else None,
            "claim_expires": row["claim_expires"] if claimed else None,
            "due": _due(row, due_hours) if row["status"] == "open" else None,
            "harm": {name: row[name] for name in HARM} if row["stake"] is not None else {},
            "stream": "queue",
        }
    )


def blind(row: QueueRow) -> QueueRow:
    """Return the row without what says how likely the program takes it for a ring."""
    harm = {name: value for name, value in row.harm.items() if name != "honest_expected"}
    return replace(row, probability=None, low=None, high=None, band=None, kind=None, expected_harm=None, harm=harm)


def is_blind(row: QueueRow, sampled: Collection[str]) -> bool:
    """Whether a row is judged blind: what was sampled, and some of the flagged rings that could as well have been."""
    if row.status == "closed" and row.stream != second.STREAM:
        return False
    alike = row.band == ALIKE and sampling.is_drawn(row.ring_id, ALIKE_SHARE)
    return row.ring_id in sampled or alike


def mixed(rows: Iterable[QueueRow], sampled: Collection[str]) -> list[QueueRow]:
    """Return the rows in their order, what was sampled at places among the first that say nothing of it."""
    found = [row for row in rows if row.ring_id not in sampled]
    for row in sorted((row for row in rows if row.ring_id in sampled), key=lambda row: row.ring_id):
        found.insert(sampling.place(row.ring_id, min(len(found), FIRST) + 1), row)
    return found


def needs_second(row: Mapping[str, Any], author: str, asked: Iterable[str], share: float) -> bool:
    """Whether `author` is to give a second opinion on a closed ring; `asked`: rings that have one."""
    closed = row["status"] == "closed" and row["decided_by"] != author and row["ring_id"] not in set(asked)
    return closed and second.is_drawn(row["ring_id"], row["decided_day"], share)


def ordered(rows: Iterable[QueueRow], order: str) -> list[QueueRow]:
    """Return the rows in the order of harm, probability, due, size or new. Raises UsageError for another."""
    if order not in _ORDERS:
        raise UsageError(f"there is no order {order}; the queue is ordered by {', '.join(_ORDERS)}")
    return sorted(rows, key=lambda row: (*_ORDERS[order](row), -(row.probability or 0), row.ring_id))


def _due(row: Mapping[str, Any], hours: Mapping[str, float]) -> datetime | None:
    """So many hours after the end of a ring's first day, or, where a verdict holds no longer, of the day shown."""
    allowed = hours.get(row["band"] or ALIKE)
    if allowed is None:
        return None
    reopened = row["own_seq"] is not None
    since = row["day"] if reopened else row["first_day"]
    return datetime.combine(since, datetime.min.time()) + timedelta(days=1, hours=allowed)


_ORDERS: dict[str, Callable[[QueueRow], tuple[Any, ...]]] = {
    "harm": lambda row: (-(row.expected_harm or 0),),
    "probability": lambda _row: (),
    "due": lambda row: (row.due is None, row.due),
    "size": lambda row: (-row.size,),
    "new": lambda row: (-row.first_day.toordinal(),),
}
