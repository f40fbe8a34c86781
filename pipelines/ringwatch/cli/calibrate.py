"""`ringwatch review calibrate`: what verdicts say of the score, and whether to go by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ringwatch.cli.doors import open_store
from ringwatch.cli.output import Json, Probability, console, print_json, table
from ringwatch.cli.people import By, author
from ringwatch.errors import UsageError
from ringwatch.settings import load_settings

if TYPE_CHECKING:
    from ringwatch.night import Night
    from ringwatch.review.adjustments import Version
    from ringwatch.review.calibrate import Bin

SHIPPED = "shipped"
# Reasons whose weight moved most are shown.
SHOWN = 12


def calibrate(
    use: Annotated[
        str | None, typer.Option("--use", metavar="VERSION", help="Take this version into use; `shipped`: none.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Learn from the verdicts on rings and members what the score should be here, and show what would change.

    Nothing changes until a version is taken into use with --use; `--use shipped` goes back to the scorecard as it was
    shipped. A version that does not judge verdicts clearly better that it has not seen is refused.
    """
    from ringwatch.days.files import Files
    from ringwatch.night import open_night
    from ringwatch.review import adjustments

    settings = load_settings()
    folder = Files(settings.home).adjustments
    if use is not None:
        number = _number(use)
        adjustments.use(folder, number, author(by))
        told = "The scorecard stands as it was shipped" if number is None else f"Adjustment {number} is in use"
        _say({"in_use": number}, f"{told} from the next night on.", as_json)
        return
    with open_store() as store:
        night = open_night(settings, max(store.published.days(), default=date.min))
        learnt, last = adjustments.taught(store, partial(_tied, night))
    version = adjustments.propose(folder, learnt, last)
    if as_json:
        print_json(asdict(version) | {"better": version.trial.better})
    else:
        _show(version)


def _tied(night: Night, rings: Mapping[str, list[str]]) -> dict[tuple[str, str], set[str]]:
    """In which facets accounts are tied to their rings, by the tables of the night; nothing when they are not there."""
    import pandas as pd

    from ringwatch.window import sharing

    connection = sharing.as_left(night)
    if connection is None or not rings:
        return {}
    every = [(ring_id, account) for ring_id, accounts in rings.items() for account in accounts]
    with connection:
        found = sharing.tied(connection, pd.DataFrame(every, columns=["ring_id", "account_id"]))
    facets: dict[tuple[str, str], set[str]] = {}
    for ring_id, account_id, facet in found.itertuples(index=False):
        facets.setdefault((ring_id, account_id), set()).add(facet)
    return facets


def _number(use: str) -> int | None:
    if use == SHIPPED:
        return None
    if not use.isdigit():
        raise UsageError(f"--use {use}: give the number of a version, or `{SHIPPED}`")
    return int(use)


def _say(values: dict[str, object], text: str, as_json: bool) -> None:
    if as_json:
        print_json(values)
    else:
        console.print(text)


def _show(version: Version) -> None:
    tried, made = version.trial, version.adjustment
    rows = [
        ("surprise at a verdict (bits)", tried.surprise_before, tried.surprise_after),
        ("calibration error", tried.error_before, tried.error_after),
    ]
    on_members = f", and {tried.members} on members" if tried.members else ""
    title = f"{tried.verdicts} verdicts on rings{on_members}, each judged by the others"
    console.print(table(title, ("", "scorecard", f"version {version.number}"), rows))
    _show_reliability(version)
    moved = sorted(made.reasons.items(), key=lambda each: -abs(each[1]))[:SHOWN]
    weights = [("every group (bits)", f"{made.base:+.2f}"), ("all odds", f"{made.slope:+.0%}")]
    weights += [(reason, f"{share:+.0%}") for reason, share in moved if abs(share) >= 0.01]
    console.print(table("What would weigh more or less", ("reason", "change"), weights))
    if tried.better:
        console.print(f"Take it into use: ringwatch review calibrate --use {version.number}")
    else:
        console.print("It does not judge unseen verdicts clearly better, so it cannot be used; decide on more rings.")


def _show_reliability(version: Version) -> None:
    """How far probabilities came true, in parts of like size: the chart on the page, as a table."""
    for name, bins in (("the scorecard", version.trial.before), (f"version {version.number}", version.trial.after)):
        rows = [(part.verdicts, Probability(part.probability), _share(part)) for part in bins]
        console.print(table(f"What {name} told, and what came true", ("verdicts", "told", "were rings"), rows))


def _share(part: Bin) -> str:
    return f"{part.observed:.2f} ({part.low:.2f} to {part.high:.2f})"
