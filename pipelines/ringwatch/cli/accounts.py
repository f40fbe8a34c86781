"""`ringwatch accounts show`: where an account stands, in a ring or in none."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringwatch.cli.output import Json, Probability, console, print_json, table

if TYPE_CHECKING:
    from ringwatch.standing import Standing, Stay

app = typer.Typer(no_args_is_help=True, help="Single accounts.")

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id of an account, as it is in the feeds.")]


@app.command("show")
def show_account(account: AccountId, as_json: Json = False) -> None:
    """Show in which ring an account is and was, and, if it is in none, why not."""
    found = account_standing(account)
    if as_json:
        print_json(as_dict(found))
    else:
        print_standing(found)


def account_standing(account_id: str) -> Standing:
    """Return where the account stands on the newest published day."""
    from ringwatch.night import open_night
    from ringwatch.settings import load_settings
    from ringwatch.standing import standing

    with open_night(load_settings(), date.min) as night:
        return standing(night, account_id)


def as_dict(found: Standing) -> dict[str, Any]:
    """Plain values, ready for JSON."""
    return asdict(found) | {"now": asdict(found.now) if found.now else None}


def print_standing(found: Standing) -> None:
    if found.now:
        console.print(_in_ring(found.account_id, found.now), soft_wrap=True)
    else:
        console.print(f"{found.account_id} is in no ring{f' on {found.day}' if found.day else ''}.", soft_wrap=True)
    for reason in found.reasons:
        console.print(f"  {reason.what}: {reason.text}", soft_wrap=True)
    if found.stays:
        console.print(table("In rings", _COLUMNS, map(_row, found.stays)))


_COLUMNS = ("ring", "since", "until", "nights", "role", "probability", "of the ring", "event")


def _in_ring(account_id: str, stay: Stay) -> str:
    merged = "" if stay.ring_id == stay.canonical_ring_id else f" (now {stay.canonical_ring_id})"
    return (
        f"{account_id} is in {stay.ring_id}{merged} since {stay.since}: {stay.role}, probability "
        f"{Probability(stay.probability)}; "
        f"the ring's is {Probability(stay.ring_probability)}, {stay.event}. See `ringwatch rings show {stay.ring_id}`"
    )


def _row(stay: Stay) -> tuple[Any, ...]:
    until = "now" if stay.until is None else str(stay.until)
    return (
        stay.ring_id,
        str(stay.since),
        until,
        stay.nights,
        stay.role,
        Probability(stay.probability),
        Probability(stay.ring_probability),
        stay.event,
    )
