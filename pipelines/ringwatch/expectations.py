"""The model's rules as Great Expectations suites, and which rows break which rule.

Severity `critical` stops the night, `warning` sends the row to quarantine.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from ringwatch.model import Defaults, Feed
from ringwatch.normalise import UNREADABLE, end_of

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationSuiteValidationResult, ExpectationValidationResult

_TEXT = ("text", "account", "email")
_KIND = {
    "text": "plain text (it holds control or direction characters)",
    "account": "plain text (it holds control or direction characters)",
    "country": "a country of ISO 3166 (two letters)",
    "currency": "a currency of ISO 4217",
    "ip": "an IP address",
    "email": "an e-mail address",
    "phone": "a phone number with country code",
}


def arrival_suite(feed: Feed) -> ExpectationSuite:
    """Rules for a file as a whole: it has rows and the required columns."""
    gxe = _expectations()
    return _suite(
        f"{feed.feed}_arrival",
        [
            gxe.ExpectTableRowCountToBeBetween(min_value=1, severity="critical", meta={"rule": "it has no rows"}),
            *(
                gxe.ExpectColumnToExist(
                    column=name, severity="critical", meta={"rule": f"the required column {name} is missing"}
                )
                for name, column in feed.columns.items()
                if column.required
            ),
        ],
    )


def rows_suite(feed: Feed, defaults: Defaults, day: date) -> ExpectationSuite:
    """Rules for each row of the typed frame of `feed` on `day`."""
    return _suite(f"{feed.feed}_rows", list(_row_rules(feed, defaults, day)))


def broken_rules(frame: pd.DataFrame, suite: ExpectationSuite) -> pd.Series:
    """Return for each row of `frame` (RangeIndex) that breaks a rule the rules it breaks, joined by `; `.

    Raises RuntimeError when a rule could not be evaluated: that is a defect of the model, never of the data.
    """
    result = _validate(frame, suite)
    found = [
        (row, _rule_of(outcome))
        for outcome in result.results
        if not outcome.success
        for row in outcome.result["unexpected_index_list"]
    ]
    rows = pd.DataFrame(found, columns=["row", "rule"]).drop_duplicates()
    return rows.groupby("row")["rule"].agg("; ".join)


def failures(frame: pd.DataFrame, suite: ExpectationSuite) -> list[str]:
    """Return the rules that `frame` as a whole breaks."""
    return [_rule_of(outcome) for outcome in _validate(frame, suite).results if not outcome.success]


def _row_rules(feed: Feed, defaults: Defaults, day: date) -> Iterator[Any]:
    gxe = _expectations()
    for name, column in feed.columns.items():
        if column.required:
            yield _rule(gxe.ExpectColumnValuesToNotBeNull, f"{name} is required", column=name)
        kind = _KIND.get(column.type, f"a {column.type}")
        yield _rule(gxe.ExpectColumnValuesToBeNull, f"{name} is not {kind}", column=name + UNREADABLE)
        if column.type in _TEXT:
            most = defaults.max_length
            yield _rule(
                gxe.ExpectColumnValueLengthsToBeBetween,
                f"{name} is longer than {most} characters",
                column=name,
                max_value=most,
            )
        if column.one_of:
            allowed = list(column.one_of)
            yield _rule(
                gxe.ExpectColumnValuesToBeInSet,
                f"{name} is not one of {', '.join(allowed)}",
                column=name,
                value_set=allowed,
            )
        if column.pattern:
            rule = f"{name} does not match {column.pattern}"
            yield _rule(gxe.ExpectColumnValuesToMatchRegex, rule, column=name, regex=column.pattern)
        if column.min is not None or column.max is not None:
            rule = f"{name} is not between {_bound(column.min)} and {_bound(column.max)}"
            yield _rule(
                gxe.ExpectColumnValuesToBeBetween, rule, column=name, min_value=column.min, max_value=column.max
            )
        if column.type == "timestamp":
            rule = f"{name} is after the day {day}"
            yield _rule(gxe.ExpectColumnValuesToBeBetween, rule, column=name, max_value=end_of(day), strict_max=True)
            rule = f"{name} is before {defaults.earliest}"
            earliest = pd.Timestamp(defaults.earliest)
            yield _rule(gxe.ExpectColumnValuesToBeBetween, rule, column=name, min_value=earliest)
        if column.not_before:
            yield _rule(
                gxe.ExpectColumnPairValuesAToBeGreaterThanB,
                f"{name} is before {column.not_before}",
                column_A=name,
                column_B=column.not_before,
                or_equal=True,
                ignore_row_if="either_value_is_missing",
            )
    yield _unique_key(feed)


def _unique_key(feed: Feed) -> Any:
    gxe = _expectations()
    rule = f"another row has the same {', '.join(feed.key)} and says something else"
    if len(feed.key) == 1:
        return _rule(gxe.ExpectColumnValuesToBeUnique, rule, column=feed.key[0])
    return _rule(gxe.ExpectCompoundColumnsToBeUnique, rule, column_list=list(feed.key), ignore_row_if="never")


def _rule(expectation: Any, rule: str, **arguments: Any) -> Any:
    return expectation(**arguments, severity="warning", meta={"rule": rule})


def _bound(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"


def _suite(name: str, expectations: list[Any]) -> ExpectationSuite:
    from great_expectations import ExpectationSuite

    return ExpectationSuite(name=name, expectations=expectations)


def _validate(frame: pd.DataFrame, suite: ExpectationSuite) -> ExpectationSuiteValidationResult:
    batch = _batch_definition().get_batch({"dataframe": frame})
    result: ExpectationSuiteValidationResult = batch.validate(suite, result_format={"result_format": "COMPLETE"})
    for outcome in result.results:
        if outcome.exception_info.get("raised_exception"):  # a broken check looks like success=False without rows
            raise RuntimeError(
                f"the rule {_rule_of(outcome)!r} failed itself: {outcome.exception_info['exception_message']}"
            )
    return result


def _rule_of(outcome: ExpectationValidationResult) -> str:
    """The words by which people know the rule of an outcome."""
    meta: dict[str, str] = getattr(outcome.expectation_config, "meta", {})  # typed as if there might be none
    return meta["rule"]


@cache
def _batch_definition() -> Any:
    gx = _expectations_library()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("feeds").add_dataframe_asset("feed")
    return asset.add_batch_definition_whole_dataframe("all")


def _expectations() -> Any:
    _expectations_library()
    import great_expectations.expectations as gxe

    return gxe


@cache
def _expectations_library() -> Any:
    """Import Great Expectations (seconds) on first use, without telemetry and its 214 lines of registration log."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations

    return great_expectations
