"""`ringwatch import stix`: what partners sent becomes evidence, from the next night on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ringwatch.cli.doors import open_store
from ringwatch.cli.export import Group
from ringwatch.cli.output import Json, console, print_json
from ringwatch.cli.people import By, author
from ringwatch.errors import UsageError
from ringwatch.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Take in what partners sent.")


@app.callback()
def begin() -> None:
    """Take in what partners sent."""


@app.command()
def stix(
    file: Annotated[Path, typer.Argument(help="A STIX 2.1 bundle.")], group: Group, by: By = None, as_json: Json = False
) -> None:
    """Take in a bundle of a partner: its indicators are evidence to check, never a verdict."""
    from ringwatch.outside import salt_of
    from ringwatch.review import stix_in

    settings, who = load_settings(), author(by)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}") from None
    found = stix_in.indicators(text, salt_of(settings, group), group)
    with open_store() as store, store.writing() as doors:
        taken = doors.partners.take(found, doors.now(), who)
    told = {"indicators": len(found), "taken": taken, "withdrawn": sum(one.revoked for one in found)}
    told["rings"] = len({one.ring for one in found if not one.revoked})
    if as_json:
        print_json(told)
    else:
        console.print(
            f"{told['indicators']} indicators of {told['rings']} rings read, {taken} of them new or changed; they are "
            "evidence to check from the next night on."
        )
