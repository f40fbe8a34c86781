"""How commands print: tables and sentences for people on stdout, JSON when asked, progress and notes on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

# Characters up to which the cells of a column are kept on one line.
SHORT = 24

console = Console()
notes = Console(stderr=True)


def print_json(value: Any) -> None:
    """Print `value` as JSON; dates and paths become text."""
    typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain dicts, None where there is no value."""
    values = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in values.to_dict("records")]


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    """Return a rich table of `rows`: numbers to the right; headings and sentences are folded, short values never."""
    cells = [list(row) for row in rows]
    made = Table(
        title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )
    for i, name in enumerate(columns):
        numeric = bool(cells) and all(isinstance(row[i], int | float) for row in cells)
        short = all(len(_text(row[i])) <= SHORT for row in cells)
        width = max((len(_text(row[i])) for row in cells), default=0) if short else None
        made.add_column(name, justify="right" if numeric else "left", overflow="fold", min_width=width)
    for row in cells:
        made.add_row(*(_text(value) for value in row))
    return made


def print_mapping(title: str, values: Mapping[str, Any]) -> None:
    console.print(table(title, ("", ""), values.items()))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
