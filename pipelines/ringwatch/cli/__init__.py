"""The command line: thin commands over the program, one module per group.

Exit codes: 0 fine, 1 findings, a withheld night or a question answered with no, 2 usage, 3 data refused, 4 a server,
disk or network failed, or something that nobody foresaw; 130 when Ctrl-C ended it.
"""

import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from ringwatch import log
from ringwatch.cli import (
    accounts,
    config,
    deliveries,
    demo,
    erase,
    evaluate,
    failures,
    keys,
    night,
    quarantine,
    query,
    rebuild,
    rings,
    rollback,
    server,
    simulate,
    train,
    validate,
)
from ringwatch.night import STAGES


class _Commands(TyperGroup):
    """Turns expected failures into one sentence on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # who reads what we print has seen enough
            failures.close_output()
            ctx.exit(0)
        except (typer.Exit, typer.Abort, TyperException):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            told = failures.foreseen(error)
            if told is not error:
                log.unforeseen(error)
            typer.secho(f"ringwatch: {told}", fg="red", err=True)
            ctx.exit(told.exit_code)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


Debug = Annotated[bool, typer.Option("--debug", help="Show where a failure comes from: the whole traceback.")]


@app.callback()
def begin(debug: Debug = False) -> None:  # noqa: ARG001 - read where failures are told
    """Finds the groups of accounts behind one operator, every night, with reasons a person can check."""
    log.begin()


app.command()(demo.demo)
app.command()(night.run)
for stage in STAGES:
    command = validate.validate if stage == "validate" else night.stage_command(stage)
    app.command(stage, rich_help_panel="Stages of a night")(command)
app.command()(rebuild.rebuild)
app.command("roll-back")(rollback.roll_back)
app.command()(deliveries.deliveries)
app.add_typer(quarantine.app, name="quarantine")
app.command()(erase.erase)
app.add_typer(keys.app, name="keys")
app.add_typer(rings.app, name="rings")
app.command()(rings.export)
app.add_typer(accounts.app, name="accounts")
app.command()(simulate.simulate)
app.command()(evaluate.evaluate)
app.command()(train.train)
app.add_typer(query.app, name="query")
app.add_typer(server.app, name="server")
app.add_typer(config.app, name="config")


def main() -> None:
    """Run the command line. What a terminal has no letters for is shown by its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt:  # before typer could take care of it
        sys.exit(130)
