"""`ringwatch deliveries`: what arrived of each feed, day by day."""

from __future__ import annotations

from datetime import date
from typing import Any

from ringwatch.cli.night import From, To
from ringwatch.cli.output import Json, console, print_json, table
from ringwatch.days import run_report
from ringwatch.night import Night, open_night
from ringwatch.settings import load_settings

_SHOWN = ("day", "feed", "files", "rows", "clean", "held", "quarantined", "duplicates", "late")
_YES_OR_NO = ("complete", "used")


def deliveries(from_day: From = None, to_day: To = None, as_json: Json = False) -> None:
    """Show the completeness ledger: what arrived of each feed on each day, and what became of its rows."""
    with open_night(load_settings(), date.min) as night:
        arrived = night.store.deliveries.between(from_day and from_day.date(), to_day and to_day.date())
        used = {day: _used(night.on(day)) for day in {row["day"] for row in arrived}}
    found = [row | {"used": _among(used[row["day"]], row["feed"])} for row in arrived]
    if as_json:
        print_json(found)
    elif not found:
        console.print("Nothing was delivered on these days.")
    else:
        console.print(_table(found))


def _used(night: Night) -> list[str] | None:
    """Return the feeds that the night of the day used, None where its report does not say."""
    used: list[str] | None = run_report.read(night).get("validate", {}).get("feeds", {}).get("used")
    return used


def _among(feeds: list[str] | None, feed: str) -> bool | None:
    return None if feeds is None else feed in feeds


def _table(found: list[dict[str, Any]]) -> object:
    words = {True: "yes", False: "no", None: ""}
    rows = [
        [row[name] for name in _SHOWN] + [words[row[name]] for name in _YES_OR_NO] + [row["restated"]] for row in found
    ]
    return table("Deliveries", (*_SHOWN, *_YES_OR_NO, "restated"), rows)
