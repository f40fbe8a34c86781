"""`ringwatch query list | show | run | pack`: questions to the graph that are ready to ask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ringwatch import browser, investigate, query_pack, server
from ringwatch.cli import answers, light
from ringwatch.cli.output import Json, Linked, console, notes, print_json, table
from ringwatch.errors import UsageError
from ringwatch.settings import Settings, load_settings

RING = "ring_id"

app = typer.Typer(no_args_is_help=True, help="Questions to the graph that are ready to ask.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a question, as in `ringwatch query list`.")]
Params = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="Value of a parameter; repeatable.")
]


@app.command("list")
def list_queries(as_json: Json = False) -> None:
    """List the questions and what they need; in a terminal each name is a link to Neo4j Browser."""
    settings = load_settings()
    connection, found = server.known(settings), investigate.queries()
    links = {query.name: _link(connection, query, investigate.examples(query, _keys(settings))) for query in found}
    if as_json:
        print_json([_described(query) | {"browser_url": links[query.name]} for query in found])
        return
    rows = [(_linked(query.name, links[query.name]), query.question, " ".join(query.needed)) for query in found]
    console.print(table("Questions", ("name", "question", "needs"), rows))
    console.print("Run one:   ringwatch query run NAME --param NEEDED=VALUE")
    console.print("Its text:  ringwatch query show NAME")


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show the Cypher of a question, and the link that opens it in Neo4j Browser."""
    settings, query = load_settings(), investigate.find(name)
    link = _link(server.known(settings), query, investigate.examples(query, _keys(settings)))
    if as_json:
        print_json(_described(query) | {"text": query.text, "browser_url": link})
        return
    typer.echo(query.text)
    _print_link(link)


@app.command()
def run(name: Name, param: Params = None, as_json: Json = False) -> None:
    """Ask a question and print the answer, and the link that opens it in Neo4j Browser."""
    settings, query = load_settings(), investigate.find(name)
    keys = _keys(settings)
    parameters = investigate.values(query, _given(param or []), keys)
    connection = server.known(settings) or server.ensure_running(settings)
    rows = _asked(connection, query, parameters)
    link = _link(connection, query, parameters)
    if as_json:
        print_json({"query": name, "rows": [answers.plain(row) for row in rows], "browser_url": link})
        return
    if rows:
        cells = [[answers.cell(value, keys) for value in row.values()] for row in rows]
        console.print(table(query.question, [column.replace("_", " ") for column in rows[0]], cells))
    else:
        console.print("Nothing found.")
    _print_link(link)


@app.command()
def pack(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into.")], as_json: Json = False
) -> None:
    """Write the questions, the style of the graph and a guide as files, to be dragged into Neo4j Browser."""
    files = query_pack.write(out, browser.identifiers(load_settings().model_dir))
    if as_json:
        print_json({"out": out, "files": [path.name for path in files]})
    else:
        console.print(f"{len(files)} files written; begin with {out / query_pack.GUIDE}", soft_wrap=True)


def _asked(
    connection: server.Connection, query: investigate.Query, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the rows of the answer. Raises UsageError when there are none since what is asked about is not there."""
    light.load_driver()
    from ringwatch.graph import Graph

    graph = Graph(connection, patience_seconds=0)
    try:
        rows = graph.ask(query.text, **parameters)
        if not rows:
            investigate.check_known(graph, parameters)
    finally:
        graph.close()
    return rows


def _keys(settings: Settings) -> investigate.Keys:
    return lambda: browser.identifiers(settings.model_dir)


def print_picture_link(settings: Settings, ring_id: str) -> None:
    """Print the link that draws a ring in Neo4j Browser, when a server runs."""
    query = investigate.find("ring_picture")
    connection = server.known(settings)
    parameters = investigate.values(query, {"ring_id": ring_id}, _keys(settings))
    _print_link(_link(connection, query, parameters), silent=connection is None)


def _link(connection: server.Connection | None, query: investigate.Query, parameters: Mapping[str, Any]) -> str | None:
    return investigate.browser_link(connection, query, parameters) if connection else None


def _print_link(link: str | None, silent: bool = False) -> None:
    if link:
        notes.print("In Neo4j Browser:", link, soft_wrap=True)
    elif not silent:
        notes.print("No link to Neo4j Browser: start it with `ringwatch server start`")


def _linked(name: str, link: str | None) -> str:
    return Linked(name, link) if link else name


def _given(texts: list[str]) -> dict[str, str]:
    given = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--param {text}: write it as NAME=VALUE")
        given[name] = value.upper() if name == RING else value  # as in `rings show`, case is the same to people
    return given


def _described(query: investigate.Query) -> dict[str, Any]:
    return {"name": query.name, "question": query.question, "returns": query.returns, "parameters": query.parameters}
