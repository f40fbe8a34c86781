"""The gate: which rows of a feed are clean, which wait for their account, which are refused and why.

Memory is bounded, whatever the size of a feed. The first pass types the rows (`typed.py`). Rows that repeat or
contradict each other, wherever they are, are found in between (`twins.py`). The second pass holds each typed chunk to
the rules and writes it apart; what arrived is read again only up to the last chunk with refused rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringwatch.errors import DataRefused
from ringwatch.gate import expectations, memory, normalise, quarantined, twins, typed
from ringwatch.gate.arrivals import Arrived
from ringwatch.gate.expectations import CONTRADICTS, Broken
from ringwatch.gate.outcomes import Outcome
from ringwatch.gate.parts import Parts
from ringwatch.gate.tombstones import ERASED
from ringwatch.gate.typed import BURIED, FILE, LINE, ROW, Typed
from ringwatch.model import ACCOUNT_KEY, Feed
from ringwatch.night import Night

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Judged:
    """What became of one feed's rows: rows = clean + held + quarantined + duplicates.

    held: rows of accounts that are not known yet; late: rows that passed and are about a day before this one, None
    where rows say no time; noted: wrong values that were left out of rows that passed; first_rule: what the first
    refused row breaks; outcomes: how each rule fared.
    """

    feed: Feed
    arrived: tuple[Arrived, ...]
    rows: int
    clean: int
    held: int
    quarantined: int
    duplicates: int
    late: int | None
    noted: int
    first_rule: str | None
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...]


def judge(
    night: Night, feed: Feed, arrived: Sequence[Arrived], accounts: Sequence[Path] | None, staged: Path
) -> Judged:
    """Judge the rows of `feed` and write them below `staged`, in the folders clean, held (if any are) and quarantine.

    Rows of accounts that none of the clean files `accounts` names are held; None holds none. Raises DataRefused when
    the delivery cannot be judged as a whole, or a row breaks a rule that stops the night.
    """
    path = staged / f"{feed.feed}.typed"
    try:
        with memory.frugal():
            rows = typed.write(night, feed, arrived, path)
            return _sort(night, feed, rows, accounts, staged)
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Chunk:
    """Typed rows of one row group, without those that repeat others.

    files: names of the feed's files; number: of the row group; positions: of the rows in it; strange: whether a row is
    of an account that is not known.
    """

    files: pa.StringArray
    number: int
    rows: pa.Table
    positions: npt.NDArray[np.int64]
    strange: Flags

    def places(self, rows: pa.Table) -> dict[str, Any]:
        """Return the columns file, row and line of rows of this chunk."""
        return {"file": self.files.take(rows[FILE]), "row": rows[ROW], "line": rows[LINE]}


@dataclass(frozen=True)
class _Sorted:
    """A chunk after the rules: kept rows, the rules each refused row breaks; broken and noted values by rule."""

    clean: pa.Table
    held: pa.Table
    refused: pd.Series
    broken: Counter[str]
    noted: Counter[str]


def _sort(night: Night, feed: Feed, rows: Typed, accounts: Sequence[Path] | None, staged: Path) -> Judged:
    sources = night.settings.columns.get(feed.feed)
    suite = expectations.rows_suite(feed, night.model.defaults, night.day, sources)
    originals = _Originals(night, feed, rows)
    again, chunks = _chunks(feed, rows, accounts)
    noted: Counter[str] = Counter()
    broken = Counter(row.rule for row in rows.ragged)
    held_to_rules = late = 0
    first_rule = rows.ragged[0].rule if rows.ragged else None
    with Parts(staged, feed, night.settings.home) as parts:
        parts.write("quarantine", quarantined.ragged(rows.ragged))
        for gone, chunk in map(_without_buried, chunks):
            parts.write("quarantine", quarantined.buried(gone.places(gone.rows)))
            first_rule = first_rule or (ERASED if len(gone.rows) else None)
            found = _judge(night, feed, chunk, suite)
            parts.write("clean", found.clean)
            parts.write("held", found.held)
            if len(found.refused):
                parts.write("quarantine", _quarantined(night, chunk, found.refused, originals.of(chunk)))
                first_rule = first_rule or str(found.refused.iloc[0])
            broken += found.broken + Counter({ERASED: len(gone.rows)})
            noted += found.noted
            held_to_rules += len(chunk.rows)
            late += _late(night, feed, found.clean) + _late(night, feed, found.held)
            night.tell(f"validate: {feed.feed}, {sum(parts.rows.values()):,} of {rows.rows:,} rows judged")
            memory.give_back()
    return Judged(
        feed=feed,
        arrived=tuple(rows.arrived),
        rows=rows.rows + len(rows.ragged),
        clean=parts.rows["clean"],
        held=parts.rows["held"],
        quarantined=parts.rows["quarantine"],
        duplicates=again,
        late=late if _last_seen(feed) else None,
        noted=sum(noted.values()),
        first_rule=first_rule,
        outcomes=tuple(_outcomes(feed, suite, held_to_rules, broken)),
        warnings=tuple(_warnings(feed, rows, noted)),
    )


def _chunks(feed: Feed, rows: Typed, accounts: Sequence[Path] | None) -> tuple[int, Iterator[_Chunk]]:
    """Return how many rows repeat others, and the rest chunk by chunk."""
    found = twins.find(rows.path, feed, rows.rows)
    strange = np.zeros(rows.rows, dtype=bool)
    if accounts is not None and feed.columns[ACCOUNT_KEY].type == "account":
        strange = twins.strangers(rows.path, accounts, rows.rows)

    def read() -> Iterator[_Chunk]:
        start, files = 0, pa.array([file.name for file in rows.arrived], pa.string())
        with pq.ParquetFile(rows.path) as file:
            for number in range(file.num_row_groups):
                table = file.read_row_group(number, use_threads=False)
                here = slice(start, start + len(table))
                positions = np.flatnonzero(~found.again[here])
                contradicts = pa.array(found.contradicts[here], mask=~found.contradicts[here])
                table = table.append_column(CONTRADICTS, contradicts).take(pa.array(positions)).combine_chunks()
                yield _Chunk(files, number, table, positions, strange[here][positions])
                start = here.stop

    return int(found.again.sum()), read()


def _without_buried(chunk: _Chunk) -> tuple[_Chunk, _Chunk]:
    """Return the rows of accounts that were erased, and the others."""
    buried = chunk.rows[BURIED].to_numpy()
    return _part(chunk, buried), _part(chunk, ~buried) if buried.any() else chunk


def _part(chunk: _Chunk, wanted: Flags) -> _Chunk:
    rows = chunk.rows.filter(pa.array(wanted)).combine_chunks()
    return replace(chunk, rows=rows, positions=chunk.positions[wanted], strange=chunk.strange[wanted])


def _judge(night: Night, feed: Feed, chunk: _Chunk, suite: ExpectationSuite) -> _Sorted:
    broken = expectations.broken_rules(expectations.judged_columns(chunk.rows, feed), suite)
    _stop(chunk, broken)
    refused = _refused(broken)
    passed = np.ones(len(chunk.rows), dtype=bool)
    passed[refused.index] = False
    rows = _without_noted(chunk.rows, feed, broken)
    kept = normalise.kept(rows, feed, night.model.defaults.nothing, night.day)
    return _Sorted(
        clean=kept.filter(pa.array(passed & ~chunk.strange)),
        held=kept.filter(pa.array(passed & chunk.strange)),
        refused=refused,
        broken=Counter({rule.rule: len(rule.rows) for rule in broken}),
        noted=Counter({rule.rule: int(passed[rule.rows].sum()) for rule in broken if rule.severity == "note"}),
    )


def _stop(chunk: _Chunk, broken: list[Broken]) -> None:
    for rule in broken:
        if rule.severity == "stop":
            place = pa.table(chunk.places(chunk.rows.slice(int(rule.rows.min()), 1))).to_pylist()[0]
            line = f" (line {place['line']})" if place["line"] else ""
            where = f"{place['file']}: row {place['row']}{line}"
            raise DataRefused(
                f"{where}: {rule.rule}, which stops the night; have it corrected and deliver the feed again"
            )


def _refused(broken: list[Broken]) -> pd.Series:
    """Return for the position of each refused row, in order, the rules it breaks, joined by `; `."""
    rules = [pd.DataFrame({"row": rule.rows, "rule": rule.rule}) for rule in broken if rule.severity == "quarantine"]
    if not rules:
        return pd.Series(dtype="str")
    return pd.concat(rules).drop_duplicates().groupby("row")["rule"].agg("; ".join)


def _without_noted(rows: pa.Table, feed: Feed, broken: list[Broken]) -> pa.Table:
    """Return the rows without the values that break a rule of severity `note`."""
    for rule in broken:
        if rule.severity == "note" and rule.column is not None:
            wrong = np.zeros(len(rows), dtype=bool)
            wrong[rule.rows] = True
            for name in feed.columns[rule.column].becomes or (rule.column,):
                left = pc.if_else(pa.array(wrong), pa.scalar(None, rows[name].type), rows[name])
                rows = rows.set_column(rows.column_names.index(name), name, left)
    return rows


def _quarantined(night: Night, chunk: _Chunk, refused: pd.Series, original: pa.Table) -> pa.Table:
    """Return the columns of QUARANTINE for the refused rows of a chunk; `original` is what arrived of its row group."""
    places = chunk.places(chunk.rows.take(pa.array(refused.index)))
    arrived = original.take(pa.array(chunk.positions[refused.index]))
    return quarantined.refused(places, refused, arrived, night.model.defaults.card_numbers)


def _last_seen(feed: Feed) -> str | None:
    """The column that says when a row was last true."""
    return next((relationship.seen[1] for relationship in feed.relationships.values() if relationship.seen), None)


def _late(night: Night, feed: Feed, kept: pa.Table) -> int:
    seen = _last_seen(feed)
    return pc.sum(pc.less(kept[seen], pa.scalar(night.day).cast(pa.timestamp("us")))).as_py() or 0 if seen else 0


def _outcomes(feed: Feed, suite: ExpectationSuite, rows: int, broken: Counter[str]) -> Iterator[Outcome]:
    """Yield how the rules fared, those of the suite first, then those that rows broke before they were held to it."""
    rules = expectations.rules(suite)
    for rule in rules:
        yield Outcome(feed.feed, rule["rule"], rule["severity"], rule["column"], rows, broken[rule["rule"]])
    for words in sorted(broken.keys() - {rule["rule"] for rule in rules}):
        yield Outcome(feed.feed, words, "quarantine", None, rows + broken[words], broken[words])


def _warnings(feed: Feed, rows: Typed, noted: Counter[str]) -> Iterator[str]:
    yield from (file.note for file in rows.arrived if file.note)
    columns = {name for file in rows.arrived for name in file.columns}
    unknown = sorted(columns - set(feed.columns))
    if unknown:
        yield f"{feed.feed}: unknown columns are ignored: {', '.join(unknown)}"
    for rule, count in sorted(noted.items()):
        yield f"{feed.feed}: {count:,} wrong values were left out of their rows: {rule}"


class _Originals:
    """What arrived, read again chunk by chunk as far as it is asked for; only forwards."""

    def __init__(self, night: Night, feed: Feed, rows: Typed) -> None:
        self._tables = enumerate(typed.originals(night, feed, rows))

    def of(self, chunk: _Chunk) -> pa.Table:
        return next(table for number, table in self._tables if number == chunk.number)
