"""Figures as people say them: numbers of members, amounts, days, probabilities, how much likelier something is."""

from __future__ import annotations

import re
from math import log2
from typing import NamedTuple

# The part of a wording that names what is shared: one of them, and several.
THING = re.compile(r"\{([^{}|]+)\|([^{}|]+)\}")
# Shares that are told as all or none only when they are.
LEAST = 0.0005
# Up to how many days, weeks and months they are what a time is told in.
DAYS, WEEKS, MONTHS = 20, 70, 700
# From how many times likelier it is told in whole numbers and not in numbers at all, and below how many it is slight.
WHOLE, MILLION, SLIGHT = 9.95, 1e6, 1.5
_PARTS = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth"}


class Wording(NamedTuple):
    """What members who share an identifier did, as the model says it: "used the same {device|devices}"."""

    text: str
    facet: str

    @property
    def thing(self) -> str:
        """One of what is shared; where the wording does not name it, its facet does."""
        found = THING.search(self.text)
        return found[1] if found else self.facet.replace("_", " ")

    def told(self, things: int) -> str:
        """Return the wording of so many shared things: "used the same 3 devices"."""
        return THING.sub(lambda found: found[1] if things == 1 else f"{things:,} {found[2]}", self.text)


def members(count: int, n: int, known: str = "") -> str:
    """Return "No member", "2 of 6 members", "All 6 members"; known: " whose addresses are known"."""
    if count <= 0:
        return f"No member{known}"
    if count < n:
        return f"{count:,} of {n:,} members{known}"
    return f"All {n:,} members{known}" if n > 1 else f"The one member{known}"


def few(count: int, n: int, known: str = "") -> str:
    """Return what `members` does, as little; of most of them "only" is too much."""
    told = members(count, n, known)
    return f"Only {told}" if 0 < 2 * count <= n else told


def part(share: float, n: int) -> str:
    """Return about how many of n members a share of groups' members is: "none", "about 3 of 6", "nearly all"."""
    count = round(share * n)
    if count <= 0:
        return "none" if share <= LEAST else "hardly any"
    if count >= n:
        return "all" if share >= 1 - LEAST else "nearly all"
    return f"about {count:,} of {n:,}"


def percent(share: float) -> str:
    """Return a share of what are no members: "40%", and 0% and 100% only when it is."""
    if LEAST < share < 0.01:
        return "less than 1%"
    return "more than 99%" if 0.99 < share < 1 - LEAST else f"{share:.0%}"


def share(of: float) -> str:
    """Return a share in a sentence: "none", "40%", "all"."""
    return "none" if of <= LEAST else "all" if of >= 1 - LEAST else percent(of)


def amount(count: float) -> str:
    """Return about how many: "hardly any", "about 3"."""
    return "hardly any" if count < 0.5 else f"about {round(count):,}"


def duration(days: float) -> str:
    """Return about how long: "1 day", "about 6 weeks", "about 5 months"."""
    if days < DAYS:
        return f"{max(round(days), 1)} day{'s' if round(days) > 1 else ''}"
    if days < WEEKS:
        return f"about {round(days / 7)} weeks"
    return f"about {round(days / 30.4)} months" if days < MONTHS else f"about {round(days / 365.25)} years"


def probable(probability: float) -> str:
    """Return a probability of two digits, without calling anything certain: "0.73", ">0.99"."""
    return ">0.99" if probability >= 0.995 else "<0.01" if probability < 0.005 else f"{probability:.2f}"


def slight(bits: float) -> bool:
    """Whether bits hardly change what is likely."""
    return abs(bits) < log2(SLIGHT)


def likelier(bits: float) -> str:
    """Return what bits do to the odds: "3.2 times likelier", "half as likely", "1,600 times less likely"."""
    times, than = 2 ** min(abs(bits), 60.0), "likelier" if bits >= 0 else "less likely"
    if slight(bits):
        return f"slightly {than}"
    if bits < 0 and round(times) in _PARTS:
        return f"{_PARTS[round(times)]} as likely"
    told = f"{times:.1f}".removesuffix(".0")
    if times >= MILLION:
        told = "over a million"
    elif times >= WHOLE:
        told = f"{round(times, 2 - len(str(int(times)))):,.0f}"
    return "twice as likely" if told == "2" else f"{told} times {than}"
