"""Why a large share of a day's rows does not count: one warning for each cause, with feeds and what to do about it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ringwatch.gate.expectations import AFTER
from ringwatch.gate.sorting import Judged
from ringwatch.gate.times import UTC
from ringwatch.night import Night

# A share of fewer rows may be chance.
FEWEST_ROWS = 5


@dataclass(frozen=True)
class _Cause:
    """Rules that rows break for one reason, told by words in them; remedy: the likely cause and what to do."""

    words: str
    remedy: Callable[[Night], str]


def _local_day(night: Night) -> str:
    zone = night.settings.day_zone
    if zone != UTC:
        return f"the folder holds other days than those of {zone}; correct the setting day_zone, or deliver those"
    return (
        "most likely the folder holds a local day, and not one of UTC: set day_zone to its zone, such as "
        "America/Los_Angeles; else the sender's clock or the date of the folder is wrong"
    )


_RAGGED = "values and the header"
_CAUSES = (
    _Cause(AFTER, _local_day),
    _Cause(
        "is before 2",
        lambda _: (
            "most likely the sender writes a default, such as 1970-01-01, for times that it does not know; have it "
            "leave them empty or fill them"
        ),
    ),
    _Cause(
        "is not a timestamp",
        lambda _: (
            "have the sender write times as 2026-03-02T08:00:00Z (ISO 8601); 03/04/2026 is two days, and a number "
            "has no unit"
        ),
    ),
    _Cause(
        _RAGGED,
        lambda _: (
            "most likely a value holds the delimiter or a line break without quotes; have the sender quote values, or "
            "set csv_delimiter"
        ),
    ),
    _Cause("is required", lambda _: "have the sender fill the column"),
    _Cause("says something else", lambda _: "most likely two exports are mixed, or the key is not the sender's key"),
)
_OTHER = "`ringwatch quarantine list --rule {rule}` shows where; have the sender correct them"
_STRANGE = "account_id is not a known account"
_STRANGE_REMEDY = (
    "most likely the feed of accounts is not whole, or writes its ids in another way; the rows wait {days} days for "
    "their account"
)


def told(night: Night, judged: Iterable[Judged]) -> Iterator[str]:
    """Yield what to say of feeds of which the share `refused_ceiling` of the rows or more does not count."""
    found: dict[str, list[str]] = {}
    for feed in judged:
        least = max(FEWEST_ROWS, night.settings.refused_ceiling * feed.rows)
        for remedy, (rule, rows) in _refused(night, feed).items():
            if rows >= least:
                found.setdefault(remedy, []).append(f"{feed.feed.feed} {rows:,} of {feed.rows:,} ({rule})")
    for remedy, feeds in found.items():
        yield f"a large share of the rows does not count: {', '.join(feeds)}: {remedy}"


def _refused(night: Night, feed: Judged) -> dict[str, tuple[str, int]]:
    """Return by what to do about it how many rows of a feed do not count, and the rule that most of them break.

    A row may break several rules for one cause; only of its number of values it breaks one.
    """
    found = {_STRANGE_REMEDY.format(days=night.settings.held_days): (_STRANGE, feed.held)}
    for one in feed.outcomes:
        if one.severity == "quarantine":
            remedy = _remedy(night, one.rule)
            rule, rows = found.get(remedy, (one.rule, 0))
            if _RAGGED in one.rule:
                found[remedy] = (rule, rows + one.broken)
            elif one.broken > rows:
                found[remedy] = (one.rule, one.broken)
    return found


def _remedy(night: Night, rule: str) -> str:
    return next(
        (cause.remedy(night) for cause in _CAUSES if cause.words in rule), _OTHER.format(rule=shlex.quote(rule))
    )
