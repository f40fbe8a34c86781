"""Tables for people: nothing that is in a cell or a heading is cut off, however narrow the terminal."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from ringwatch.cli.output import table

LEDGER = ("day", "feed", "files", "rows", "clean", "held", "quarantined", "duplicates", "late", "complete", "restated")
DAYS = [
    ["2026-03-02", "accounts", 12, 1_234_567, 1_200_000, 123, 34_567, 123, "", "yes", 0],
    ["2026-03-02", "payments", 2, 12_345_678, 12_345_670, 1_234, 7, 1, 123_456, "no", 11],
]
WORDS = "folder for everything ringwatch writes, and if it is not there it is made by the first that needs it"


def shown(width: int, title: str, columns: Any, rows: Any) -> str:
    out = StringIO()
    Console(width=width, file=out).print(table(title, columns, rows))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_every_heading_and_value_is_there_as_a_whole(width: int) -> None:
    words = shown(width, "Deliveries", LEDGER, DAYS).split()

    assert set(LEDGER) <= set(words)
    assert {"1,234,567", "12,345,678", "123,456", "11"} <= set(words)


def test_what_has_no_room_is_below_and_says_again_what_row_it_is() -> None:
    text = shown(80, "Deliveries", LEDGER, DAYS)

    assert text.count("Deliveries") == 1
    assert [line.split()[:2] for line in text.splitlines() if line.startswith(" 2026")] == [
        ["2026-03-02", "accounts"], ["2026-03-02", "payments"],
    ] * 2  # fmt: skip
    assert max(map(len, text.splitlines())) <= 80


def test_a_wide_terminal_shows_one_table() -> None:
    assert sum(line.startswith(" day") for line in shown(200, "Deliveries", LEDGER, DAYS).splitlines()) == 1


@pytest.mark.parametrize("width", [60, 72, 80, 81, 90])
def test_sentences_are_folded_between_words_and_lose_no_letter(width: int) -> None:
    rows = [["a_setting_of_some_length", "accounts, payments, devices", "environment", WORDS]]

    text = shown(width, "Settings", ("setting", "value", "source", "meaning"), rows)

    assert set(WORDS.split()) <= set(text.split())
