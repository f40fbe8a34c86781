"""The command line: thin commands over the program, one module per group.

Exit codes: 0 fine, 1 findings or a withheld night, 2 usage, 3 data refused, 4 infrastructure.
"""

from typing import Any

import typer
from typer.core import TyperGroup

from ringwatch.errors import RingwatchError


class _Commands(TyperGroup):
    """Turns expected failures into one sentence on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RingwatchError as error:
            typer.secho(f"ringwatch: {error}", fg="red", err=True)
            ctx.exit(error.exit_code)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Finds the groups of accounts behind one operator, every night, with reasons a person can check.",
)


def main() -> None:
    app()
