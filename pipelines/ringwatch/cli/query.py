"""`ringwatch query list | show | run`: questions to the graph that are ready to ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape

from ringwatch import investigate, server
from ringwatch.cli.output import Json, console, notes, print_json, table
from ringwatch.errors import UsageError
from ringwatch.night import settings_model
from ringwatch.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="Questions to the graph that are ready to ask.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a question, as in `ringwatch query list`.")]
Params = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="Value of a parameter; repeatable.")
]


@app.command("list")
def list_queries(as_json: Json = False) -> None:
    """List the questions and what they need; in a terminal each name is a link to Neo4j Browser."""
    settings = load_settings()
    connection, model = server.running(settings), settings_model(settings)
    found = investigate.queries()
    links = {query.name: _link(connection, query, investigate.examples(query, model)) for query in found}
    if as_json:
        print_json([_described(query) | {"browser_url": links[query.name]} for query in found])
        return
    rows = [(_linked(query.name, links[query.name]), query.question, " ".join(query.needed)) for query in found]
    console.print(table("Questions", ("name", "question", "needs"), rows))
    console.print("Run one:   ringwatch query run NAME --param NEEDED=VALUE", highlight=False)
    console.print("Its text:  ringwatch query show NAME", highlight=False)


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show the Cypher of a question, and the link that opens it in Neo4j Browser."""
    settings, query = load_settings(), investigate.find(name)
    link = _link(server.running(settings), query, investigate.examples(query, settings_model(settings)))
    if as_json:
        print_json(_described(query) | {"text": query.text, "browser_url": link})
        return
    typer.echo(query.text)
    _print_link(link)


@app.command()
def run(name: Name, param: Params = None, as_json: Json = False) -> None:
    """Ask a question and print the answer, and the link that opens it in Neo4j Browser."""
    from ringwatch.graph import Graph

    settings, query = load_settings(), investigate.find(name)
    parameters = investigate.values(query, _given(param or []), settings_model(settings))
    graph = Graph(server.ensure_running(settings))
    try:
        rows = graph.read(query.text, **parameters)
    finally:
        graph.close()
    link = _link(graph.connection, query, parameters)
    if as_json:
        print_json({"query": name, "rows": [_plain(row) for row in rows], "browser_url": link})
        return
    if rows:
        console.print(table(query.question, rows[0], [[_cell(value) for value in row.values()] for row in rows]))
    else:
        console.print("Nothing found.")
    _print_link(link)


def print_picture_link(settings: Settings, ring_id: str) -> None:
    """Print the link that draws a ring in Neo4j Browser, when a server runs."""
    query = investigate.find("ring_picture")
    connection = server.running(settings)
    _print_link(
        _link(connection, query, investigate.values(query, {"ring_id": ring_id}, settings_model(settings))),
        silent=connection is None,
    )


def _link(connection: server.Connection | None, query: investigate.Query, parameters: Mapping[str, Any]) -> str | None:
    return investigate.browser_link(connection, query, parameters) if connection else None


def _print_link(link: str | None, silent: bool = False) -> None:
    if link:
        notes.print("In Neo4j Browser:", link, highlight=False, markup=False, soft_wrap=True)
    elif not silent:
        notes.print("No link to Neo4j Browser: start it with `ringwatch server start`", highlight=False)


def _linked(name: str, link: str | None) -> str:
    return f"[link={link}]{name}[/link]" if link else name


def _given(texts: list[str]) -> dict[str, str]:
    given = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--param {text}: write it as NAME=VALUE")
        given[name] = value
    return given


def _described(query: investigate.Query) -> dict[str, Any]:
    return {"name": query.name, "question": query.question, "returns": query.returns, "parameters": query.parameters}


def _plain(value: Any) -> Any:
    """Values of the graph as JSON has them: times and days as text."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _cell(value: Any) -> Any:
    plain = _plain(value)
    if isinstance(plain, list):
        return escape(", ".join(map(_short, plain)))
    return escape(_short(plain)) if isinstance(plain, str | dict) else plain


def _short(value: Any) -> str:
    """A node of a path as the value that names it, everything else as text."""
    if isinstance(value, dict):
        return str(next((value[name] for name in ("ring_id", "account_id") if name in value), None) or _named(value))
    return str(value)


def _named(value: dict[str, Any]) -> str:
    texts = [part for name, part in value.items() if isinstance(part, str) and name != "updated_on"]
    return max(texts, key=len, default="")
