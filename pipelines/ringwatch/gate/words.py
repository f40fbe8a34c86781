"""The model's words in place of a deployment's (settings `values`, `constants`). Rows as they arrived in, typed out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.gate import normalise
from ringwatch.gate.terms import Terms


def typed(terms: Terms, arrived: pa.Table) -> pa.Table:
    """Return rows as `normalise.typed` does, once the words of this deployment are the model's."""
    rows = _completed(_translated(arrived, terms.values), terms.constants)
    return normalise.typed(rows, terms.feed, terms.defaults, terms.day, terms.zone)


def _translated(rows: pa.Table, words: Mapping[str, Mapping[str, str]]) -> pa.Table:
    for name in words.keys() & set(rows.column_names):
        coded = normalise.texts(rows, name).dictionary_encode()
        meant = [words[name].get(value, value) or None for value in coded.dictionary.to_pylist()]
        rows = _with(rows, name, pa.array(meant, pa.string()).take(coded.indices))
    return rows


def _completed(rows: pa.Table, constants: Mapping[str, str | int | float]) -> pa.Table:
    """Return rows with what is constant, but for those that say something else: a corrected row may."""
    for name, value in constants.items():
        given = normalise.texts(rows, name) if name in rows.column_names else pa.nulls(len(rows), pa.string())
        rows = _with(rows, name, pc.coalesce(given, pa.scalar(str(value))))
    return rows


def _with(rows: pa.Table, name: str, values: Any) -> pa.Table:
    if name in rows.column_names:
        return rows.set_column(rows.column_names.index(name), name, values)
    return rows.append_column(name, values)
