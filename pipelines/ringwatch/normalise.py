"""From what arrives to typed, canonical columns: text in, typed columns and the originals that could not be read out.

Work is done on the distinct values of a column, so that a value seen a million times is read once.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ringwatch.model import Feed

UNREADABLE = " (unreadable)"

# Types whose values are words that may say that there is none.
_WORDS = frozenset({"text", "email", "phone", "ip", "country", "currency"})

# Unicode categories of characters that people cannot see: controls, format and direction marks, surrogates, no letters.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Marks between letters that Persian and Indic scripts are not written without.
_JOINERS = "\u200c\u200d"

# Providers that deliver a.b@ and ab@ to the same mailbox.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def typed(frame: pd.DataFrame, feed: Feed, nothing: str) -> pd.DataFrame:
    """Return the feed's columns as their types, and next to each `<column> (unreadable)` with what could not be read.

    Times become UTC without a zone; a column that did not arrive is empty. Text that matches `nothing` is no value
    where a value may be lacking: `n/a` as a phone number is a missing one, not a wrong one.
    """
    columns: dict[str, pd.Series] = {}
    for name, column in feed.columns.items():
        raw = _blank(frame[name]) if name in frame else pd.Series(pd.NA, index=frame.index, dtype=object)
        if column.type in _WORDS and not column.required:
            raw = without(raw, nothing)
        columns[name] = _READERS[column.type](raw)
        columns[name + UNREADABLE] = raw.astype(object).where(raw.notna() & columns[name].isna(), None)
    return pd.DataFrame(columns, index=frame.index)


def without(values: pd.Series, nothing: str) -> pd.Series:
    """Return `values` with those that match `nothing` missing."""
    distinct = values.dropna().unique()
    return values.mask(values.isin([value for value in distinct if re.fullmatch(nothing, str(value))]))


def end_of(day: date) -> pd.Timestamp:
    """First moment (UTC) after `day`."""
    return pd.Timestamp(day + timedelta(days=1))


def registrable_domain(mailboxes: pd.Series) -> pd.Series:
    """Return the registrable domain of canonical mailboxes (`mail.example.co.uk` -> `example.co.uk`)."""
    return _by_distinct(mailboxes, _domain)


def _domain(mailbox: str) -> str:
    host = mailbox.rpartition("@")[2]
    return str(_suffixes().extract_str(host).top_domain_under_public_suffix or host)


def _blank(raw: pd.Series) -> pd.Series:
    """Trim text and make empty text missing."""
    if not (pd.api.types.is_string_dtype(raw) or raw.dtype == object):
        return raw
    trimmed = raw.astype("str").str.strip().where(raw.notna())
    return trimmed.where(trimmed != "")


def _text(raw: pd.Series) -> pd.Series:
    return _by_distinct(raw.astype("str").where(raw.notna()), _plain_text)


def _plain_text(text: str) -> str | None:
    """Text in Unicode's composed form (NFC), so that what looks the same is the same; None with invisible controls."""
    if text.isascii():
        return text if text.isprintable() else None
    composed = unicodedata.normalize("NFC", text)
    return (
        None
        if any(unicodedata.category(letter) in _INVISIBLE for letter in composed if letter not in _JOINERS)
        else composed
    )


def _country(raw: pd.Series) -> pd.Series:
    return _by_distinct(raw.astype("str").where(raw.notna()), _country_code)


def _country_code(text: str) -> str | None:
    from babel import Locale

    code = text.upper()
    return code if len(code) == 2 and code in Locale("en").territories else None


def _currency(raw: pd.Series) -> pd.Series:
    return _by_distinct(raw.astype("str").where(raw.notna()), _currency_code)


def _currency_code(text: str) -> str | None:
    from babel.numbers import is_currency

    code = text.upper()
    return code if is_currency(code) else None


def _number(raw: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(raw, errors="coerce").astype("Float64")
    return numbers.mask(np.isinf(numbers.to_numpy(dtype=float, na_value=np.nan)))


def _integer(raw: pd.Series) -> pd.Series:
    numbers = _number(raw)
    return numbers.where((numbers % 1 == 0) & (numbers.abs() < 2**53)).astype("Int64")


def _timestamp(raw: pd.Series) -> pd.Series:
    times = pd.to_datetime(raw, errors="coerce", utc=True, format=None if _is_time(raw) else "ISO8601")
    return times.dt.tz_localize(None).astype("datetime64[us]")


def _is_time(raw: pd.Series) -> bool:
    return pd.api.types.is_datetime64_any_dtype(raw)


def _ip(raw: pd.Series) -> pd.Series:
    return _by_distinct(_text(raw), _canonical_ip)


def _canonical_ip(text: str) -> str | None:
    """IPv4 as it is, an IPv4-mapped address as IPv4, IPv6 as its /64."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((address, 64), strict=False))
        address = address.ipv4_mapped
    return str(address)


def _email(raw: pd.Series) -> pd.Series:
    return _by_distinct(_text(raw), _canonical_mailbox)


def _canonical_mailbox(text: str) -> str | None:
    """The mailbox an address is delivered to: lower case, ASCII domain, without plus tag or ignored dots."""
    from email_validator import EmailNotValidError, validate_email

    try:
        parts = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    domain = parts.ascii_domain.lower()
    local = parts.local_part.lower().partition("+")[0]
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def _phone(raw: pd.Series) -> pd.Series:
    return _by_distinct(_text(raw), _canonical_phone)


def _canonical_phone(text: str) -> str | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _by_distinct(values: pd.Series, read: Callable[[str], str | None]) -> pd.Series:
    """Apply `read` to each distinct value and return the results in place of the values."""
    distinct = values.dropna().unique()
    return values.map(dict(zip(distinct, map(read, distinct), strict=True))).astype("str").where(values.notna())


@cache
def _suffixes() -> Any:
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


_READERS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "text": _text,
    "account": _text,
    "email": _email,
    "phone": _phone,
    "ip": _ip,
    "country": _country,
    "currency": _currency,
    "integer": _integer,
    "number": _number,
    "timestamp": _timestamp,
}
