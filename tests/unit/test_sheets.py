"""CSV for people: what a spreadsheet would run is text, and nothing is lost on the way."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringwatch import sheets

STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"


def neutral(value: object) -> object:
    return sheets.neutral(pd.DataFrame({"a": pd.Series([value], dtype=object)}))["a"][0]


@pytest.mark.parametrize("value", ["=1+1", "+49123", "-x", "@y", "\t=1", "\r=1", "\uff1d1+1", "-2+3", "'=1"])
def test_what_starts_a_formula_gets_an_apostrophe(value: str) -> None:
    assert neutral(value) == f"'{value}"
    assert sheets.plain(f"'{value}") == value


@pytest.mark.parametrize("value", ["-5", "-1.5e3", "12", "a=b", "'quoted'", "", None, -5, 1.5, "O'Hara"])
def test_numbers_and_ordinary_texts_stay(value: object) -> None:
    assert neutral(value) == value
    assert sheets.plain(value) == value


def test_names_of_columns_are_cells_as_well() -> None:
    assert list(sheets.neutral(pd.DataFrame({"=cmd": ["x"], "kind": ["y"]}))) == ["'=cmd", "kind"]


@given(st.text(alphabet=st.sampled_from([*STARTS, "'", "1", ".", "a"]), max_size=6))
def test_every_text_comes_back_and_none_starts_a_formula(text: str) -> None:
    written = str(neutral(text))

    assert sheets.plain(written) == text
    assert written[:1] not in tuple(STARTS) or float(written) <= 0
