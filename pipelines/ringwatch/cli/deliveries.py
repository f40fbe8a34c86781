"""`ringwatch deliveries`: what arrived of each feed, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringwatch.cli.doors import open_store
from ringwatch.cli.night import From, To
from ringwatch.cli.output import Json, console, print_json, records, table

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = ("day", "feed", "files", "rows", "clean", "held", "quarantined", "duplicates", "late", "complete", "restated")


def deliveries(from_day: From = None, to_day: To = None, as_json: Json = False) -> None:
    """Show the completeness ledger: what arrived of each feed on each day, and what became of its rows."""
    with open_store() as store:
        found = store.deliveries(from_day and from_day.date(), to_day and to_day.date())
    if as_json:
        print_json(records(found))
    elif found.empty:
        console.print("Nothing was delivered on these days.")
    else:
        console.print(_table(found))


def _table(found: pd.DataFrame) -> object:
    shown = found.assign(complete=found["complete"].map({True: "yes", False: "no"})).astype(object)
    return table("Deliveries", _SHOWN, shown.where(found.notna(), "")[list(_SHOWN)].to_numpy())
