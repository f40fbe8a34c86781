"""How commands print: tables and sentences for people on stdout, JSON when asked, progress and notes on stderr.

What is printed is data: paths and text of feeds may hold what rich would take for markup or emoji. So both are off in
the consoles, and styles are given beside the text.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from ringwatch.wording import probable

if TYPE_CHECKING:
    import pandas as pd


class Probability(float):
    """A probability as people read it: two digits, without calling anything certain."""

    def __str__(self) -> str:
        return probable(self)


Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

# Characters up to which the cells of a column are kept on one line, to which longer ones may be folded, and the most
# columns that say what a row is.
SHORT = 24
FOLDED = 16
MOST_LEADING = 2


class _Console(Console):
    """Goes on when nobody reads any more: a night is not to end because its lines were piped into `head`."""

    def on_broken_pipe(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


console = _Console(markup=False, emoji=False, highlight=False)
notes = _Console(stderr=True, markup=False, emoji=False, highlight=False)


class Watched:
    """Shows people what a command is doing, as long as one is in it; it may be entered again."""

    def __init__(self, doing: str = "") -> None:
        self._status = notes.status(Text(doing))

    def tell(self, doing: str) -> None:
        self._status.update(Text(doing))

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._status.stop()


class Linked(str):
    """Text of a table's cell that leads to an address, where the terminal can show that."""

    url: str

    def __new__(cls, text: str, url: str) -> Self:
        made = super().__new__(cls, text)
        made.url = url
        return made


def print_json(value: Any) -> None:
    """Print `value` as JSON; dates and paths become text."""
    typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain dicts, None where there is no value."""
    values = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in values.to_dict("records")]


@dataclass(frozen=True)
class _Column:
    """A column of a table."""

    name: str
    cells: list[str]
    numeric: bool

    @property
    def short(self) -> bool:
        return all(len(cell) <= SHORT for cell in self.cells)

    @property
    def least(self) -> int:
        """How wide it must be: short values are never folded, headings only between words, sentences down to that."""
        return max(self._widest if self.short else FOLDED, *map(len, ["", *self.name.split()]))

    @property
    def most(self) -> int:
        """What it takes to fold nothing."""
        return max(self._widest, len(self.name))

    @property
    def _widest(self) -> int:
        return max((cell_len(line) for cell in self.cells for line in cell.splitlines()), default=0)


@dataclass(frozen=True)
class _Fitted:
    """A table that a narrow terminal shows in several, one below the other, so that none of its columns is cut off."""

    title: str
    columns: list[_Column]

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[Table]:
        title: str | None = self.title
        for columns in self._blocks(options.max_width):
            yield _table(title, columns, options.max_width)
            title = None

    def _blocks(self, width: int) -> Iterator[list[_Column]]:
        """Yield the columns that have room beside each other; all blocks begin with those that say what a row is."""
        lead = list(takewhile(lambda column: column.short and not column.numeric, self.columns[:MOST_LEADING]))
        block = lead.copy()
        for column in self.columns[len(lead) :]:
            if len(block) > len(lead) and _room(column.least for column in [*block, column]) > width:
                yield block
                block = lead.copy()
            block.append(column)
        yield block


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> RenderableType:
    """Return a table of `rows`: numbers to the right; headings and sentences are folded, short values never."""
    cells = [list(row) for row in rows]
    found = []
    for i, name in enumerate(columns):
        numeric = bool(cells) and all(isinstance(row[i], int | float) for row in cells)
        found.append(_Column(name, [_text(row[i]) for row in cells], numeric))
    return _Fitted(title, found)


def _room(widths: Iterable[int]) -> int:
    """How wide a table is with columns of these widths: two spaces between them, one at either end."""
    return sum(width + 2 for width in widths)


def _widths(columns: list[_Column], width: int) -> list[int]:
    """How wide each column is in a table that has room for so much: the widest ones are folded."""
    widths = [column.most for column in columns]
    while _room(widths) > width and (spare := [i for i, column in enumerate(columns) if widths[i] > column.least]):
        widths[max(spare, key=widths.__getitem__)] -= 1
    return widths


def _table(title: str | None, columns: list[_Column], width: int) -> Table:
    made = Table(
        title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )
    for column, chosen in zip(columns, _widths(columns, width), strict=True):
        made.add_column(column.name, justify="right" if column.numeric else "left", overflow="fold", width=chosen)
    for row in zip(*(column.cells for column in columns), strict=True):
        made.add_row(*map(_rendered, row))
    return made


def _rendered(cell: str) -> Text:
    return Text(cell, Style(link=cell.url)) if isinstance(cell, Linked) else Text(cell)


def print_mapping(title: str, values: Mapping[str, Any]) -> None:
    console.print(table(title, ("", ""), values.items()))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(value) if isinstance(value, Probability) else f"{value:.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
