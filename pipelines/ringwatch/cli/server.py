"""`ringwatch server start | stop | status | logs | url`: the Neo4j that the nights work on."""

from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer

from ringwatch import server
from ringwatch.cli.output import Json, Watched, console, notes, print_json, print_mapping
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.server.home import server_home
from ringwatch.server.logs import last_lines, new_lines
from ringwatch.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The Neo4j that the nights work on.")


@app.command()
def start(as_json: Json = False) -> None:
    """Start the embedded Neo4j unless it runs; with NEO4J_URI set, check that server instead."""
    settings = load_settings()
    with Watched("starting Neo4j"):
        server.ensure_running(settings)
    _print_status(server.status(settings), as_json)


@app.command()
def stop(as_json: Json = False) -> None:
    """Stop the embedded Neo4j. Your own server at NEO4J_URI is never stopped."""
    with Watched("stopping Neo4j"):
        stopped = server.stop(load_settings())
    if as_json:
        print_json(asdict(stopped))
    elif stopped.pid is None:
        console.print("No embedded Neo4j was running.")
    else:
        console.print(f"Stopped Neo4j (pid {stopped.pid}).")
    if stopped.killed:
        notes.print("It did not end by itself in time and was killed; it recovers its data at the next start.")


@app.command()
def status(as_json: Json = False) -> None:
    """Show whether the server answers, where, its versions, memory and data. Exit code 4: it does not answer."""
    found = server.status(load_settings())
    _print_status(found, as_json)
    if not found.answers:
        raise typer.Exit(InfrastructureError.exit_code)


@app.command()
def logs(
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Show the last lines of the embedded server's log."""
    log = server_home(load_settings()).log
    if as_json and follow:
        raise UsageError("--json shows the lines that are there; leave out --follow")
    found = last_lines(log, lines)
    if as_json:
        print_json({"log": log, "lines": found})
        return
    notes.print(str(log) if log.is_file() else f"{log} does not exist yet", soft_wrap=True)
    for line in found:
        typer.echo(line)
    with suppress(KeyboardInterrupt):
        for line in new_lines(log) if follow else ():
            typer.echo(line)


@app.command()
def url(
    credentials: Annotated[bool, typer.Option("--credentials", help="Print user and password, too.")] = False,
    as_json: Json = False,
) -> None:
    """Print the link that opens Neo4j Browser on the running server."""
    settings = load_settings()
    shown = _login(server.running(settings))
    if not credentials:
        del shown["password"]
    if as_json:
        print_json(shown)
        return
    typer.echo(shown.pop("browser_url"))
    for name, value in shown.items():
        (typer.echo if credentials else notes.print)(f"{name} {value}")
    if not (credentials or settings.neo4j_uri):
        notes.print(f"password in {server_home(settings).password}", soft_wrap=True)


def _login(running: server.Connection | None) -> dict[str, str]:
    if running is None:
        raise InfrastructureError("Neo4j does not run; start it with `ringwatch server start`")
    if running.browser_url is None:
        raise InfrastructureError("the HTTP address of your own server is not known; set NEO4J_HTTP_URL")
    return {
        "browser_url": running.browser_url,
        "uri": running.uri,
        "user": running.user,
        "password": running.password,
    }


def _print_status(found: server.Status, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
        return
    shown = {name.replace("_", " "): value for name, value in asdict(found).items() if value is not None}
    print_mapping("Neo4j", shown | ({"pid": str(found.pid)} if found.pid else {}))
