"""The rules of a feed as one SELECT for DuckDB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from benchmarks.door.contenders.forms import FORMS, TEXT, allowed
from ringwatch.model import Column, Defaults, Feed


def judging(feed: Feed, defaults: Defaults, day: date) -> str:
    """SELECT of a feed's rows and the rules that each breaks; `{source}` stands for the file."""
    rules = [rule for name, column in feed.columns.items() for rule in _sql_rules(name, column, defaults, day)]
    rules.append((f"{', '.join(feed.key)} again", f"count(*) OVER (PARTITION BY {', '.join(feed.key)}) > 1"))
    cases = ", ".join(f"CASE WHEN {condition} THEN {_quoted(rule)} END" for rule, condition in rules)
    # Braces of patterns are doubled: the caller formats this text.
    found = f"list_filter([{cases}], lambda rule: rule IS NOT NULL)".replace("{", "{{").replace("}", "}}")
    return f"SELECT *, {found} AS broken FROM (SELECT DISTINCT * FROM read_parquet('{{source}}'))"


def _sql_rules(name: str, column: Column, defaults: Defaults, day: date) -> Iterator[tuple[str, str]]:
    if column.required:
        yield f"{name} is required", f"{name} IS NULL"
    for pattern in (FORMS.get(column.type), column.pattern):
        if pattern:
            yield f"{name} has another form", f"NOT regexp_matches({name}, {_quoted(_re2(pattern))})"
    if column.type in TEXT:
        yield f"{name} is too long", f"length({name}) > {defaults.max_length}"
    if values := allowed(column):
        yield f"{name} is not allowed", f"{name} NOT IN ({', '.join(map(_quoted, values))})"
    if column.min is not None:
        yield f"{name} is too small", f"{name} < {column.min}"
    if column.max is not None:
        yield f"{name} is too great", f"{name} > {column.max}"
    if column.type == "timestamp":
        yield f"{name} is after the day", f"{name} >= TIMESTAMP '{day + timedelta(days=1)}'"
        yield f"{name} is too early", f"{name} < TIMESTAMP '{defaults.earliest}'"
    if column.not_before:
        yield f"{name} is before {column.not_before}", f"{name} < {column.not_before}"


def _re2(pattern: str) -> str:
    """The pattern as DuckDB's RE2 writes code points."""
    return re.sub(r"\\u([0-9a-f]{4})", r"\\x{\1}", pattern)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
