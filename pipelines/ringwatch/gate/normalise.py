"""From what arrives to typed, canonical columns. In: Arrow tables as they were read. Out: Arrow tables of the model.

Work is done on the distinct values of a column where reading one takes time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.gate import canonical, contacts
from ringwatch.keys import tokens
from ringwatch.model import ACCOUNT_KEY, Column, Feed

UNREADABLE = " (unreadable)"

# Whole numbers beyond this are not exact in all programs that write feeds.
_EXACT = 2**53

# Types whose values are words that may say that there is none.
_WORDS = frozenset({"text", "account", "email", "phone", "ip", "country", "currency"})

_ISO_DAY = r"\A[0-9]{4}-?[0-9]{2}-?[0-9]{2}"


def typed(rows: pa.Table, feed: Feed, nothing: str) -> pa.Table:
    """Return the feed's columns as their types, and next to each `<column> (unreadable)` with what could not be read.

    Times become UTC without a zone; a column that did not arrive is empty. Text that matches `nothing` is no value
    where a value may be lacking, and no account: `n/a` as a phone number is a missing one, not a wrong one.
    """
    columns: dict[str, Any] = {}
    for name, column in feed.columns.items():
        raw = _raw(rows, name)
        if column.type in _WORDS and (name == ACCOUNT_KEY or not column.required):
            raw = without(raw, nothing)
        columns[name] = read = _read(column, raw)
        unreadable = pc.if_else(pc.is_null(read), _as_text(raw), pa.scalar(None, pa.string()))
        columns[name + UNREADABLE] = unreadable if column.required else without(unreadable, nothing)
    return pa.table(columns)


def impersonal(rows: pa.Table, feed: Feed, keys: tuple[bytes, ...]) -> pa.Table:
    """Return typed rows with personal columns replaced by what they become, also what could not be read of them."""
    columns: dict[str, Any] = {}
    for name, column in feed.columns.items():
        values, unreadable = rows[name].combine_chunks(), rows[name + UNREADABLE].combine_chunks()
        for new, form in column.becomes.items():
            columns[new] = (
                registrable_domain(values) if form == "domain" else tokens.keyed_tokens(values, keys, purpose=name)
            )
        if column.becomes:
            unreadable = tokens.keyed_tokens(unreadable, keys, purpose=name)
        else:
            columns[name] = values
        columns[name + UNREADABLE] = unreadable
    return pa.table(columns)


def kept(rows: pa.Table, feed: Feed, nothing: str, day: date) -> pa.Table:
    """Return what is kept of typed, impersonal rows: identifiers that mean nothing are missing, `day` is added."""
    sources = {relationship.to.source for relationship in feed.relationships.values()}
    columns = {name: rows[name].combine_chunks() for name in feed.kept}
    columns |= {name: without(columns[name], nothing) for name in sources}
    return pa.table(columns | {"day": pa.repeat(pa.scalar(day, pa.date32()), len(rows))})


def without(values: Any, nothing: str) -> Any:
    """Return text with what matches `nothing` missing."""
    if not pa.types.is_string(values.type):
        return values
    return pc.if_else(pc.match_substring_regex(values, nothing), pa.scalar(None, pa.string()), values)


def ids(rows: pa.Table, name: str) -> Any:
    """Return the account ids in a column as it arrived, as `typed` has them."""
    return canonical.text(_as_text(_raw(rows, name)))


def end_of(day: date) -> pd.Timestamp:
    """First moment (UTC) after `day`."""
    return pd.Timestamp(day + timedelta(days=1))


def registrable_domain(mailboxes: Any) -> Any:
    """Return the registrable domain of canonical mailboxes (`mail.example.co.uk` -> `example.co.uk`)."""
    return _by_distinct(pc.replace_substring_regex(mailboxes, r"\A.*@", ""), _domains)


def _domains(hosts: Any) -> Any:
    extract = _suffixes().extract_str
    return pa.array([extract(host).top_domain_under_public_suffix or host for host in hosts.to_pylist()], pa.string())


def _raw(rows: pa.Table, name: str) -> Any:
    """The values of a column as they arrived: text trimmed and not empty, all else as it is."""
    if name not in rows.column_names:
        return pa.nulls(len(rows), pa.string())
    values = rows[name].combine_chunks()
    if pa.types.is_null(values.type):
        return pa.nulls(len(rows), pa.string())
    if not pa.types.is_string(values.type):
        return values
    trimmed = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _read(column: Column, raw: Any) -> Any:
    if column.type in _NUMBERS:
        return _NUMBERS[column.type](raw)
    if column.type == "timestamp":
        return _timestamp(raw)
    values = _as_text(raw)
    return canonical.text(values) if column.type in ("text", "account") else _by_distinct(values, _FORMS[column.type])


def _as_text(raw: Any) -> Any:
    """Values as text; whole numbers that a program made floats, because some were lacking, as whole ones."""
    if pa.types.is_string(raw.type):
        return raw
    if pa.types.is_floating(raw.type):
        whole = _whole(raw.cast(pa.float64()))
        if whole.null_count == raw.null_count:
            return whole.cast(pa.string())
    return raw.cast(pa.string())


def _number(raw: Any) -> Any:
    if pa.types.is_string(raw.type):
        return _by_distinct(raw, _numbers)
    if pa.types.is_boolean(raw.type) or pa.types.is_temporal(raw.type):
        return pa.nulls(len(raw), pa.float64())
    return _finite(raw.cast(pa.float64(), safe=False))


def _numbers(texts: Any) -> Any:
    return _finite(pa.array(pd.to_numeric(texts.to_pandas(), errors="coerce").astype(float), from_pandas=True))


def _finite(numbers: Any) -> Any:
    return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))


def _integer(raw: Any) -> Any:
    return _whole(_number(raw))


def _whole(numbers: Any) -> Any:
    """Floats as integers, null where they are none or not exact."""
    exact = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), _EXACT))
    return pc.if_else(exact, numbers, pa.scalar(None, pa.float64())).cast(pa.int64())


def _timestamp(raw: Any) -> Any:
    """Times in UTC without a zone. Text is ISO 8601 with at least a day; a number is no time: of which unit?"""
    if pa.types.is_string(raw.type):
        return _by_distinct(raw, _times)
    if pa.types.is_timestamp(raw.type):
        return pc.cast(raw, pa.timestamp("us", tz=raw.type.tz), safe=False).cast(pa.timestamp("us"))
    return raw.cast(pa.timestamp("us")) if pa.types.is_date(raw.type) else pa.nulls(len(raw), pa.timestamp("us"))


def _times(texts: Any) -> Any:
    days = pc.if_else(pc.match_substring_regex(texts, _ISO_DAY), texts, pa.scalar(None, pa.string()))
    times = pd.to_datetime(days.to_pandas(), errors="coerce", utc=True, format="ISO8601")
    return pa.array(times.dt.tz_localize(None).astype("datetime64[us]"), pa.timestamp("us"), from_pandas=True)


def _by_distinct(values: Any, read: Callable[[Any], Any]) -> Any:
    """Apply `read` to the distinct values and return the results in place of the values."""
    coded = values.dictionary_encode()
    return read(coded.dictionary).take(coded.indices)


@cache
def _suffixes() -> Any:
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


_NUMBERS: dict[str, Callable[[Any], Any]] = {"integer": _integer, "number": _number}
_FORMS: dict[str, Callable[[Any], Any]] = {
    "email": contacts.mailbox,
    "phone": contacts.phone,
    "ip": canonical.ip,
    "country": canonical.country,
    "currency": canonical.currency,
}
