"""The model's rules as Great Expectations suites, and which rows break which rule.

Severities are those of the model in Great Expectations' words: `critical` stops the night, `warning` sends the row to
quarantine, `info` leaves out the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ringwatch.gate import gx
from ringwatch.gate.normalise import CARD, FLAW, INEXACT, SPOILED, UNREADABLE
from ringwatch.gate.times import end_of
from ringwatch.model import Column, Defaults, Feed, Severity

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

# A column that says which rows contradict another one with the same key; the caller fills it in.
CONTRADICTS = "key (contradicts)"

# How rules say that a time is of a later day.
AFTER = "after the day"

_LENGTH = " (length)"
_GIVEN = " (given)"
_SEVERITIES: dict[Severity, str] = {"stop": "critical", "quarantine": "warning", "note": "info"}
_KIND = {
    "text": "plain text (it holds control or direction characters)",
    "account": "plain text (it holds control or direction characters)",
    "country": "a country of ISO 3166 (two letters)",
    "currency": "a currency of ISO 4217",
    "ip": "an IP address",
    "email": "an e-mail address",
    "phone": "a phone number with country code",
    "integer": "a whole number",
}

# What is said of a flaw of text.
_FLAWS = {
    INEXACT: "{} arrived as a fraction, or as a float that is too large to be exact (deliver it as text)",
    SPOILED: "{} is what a spreadsheet leaves of an id (digits rounded like 1.2E+15, an error like #REF!, or a date)",
    CARD: "{} looks like a card number (first digits, length and check digit are right) and is kept nowhere",
}


@dataclass(frozen=True)
class Broken:
    """A rule that some rows break. column: whose value breaks it, None for the key; rows: their positions."""

    rule: str
    severity: Severity
    column: str | None
    rows: npt.NDArray[np.int64]


def rows_suite(feed: Feed, defaults: Defaults, day: date, sources: Mapping[str, str] | None = None) -> ExpectationSuite:
    """Rules for each row of a frame that `judged_columns` made of typed rows of `feed` on `day`.

    `sources`: by column, what the sender calls it; rules say both names.
    """
    found = list(_row_rules(feed, defaults, day))
    for column, source in (sources or {}).items():
        for meta in (one.meta for one in found if one.meta["column"] == column):
            meta["rule"] = meta["rule"].replace(column, f"{column} ({source} in the files)", 1)
    return gx.suite(f"{feed.feed}_rows", found)


def contradiction(feed: Feed) -> str:
    """The rule that rows with the same key and other values break."""
    return f"another row has the same {', '.join(feed.key)} and says something else"


def judged_columns(rows: pa.Table, feed: Feed) -> pd.DataFrame:
    """Return what the rules ask about typed, impersonal rows: values, lengths of free text, and marks.

    Marks say whether a value could not be read, whether a required one was given, whether a row contradicts another.
    """
    columns: dict[str, Any] = {CONTRADICTS: rows[CONTRADICTS]}
    for name, column in feed.columns.items():
        asked = _asked(name, column)
        columns[asked] = pc.utf8_length(rows[name]) if asked.endswith(_LENGTH) else rows[asked]
        unreadable = rows[name + UNREADABLE].is_valid()
        columns[name + UNREADABLE] = _marks(unreadable)
        flaws = rows[name + FLAW] if column.is_text else pa.nulls(len(rows), pa.string())
        columns |= {f"{name} ({flaw})": _marks(pc.equal(flaws, flaw)) for flaw in _flaws(column)}
        if column.required:
            given = pc.or_(rows[asked.removesuffix(_LENGTH)].is_valid(), unreadable)
            columns[name + _GIVEN] = _marks(pc.or_(given, flaws.is_valid()))
    types = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=types.get, use_threads=False)
    return frame


def broken_rules(frame: pd.DataFrame, suite: ExpectationSuite) -> list[Broken]:
    """Return the rules that rows of `frame` (RangeIndex) break, in the order of the suite.

    Raises RuntimeError when a rule could not be evaluated: that is a defect of the model, never of the data.
    """
    return [
        Broken(**gx.meta(outcome), rows=np.array(outcome.result["unexpected_index_list"], dtype=np.int64))
        for outcome in gx.validate(frame, _open(suite, frame)).results
        if not outcome.success
    ]


def rules(suite: ExpectationSuite) -> list[dict[str, Any]]:
    """Return rule, severity and column of each expectation, in the order of the suite."""
    return [dict(expectation.meta or {}) for expectation in suite.expectations]


def _marks(holds: Any) -> Any:
    """True where it holds, else missing."""
    return pc.if_else(holds, True, pa.scalar(None, pa.bool_()))


def _row_rules(feed: Feed, defaults: Defaults, day: date) -> Iterator[Any]:
    for name, column in feed.columns.items():
        yield from _kind_rules(name, column, defaults)
        yield from _flaw_rules(name, column, feed)
        yield from _value_rules(name, column, defaults, day)
    gxe = gx.expectations()
    meta = {"rule": contradiction(feed), "severity": "quarantine", "column": None}
    yield gxe.ExpectColumnValuesToBeNull(column=CONTRADICTS, severity=_SEVERITIES["quarantine"], meta=meta)


def _kind_rules(name: str, column: Column, defaults: Defaults) -> Iterator[Any]:
    """Rules about whether there is a value, and whether it is one of its type."""
    gxe = gx.expectations()
    asked, most = _asked(name, column), defaults.max_length
    if column.required:
        yield gxe.ExpectColumnValuesToNotBeNull(column=name + _GIVEN, **_said(name, column, f"{name} is required"))
    kind = _KIND.get(column.type, f"a {column.type}")
    yield gxe.ExpectColumnValuesToBeNull(column=name + UNREADABLE, **_said(name, column, f"{name} is not {kind}"))
    if asked.endswith(_LENGTH):
        said = _said(name, column, f"{name} is longer than {most} characters")
        yield gx.within(column=asked, max_value=most, **said)


def _flaw_rules(name: str, column: Column, feed: Feed) -> Iterator[Any]:
    """Rules about flaws of text. What identifies must be exact, and a card number costs the row whatever the column."""
    severe: dict[str, Severity] = {
        INEXACT: "quarantine" if name in feed.identifying else column.severity,
        SPOILED: "quarantine" if name in feed.own else "note",
        CARD: "quarantine",
    }
    for flaw in _flaws(column):
        said = _said(name, replace(column, severity=severe[flaw]), _FLAWS[flaw].format(name))
        yield gx.expectations().ExpectColumnValuesToBeNull(column=f"{name} ({flaw})", **said)


def _flaws(column: Column) -> tuple[str, ...]:
    """The flaws that values of a column may have."""
    if not column.is_text:
        return ()
    return (INEXACT, SPOILED, CARD) if column.is_free else (INEXACT,)


def _value_rules(name: str, column: Column, defaults: Defaults, day: date) -> Iterator[Any]:
    gxe = gx.expectations()
    if column.one_of:
        said = _said(name, column, f"{name} is not one of {', '.join(column.one_of)}")
        yield gxe.ExpectColumnValuesToBeInSet(column=name, value_set=list(column.one_of), **said)
    if column.pattern:
        said = _said(name, column, f"{name} does not match {column.pattern}")
        yield gxe.ExpectColumnValuesToMatchRegex(column=name, regex=column.pattern, **said)
    if column.min is not None or column.max is not None:
        said = _said(name, column, f"{name} is {_beyond(column.min, column.max)}")
        yield gx.within(column=name, min_value=column.min, max_value=column.max, **said)
    if column.type == "timestamp":
        yield _not_after(name, column, day)
        said = _said(name, column, f"{name} is before {defaults.earliest}")
        yield gx.within(column=name, min_value=pd.Timestamp(defaults.earliest), **said)
    if column.not_before:
        yield gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=name,
            column_B=column.not_before,
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            **_said(name, column, f"{name} is before {column.not_before}"),
        )


def _not_after(name: str, column: Column, day: date) -> Any:
    """A row is about a day on which it began; what began then may end a day later."""
    if column.not_before:
        said = _said(name, column, f"{name} is more than a day after the day {day}")
        return gx.within(column=name, max_value=end_of(day) + pd.Timedelta(days=1), strict_max=True, **said)
    said = _said(name, column, f"{name} is {AFTER} {day}")
    return gx.within(column=name, max_value=end_of(day), strict_max=True, **said)


def _asked(name: str, column: Column) -> str:
    """The column that rules about a value ask: of free text its length, of a personal value what it becomes."""
    if column.becomes:
        return next(iter(column.becomes))
    free = column.type in ("text", "account") and not column.one_of and not column.pattern
    return name + _LENGTH if free else name


def _said(name: str, column: Column, words: str) -> dict[str, Any]:
    """What an expectation says besides its rule: how severe it is, the words for people, whose value is wrong."""
    meta = {"rule": words, "severity": column.severity, "column": name}
    return {"severity": _SEVERITIES[column.severity], "meta": meta}


def _beyond(least: float | None, most: float | None) -> str:
    """What a value is that is not within the bounds."""
    if least is not None and most is not None:
        return f"not between {least:.15g} and {most:.15g}"
    return f"less than {least:.15g}" if least is not None else f"more than {most:.15g}"


def _open(suite: ExpectationSuite, frame: pd.DataFrame) -> ExpectationSuite:
    """The expectations that rows of `frame` may break: none that a column is empty that is, which most marks are.

    The library takes milliseconds for each, however few rows there are.
    """
    empty = {name for name, column in frame.items() if column.isna().all()}
    asked = [
        one
        for one in suite.expectations
        if one.expectation_type != "expect_column_values_to_be_null" or getattr(one, "column", None) not in empty
    ]
    return gx.suite(suite.name, asked)
