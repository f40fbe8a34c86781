"""Rows in quarantine judged again: by today's rules, or as a person has corrected them.

Rows that pass join the clean or held rows of their day; one that says what another row of the day says already is a
duplicate, one that contradicts it stays. What stays keeps its place and gets the rules that it breaks now.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch import duck, sheets
from ringwatch.days import history
from ringwatch.days.amend import amending, replace_table
from ringwatch.days.rewriting import rewrite
from ringwatch.errors import UsageError
from ringwatch.gate import cards, chunks, expectations, normalise, sorting, terms, words
from ringwatch.gate.forms import READ, form_of
from ringwatch.gate.survey import survey
from ringwatch.mapping import names_of
from ringwatch.model import Feed
from ringwatch.night import Night
from ringwatch.quarantine import shelf
from ringwatch.quarantine.shelf import Which

# Columns that say which row a corrected one stands for, and what was wrong with it; names of feeds' columns begin with
# a letter.
FILE, ROW, RULE = "_file", "_row", "_rule"

_PARTS = ("clean", "held", "quarantine")
_CUT_OFF = r" \(cut off: it has [0-9,]+ characters\)$"

_KNOWN = """
SELECT replayed._position AS position, bool_or({same}) AS again
FROM replayed JOIN day ON {key} GROUP BY ALL
"""


@dataclass(frozen=True)
class Replayed:
    """What became of rows of a feed and day that were judged again: rows = clean + held + duplicates + refused."""

    day: date
    feed: str
    rows: int
    clean: int
    held: int
    duplicates: int
    refused: int


def replay(night: Night, which: Which, author: str) -> list[Replayed]:
    """Judge the rows that are meant by today's rules; those whose values are not whole any more stay as they are."""
    rows = shelf.found(night, which)
    rows = rows[rows["row"].notna() & rows["values"].map(_is_whole).astype(bool)]
    known = night.model.feeds
    pairs = zip(rows["feed"], rows["values"], strict=True)
    exact = [name not in known or _is_exact(known[name], text) for name, text in pairs]
    rows = rows[pd.Series(exact, rows.index, dtype=bool)]
    return [
        _replay(night.on(day), night.model.feeds[feed], group, author, "judged again by the rules of today")
        for (day, feed), group in shelf.groups(rows, "day", "feed")
        if feed in night.model.feeds
    ]


def correct(night: Night, feed: Feed, path: Path, author: str) -> Replayed:
    """Judge corrected rows of `feed` in place of those of the night's day in quarantine.

    `path` is a file as feeds are, with two more columns: `_file` and `_row` of the row that each stands for. Raises
    UsageError, with nothing changed, when one stands for a row that is not in quarantine.
    """
    corrected = _corrected(night, feed, path)
    found = shelf.found(night, Which(day=night.day, feed=feed.feed)).dropna(subset="row")
    rows = corrected.merge(found.drop(columns="values"), on=["file", "row"], how="left", validate="1:1")
    if rows["rule"].isna().any():
        lost = rows[rows["rule"].isna()].iloc[0]
        raise UsageError(
            f"{path}: row {lost['row']} of {lost['file']} is not in quarantine of {feed.feed} on {night.day}; nothing "
            "was replayed"
        )
    return _replay(night, feed, rows, author, f"corrected in {path.name}")


def _is_whole(values: str | None) -> bool:
    """Whether a row has the values it arrived with, apart from each other and none of them cut off."""
    if pd.isna(values):
        return False
    row = json.loads(values)
    cut_off = any(isinstance(value, str) and re.search(_CUT_OFF, value) for value in row.values())
    return list(row) != ["text"] and not cut_off


def _is_exact(feed: Feed, values: str) -> bool:
    """Whether no id in a row is a float that is not exact: beside text of other rows it would be taken for text."""
    ids = [value for name, value in json.loads(values).items() if name in feed.identifying]
    return all(value.is_integer() and abs(value) < 2**53 for value in ids if isinstance(value, float))


def _corrected(night: Night, feed: Feed, path: Path) -> pd.DataFrame:
    """Return file, row, values (JSON) of a file of corrected rows, without what a sheet has against formulas."""
    if form_of(path.name) is None:
        raise UsageError(f"{path}: the name must end in {READ}")
    settings = night.settings
    names = names_of(feed, settings, (FILE, ROW), lenient=True)
    arrived = survey(path.parent, path, names, settings.csv_encoding, settings.csv_delimiter)
    if not {FILE, ROW} <= set(arrived.columns):
        raise UsageError(f"{path}: the columns {FILE} and {ROW} must say which row in quarantine each one stands for")
    rows = [row for chunk in chunks.read([arrived], settings.gate_chunk_rows) for row in chunk.rows.to_pylist()]
    if arrived.is_csv:
        rows = [{sheets.plain(name): sheets.plain(value) for name, value in row.items()} for row in rows]
    places = pd.DataFrame([(row.pop(FILE), row.pop(ROW)) for row in rows], columns=["file", "row"])
    issuers = night.model.defaults.card_numbers
    rows = [{name: cards.masked(value, issuers) for name, value in row.items() if name != RULE} for row in rows]
    places["row"] = pd.to_numeric(places["row"], errors="coerce").astype("Int64")
    if places.duplicated().any():
        raise UsageError(f"{path}: two rows stand for the same row in quarantine")
    return places.assign(values=[json.dumps(row, ensure_ascii=False, default=str) for row in rows])


def _replay(night: Night, feed: Feed, rows: pd.DataFrame, author: str, why: str) -> Replayed:
    """Judge the values of `rows`, which are of one file of the night's day, and write what became of them."""
    rows = rows.reset_index(drop=True)
    raw = _table(feed, rows["values"])
    known = _known(night, feed, raw)
    others = rows.index.difference(known.index)
    with _scratch(night) as scratch:
        refused = _judged(night, feed, raw.take(pa.array(others)), others, scratch)
        refused = pd.concat([refused, pd.Series(expectations.contradiction(feed), index=known.index[~known])])
        left = rows.drop(index=refused.index)
        passed = {part: _passed(scratch / part / f"{feed.feed}.parquet") for part in ("clean", "held")}
        with amending(night) as new:
            for part, table in passed.items():
                _add(night, feed, part, table, new)
            _write_quarantine(night, feed, rows.loc[refused.index].assign(rule=refused), left, new)
            night.store.quarantine.record(list(shelf.handled(night, "replayed", left)), author, why)
    counts = {part: table.num_rows for part, table in passed.items()}
    return Replayed(
        night.day, feed.feed, len(rows), **counts, refused=len(refused), duplicates=len(left) - sum(counts.values())
    )


def _table(feed: Feed, values: pd.Series) -> pa.Table:
    """Return rows given as JSON with all columns of the feed, as they arrived."""
    rows = [json.loads(text) for text in values]
    names = dict.fromkeys([*feed.columns, *(name for row in rows for name in row)])
    return pa.table({name: _array([row.get(name) for row in rows]) for name in names})


def _array(values: list[Any]) -> Any:
    """Values of one type as they are; of several, as when one of two files was CSV, as text: no integer as a float."""
    if len({type(value) for value in values if value is not None}) > 1:
        values = [None if value is None else str(value) for value in values]
    array = pa.array(values)
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array


def _known(night: Night, feed: Feed, raw: pa.Table) -> pd.Series:
    """Return by position of the rows whose key the day has already: whether all that they say is known."""
    by = terms.terms(night, feed)
    typed = normalise.impersonal(words.typed(by, raw), feed, by.keys)
    kept = normalise.kept(typed, feed, by.defaults.nothing, night.day)
    replayed = kept.append_column("_position", pa.array(range(len(kept)), pa.int64()))
    key = [new for name in feed.key for new in (feed.columns[name].becomes or (name,))]
    paths = [night.files.clean(night.day, feed.feed), night.files.held(night.day, feed.feed)]
    with duck.connect() as connection:
        connection.register("replayed", replayed)
        duck.read_parquet(connection, filter(Path.is_file, paths)).create_view("day")
        query = _KNOWN.format(
            key=" AND ".join(f"replayed.{name} = day.{name}" for name in key),
            same=" AND ".join(f"replayed.{name} IS NOT DISTINCT FROM day.{name}" for name in feed.kept),
        )
        found = connection.sql(query).df()
    return pd.Series(found["again"].to_numpy(dtype=bool), index=found["position"]).sort_index()


@contextmanager
def _scratch(night: Night) -> Iterator[Path]:
    """A folder as the gate writes it, its owner's only, that is gone afterwards."""
    folder = night.files.day(night.day) / "replaying"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for part in _PARTS:
        (folder / part).mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _judged(night: Night, feed: Feed, raw: pa.Table, positions: pd.Index, scratch: Path) -> pd.Series:
    """Let the gate judge rows; return by position the rules that refused ones break."""
    if not len(raw):
        return pd.Series(dtype="str")
    path = scratch / f"{feed.feed}.parquet"
    pq.write_table(raw, path)
    arrived = survey(scratch, path, names_of(feed, night.settings, lenient=True), None, None)
    sorting.judge(night, feed, [arrived], _known_accounts(night), scratch)
    refused = pd.read_parquet(scratch / "quarantine" / f"{feed.feed}.parquet", columns=["row", "rule"])
    return pd.Series(refused["rule"].to_numpy(), index=positions[refused["row"].to_numpy(dtype=int) - 1], dtype="str")


def _known_accounts(night: Night) -> list[Path] | None:
    """Clean files that name accounts; None for a day without a feed of them, on which no row is held."""
    of_day = night.files.clean(night.day, "accounts")
    return [*history.account_files(night), of_day] if of_day.is_file() else None


def _passed(path: Path) -> pa.Table:
    return pq.read_table(path) if path.is_file() else pa.table({})


def _add(night: Night, feed: Feed, part: str, rows: pa.Table, new: Path) -> None:
    """Write the clean or held file of the day with `rows` after those that it has."""
    old = night.files.day(night.day) / part / f"{feed.feed}.parquet"
    if rows.num_rows and old.is_file():
        (new / part).mkdir()
        rewrite(old, new / part / old.name, more=[rows])
    elif rows.num_rows:
        replace_table(new, part, feed.feed, rows)


def _write_quarantine(night: Night, feed: Feed, refused: pd.DataFrame, left: pd.DataFrame, new: Path) -> None:
    """Write the day's quarantine without the rows that left; `refused` ones with their rules and values of now."""
    before = pd.read_parquet(night.files.quarantine(night.day, feed.feed)).set_index(["file", "row"])
    after = before.drop(index=pd.MultiIndex.from_frame(left[["file", "row"]]))
    again = refused.assign(discarded=None).set_index(["file", "row"])
    after.loc[again.index, ["rule", "values", "discarded"]] = again[["rule", "values", "discarded"]]
    if not after.equals(before):
        replace_table(new, "quarantine", feed.feed, shelf.quarantined(after.reset_index()))
