"""An expectation like Great Expectations' ExpectColumnValuesToBeBetween, for whole columns.

The library compares value by value in Python, a microsecond each and more for times. Importing this takes seconds.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)

_BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")


class ColumnValuesWithin(ColumnMapMetricProvider):
    """Which values of a column are within bounds; those that are missing are not asked."""

    condition_metric_name = "column_values.within"
    condition_value_keys = _BOUNDS

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805  # the decorator makes it a class method
        column: pd.Series,
        min_value: Any = None,
        max_value: Any = None,
        strict_min: bool = False,
        strict_max: bool = False,
        **_: Any,
    ) -> pd.Series:
        within = pd.Series(True, index=column.index)
        if min_value is not None:
            within &= (column > min_value) if strict_min else (column >= min_value)
        if max_value is not None:
            within &= (column < max_value) if strict_max else (column <= max_value)
        return within


class ExpectColumnValuesToBeWithin(ExpectColumnValuesToBeBetween):
    """Expect values from `min_value` to `max_value`, both included unless they are strict."""

    map_metric = "column_values.within"
