"""Who gives a command, for what is kept of it."""

import getpass
from typing import Annotated

import typer

from ringwatch.errors import UsageError

By = Annotated[
    str | None, typer.Option("--by", "--author", help="Who you are, for the log; your user name if not given.")
]


def author(by: str | None) -> str:
    """Return the name that was given, else that of the user."""
    try:
        return by or getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        raise UsageError("your user has no name here; say who you are with --by") from None
