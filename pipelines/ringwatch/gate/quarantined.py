"""What is kept of refused rows. In: where they were, what they break, what arrived. Out: the columns of QUARANTINE."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from ringwatch.gate import cards
from ringwatch.gate.pieces import Ragged
from ringwatch.gate.tombstones import ERASED

# Where a row was (its file, its row there, and of CSV files the line on which it starts, both from 1), the rules it
# breaks, and the row as it arrived (JSON), missing once it was discarded; `discarded` says why it was. A held row that
# was discarded has no place; `waited_for` is a keyed token of its account.
QUARANTINE = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("line", pa.int64()),
        ("rule", pa.string()),
        ("values", pa.string()),
        ("discarded", pa.string()),
        ("waited_for", pa.string()),
    ]
)

# Longest text of one value that is kept of a refused row.
MOST_KEPT = 1024


def refused(places: pa.Table, arrived: pa.Table, issuers: cards.Issuers) -> pa.Table:
    """Return the columns of QUARANTINE for refused rows: file, row, line and rule, which are given, and what arrived.

    Of card numbers nothing is kept, whatever column they are in.
    """
    values = [_json(row, issuers) for row in _values(arrived)]
    return places.append_column("values", pa.array(values, pa.string()))


def buried(places: pa.Table) -> pa.Table:
    """Return the columns of QUARANTINE for rows of accounts that were erased: they have no values."""
    erased = pa.repeat(pa.scalar(ERASED), len(places))
    return places.append_column("rule", erased).append_column("discarded", erased)


def ragged(rows: Sequence[Ragged]) -> pa.Table:
    """Return the columns of QUARANTINE for rows that could not be read apart."""
    names = ("file", "row", "line", "rule")
    table = pa.table({name: [getattr(row, name) for row in rows] for name in names})
    return table.append_column("values", pa.array([_json({"text": row.text}, ()) for row in rows], pa.string()))


def _values(rows: pa.Table) -> list[dict[str, Any]]:
    """Return rows as Python has them, times as text where one is of a year that Python does not know: 0 or 10,000."""
    try:
        values: list[dict[str, Any]] = rows.to_pylist()
    except OverflowError:
        texts = [pa.string() if pa.types.is_temporal(field.type) else field.type for field in rows.schema]
        values = rows.cast(pa.schema(zip(rows.column_names, texts, strict=True))).to_pylist()
    return values


def _json(row: dict[str, Any], issuers: cards.Issuers) -> str:
    kept = {name: _shortened(cards.masked(_simple(value), issuers)) for name, value in row.items()}
    return json.dumps(kept, ensure_ascii=False)


def _simple(value: Any) -> Any:
    """The value as JSON has it: what has no form there as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else str(value)
    return format(value, "f") if isinstance(value, Decimal) else value.isoformat()


def _shortened(value: Any) -> Any:
    """The value, a text of more than MOST_KEPT characters cut off."""
    if not isinstance(value, str) or len(value) <= MOST_KEPT:
        return value
    return f"{value[:MOST_KEPT]} (cut off: it has {len(value):,} characters)"
