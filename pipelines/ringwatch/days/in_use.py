"""Which feeds a deployment has on a night: those that are expected, that arrived, and that count.

In: the setting `feeds`, the model, and what the nights of the window left. Out: one answer for all stages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow.parquet as pq

from ringwatch.days import history
from ringwatch.model import ACCOUNT_FEED
from ringwatch.night import Night


@dataclass(frozen=True)
class InUse:
    """Feeds of a night, in the order of the setting `feeds`.

    expected: what the setting names; arrived: what the day has, be it without rows; used: what counts in all stages, a
    feed that has rows in the window and, when it is optional, came on at least half of the window's nights. What came
    on fewer would speak of some nights only, and the others would look as if accounts had done nothing.
    """

    expected: tuple[str, ...]
    arrived: tuple[str, ...]
    used: tuple[str, ...]
    warnings: tuple[str, ...]


def feeds_in_use(night: Night, today: Mapping[str, int] | None = None) -> InUse:
    """Return the feeds of the night. `today`: clean rows by feed of a delivery that is not in its place yet."""
    came = {feed: _came(night, feed) for feed in night.settings.feeds}
    nights = {day for day in history.clean_days(night) if history.window_start(night) <= day <= night.day}
    if today is not None:
        nights.add(night.day)
        for feed, rows in came.items():
            rows.pop(night.day, None)
            if feed in today:
                rows[night.day] = today[feed]
    return InUse(
        expected=night.settings.feeds,
        arrived=tuple(feed for feed, rows in came.items() if night.day in rows),
        used=tuple(feed for feed, rows in came.items() if _counts(night, feed, rows, len(nights))),
        warnings=tuple(_warnings(night, came, len(nights))),
    )


def _came(night: Night, feed: str) -> dict[date, int]:
    """Return the clean rows of a feed by the nights of the window on which it came."""
    days = history.clean_days_by_feed(night, night.day).get(feed, [])
    since = history.window_start(night)
    return {day: pq.read_metadata(night.files.clean(day, feed)).num_rows for day in days if day >= since}


def _counts(night: Night, feed: str, rows: Mapping[date, int], nights: int) -> bool:
    return feed == ACCOUNT_FEED or (any(rows.values()) and _often(night, feed, rows, nights))


def _often(night: Night, feed: str, rows: Mapping[date, int], nights: int) -> bool:
    return not night.model.feeds[feed].optional or 2 * len(rows) >= nights


def _warnings(night: Night, came: Mapping[str, Mapping[date, int]], nights: int) -> Iterator[str]:
    for feed, rows in came.items():
        seldom = "" if _often(night, feed, rows, nights) else _seldom(rows, nights)
        if rows and night.day not in rows:
            yield f"the feed {feed} has stopped: it did not arrive, and last came on {max(rows)}{seldom}"
        elif rows and seldom:
            yield f"the feed {feed} arrived{seldom}"


def _seldom(rows: Mapping[date, int], nights: int) -> str:
    return f"; it came on {len(rows)} of {nights} nights of the window and counts from half of them on"
