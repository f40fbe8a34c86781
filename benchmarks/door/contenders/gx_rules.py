"""The rules of a feed as one Great Expectations suite, written without the help of the product."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from benchmarks.door.contenders.forms import FORMS, TEXT, allowed
from ringwatch.model import Column, Defaults, Feed


def great_expectations() -> Any:
    """Import the library on first use, without telemetry and its log of registrations."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations.expectations

    return great_expectations


def batch_definition() -> Any:
    """Return what makes a batch of a frame that is in memory."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("feeds").add_dataframe_asset("feed")
    return asset.add_batch_definition_whole_dataframe("all")


def unexpected(result: Any) -> set[int]:
    """Return the rows that break a rule. Raises RuntimeError when a rule could not be evaluated."""
    rows: set[int] = set()
    for outcome in result.results:
        if outcome.exception_info.get("raised_exception"):
            raise RuntimeError(outcome.exception_info["exception_message"])
        if not outcome.success:
            rows.update(outcome.result["unexpected_index_list"])
    return rows


def suite(feed: Feed, defaults: Defaults, day: date) -> Any:
    """Return all rules of the rows of `feed` on `day`."""
    gx = great_expectations()
    rules = [rule for name, column in feed.columns.items() for rule in _column_rules(name, column, defaults, day)]
    return gx.ExpectationSuite(name=feed.feed, expectations=[*rules, _key_rule(feed)])


def _column_rules(name: str, column: Column, defaults: Defaults, day: date) -> Iterator[Any]:
    import pandas as pd

    gxe = great_expectations().expectations
    if column.required:
        yield gxe.ExpectColumnValuesToNotBeNull(column=name)
    for pattern in (FORMS.get(column.type), column.pattern):
        if pattern:
            yield gxe.ExpectColumnValuesToMatchRegex(column=name, regex=pattern)
    if column.type in TEXT:
        yield gxe.ExpectColumnValueLengthsToBeBetween(column=name, max_value=defaults.max_length)
    if values := allowed(column):
        yield gxe.ExpectColumnValuesToBeInSet(column=name, value_set=values)
    if column.min is not None or column.max is not None:
        yield gxe.ExpectColumnValuesToBeBetween(column=name, min_value=column.min, max_value=column.max)
    if column.type == "timestamp":
        end = pd.Timestamp(day + timedelta(days=1))
        yield gxe.ExpectColumnValuesToBeBetween(column=name, max_value=end, strict_max=True)
        yield gxe.ExpectColumnValuesToBeBetween(column=name, min_value=pd.Timestamp(defaults.earliest))
    if column.not_before:
        yield gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=name, column_B=column.not_before, or_equal=True, ignore_row_if="either_value_is_missing"
        )


def _key_rule(feed: Feed) -> Any:
    gxe = great_expectations().expectations
    if len(feed.key) == 1:
        return gxe.ExpectColumnValuesToBeUnique(column=feed.key[0])
    return gxe.ExpectCompoundColumnsToBeUnique(column_list=list(feed.key), ignore_row_if="never")
