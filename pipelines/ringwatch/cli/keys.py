"""`ringwatch keys list | rotate`: the keys of the tokens that stand for mailboxes and phone numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringwatch.cli.night import watched_night
from ringwatch.cli.output import Json, console, print_json, table
from ringwatch.cli.people import By, author
from ringwatch.cli.rebuild import newest_day, print_graph

if TYPE_CHECKING:
    from ringwatch.night import Night

app = typer.Typer(no_args_is_help=True, help="Keys of the tokens that stand for mailboxes and phone numbers.")

_ASK = "Make a new key, and all tokens anew with it?"
_COPY = "{path} has a new key. Copy the file to where its copies are kept: with an old one, no new token matches."
COLUMNS = ("key", "name", "since", "by", "files")


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """Show the keys: when each was taken into use, by whom, and how many files are under it and those before it."""
    from ringwatch.night import open_night
    from ringwatch.settings import load_settings

    with open_night(load_settings(), date.min) as night:
        found = list(_found(night))
    if as_json:
        print_json(found)
    elif not found:
        console.print("There are no keys yet; validate makes the first one.")
    else:
        console.print(table("Keys of tokens", COLUMNS, [[_cell(key[name]) for name in COLUMNS] for key in found]))


@app.command()
def rotate(
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Make a new key and all tokens anew: in files, review store and graph. What was interrupted is run again.

    Accounts that share a mailbox or phone number go on sharing it, and new rows match old ones.
    """
    from ringwatch import stages
    from ringwatch.keys.tokens import key_file
    from ringwatch.settings import load_settings

    settings, who = load_settings(), author(by)
    if not yes:
        typer.confirm(_ASK, abort=True, err=True)
    with watched_night(settings, newest_day(settings) or date.min, None) as night:
        days, reports = stages.rotate(night, who, night.tell)
    if as_json:
        print_json({"days": days, "stages": [report.as_dict() for report in reports]})
        return
    print_graph(reports)
    console.print(f"Tokens of {days:,} days made anew.")
    console.print(_COPY.format(path=key_file(settings.home)), soft_wrap=True)


def _found(night: Night) -> Iterator[dict[str, Any]]:
    from ringwatch.keys import keyring

    ring = keyring.open_keyring(night.settings.home)
    records = {record.keys: record for record in night.store.keys.records()}
    files = list(keyring.files(night, ring).values())
    for number, name in enumerate(ring.names, 1):
        record = records.get(name)
        said = {"since": record.at, "by": record.author} if record else {"since": None, "by": None}
        yield {"key": number, "name": name} | said | {"files": files.count(number)}


def _cell(value: Any) -> Any:
    return f"{value:%F %T}" if hasattr(value, "strftime") else value
