"""How what identifies is spelled: one text for a value, whatever type an exporter gave it.

In: Arrow columns of any type that is one value. Out: text, null where there is none. Each value is spelled by itself:
neither its neighbours nor the file it is in change it, and none passes through a float.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_UUID_BYTES = 16
_UUID = r"\1-\2-\3-\4-\5"
_HEX_GROUPS = r"\A(.{8})(.{4})(.{4})(.{4})(.{12})\z"

# Whole floats below are exact, by bits: above, neighbours are the same float.
_EXACT = {16: 2**11, 32: 2**24, 64: 2**53}

# What a float or a decimal becomes when it is written out; the number is whole all the same.
_WRITTEN_OUT = r"\A(-?[0-9]+)\.0+\z"

# How spreadsheets and what is written for them keep a text from being read as a number or a formula.
_WRAPPED = {'="': r'\A="([^"]*)"\z', "'": r"\A'([0-9A-Za-z=+@-][^']*)'?\z"}


@lru_cache(maxsize=256)  # each file of a feed has the same few
def is_value(kind: pa.DataType) -> bool:
    """Whether a type holds one value that can be judged: text, a number, a time, or one of these in other clothes."""
    if isinstance(kind, pa.BaseExtensionType):
        return is_value(kind.storage_type)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return is_value(kind.value_type)
    single = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null, pa.types.is_decimal)
    times = (pa.types.is_timestamp, pa.types.is_date)
    return _is_text(kind) or _is_binary(kind) or any(fits(kind) for fits in (*single, *times))


def plain(values: Any) -> Any:
    """Return values in the plainest type that loses nothing: text, numbers, times.

    UUIDs, and bytes of their size, become their usual text; JSON the value it holds. Raises pa.ArrowInvalid for bytes
    that are no text.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return plain(values.cast(kind.value_type) if _is_castable(kind) else _decoded(values))
    if pa.types.is_run_end_encoded(kind):
        return plain(pc.run_end_decode(values))
    if isinstance(kind, pa.BaseExtensionType):
        stored = plain(values.storage)
        return _of_json(stored) if kind.extension_name == "arrow.json" else stored
    if pa.types.is_fixed_size_binary(kind) and kind.byte_width == _UUID_BYTES:
        return _of_uuids(values)
    if _is_binary(kind):
        return values.cast(pa.binary()).cast(pa.string())
    return values.cast(pa.string()) if _is_text(kind) else values


def unwrapped(texts: Any) -> Any:
    """Return text without what keeps a spreadsheet from reading it: `="00120"` and `'00120` are 00120."""
    for start, pattern in _WRAPPED.items():
        wrapped = match(texts, pattern, pc.starts_with(texts, start))
        if pc.any(wrapped).as_py():
            texts = pc.if_else(
                wrapped, pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, pattern, r"\1")), texts
            )
    return texts


def text_of(values: Any) -> Any:
    """Return plain values as text; null also for floats that are no whole number, or so large that they are not exact.

    A whole number is the same text as an integer, a decimal of any scale, a float, or written out as one.
    """
    kind = values.type
    if pa.types.is_string(kind):
        written_out = pc.any(match(values, _WRITTEN_OUT, pc.ends_with(values, "0"))).as_py()
        return pc.replace_substring_regex(values, _WRITTEN_OUT, r"\1") if written_out else values
    if pa.types.is_floating(kind):
        return _of_floats(values)
    return _of_decimals(values) if pa.types.is_decimal(kind) else values.cast(pa.string())


def match(texts: Any, pattern: str, likely: Any) -> Any:
    """Return whether each text matches, false for null; only those that are `likely` are held to the pattern."""
    likely = pc.fill_null(likely, False)
    if not pc.any(likely).as_py():
        return likely
    return pc.replace_with_mask(likely, likely, pc.match_substring_regex(texts.filter(likely), pattern))


def _is_text(kind: pa.DataType) -> bool:
    return any(fits(kind) for fits in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _is_binary(kind: pa.DataType) -> bool:
    fits = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    return any(fit(kind) for fit in fits)


def _is_castable(kind: pa.DataType) -> bool:
    """Whether Arrow can take a dictionary of this type apart by a cast."""
    return _is_text(kind.value_type) and not pa.types.is_string_view(kind.value_type)


def _decoded(values: Any) -> Any:
    return values.dictionary.take(values.indices)


def _of_uuids(values: Any) -> Any:
    digits = pa.array([None if value is None else value.hex() for value in values.to_pylist()], pa.string())
    return pc.replace_substring_regex(digits, _HEX_GROUPS, _UUID)


def _of_json(texts: Any) -> Any:
    """What JSON texts hold: a string its text, null nothing; all else stays as it is written."""
    quoted = pc.fill_null(pc.starts_with(texts, '"'), False)
    if pc.any(quoted).as_py():
        inner = [json.loads(text) for text in texts.filter(quoted).to_pylist()]
        texts = pc.replace_with_mask(texts, quoted, pa.array(inner, pa.string()))
    return pc.if_else(pc.equal(texts, "null"), pa.scalar(None, pa.string()), texts)


def _of_floats(values: Any) -> Any:
    numbers = values.cast(pa.float64())
    exact = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), _EXACT[values.type.bit_width]))
    return pc.if_else(exact, numbers, pa.scalar(None, pa.float64())).cast(pa.int64()).cast(pa.string())


def _of_decimals(values: Any) -> Any:
    """Digits in full, without zeros behind the point that say nothing."""
    if values.type.scale == 0:
        return values.cast(pa.string())
    texts = [
        None if value is None else format(value, "f").rstrip("0").removesuffix(".") for value in values.to_pylist()
    ]
    return pa.array(texts, pa.string())
