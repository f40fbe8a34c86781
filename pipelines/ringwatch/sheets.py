"""CSV for people: no cell that a spreadsheet would run as a formula, and the way back.

A text that begins with a sign that starts a formula (OWASP, CSV Injection: = + - @, tab, line breaks, and their wide
forms) gets an apostrophe before it, and so does one that would look like such a cell already, so that nothing is lost.
Plain numbers stay what they are.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

_STARTS_FORMULA = r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"


def neutral(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows for a CSV file, names of columns included."""
    return rows.rename(columns=_neutral).map(_neutral)


def plain(value: Any) -> Any:
    """Return what a cell of such a file, or the name of a column, was before."""
    neutralised = isinstance(value, str) and value.startswith("'") and re.match(_STARTS_FORMULA, value)
    return value[1:] if neutralised else value


def _neutral(value: Any) -> Any:
    if not isinstance(value, str) or re.fullmatch(_NUMBER, value) or not re.match(_STARTS_FORMULA, value):
        return value
    return f"'{value}"
