"""From what arrives to typed, canonical columns. In: Arrow tables as they were read. Out: Arrow tables of the model.

Work is done on the distinct values of a column where reading one takes time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.gate import canonical, cards, contacts, special, spelling, times
from ringwatch.keys import tokens
from ringwatch.model import ACCOUNT_KEY, ERROR_SIGN, Column, Defaults, Feed, Nothing

UNREADABLE = " (unreadable)"

# A column next to each column of text that says what is wrong with its value as text.
FLAW = " (flaw)"
INEXACT, SPOILED, CARD = "inexact", "spoiled", "card"

# Whole numbers beyond this are not exact in all programs that write feeds.
_EXACT = 2**53


def typed(rows: pa.Table, feed: Feed, defaults: Defaults, day: date | None = None, zone: str = times.UTC) -> pa.Table:
    """Return the feed's columns as their types, and next to each `<column> (unreadable)` with what could not be read.

    Next to text there is `<column> (flaw)`, too: INEXACT, SPOILED (the value stays until it is judged) or CARD. Times
    lose their zone and become those of `zone`; a column that did not arrive is empty. What means nothing is no value
    where one may be lacking, and no id of what the row is about, unless it is a value of the column's own type.
    """
    columns: dict[str, Any] = {}
    for name, column in feed.columns.items():
        raw = _raw(rows, name)
        if column.is_text:
            columns |= _read_text(name, column, raw, feed, defaults)
        else:
            read = times.moments(raw, day, zone) if column.type == "timestamp" else _read(column, raw)
            columns[name] = read if column.required else without(read, defaults.nothing.of_codes)
            columns[name + UNREADABLE] = _unreadable(column, raw, read, defaults)
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
        if column.is_text:
            columns[name + FLAW] = rows[name + FLAW].combine_chunks()
    return pa.table(columns)


def kept(rows: pa.Table, feed: Feed, nothing: Nothing, day: date) -> pa.Table:
    """Return what is kept of typed, impersonal rows: identifiers that mean nothing are missing, `day` is added.

    So are addresses that are another machine's in each network. What went on past midnight ends with the day.
    """
    sources = {relationship.to.source for relationship in feed.relationships.values()}
    columns = {name: rows[name].combine_chunks() for name in feed.kept}
    columns |= {name: without(columns[name], nothing.anywhere) for name in sources}
    columns |= {name: special.machines(columns[name]) for name, column in feed.kept.items() if column.type == "ip"}
    columns |= {
        name: times.within(columns[name], day) for name, column in feed.kept.items() if column.type == "timestamp"
    }
    return pa.table(columns | {"day": pa.repeat(pa.scalar(day, pa.date32()), len(rows))})


def without(values: Any, nothing: str) -> Any:
    """Return text with what matches `nothing` missing."""
    if not pa.types.is_string(values.type):
        return values
    return _unless(pc.match_substring_regex(values, nothing), values)


def ids(rows: pa.Table, name: str) -> Any:
    """Return the account ids in a column as it arrived, as `typed` has them."""
    return canonical.text(texts(rows, name))


def texts(rows: pa.Table, name: str) -> Any:
    """Return the values of a column as it arrived as text, without spaces around them."""
    return spelling.text_of(_raw(rows, name))


def registrable_domain(mailboxes: Any) -> Any:
    """Return the registrable domain of canonical mailboxes (`mail.example.co.uk` -> `example.co.uk`)."""
    return _by_distinct(pc.replace_substring_regex(mailboxes, r"\A.*@", ""), _domains)


def _domains(hosts: Any) -> Any:
    extract = _suffixes().extract_str
    return pa.array([extract(host).top_domain_under_public_suffix or host for host in hosts.to_pylist()], pa.string())


def _raw(rows: pa.Table, name: str) -> Any:
    """The values of a column as they arrived: text trimmed, unwrapped and not empty, all else as it is."""
    if name not in rows.column_names:
        return pa.nulls(len(rows), pa.string())
    values = spelling.plain(rows[name].combine_chunks())
    if pa.types.is_null(values.type):
        return pa.nulls(len(rows), pa.string())
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    if not pa.types.is_string(values.type):
        return values
    trimmed = spelling.unwrapped(pc.utf8_trim_whitespace(values))
    return _unless(pc.equal(trimmed, ""), trimmed)


def _read_text(name: str, column: Column, raw: Any, feed: Feed, defaults: Defaults) -> dict[str, Any]:
    """Return the three columns of a column of text."""
    texts = spelling.text_of(raw)
    flaw = _flaw(column, raw, texts, defaults)
    texts = _unless(pc.fill_null(pc.equal(flaw, CARD), False), texts)
    texts = _without_words(name, column, texts, feed, defaults.nothing)
    read = canonical.text(texts)
    return {name: read, name + UNREADABLE: _only(pc.is_null(read), texts), name + FLAW: flaw}


def _flaw(column: Column, raw: Any, texts: Any, defaults: Defaults) -> Any:
    """What is wrong with each text, null for most."""
    flaw = _only(pc.and_(raw.is_valid(), pc.is_null(texts)), pa.repeat(pa.scalar(INEXACT), len(raw)))
    if column.is_free:
        flaw = _only(_is_spoiled(texts, defaults), pa.scalar(SPOILED), flaw)
        flaw = _only(cards.hold_card(texts, defaults.card_numbers, column.pays), pa.scalar(CARD), flaw)
    return flaw


def _is_spoiled(texts: Any, defaults: Defaults) -> Any:
    """Whether a spreadsheet spoiled each text. Error values may have letters of all scripts: a pattern that is slow."""
    error = spelling.match(texts, defaults.whole_error, pc.starts_with(texts, ERROR_SIGN))
    return pc.or_(error, pc.fill_null(pc.match_substring_regex(texts, defaults.whole_spoiled), False))


def _without_words(name: str, column: Column, texts: Any, feed: Feed, nothing: Nothing) -> Any:
    """Text without what means nothing. What the column itself allows is no such word."""
    if name in feed.own:
        first = pc.equal(texts, "0") if name != ACCOUNT_KEY else False  # of numbers that begin there
        return pc.if_else(first, texts, without(texts, nothing.of_own_ids))
    if column.required or column.one_of:
        return texts if column.required else _unless(_is_no_choice(column, texts, nothing), texts)
    if not column.pattern:
        return without(texts, nothing.anywhere)
    allowed = _by_distinct(texts, lambda some: pa.array(some.to_pandas().str.contains(column.pattern), pa.bool_()))
    return pc.if_else(allowed, without(texts, nothing.of_codes), without(texts, nothing.anywhere))


def _is_no_choice(column: Column, texts: Any, nothing: Nothing) -> Any:
    other = pc.invert(pc.is_in(texts, pa.array(column.one_of)))
    return pc.and_(other, pc.match_substring_regex(texts, nothing.anywhere))


def _read(column: Column, raw: Any) -> Any:
    if column.type in _NUMBERS:
        return _NUMBERS[column.type](raw)
    return _by_distinct(raw if pa.types.is_string(raw.type) else spelling.text_of(raw), _FORMS[column.type])


def _unreadable(column: Column, raw: Any, read: Any, defaults: Defaults) -> Any:
    """The text of values that are none of the column's type; what means nothing lacks where a value may be lacking.

    So does what a spreadsheet spoiled, where it would cost the row.
    """
    texts = raw if pa.types.is_string(raw.type) else pc.coalesce(spelling.text_of(raw), raw.cast(pa.string()))
    left = _only(pc.is_null(read), texts)
    if left.null_count == len(left):
        return left
    if not column.required:
        left = without(left, defaults.nothing.anywhere)
    if not column.required and column.severity != "note":
        left = _unless(_is_spoiled(left, defaults), left)
    return pc.if_else(cards.hold_card(left, defaults.card_numbers, bare=True), pa.scalar(cards.MASK), left)


def _only(holds: Any, values: Any, otherwise: Any = None) -> Any:
    """The values where it holds, elsewhere `otherwise`, or null."""
    return pc.if_else(holds, values, pa.scalar(None, pa.string()) if otherwise is None else otherwise)


def _unless(holds: Any, values: Any) -> Any:
    """The text where it does not hold, else null."""
    return pc.if_else(holds, pa.scalar(None, pa.string()), values)


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
