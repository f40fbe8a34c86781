"""Charts of a ring as figures in percent of their width, which templates draw: evidence, days, hours, networks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from ringwatch.web.traces import Traces
from ringwatch.wording import slight

# Probabilities that are marked on the axis of a waterfall, and the narrowest axis, in bits on either side of evens.
_MARKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
_NARROWEST = 4.0
# Members whose days are shown one by one.
MOST_ROWS = 40
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Step:
    """One reason: where its bar begins and how wide it is; row: the reason, None for what stands for several."""

    text: str
    bits: float
    x: float
    width: float
    end: float
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Waterfall:
    """start: where it stands before any reason; end: where they lead; marks: probabilities and their places."""

    steps: tuple[Step, ...]
    start: float
    start_probability: float
    end: float
    threshold: float
    marks: tuple[tuple[float, float], ...]


def waterfall(
    evidence: Sequence[Mapping[str, Any]], probability: float, threshold: float, all_of_it: bool
) -> Waterfall:
    """Return how the reasons lead to the probability; slight ones are one step, unless all are asked for.

    What is so before any reason is where they start.
    """
    weighed = [row for row in evidence if row["direction"] != "check" and row["reason"] != "prior"]
    told = [row for row in weighed if all_of_it or not slight(row["bits"])]
    parts: list[tuple[str, float, Mapping[str, Any] | None]]
    parts = [(row["text"], row["bits"], row) for row in sorted(told, key=_first_for_then_against)]
    little = [row["bits"] for row in weighed if not any(row is one for one in told)]
    if little:
        parts.append((f"{len(little)} that weigh little", sum(little), None))
    end = _bits(probability)
    reached = list(accumulate((bits for _, bits, _ in parts), initial=end - sum(bits for _, bits, _ in parts)))
    low = min(*reached, _bits(threshold), -_NARROWEST)
    high = max(*reached, _bits(threshold), _NARROWEST)
    margin = (high - low) * 0.03

    def place(bits: float) -> float:
        at: float = round(100 * (bits - low + margin) / (high - low + 2 * margin), 2)
        return at

    steps = [
        Step(text, bits, min(place(a), place(b)), abs(place(b) - place(a)), place(b), row)
        for (text, bits, row), a, b in zip(parts, reached, reached[1:], strict=False)
    ]
    marks = [(p, place(_bits(p))) for p in _MARKS if low <= _bits(p) <= high]
    return Waterfall(
        tuple(steps), place(reached[0]), _probability(reached[0]), place(end), place(_bits(threshold)), tuple(marks)
    )


def _first_for_then_against(row: Mapping[str, Any]) -> tuple[bool, float]:
    return row["direction"] == "against", -abs(row["bits"])


def _bits(probability: float) -> float:
    within = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log2(within / (1 - within))


def _probability(bits: float) -> float:
    return 1 / (1 + 2**-bits)


@dataclass(frozen=True)
class Day:
    """A day of the window: how many members signed up, and how many were active, with the share that is of them."""

    day: date
    opened: int
    active: int
    share: float


@dataclass(frozen=True)
class Timeline:
    """days: of the window; rows: member and a mark a day (`.` nothing, `a` active, `s` signed up), of few members;
    earlier: members that signed up before the window.
    """

    days: tuple[Day, ...]
    rows: tuple[tuple[str, str], ...]
    earlier: int


def timeline(traces: Traces, accounts: Sequence[str]) -> Timeline:
    """Return who signed up and was active when; the rows by sign-up."""
    marks = {account: _marks(traces, account) for account in accounts}
    days = []
    for number in range(traces.days):
        here = [mark[number] for mark in marks.values()]
        active = sum(letter != "." for letter in here)
        opened = sum(traces.created.get(account) == number for account in accounts)
        day = traces.since + timedelta(days=number)
        days.append(Day(day, opened, active, active / len(accounts) if accounts else 0.0))
    rows = sorted(marks.items(), key=lambda row: (traces.created.get(row[0], -1), row[1].replace(".", "~"), row[0]))
    earlier = sum(traces.created.get(account, 0) < 0 for account in accounts)
    return Timeline(tuple(days), tuple(rows) if len(rows) <= MOST_ROWS else (), earlier)


def _marks(traces: Traces, account: str) -> str:
    bits = traces.active.get(account, "").ljust(traces.days, "0")[: traces.days]
    letters = ["a" if bit == "1" else "." for bit in bits]
    created = traces.created.get(account, -1)
    if 0 <= created < traces.days:
        letters[created] = "s"
    return "".join(letters)


@dataclass(frozen=True)
class Heat:
    """rows: weekday and, for each hour, how often a member was active and one of five steps of that."""

    rows: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]
    most: int


def heat(hours: Iterable[tuple[int, int, int]]) -> Heat | None:
    """Return hour by weekday, None when nothing is known of hours."""
    times = {(weekday, hour): count for weekday, hour, count in hours}
    if not times:
        return None
    most = max(times.values())
    rows = [
        (name, tuple((n := times.get((number, hour), 0), math.ceil(5 * n / most)) for hour in range(24)))
        for number, name in enumerate(WEEKDAYS, start=1)
    ]
    return Heat(tuple(rows), most)


def networks(found: Sequence[Mapping[str, Any]], size: int) -> list[dict[str, Any]]:
    """Return countries, those of most members first, each with its networks and the share of members on them."""
    countries: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        countries.setdefault(row["country"], []).append({**row, "share": round(100 * row["members"] / max(size, 1), 1)})
    made = [{"country": country or "country unknown", "networks": rows} for country, rows in countries.items()]
    return sorted(made, key=lambda one: (-max(row["members"] for row in one["networks"]), one["country"]))
