"""The command line: thin commands over the program, one module per group.

Exit codes: 0 fine, 1 findings, a withheld night or a question answered with no, 2 usage, 3 data refused, 4 a server,
disk or network failed, or something that nobody foresaw; 130 when Ctrl-C ended it.
"""

import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from ringwatch import log
from ringwatch.cli import failures
from ringwatch.cli.later import Later, LaterGroup
from ringwatch.night import STAGES

STAGE_PANEL = "Stages of a night"

COMMANDS = {
    "demo": Later(
        "demo:demo", "Simulate some days, run their nights on a real Neo4j, and show the rings: begun anew each time."
    ),
    "run": Later("night:run", "Run one night, or several in order; a night that stops, stops those after it."),
    "validate": Later("validate:validate", "Run the stage validate of one day, alone.", panel=STAGE_PANEL),
    **{
        stage: Later("night:stage_command", f"Run the stage {stage} of one day, alone.", (stage,), STAGE_PANEL)
        for stage in STAGES[1:-1]
    },
    "publish": Later(
        "publish:publish",
        "Run the stage publish of one day, alone; or publish what a guardrail withheld, as it was judged.",
        panel=STAGE_PANEL,
    ),
    "republish": Later(
        "publish:republish",
        "Run again, oldest first, the published days that an earlier day's correction put out of date.",
    ),
    "nights": Later(
        "publish:nights",
        "Show the nights: published, withheld or rolled back, and those that are out of date; and what people did.",
    ),
    "rebuild": Later(
        "rebuild:rebuild",
        "Empty the graph and make it anew from the clean files of all days, with links and published rings.",
    ),
    "rollback": Later(
        "rollback:rollback",
        "Take back all published days after one: consumers, reviewers and the graph see that day again.",
    ),
    "upkeep": Later(
        "upkeep:upkeep",
        "Do what is due each week: let go of what ran out, erase, look for drift, make a backup and try it.",
    ),
    "backup": Later(
        "upkeep:backup",
        "Back up days, review store and keys, with a digest of each and of the graph, which follows from them.",
    ),
    "restore": Later(
        "upkeep:restore",
        "Put a backup into an empty home and an empty review store, make the graph anew, and compare all of it.",
    ),
    "deliveries": Later(
        "deliveries:deliveries",
        "Show the completeness ledger: what arrived of each feed on each day, and what became of its rows.",
    ),
    "erase": Later(
        "erase:erase",
        "Erase an account: from graph, files, quarantine, review store and reports. It does not come back.",
    ),
    "export": Later(
        "export:app", "Write what consumers read to a file: CSV, Parquet or JSON lines; or a bundle for partners."
    ),
    "import": Later("import_:app", "Take in what partners sent."),
    "simulate": Later(
        "simulate:simulate",
        "Write a simulated world: feeds for some days, and the truth that `ringwatch evaluate` compares with.",
    ),
    "evaluate": Later(
        "evaluate:evaluate", "Compare what was found with a truth: who was found, who was missed, who was accused."
    ),
    "train": Later("train:train", "Make a scorecard from simulated worlds and labelled sources whose truth is known."),
    "quarantine": Later("quarantine:app", "Rows that were refused, and what was done with them."),
    "keys": Later("keys:app", "Keys of the tokens that stand for mailboxes and phone numbers."),
    "rings": Later("rings:app", "The rings that were published."),
    "review": Later("review:app", "Which rings are worth a look, and what people decide on them."),
    "accounts": Later("accounts:app", "Single accounts."),
    "query": Later("query:app", "Questions to the graph that are ready to ask."),
    "doctor": Later(
        "doctor:doctor", "Look at all that the next night needs, and say what mends what is wrong; nothing is changed."
    ),
    "store": Later("store:app", "The review store: its schema, and who may do what in it."),
    "server": Later("server:app", "The Neo4j that the nights work on."),
    "config": Later("config:app", "The settings."),
}


class _Commands(LaterGroup):
    """Turns expected failures into one sentence on stderr and an exit code."""

    later = COMMANDS

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


def main() -> None:
    """Run the command line. What a terminal has no letters for is shown by its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt:  # before typer could take care of it
        sys.exit(130)
