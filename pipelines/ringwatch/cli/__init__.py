"""The command line: thin commands over the program, one module per group.

Exit codes: 0 fine, 1 findings or a withheld night, 2 usage, 3 data refused, 4 infrastructure.
"""

from typing import Any

import typer
from typer.core import TyperGroup

from ringwatch.cli import (
    config,
    deliveries,
    demo,
    erase,
    evaluate,
    keys,
    night,
    quarantine,
    query,
    rebuild,
    rings,
    server,
    simulate,
    train,
    validate,
)
from ringwatch.errors import RingwatchError
from ringwatch.night import STAGES


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

app.command()(demo.demo)
app.command()(night.run)
for stage in STAGES:
    command = validate.validate if stage == "validate" else night.stage_command(stage)
    app.command(stage, rich_help_panel="Stages of a night")(command)
app.command()(rebuild.rebuild)
app.command()(deliveries.deliveries)
app.add_typer(quarantine.app, name="quarantine")
app.command()(erase.erase)
app.add_typer(keys.app, name="keys")
app.add_typer(rings.app, name="rings")
app.command()(rings.export)
app.command()(simulate.simulate)
app.command()(evaluate.evaluate)
app.command()(train.train)
app.add_typer(query.app, name="query")
app.add_typer(server.app, name="server")
app.add_typer(config.app, name="config")


def main() -> None:
    app()
