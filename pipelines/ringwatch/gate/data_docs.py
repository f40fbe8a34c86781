"""Data Docs of a day: pages that say how each rule fared, in counts, without a value of any row.

Great Expectations renders what is on them. The page around it is ours, for its own loads scripts and styles from other
hosts, shows little without them, and carries the time at which it was made.
"""

from __future__ import annotations

import shutil
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringwatch.days import run_report
from ringwatch.errors import UsageError
from ringwatch.gate import gx, outcomes
from ringwatch.gate.outcomes import Outcome
from ringwatch.model import Feed
from ringwatch.night import Night

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult

_TEMPLATES = Path(__file__).parents[1] / "templates" / "data_docs"
_COUNTED = {name: name for name in ("rows", "clean", "held", "quarantined", "duplicates", "late")}
_COUNTED |= {"noted": "values left out"}
_COSTS = {"stop": "the night stops", "quarantine": "row refused", "note": "value left out"}

# Where rules are shown that are not about one column.
_WHOLE_ROWS = "whole rows"


def write(night: Night) -> Path:
    """Write the pages of the night's day, readable by their owner only, and return the first one.

    Raises UsageError when the day was not validated.
    """
    fared = outcomes.read(night.files.outcomes(night.day))
    if not fared:
        raise UsageError(f"{night.day} was not validated; run `ringwatch validate --day {night.day}`")
    by_feed = {feed: list(rules) for feed, rules in groupby(fared, key=lambda rule: rule.feed)}
    pages = {f"{feed}.html": _feed_page(night, night.model.feeds[feed], rules) for feed, rules in by_feed.items()}
    folder = night.files.docs(night.day)
    _replace(folder, pages | {"index.html": _night_page(night, by_feed)})
    return folder / "index.html"


def _night_page(night: Night, by_feed: dict[str, list[Outcome]]) -> str:
    report = run_report.read(night).get("validate", {"counts": {}, "warnings": []})
    feeds = {
        feed: {name: report["counts"][f"{feed}.{name}"] for name in _COUNTED if f"{feed}.{name}" in report["counts"]}
        for feed in by_feed
    }
    page: str = (
        _view()
        .env.get_template("night.html.j2")
        .render(
            day=night.day,
            counted=_COUNTED,
            feeds=feeds,
            rules={feed: len(rules) for feed, rules in by_feed.items()},
            broken={feed: sum(rule.broken > 0 for rule in rules) for feed, rules in by_feed.items()},
            warnings=report["warnings"],
        )
    )
    return page


def _feed_page(night: Night, feed: Feed, rules: list[Outcome]) -> str:
    gx.library()
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    document = ValidationResultsPageRenderer().render(_result(night, feed, rules))
    _, *sections = document.sections  # the first says when and by what it was made
    document.sections = sections
    for section in sections:
        _count(section.content_blocks[-1], rules)
    page: str = _view().render(document, template="feed.html.j2", feed=feed, day=night.day)
    return page


def _result(night: Night, feed: Feed, rules: list[Outcome]) -> ExpectationSuiteValidationResult:
    """The rules in the library's form, as its BASIC results are, without their lists of values."""
    from great_expectations.core import ExpectationSuiteValidationResult

    return ExpectationSuiteValidationResult(
        success=not any(rule.broken for rule in rules),
        results=[_outcome(rule) for rule in rules],
        suite_name=feed.feed,
        meta={"run_id": {"run_name": f"{night.day}", "run_time": f"{night.day}T00:00:00+00:00"}},
    )


def _outcome(rule: Outcome) -> ExpectationValidationResult:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationValidationResult(
        success=rule.broken == 0,
        expectation_config=ExpectationConfiguration(
            type="expect_column_values_to_be_null",  # of marks: what is marked, the words say
            kwargs={"column": rule.column or _WHOLE_ROWS},
            description=_words(rule),
        ),
        result={
            "element_count": rule.rows,
            "unexpected_count": rule.broken,
            "unexpected_percent": 100 * rule.broken / max(rule.rows, 1),
        },
        exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
    )


def _words(rule: Outcome) -> str:
    return f"{rule.rule} \N{RIGHTWARDS ARROW} {_COSTS[rule.severity]}"


def _count(table: Any, rules: list[Outcome]) -> None:
    """Say of each rule in a table of the library how many rows broke it, in place of what it says of marks."""
    counts = {_words(rule): f"{rule.broken:,} of {rule.rows:,}" for rule in rules}
    table.header_row = ["", "Rule", "Rows that break it"]
    table.header_row_options = table.table_options = {}
    for row in table.table:
        words = row[1][0] if isinstance(row[1], list) else row[1]
        row[1:] = [words, counts[words.string_template["template"]]]


def _view() -> Any:
    gx.library()
    from great_expectations.render.view import DefaultJinjaPageView  # type: ignore[attr-defined]  # it is there

    return DefaultJinjaPageView(custom_views_directory=str(_TEMPLATES))


def _replace(folder: Path, pages: dict[str, str]) -> None:
    """Put the pages in place of earlier ones."""
    new = folder.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True, mode=0o700)
    for name, page in pages.items():
        (new / name).write_text(page, encoding="utf-8")
        (new / name).chmod(0o600)
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
