"""`ringwatch store prepare`: the review store of a deployment with roles."""

from __future__ import annotations

from typing import Annotated

import typer

from ringwatch.cli.doors import open_store
from ringwatch.cli.output import console

app = typer.Typer(no_args_is_help=True, help="The review store: its schema, and who may do what in it.")


@app.callback()
def store() -> None:
    """The review store: its schema, and who may do what in it."""


@app.command()
def prepare(
    page: Annotated[
        str | None, typer.Option("--page", help="Role of the review page: reads all, writes verdicts and claims.")
    ] = None,
    consumers: Annotated[
        str | None, typer.Option("--consumers", help="Role of consumers: reads what the contract names.")
    ] = None,
) -> None:
    """Bring the review store to the newest schema, and give roles of Postgres their rights; twice does the same."""
    from ringwatch.store import roles

    with open_store() as opened:
        if page or consumers:
            roles.grant(opened.engine, page, consumers)
    console.print("The review store is ready.")
