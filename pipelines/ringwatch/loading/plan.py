"""Which days lie behind a night, what is due on each, and the id of the state that each leads to.

A state follows from the days up to it and from nothing else, so its id is a digest over them: where the ids are equal,
the states are. What a day adds to the id: its files, and on the night of a purge which deliveries were complete.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from ringwatch.days import history
from ringwatch.loading.digests import day_digests
from ringwatch.model import Model
from ringwatch.night import Night

# To be raised when states come to say something else for the same days.
FORMAT = 1
SUNDAY = 6


@dataclass(frozen=True)
class Turn:
    """One day on the way to a state.

    slots: those that are brought up to date; purge: whether what has fallen out of the window goes; cutoffs: by feed,
    the first date that stays, for feeds whose complete deliveries reach back over a whole window.
    """

    day: date
    digest: str
    state: str
    gap_days: int
    slots: tuple[int, ...]
    purge: bool
    cutoffs: dict[str, date] = field(default_factory=dict)


def plan(night: Night, until: date) -> list[Turn]:
    """Return the turns that lead to the state of `until`, oldest first: one for each day on disk up to then."""
    digests = day_digests(night, until)
    days = sorted(digests)
    complete = _complete_days(night, until)
    state, turns = _seed(night), []
    for before, day in pairwise([days[0] - timedelta(days=1), *days] if days else []):
        passed = [before + timedelta(days=i) for i in range(1, (day - before).days + 1)]
        slots = sorted({slot_of_day(one, night.settings.refresh_every) for one in passed})
        purge = any(one.weekday() == SUNDAY for one in passed)
        cutoffs = _cutoffs(complete, day, night.settings.window_days) if purge else {}
        state = _digest(state, day, digests[day], slots, purge, sorted(cutoffs.items()))
        turns.append(Turn(day, digests[day], state, len(passed), tuple(slots), purge, cutoffs))
    return turns


def slot_of_day(day: date, refresh_days: int) -> int:
    """The slot of keys whose turn it is on `day`; each of the `refresh_days` slots comes once in so many days."""
    return day.toordinal() % refresh_days


def _complete_days(night: Night, until: date) -> dict[str, list[date]]:
    """Return by feed the days of complete deliveries, newest first: clean files that the ledger does not object to.

    One without rows is none of them: it renews nothing, and so nothing goes for its sake.
    """
    ledger = night.store.deliveries.between(last=until)
    partial = {(row["feed"], row["day"]) for row in ledger if not (row["complete"] and row["rows"])}
    return {
        feed: sorted((day for day in days if (feed, day) not in partial), reverse=True)
        for feed, days in history.clean_days_by_feed(night, until).items()
    }


def _cutoffs(complete: dict[str, list[date]], day: date, window_days: int) -> dict[str, date]:
    """Return by feed the first date that stays on the purge of `day`.

    It is that of the complete delivery that lies `window_days` back, itself included: what was not seen since had a
    whole window of complete deliveries to be renewed in. A delivery that was missed moves it back by one.
    """
    reached = {feed: [one for one in days if one <= day] for feed, days in complete.items()}
    return {feed: days[window_days - 1] for feed, days in reached.items() if len(days) >= window_days}


def _seed(night: Night) -> str:
    settings = night.settings
    return _digest(FORMAT, settings.window_days, settings.refresh_every, settings.held_days, *_meaning(night.model))


def _meaning(model: Model) -> Iterator[object]:
    """Yield what of the model decides what the graph says."""
    for feed in model.feeds.values():
        yield feed.feed, {name: column.type for name, column in feed.kept.items()}, feed.node
        yield from ((name, r.to, r.seen, r.events, r.lasting) for name, r in feed.relationships.items())


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
