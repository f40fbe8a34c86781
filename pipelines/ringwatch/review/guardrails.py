"""What keeps a night from being published until somebody looked at it; each objection is a sentence for people.

In: the night as it would be published, what it is held against, and the settings. A guardrail that the setting
`guards_off` names says nothing. What was withheld can be released as it was judged, which `audit.py` does not allow for
what is unsound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringwatch.settings import GUARDRAILS, Settings

if TYPE_CHECKING:
    from ringwatch.store.records import Nightly

# Published nights from which there is something usual, and how much of the usual a night may always differ by.
FEWEST_NIGHTS = 5
ALWAYS = 0.5
# The standard deviation of normal values is so many times their median absolute deviation.
NORMAL = 1.4826
# A ring that was at least so much of its size on the night before is not news.
KNOWN = 0.5
# Reviewed rings that calibration is judged by, and the fewest.
REVIEWED, FEWEST_REVIEWED = 50, 20
RIGHT = ("confirmed", "partly_confirmed", "reseller")
WRONG = ("benign",)


@dataclass(frozen=True)
class Sum:
    """A count that two places say: what it is, and the two."""

    what: str
    said: int
    found: int


@dataclass(frozen=True)
class Usual:
    """What a night is held against.

    accounts: all that are known; rings, members: of the last published nights; sizes: of the rings of the last one;
    missing: sentences on feeds that are not whole; sums: counts that two places say; reviewed: probability of the last
    reviewed rings and whether they were ones, oldest first; unlike: how far the night is from what the scorecard was
    made from, 1 at the card's limit; canaries: by difficulty, share of canary rings found tonight and usually.
    """

    accounts: int
    rings: Sequence[int] = ()
    members: Sequence[int] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    missing: Sequence[str] = ()
    sums: Sequence[Sum] = ()
    reviewed: Sequence[tuple[float, bool]] = ()
    unlike: float = 0.0
    canaries: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def objections(night: Nightly, usual: Usual, settings: Settings) -> list[str]:
    """Return why `night` should not be published before somebody looked; empty when it may."""
    asked = (ask for name, ask in _ASKED.items() if name not in settings.guards_off)
    return [objection for ask in asked for objection in ask(night, usual, settings)]


def _share(night: Nightly, usual: Usual, settings: Settings) -> Iterator[str]:
    flagged = len(night.members)
    if flagged > settings.max_flagged_share * usual.accounts:
        yield (
            f"{flagged:,} of {usual.accounts:,} known accounts would be flagged, more than the "
            f"{settings.max_flagged_share:.0%} that max_flagged_share allows"
        )


def _growth(night: Nightly, usual: Usual, settings: Settings) -> Iterator[str]:
    if len(usual.rings) < FEWEST_NIGHTS:
        return
    for what, tonight, before, room in (
        ("accounts", len(night.members), usual.members, settings.guard_room_accounts),
        ("rings", len(night.flagged), usual.rings, settings.guard_room_rings),
    ):
        middle, allowed = around(before, settings.guard_deviations, room)
        if abs(tonight - middle) > allowed:
            yield (
                f"{tonight:,} {what} would be flagged, where {middle:,.0f} are usual: after the last {len(before)} "
                f"published nights {max(middle - allowed, 0):,.0f} to {middle + allowed:,.0f} would pass"
            )


def around(before: Sequence[int], deviations: float, room: int) -> tuple[float, float]:
    """Return the median of earlier counts, and by how much another may differ from it: so many robust standard
    deviations (median absolute deviation, Rousseeuw and Croux 1993), half the median, or `room`, whichever is most.
    """
    from statistics import median

    middle = median(before)
    deviation = NORMAL * median(abs(count - middle) for count in before)
    return float(middle), float(max(deviations * deviation, ALWAYS * middle, room))


def _largest(night: Nightly, usual: Usual, settings: Settings) -> Iterator[str]:
    sizes = sorted(zip(night.flagged["size"], night.flagged["ring_id"], strict=True), reverse=True)
    for size, ring_id in sizes[:1]:
        share = size / max(len(night.members), 1)
        known = usual.sizes.get(ring_id, 0) >= KNOWN * size
        if size > settings.guard_room_accounts and share > settings.guard_largest_share and not known:
            yield (
                f"one ring, {ring_id}, would have {int(size):,} of {len(night.members):,} flagged accounts "
                f"({share:.0%}; guard_largest_share allows {settings.guard_largest_share:.0%} for one that was not as "
                "large before)"
            )


def _feeds(_night: Nightly, usual: Usual, _settings: Settings) -> Iterator[str]:
    yield from usual.missing


def _counts(_night: Nightly, usual: Usual, _settings: Settings) -> Iterator[str]:
    for each in usual.sums:
        if each.said != each.found:
            yield f"counts do not add up: {each.what} should be {each.said:,} and {each.found:,} were found"


def _calibration(_night: Nightly, usual: Usual, settings: Settings) -> Iterator[str]:
    last = usual.reviewed[-REVIEWED:]
    if len(last) < FEWEST_REVIEWED:
        return
    expected = sum(probability for probability, _ in last) / len(last)
    right = sum(was for _, was in last) / len(last)
    by_chance: float = 2 * (expected * (1 - expected) / len(last)) ** 0.5
    if expected - right > max(settings.guard_calibration, by_chance):
        yield (
            f"of the last {len(last)} rings that were reviewed {right:.0%} were ones, where their probabilities say "
            f"{expected:.0%}: the score is too sure of itself (`ringwatch review calibrate`)"
        )


def _depth(_night: Nightly, usual: Usual, settings: Settings) -> Iterator[str]:
    if usual.unlike > settings.guard_depth:
        yield (
            f"the groups of this night are {usual.unlike:.1f} times as far from all that the scorecard was made from "
            f"as it is sure of (guard_depth allows {settings.guard_depth:g})"
        )


def _canaries(_night: Nightly, usual: Usual, settings: Settings) -> Iterator[str]:
    for difficulty, (tonight, usually) in usual.canaries.items():
        if usually - tonight > settings.guard_canaries:
            yield (
                f"of the {difficulty} canary rings {tonight:.0%} were found, where {usually:.0%} are usual: something "
                "that real rings are found by too does not work tonight"
            )


_ASKED: dict[str, Callable[[Nightly, Usual, Settings], Iterator[str]]] = dict(
    zip(GUARDRAILS, (_share, _growth, _largest, _feeds, _counts, _calibration, _depth, _canaries), strict=True)
)
