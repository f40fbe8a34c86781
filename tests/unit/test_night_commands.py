"""Nights on the command line: what a mistake says, its exit code, and what a command loads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.night import Night, Report
from ringwatch.stages import validate
from ringwatch.store.store import Store
from ringwatch.store.tables import lease

FEEDS = "account_id,created_at,status\nA,2026-02-01T09:00:00,active\nB,2026-02-01T09:00:00,asleep\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("RINGWATCH_FEEDS", '["accounts"]')
    folder = tmp_path / "in" / "2026-03-02"
    folder.mkdir(parents=True)
    (folder / "accounts.csv").write_text(FEEDS, encoding="utf-8")
    return tmp_path


def ringwatch(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [argument.replace("IN", str(home / "in")) for argument in arguments])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "--feeds", "IN"), 2, "say which nights to run: --day DAY, or --from DAY --to DAY"),
        (("run", "--feeds", "IN", "--from", "2026-03-03", "--to", "2026-03-02"), 2, "--to 2026-03-02 is before --from"),
        (("run", "--feeds", "IN", "--day", "2026-03-02", "--without", "accounts"), 2, "every deployment has accounts"),
        (("run", "--feeds", "IN", "--day", "2026-03-02", "--without", "shoes"), 2, "there is no such feed"),
        (("run", "--feeds", "IN", "--day", "2026-03-09"), 3, "no feeds for 2026-03-09"),
        (("load", "--feeds", "IN", "--day", "2026-03-09"), 2, "2026-03-09 was not validated"),
        (("rings", "list"), 2, "no rings are published yet"),
    ],
)
def test_a_mistake_is_one_sentence_and_an_exit_code(
    home: Path, arguments: tuple[str, ...], code: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "load" in arguments:
        monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")
        monkeypatch.setenv("NEO4J_PASSWORD", "x")

    result = ringwatch(home, *arguments)

    assert result.exit_code == code, result.output
    assert message in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_a_stage_alone_says_what_it_did(home: Path) -> None:
    result = ringwatch(home, "validate", "--feeds", "IN", "--day", "2026-03-02", "--json")

    assert result.exit_code == 0, result.output
    counts = json.loads(result.stdout)["counts"]
    assert (counts["accounts.rows"], counts["accounts.clean"], counts["accounts.quarantined"]) == (2, 1, 1)


@pytest.mark.parametrize("command", ["validate", "run"])
def test_one_at_a_time_works_on_a_store(home: Path, command: str) -> None:
    store = Store.open(f"sqlite:///{home / 'var' / 'review.db'}")
    with store.lease("load of 2026-03-01", 600):
        result = ringwatch(home, command, "--feeds", "IN", "--day", "2026-03-02")
    store.close()

    assert result.exit_code == 4
    assert f"load of 2026-03-01 is under way: process {os.getpid()} on" in result.stderr
    assert not (home / "var" / "days").exists()


@pytest.mark.parametrize("command", ["validate", "run"])
def test_nobody_works_between_the_stages_of_a_night_in_airflow(home: Path, command: str) -> None:
    store = Store.open(f"sqlite:///{home / 'var' / 'review.db'}")
    store.turn.take("nightly/scheduled", "the night of 2026-03-01", lambda _: False)
    store.close()

    result = ringwatch(home, command, "--feeds", "IN", "--day", "2026-03-02")

    assert result.exit_code == 4
    assert "the night of 2026-03-01 is under way since" in result.stderr


def test_a_stage_that_lost_its_lease_leaves_no_report(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(night: Night) -> Report:
        with night.store.engine.begin() as connection:
            connection.execute(lease.update().values(token="another"))
        return Report("validate", night.day)

    monkeypatch.setattr(validate, "run", run)

    result = ringwatch(home, "validate", "--feeds", "IN", "--day", "2026-03-02")

    assert result.exit_code == 4
    assert "another one works now" in result.stderr
    assert not (home / "var" / "days" / "2026-03-02" / "report.json").exists()


def test_the_command_line_loads_nothing_that_help_does_not_need() -> None:
    """They take a second, and `--help` and completion wait for it."""
    heavy = ("pandas", "duckdb", "sqlalchemy", "neo4j", "great_expectations", "graphdatascience", "airflow")
    program = f"import sys, ringwatch.cli; print([name for name in {heavy} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
