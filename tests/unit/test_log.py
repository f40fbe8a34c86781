"""Lines of the log: text, or JSON with the run, day and stage that they are about."""

import json
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ringwatch import log

DAY = date(2026, 3, 2)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of the log of a home, in which nothing is yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    ours, before = logging.getLogger("ringwatch"), list(logging.getLogger("ringwatch").handlers)
    ours.handlers.clear()
    log._wants_json.cache_clear()
    yield log.log_file(tmp_path)
    for handler in ours.handlers:
        handler.close()
    ours.handlers[:] = before
    log._wants_json.cache_clear()


def test_json_lines_say_run_day_and_stage_while_a_stage_works_and_hide_passwords(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGWATCH_LOG_FORMAT", "json")
    log.begin()
    ours = logging.getLogger("ringwatch.test")

    with log.about(DAY, "load", "nightly/manual"):
        ours.info("is done", extra={"counts": {"accounts": 3}})
    ours.warning("no store at postgresql://me:hunter2@host/db")

    first, second = (json.loads(line) for line in written.read_text(encoding="utf-8").splitlines())
    told = {name: first[name] for name in ("event", "level", "run", "day", "stage", "counts")}
    assert told == {
        "event": "is done", "level": "info", "run": "nightly/manual", "day": "2026-03-02", "stage": "load",
        "counts": {"accounts": 3},
    }  # fmt: skip
    assert second["event"] == "no store at postgresql://me:***@host/db"
    assert "stage" not in second


def test_all_stages_of_a_process_are_one_run(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_LOG_FORMAT", "json")
    log.begin()

    for stage in ("load", "link"):
        with log.about(DAY, stage, None):
            logging.getLogger("ringwatch.test").info("begins")

    assert len({json.loads(line)["run"] for line in written.read_text(encoding="utf-8").splitlines()}) == 1


def test_lines_are_text_unless_json_is_asked_for(written: Path) -> None:
    log.begin()
    logging.getLogger("ringwatch.test").warning("odd")

    assert written.read_text(encoding="utf-8").endswith("WARNING ringwatch.test: odd\n")
