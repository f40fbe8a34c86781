"""`ringwatch review calibrate`: what verdicts say of the score, and whether to go by it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ringwatch.cli.doors import open_store
from ringwatch.cli.output import Json, console, print_json, table
from ringwatch.cli.people import By, author
from ringwatch.errors import UsageError
from ringwatch.settings import load_settings

if TYPE_CHECKING:
    from ringwatch.review.adjustments import Version

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
    """Learn from the verdicts on rings what the score should be here, and show what would change.

    Nothing changes until a version is taken into use with --use; `--use shipped` goes back to the scorecard as it was
    shipped. A version that does not judge verdicts clearly better that it has not seen is refused.
    """
    from ringwatch.days.files import Files
    from ringwatch.review import adjustments

    folder = Files(load_settings().home).adjustments
    if use is not None:
        number = _number(use)
        adjustments.use(folder, number, author(by))
        told = "The scorecard stands as it was shipped" if number is None else f"Adjustment {number} is in use"
        _say({"in_use": number}, f"{told} from the next night on.", as_json)
        return
    with open_store() as store:
        version = adjustments.propose(folder, adjustments.taught(store))
    if as_json:
        print_json(asdict(version) | {"better": version.trial.better})
    else:
        _show(version)


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
    title = f"{tried.verdicts} verdicts, each judged by the others"
    console.print(table(title, ("", "scorecard", f"version {version.number}"), rows))
    moved = sorted(made.reasons.items(), key=lambda each: -abs(each[1]))[:SHOWN]
    weights = [("every group (bits)", f"{made.base:+.2f}"), ("all odds", f"{made.slope:+.0%}")]
    weights += [(reason, f"{share:+.0%}") for reason, share in moved if abs(share) >= 0.01]
    console.print(table("What would weigh more or less", ("reason", "change"), weights))
    if tried.better:
        console.print(f"Take it into use: ringwatch review calibrate --use {version.number}")
    else:
        console.print("It does not judge unseen verdicts clearly better, so it cannot be used; decide on more rings.")
