"""`ringwatch evaluate`: the published rings of a day against a truth."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringwatch.cli.output import Json, console, print_json, table

if TYPE_CHECKING:
    from ringwatch.evaluate import Evaluation

_MEASURES = ("flagged", "actual", "right", "precision", "recall", "f1")


def evaluate(
    truth: Annotated[Path, typer.Option(help="Folder with members.parquet and contexts.parquet.", file_okay=False)],
    day: Annotated[datetime, typer.Option("--day", formats=["%Y-%m-%d"], help="Published day.")],
    as_json: Json = False,
) -> None:
    """Compare the rings published for a day with a truth: who was found, who was missed, who was accused."""
    from ringwatch.evaluate import evaluate as compare_with_truth
    from ringwatch.review.store import Store
    from ringwatch.settings import load_settings

    settings = load_settings()
    store = Store.open(settings.store_address)
    try:
        found = compare_with_truth(store, truth, day.date(), settings.min_ring_size)
    finally:
        store.close()
    if as_json:
        print_json(found.as_dict())
    else:
        print_evaluation(found)


def print_evaluation(found: Evaluation) -> None:
    units = {"accounts": found.accounts, "rings": found.rings}
    agreement = [(name, *(getattr(unit, measure) for measure in _MEASURES)) for name, unit in units.items()]
    console.print(table(f"Published rings of {found.day} against the truth", ("", *_MEASURES), agreement))
    styles = [(s.style, s.accounts, s.accounts_found, s.rings, s.rings_found) for s in found.styles]
    console.print(table("Found by style", ("style", "accounts", "found", "rings", "found"), styles))
    accused = f"Accused honest accounts: {found.false_positives_per_100k:,.0f} per 100,000"
    contexts = [(c.context, c.accounts, c.flagged, c.per_100k) for c in found.contexts]
    console.print(table(accused, ("context", "accounts", "flagged", "per 100,000"), contexts))
