"""Times as exporters write them: Arrow values in, moments of the deployment's days out, null for what is none.

What cannot be misread is read: ISO 8601 and RFC 3339 in full (basic forms, week and ordinal dates, a comma before
fractions, small letters, 24:00), dates of RFC 5322 (2 Mar 2026 08:00:00 +0000) and 2026/03/02, and `UTC`, `UT` or `GMT`
as a zone. A name behind an offset is taken for the same zone, in brackets, too (RFC 9557). A leap second is the end of
its minute, and a date alone that day in any zone. What can be misread is none: 03/04/2026 is two days, a number
has no unit, and a zone by its letters alone may be several.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

UTC = "UTC"
MICROSECONDS = pa.timestamp("us")

_LAST = pd.Timedelta(days=1) - pd.Timedelta(1, "us")  # how far into a day its last moment is
_STEP = pd.Timedelta(1, "us")

_MONTHS = [calendar.month_abbr[month].lower() for month in range(1, 13)]
_CLOCK = r"(?:[0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)?|[0-9]{4}(?:[0-9]{2}(?:[.,][0-9]+)?)?)"
_OFFSET = (
    r"(?:Z|UTC?|GMT|[+\x{2212}-][0-9]{2}(?::?[0-9]{2})?(?: (?:[A-Z]{1,5}|[+-][0-9]{2,4}))?)(?:\[!?[A-Z0-9/_+-]+\])?"
)
_ISO_DATE = r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}/[0-9]{2}/[0-9]{2}|[0-9]{8})"
_OTHER_DATE = r"(?:[0-9]{4}-W[0-9]{2}-[1-7]|[0-9]{4}W[0-9]{2}[1-7]|[0-9]{4}-[0-9]{3})"
_MAIL_DATE = rf"(?:[a-z]{{3}}, )?[0-9]{{1,2}}[ -](?:{'|'.join(_MONTHS)})[ -][0-9]{{4}}"
_SEPARATED = rf"(?:(?:T| +){_CLOCK}(?: ?{_OFFSET})?)?\z"
_TIME = rf"(?i)\A(?:{_ISO_DATE}|{_OTHER_DATE}|{_MAIL_DATE}){_SEPARATED}"
_REWRITTEN = rf"(?i)\A(?:{_OTHER_DATE}|{_MAIL_DATE}){_SEPARATED}"
# What is read as it is.
_PLAIN = (
    r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-5][0-9](?:[.][0-9]+)?)?"
    r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?\z"
)
# An offset that is not zero, and a name that says it is.
_CONTRADICTS = r"(?i)[+-](?:[0-9]?[1-9][0-9:]*|[0-9]{2}:?[0-9]?[1-9][0-9]?|[1-9][0-9:]*) (?:Z|UTC?|GMT)\z"
_DATE = r"\A(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})\z"
_MIDNIGHT = r"[T ]24(?::?00(?::?00(?:[.]0+)?)?)?(?:[ Z+-]|\z)"

# Each turned into the form that one parser reads, in this order; letters are capitals by then.
_FORMS = (
    (r"\A([0-9]{4})/([0-9]{2})/([0-9]{2})", r"\1-\2-\3"),
    (r"\[.*\]\z", ""),
    ("\u2212", "-"),
    (r",([0-9]+)", r".\1"),
    (r" *([+-][0-9]{2}(?::?[0-9]{2})?) (?:[A-Z]{1,5}|[+-][0-9]{2,4})\z", r"\1"),
    (r" *(?:UTC?|GMT|Z)\z", "Z"),
    (r"([0-9]) *([+-][0-9]{2}(?::?[0-9]{2})?)\z", r"\1\2"),
    (r"\A([^ T]*)(?:T| +)", r"\1T"),
    (r"(T[0-9]{2}:59:)60(?:[.][0-9]+)?", r"\159.999999"),
    (r"(T[0-9]{2}59)60(?:[.][0-9]+)?", r"\159.999999"),
)


def moments(raw: Any, day: date | None = None, zone: str = UTC) -> Any:
    """Return values as moments without a zone: in UTC, or counted from the midnights of `zone`.

    Text of a time without an offset is UTC; a number is no time. 24:00 of `day` is its last moment, so that it stays in
    the day.
    """
    if pa.types.is_string(raw.type):
        coded = raw.dictionary_encode()
        return _texts(coded.dictionary, day, zone).take(coded.indices)
    if pa.types.is_timestamp(raw.type):
        return local(pc.cast(raw, pa.timestamp("us", tz=raw.type.tz), safe=False).cast(MICROSECONDS), zone)
    return raw.cast(MICROSECONDS) if pa.types.is_date(raw.type) else pa.nulls(len(raw), MICROSECONDS)


def local(moments: Any, zone: str) -> Any:
    """Return moments in UTC as the time since the midnight with which their day begins in `zone`, on that day.

    So days and order are those of the zone also where clocks change. What a day of 25 hours has beyond 24 is its last
    moment.
    """
    if zone == UTC or moments.null_count == len(moments):
        return moments
    universal = pd.Series(moments.to_numpy(zero_copy_only=False)).dt.tz_localize(UTC)
    days = universal.dt.tz_convert(zone).dt.tz_localize(None).dt.floor("D")
    midnights = pd.DatetimeIndex(days.dropna().unique())
    begun = midnights.tz_localize(zone, ambiguous=np.ones(len(midnights), dtype=bool), nonexistent="shift_forward")
    since = universal - days.map(pd.Series(begun.tz_convert(UTC), index=midnights))
    return _arrow(days + since.where(since <= _LAST, _LAST))


def end_of(day: date) -> pd.Timestamp:
    """First moment after `day`."""
    return pd.Timestamp(day + timedelta(days=1))


def within(moments: Any, day: date) -> Any:
    """Return moments, those after `day` as its last one: a session that went on past midnight counts for its day."""
    last = pa.scalar((end_of(day) - _STEP).to_pydatetime(), MICROSECONDS)
    return pc.if_else(pc.greater(moments, last), last, moments)


def _texts(texts: Any, day: date | None, zone: str) -> Any:
    """Times, most of which are plain as a rule; the others are turned into these first."""
    other = pc.invert(pc.fill_null(pc.match_substring_regex(texts, _PLAIN), True))
    ended = pa.array(np.zeros(len(texts), dtype=bool))
    if pc.any(other).as_py():
        forms = _rewritten(texts.filter(other))
        midnight = pc.fill_null(pc.match_substring_regex(forms, _MIDNIGHT), False)
        forms = pc.if_else(midnight, pc.replace_substring_regex(forms, "T24", "T00"), forms)
        texts, ended = pc.replace_with_mask(texts, other, forms), pc.replace_with_mask(ended, other, midnight)
    read = pd.to_datetime(texts.to_pandas(), errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)
    days = pd.to_timedelta(ended.to_numpy(zero_copy_only=False).astype(int), "D")
    universal = _arrow(read.astype("datetime64[us]") + days)
    dates = pc.fill_null(pc.match_substring_regex(texts, _DATE), False)
    found = pc.if_else(dates, universal, local(universal, zone))
    if day is None:
        return found
    ends = pc.and_(ended, pc.equal(found, pa.scalar(end_of(day).to_pydatetime(), MICROSECONDS)))
    return pc.if_else(ends, within(found, day), found)


def _rewritten(texts: Any) -> Any:
    """Times as ISO 8601 has them, with a calendar date, a T, a point, and no blanks; null for what is none."""
    sound = pc.and_not(pc.match_substring_regex(texts, _TIME), pc.match_substring_regex(texts, _CONTRADICTS))
    texts = pc.if_else(sound, texts, pa.scalar(None, pa.string()))
    other = pc.fill_null(pc.match_substring_regex(texts, _REWRITTEN), False)
    if pc.any(other).as_py():
        read = pa.array([_calendar(text) for text in texts.filter(other).to_pylist()], pa.string())
        texts = pc.replace_with_mask(texts, other, read)
    forms = pc.utf8_upper(texts)
    for pattern, form in _FORMS:
        forms = pc.replace_substring_regex(forms, pattern, form)
    return forms


def _calendar(text: str) -> str | None:
    """A time with its date as year, month and day."""
    read = _mail_date if text[:1].isalpha() or not text[:4].isdigit() else _numbered_date
    try:
        day, rest = read(text)
    except ValueError:
        return None
    return f"{day.isoformat()}{rest}"


def _numbered_date(text: str) -> tuple[date, str]:
    """A week date or an ordinal date (ISO 8601, 5.2.2 and 5.2.3), and what follows it."""
    compact = text.replace("-", "", 2) if text[4] == "-" else text
    if compact[4] in "Ww":
        size = 10 if text[4] == "-" else 8
        return date.fromisocalendar(int(compact[:4]), int(compact[5:7]), int(compact[7])), text[size:]
    day = date(int(text[:4]), 1, 1) + timedelta(days=int(text[5:8]) - 1)
    if day.year != int(text[:4]):
        raise ValueError(text)
    return day, text[8:]


def _mail_date(text: str) -> tuple[date, str]:
    """A date with its month by name (RFC 5322, 3.3), and what follows it."""
    day, month, year = text.rpartition(", ")[2].replace("-", " ", 2)[:11].split(" ")[:3]
    rest = text[text.index(year) + len(year) :]
    return date(int(year), _MONTHS.index(month.lower()) + 1, int(day)), rest


def _arrow(moments: pd.Series) -> Any:
    return pa.array(moments.astype("datetime64[us]"), MICROSECONDS, from_pandas=True)
