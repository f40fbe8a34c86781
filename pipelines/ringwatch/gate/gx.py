"""The door to Great Expectations: it is imported on first use. What the rules are, `expectations.py` says."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from ringwatch.gate.deferred import absent, deferred

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationSuiteValidationResult, ExpectationValidationResult


def suite(name: str, expectations: list[Any]) -> ExpectationSuite:
    """Return a suite of expectations."""
    library()
    from great_expectations import ExpectationSuite

    return ExpectationSuite(name=name, expectations=expectations)


def validate(frame: pd.DataFrame, suite: ExpectationSuite) -> ExpectationSuiteValidationResult:
    """Return how the rows of `frame` fared. Raises RuntimeError when an expectation could not be evaluated."""
    batch = _batch_definition().get_batch({"dataframe": frame})
    result: ExpectationSuiteValidationResult = batch.validate(suite, result_format={"result_format": "COMPLETE"})
    for outcome in result.results:
        for failure in _exceptions(outcome.exception_info or {}):
            raise RuntimeError(f"the rule {meta(outcome)['rule']!r} failed itself: {failure}")
    return result


def _exceptions(info: dict[str, Any]) -> Iterator[str]:
    """Yield why an expectation could not be evaluated: that is said of it as a whole, or of each of its metrics."""
    for told in (info, *info.values()):
        if isinstance(told, dict) and told.get("raised_exception"):
            yield str(told["exception_message"])


def meta(outcome: ExpectationValidationResult) -> dict[str, Any]:
    """Return the rule in words for people, the model's severity, and the column."""
    found: dict[str, Any] = getattr(outcome.expectation_config, "meta", {})  # typed as if there might be none
    return found


@cache
def _batch_definition() -> Any:
    gx = library()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("feeds").add_dataframe_asset("feed")
    return asset.add_batch_definition_whole_dataframe("all")


def expectations() -> Any:
    """Return the module of the expectations that the library has."""
    library()
    import great_expectations.expectations as gxe

    return gxe


@cache
def library() -> Any:
    """Import Great Expectations (seconds) on first use, without telemetry and its 214 lines of registration log.

    Nor with what it imports for charts and for tests of distributions, which take a second and 85 MB, nor Spark, which
    it imports wherever that is installed; least of all PySpark Connect, which ends a program that has no file.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with deferred("altair", "scipy.stats"), absent("pyspark", "pyspark.sql.connect"):
        import great_expectations
        import great_expectations.expectations

    return great_expectations


def within(**arguments: Any) -> Any:
    """Return the expectation that values of a column are within bounds."""
    library()
    from ringwatch.gate.bounds import ExpectColumnValuesToBeWithin

    return ExpectColumnValuesToBeWithin(**arguments)
