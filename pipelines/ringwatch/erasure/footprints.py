"""Where an account is in the files below the home: what the gate left of each day, and what follows from that."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from markupsafe import escape

from ringwatch import duck
from ringwatch.gate.tombstones import BETWEEN
from ringwatch.model import ACCOUNT_KEY, Feed
from ringwatch.night import Night
from ringwatch.store.erasure import without

COLUMNS = ["day", "feed", "part", "rows", "naming"]
_APART = ("clean", "held", "quarantine")
_OTHERS = ("neo4j", "demo", "graph")  # the server's, those of another home, and what load keeps in order itself

_SOUGHT = """
SELECT CAST(parse_path(filename)[-3] AS DATE) AS day, count_if({own}) AS rows, count_if(NOT {own}) AS naming
FROM file WHERE {named} GROUP BY ALL ORDER BY day
"""


@dataclass(frozen=True)
class Account:
    """An account, and the word that takes the place of its id."""

    account_id: str
    word: str

    def is_in(self, value: Any) -> bool:
        """Whether a value as it arrived is the id, or has it among others on a line that could not be read apart."""
        parts = BETWEEN.split(value) if isinstance(value, str) else [str(value)]
        return value is not None and any(canonical_id(part) == self.account_id for part in parts)

    def without(self, text: str) -> str:
        """Return the text with the word in place of the id."""
        return without(text, self.account_id, self.word)

    def may_be_in(self, texts: Any) -> Any:
        """Return for each of Arrow texts whether the letters of the id are in it, in either form of Unicode."""
        forms = {unicodedata.normalize(form, self.account_id) for form in ("NFC", "NFD")}
        escaped = {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms} | forms
        found = pa.repeat(pa.scalar(False), len(texts))
        for form in sorted(escaped):
            found = pc.or_(found, pc.match_substring(texts, form).fill_null(False))
        return found


def canonical_id(text: str) -> str:
    """The id as the gate has it: trimmed, in Unicode's composed form."""
    return unicodedata.normalize("NFC", text.strip())


def in_days(night: Night, account: Account) -> pd.DataFrame:
    """Return where the account is in what the gate left: day, feed, part, rows (its own), naming (of others)."""
    found = [place for feed in night.model.feeds.values() for place in _in_feed(night, feed, account)]
    return pd.DataFrame(found, columns=COLUMNS).sort_values(COLUMNS[:3], ignore_index=True)


def in_other_files(home: Path, account: Account) -> list[Path]:
    """Return the files that follow from what the gate left and name the account, run reports among them."""
    tables = [path for path in home.rglob("*.parquet") if not _is_apart(path.relative_to(home).parts)]
    found = [path for path in tables if in_table(path, account)]
    reports = (home / "days").glob("*/report.json")
    found += [path for path in reports if reported(path, account) != _text(path)]
    pages = (home / "days").glob("*/report.html")
    return sorted([*found, *(path for path in pages if escape(account.account_id) in _text(path))])


def in_table(path: Path, account: Account) -> bool:
    """Whether a Parquet file names the account, in text or in lists of text."""
    with pq.ParquetFile(path) as file:
        groups = (file.read_row_group(number) for number in range(file.num_row_groups))
        return any(any(_columns_naming(rows, account)) for rows in groups)


def in_file(path: Path, feed: Feed, account: Account) -> tuple[int, int]:
    """Return how many rows of a clean or held file are the account's, and how many others name it."""
    return next(((rows, naming) for _, rows, naming in _sought([path], feed, account)), (0, 0))


def in_quarantine(path: Path, account: Account) -> tuple[int, int]:
    """Return how many rows in quarantine lose all their values, and how many only those that name the account."""
    texts = pq.read_table(path, columns=["values"])["values"].combine_chunks()
    texts = texts.filter(account.may_be_in(texts)).to_pylist()
    lefts = [left_of(text, account) for text in texts]
    return lefts.count(None), sum(left not in (None, text) for left, text in zip(lefts, texts, strict=True))


def left_of(text: str, account: Account) -> str | None:
    """Return what is left of a row in quarantine (JSON): None of the account's own, or when the id is inside a text."""
    row = json.loads(text)
    if account.is_in(row.get(ACCOUNT_KEY)):
        return None
    named = [name for name, value in row.items() if account.is_in(value)]
    left = json.dumps(row | dict.fromkeys(named), ensure_ascii=False) if named else text
    return left if account.without(left) == left else None


def mapped(rows: pa.Table, account: Account) -> pa.Table:
    """Return the rows with the word in place of the id."""
    for name in _columns_naming(rows, account):
        kind = rows.schema.field(name).type
        renamed = [_renamed(value, account) for value in rows[name].to_pylist()]
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(renamed, kind))
    return rows


def reported(path: Path, account: Account) -> str:
    """Return the text of a run report with the word in place of the id."""
    return json.dumps(_renamed(json.loads(_text(path)), account), indent=2) + "\n"


def _is_apart(parts: tuple[str, ...]) -> bool:
    return parts[0] in _OTHERS or (parts[0] == "days" and parts[2] in _APART)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _in_feed(night: Night, feed: Feed, account: Account) -> Iterator[tuple[date, str, str, int, int]]:
    days = night.files.home / "days"
    for part in ("clean", "held"):
        for day, rows, naming in _sought(sorted(days.glob(f"*/{part}/{feed.feed}.parquet")), feed, account):
            yield day, feed.feed, part, rows, naming
    for path in sorted(days.glob(f"*/quarantine/{feed.feed}.parquet")):
        rows, naming = in_quarantine(path, account)
        if rows or naming:
            yield date.fromisoformat(path.parts[-3]), feed.feed, "quarantine", rows, naming


def _sought(paths: list[Path], feed: Feed, account: Account) -> list[tuple[date, int, int]]:
    """Return day, rows of the account, rows of others that name it, of clean or held files."""
    if not paths:
        return []
    with duck.connect() as connection:
        file = duck.read_parquet(connection, paths, filename=True)
        file.create_view("file")
        named = " OR ".join(f"{name} = $id" for name in feed.accounts if name in file.columns)
        query = _SOUGHT.format(own=f"({ACCOUNT_KEY} = $id)", named=named)
        return connection.execute(query, {"id": account.account_id}).fetchall()


def _columns_naming(rows: pa.Table, account: Account) -> Iterator[str]:
    """Yield the columns of text, or of lists of text, that name the account."""
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        texts = _texts(column)
        if texts is not None:
            found = texts.filter(account.may_be_in(texts)).unique().to_pylist()
            if any(account.without(text) != text for text in found):
                yield name


def _texts(column: pa.ChunkedArray) -> Any:
    """Return the texts in a column, None when it holds other things."""
    kinds = pa.types
    if kinds.is_list(column.type) or kinds.is_large_list(column.type):
        column = pc.list_flatten(column)
    kind = column.type.value_type if kinds.is_dictionary(column.type) else column.type
    if kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind):
        return column.cast(pa.string()).combine_chunks()
    return None


def _renamed(value: Any, account: Account) -> Any:
    if isinstance(value, str):
        return account.without(value)
    if isinstance(value, list):
        return [_renamed(part, account) for part in value]
    if isinstance(value, dict):
        return {key: _renamed(part, account) for key, part in value.items()}
    return value
