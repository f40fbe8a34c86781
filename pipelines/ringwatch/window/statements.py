"""The statements that make the tables of `sharing`: the files of `sql/`, and some that follow from the model.

Each file is one SELECT of DuckDB whose header says more than its text, so that it can be asked of a whole night at once
or of a part of it at a time:

    -- What place does each account spend most of its days in?
    -- By: account
    -- Reads: sighting; whereabouts via sighting.identifier; facet whole
    -- Makes: stay

By         what it is about: what comes out for an account needs the rows of that account alone. `all`: everything at
           once, of tables that are small or have few columns
Reads      tables, as far as a part needs them: rows of its own accounts (`sighting`: by the column that it is about;
           `person.account_id`: by another one), rows that these name (`whereabouts via sighting.identifier`: by a
           column that both have; `account.account_id via dealt_with.name`), or all of a small one (`facet whole`)
Makes      the table that it becomes, with all columns or some (`account_place (account)`); `for now`: it goes when
           all are made. `Adds to`: more rows of one that is there
Numbers    `place by a, b`: one more column, numbers from 1 on in the order of these, which tells all rows apart;
           `after identifier`: from the number of its rows on
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "sql"

# About everything at once.
ALL = "all"

_READ = re.compile(
    r"(?P<table>\w+)(?:[.](?P<column>\w+))?(?: via (?P<through>\w+)[.](?P<named>\w+))?(?P<whole> whole)?"
)
_TABLE = re.compile(r"(?P<table>\w+)(?: [(](?P<columns>[\w, ]+)[)])?")
_NUMBERS = re.compile(r"(?P<column>\w+) by (?P<order>[\w, ]+?)(?: after (?P<after>\w+))?")


@dataclass(frozen=True)
class Read:
    """Rows of a table: those whose `column` is what a part is about, or is named by column `named` of rows of `through`
    that are in it; all of it where it is `whole`.
    """

    table: str
    column: str
    through: str | None = None
    named: str | None = None
    whole: bool = False


@dataclass(frozen=True)
class Numbers:
    column: str
    order: tuple[str, ...]
    after: str | None = None


@dataclass(frozen=True)
class Statement:
    """What a file says. scatters: rows that come out for one may be about others, too."""

    by: str
    reads: tuple[Read, ...]
    table: str
    select: str
    adds: bool = False
    lasts: bool = False
    numbers: Numbers | None = None
    columns: tuple[str, ...] = ()
    scatters: bool = False

    def filled(self, **texts: object) -> Statement:
        """Return it with these texts in place of `{name}`, where DuckDB takes no parameter."""
        return replace(self, select=self.select.format(**texts))

    def used(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the values that it has parameters for."""
        return {name: values[name] for name in set(re.findall(r"[$](\w+)", self.select))}


@cache
def statement(name: str) -> Statement:
    """Return the statement in `sql/<name>.sql`."""
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    lines = text.splitlines()
    comments = [line for line in lines if line.startswith("--")]
    header = dict(line.removeprefix("-- ").split(": ", 1) for line in comments if ": " in line)
    table, columns = _table(header.get("Makes") or header.get("Makes for now") or header["Adds to"])
    return Statement(
        by=header["By"],
        reads=reads(header["Reads"], header["By"]),
        table=table,
        select="\n".join(line for line in lines if line not in comments),
        adds="Adds to" in header,
        lasts="Makes" in header,
        numbers=_numbers(header["Numbers"]) if "Numbers" in header else None,
        columns=columns,
    )


def reads(text: str, by: str) -> tuple[Read, ...]:
    """Return what is read, by what a header says of it. Raises ValueError when that cannot be understood."""
    return tuple(_read(part.strip(), by) for part in text.split(";"))


def _read(text: str, by: str) -> Read:
    if (found := _READ.fullmatch(text)) is None:
        raise ValueError(f"a statement reads `{text}`, which says no rows")
    column = found["column"] or found["named"] or by
    return Read(found["table"], column, found["through"], found["named"], whole=bool(found["whole"]))


def _table(text: str) -> tuple[str, tuple[str, ...]]:
    if (found := _TABLE.fullmatch(text)) is None:
        raise ValueError(f"a statement makes `{text}`, which is no table")
    return found["table"], tuple(found["columns"].split(", ")) if found["columns"] else ()


def _numbers(text: str) -> Numbers:
    if (found := _NUMBERS.fullmatch(text)) is None:
        raise ValueError(f"a statement numbers `{text}`, which says no order")
    return Numbers(found["column"], tuple(found["order"].split(", ")), found["after"])


def macros() -> str:
    """Return what makes the macros that the statements use, on a connection of DuckDB."""
    return (FOLDER / "macros.sql").read_text(encoding="utf-8")
