"""Rows of one chunk held to the rules: which pass, which wait for their account, which are refused and why.

What is known of rows elsewhere, whether they repeat or contradict each other and whose accounts nobody knows, is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.errors import DataRefused
from ringwatch.gate import expectations, normalise, quarantined
from ringwatch.gate.expectations import CONTRADICTS, Broken
from ringwatch.gate.pieces import Ragged
from ringwatch.gate.terms import Terms
from ringwatch.gate.tombstones import ERASED
from ringwatch.gate.typed import BURIED, FILE, LINE, ROW
from ringwatch.model import Feed

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Chunk:
    """Typed rows of one chunk, all that arrived. files: names of the feed's files.

    again: whether a row repeats another; contradicts: whether it does so; strange: whether nobody knows its account.
    """

    files: pa.StringArray
    rows: pa.Table
    again: Flags
    contradicts: Flags
    strange: Flags


@dataclass(frozen=True)
class Sorted:
    """What became of rows: those that pass and those that wait, in columns of clean files; what is kept of the others.

    buried: columns of QUARANTINE for rows of erased accounts; refused: position in the chunk, file, row, line and rule
    of the others. rows, again: how many there were, how many of them repeat others; ruled: how many were held to the
    rules; late: how many of those kept are about an earlier day; broken, noted: by rule, values that broke it, and
    those of them that were left out; first_rule: what the first refused row breaks.
    """

    clean: pa.Table
    held: pa.Table
    buried: pa.Table
    refused: pa.Table
    rows: int = 0
    again: int = 0
    ruled: int = 0
    late: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    first_rule: str | None = None


_NONE = pa.table({})


def ragged(rows: Sequence[Ragged]) -> tuple[Sorted, pa.Table]:
    """Return what became of rows that could not be read apart, and what is kept of them."""
    broken = Counter(row.rule for row in rows)
    found = Sorted(_NONE, _NONE, _NONE, _NONE, len(rows), broken=broken, first_rule=rows[0].rule)
    return found, quarantined.ragged(rows)


def judged(terms: Terms, suite: ExpectationSuite, chunk: Chunk) -> Sorted:
    """Hold a chunk to the rules. Raises DataRefused when a row breaks one that stops the night."""
    buried = chunk.rows[BURIED].to_numpy() & ~chunk.again
    standing = np.flatnonzero(~chunk.again & ~buried)
    gone = _places(chunk.files, chunk.rows.filter(pa.array(buried)))
    contradicts = pa.array(chunk.contradicts, mask=~chunk.contradicts)
    rows = chunk.rows.append_column(CONTRADICTS, contradicts).take(pa.array(standing)).combine_chunks()
    found = _ruled(terms, suite, rows, chunk.files, chunk.strange[standing])
    positions = pa.array(standing[found.refused["position"].to_numpy()])
    return replace(
        found,
        buried=quarantined.buried(gone) if len(gone) else _NONE,
        refused=found.refused.set_column(0, "position", positions),
        rows=len(chunk.rows),
        again=int(chunk.again.sum()),
        broken=found.broken + Counter({ERASED: len(gone)}),
        first_rule=ERASED if len(gone) else found.first_rule,
    )


def kept_of_refused(terms: Terms, refused: pa.Table, original: pa.Table) -> pa.Table:
    """Return the columns of QUARANTINE for refused rows of a chunk; `original` is what arrived of the whole chunk."""
    arrived = original.take(refused["position"])
    return quarantined.refused(refused.drop_columns(["position"]), arrived, terms.defaults.card_numbers)


def last_seen(feed: Feed) -> str | None:
    """The column that says when a row was last true."""
    return next((relationship.seen[1] for relationship in feed.relationships.values() if relationship.seen), None)


def _ruled(terms: Terms, suite: ExpectationSuite, rows: pa.Table, files: pa.StringArray, strange: Flags) -> Sorted:
    feed = terms.feed
    broken = expectations.broken_rules(expectations.judged_columns(rows, feed), suite)
    _stop(files, rows, broken)
    rules = _refused(broken)
    passed = np.ones(len(rows), dtype=bool)
    passed[rules.index] = False
    positions = pa.array(rules.index.to_numpy(dtype=np.int64))
    refused = pa.table({"position": positions, **_columns(_places(files, rows.take(positions)))})
    kept = normalise.kept(_without_noted(rows, feed, broken), feed, terms.defaults.nothing, terms.day)
    clean, held = kept.filter(pa.array(passed & ~strange)), kept.filter(pa.array(passed & strange))
    return Sorted(
        clean=clean,
        held=held,
        buried=_NONE,
        refused=refused.append_column("rule", pa.array(rules, pa.string())),
        ruled=len(rows),
        late=_late(terms, clean) + _late(terms, held),
        broken=Counter({rule.rule: len(rule.rows) for rule in broken}),
        noted=Counter({rule.rule: int(passed[rule.rows].sum()) for rule in broken if rule.severity == "note"}),
        first_rule=str(rules.iloc[0]) if len(rules) else None,
    )


def _places(files: pa.StringArray, rows: pa.Table) -> pa.Table:
    """Return the columns file, row and line of rows."""
    return pa.table({"file": files.take(rows[FILE]), "row": rows[ROW], "line": rows[LINE]})


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return {name: table[name] for name in table.column_names}


def _stop(files: pa.StringArray, rows: pa.Table, broken: list[Broken]) -> None:
    for rule in broken:
        if rule.severity == "stop":
            place = _places(files, rows.slice(int(rule.rows.min()), 1)).to_pylist()[0]
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


def _late(terms: Terms, kept: pa.Table) -> int:
    seen = last_seen(terms.feed)
    return pc.sum(pc.less(kept[seen], pa.scalar(terms.day).cast(pa.timestamp("us")))).as_py() or 0 if seen else 0
