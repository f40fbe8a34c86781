"""What a command says of failures that come from below its own errors."""

import errno
import sqlite3

import pytest

from ringwatch.cli import failures
from ringwatch.errors import DataRefused, UsageError
from ringwatch.settings import load_settings


def test_what_the_system_says_is_a_sentence_with_the_file() -> None:
    told = failures.foreseen(OSError(errno.ENOSPC, "No space left on device", "/srv/home/days"))

    assert told.exit_code == 4
    assert str(told).startswith("/srv/home/days: No space left on device; ")


@pytest.mark.parametrize("error", [sqlite3.OperationalError("database or disk is full"), MemoryError()])
def test_failures_of_machines_are_sentences(error: Exception) -> None:
    told = failures.foreseen(error)

    assert told.exit_code == 4
    assert "fault of ringwatch" not in str(told)


def test_our_own_failures_stay_what_they_are() -> None:
    refused = DataRefused("the feed devices is missing")

    assert failures.foreseen(refused) is refused


def test_a_fault_of_ours_is_told_without_values_of_feeds() -> None:
    try:
        int("someone@mail.example")
    except ValueError as error:
        told = str(failures.foreseen(error))

    assert "someone@mail.example" not in told
    assert "ValueError in test_failures.py, line " in told


def test_a_broken_file_of_settings_is_named(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    with open("ringwatch.toml", "w") as file:
        file.write("home = [")

    with pytest.raises(UsageError, match=r"ringwatch.toml is no TOML"):
        load_settings()
