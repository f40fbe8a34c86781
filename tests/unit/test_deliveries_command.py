"""`ringwatch deliveries` on the command line."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.cli.output import console
from ringwatch.days import run_report
from ringwatch.days.files import Files
from ringwatch.night import Report
from ringwatch.store.records import LedgerEntry
from ringwatch.store.store import Store

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days: devices on both, the optional usage only on the first; of that a report says which feeds it used."""
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    monkeypatch.setattr(console, "_width", 160)  # what the terminal of the tests has is kept from its import on
    store = Store.open(f"sqlite:///{tmp_path / 'review.db'}")
    devices = LedgerEntry("devices", 2, 1234, 1230, 1, 2, 1, 3, "a", complete=True)
    store.deliveries.record(MONDAY, [devices, LedgerEntry("usage", 1, 7, 7, 0, 0, 0, None, "b", complete=True)])
    store.deliveries.record(TUESDAY, [devices, LedgerEntry("usage", 0, 0, 0, 0, 0, 0, None, "", complete=False)])
    store.close()
    report = Files(tmp_path).report(MONDAY)
    report.parent.mkdir(parents=True)
    run_report.write(report, Report("validate", MONDAY, feeds={"used": ("accounts", "devices")}))


def ringwatch(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_deliveries_are_shown_by_day_and_feed() -> None:
    lines = [line.split() for line in ringwatch("deliveries").stdout.splitlines() if "2026-" in line]

    assert lines == [
        ["2026-03-02", "devices", "2", "1,234", "1,230", "1", "2", "1", "3", "yes", "yes", "0"],
        ["2026-03-02", "usage", "1", "7", "7", "0", "0", "0", "yes", "no", "0"],
        ["2026-03-03", "devices", "2", "1,234", "1,230", "1", "2", "1", "3", "yes", "0"],
        ["2026-03-03", "usage", "0", "0", "0", "0", "0", "0", "no", "0"],
    ]


def test_json_has_every_column_of_the_days_asked_for() -> None:
    devices, usage = json.loads(ringwatch("deliveries", "--from", "2026-03-03", "--to", "2026-03-09", "--json").stdout)

    counts = {"files": 2, "rows": 1234, "clean": 1230, "held": 1, "quarantined": 2, "duplicates": 1, "late": 3}
    said = {"day": "2026-03-03", "feed": "devices", "sha256": "a", "complete": True, "used": None, "restated": 0}
    assert devices == counts | said
    assert (usage["feed"], usage["late"], usage["complete"]) == ("usage", None, False)


def test_days_without_deliveries_say_so() -> None:
    assert "Nothing was delivered" in ringwatch("deliveries", "--from", "2026-04-01").stdout
