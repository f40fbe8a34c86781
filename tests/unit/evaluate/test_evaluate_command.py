import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from ringwatch.cli import app as program
from ringwatch.cli.evaluate import evaluate
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.evaluate import examination

app = typer.Typer()
app.command()(evaluate)


def run(*arguments: str) -> None:
    CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("arguments", [(), ("--day", "2026-03-02"), ("--truth", "somewhere")])
def test_it_says_what_it_needs(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="give --truth and --day for a published night, or --family or --stress"):
        run(*arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--family", "D"), "there is no world 1 of family D"),
        (("--stress", "earthquake"), "there is no stress world earthquake"),
        (("--family", "A", "--part", "weather"), "there is no part weather"),
    ],
)
def test_worlds_that_are_not_there_start_no_server(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    with pytest.raises(UsageError, match=said):
        run(*arguments)
    assert not list(tmp_path.iterdir())


def test_a_failed_trial_costs_the_exit_code_and_not_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(home: Path, day: date, settings: object, tell: object) -> pd.DataFrame:
        if home.name == "framing":
            raise InfrastructureError("Neo4j does not answer")
        return pd.DataFrame({"ring_id": "r", "account_id": [], "kind": "operator", "ring_probability": 1.0}).assign(
            flagged=True
        )

    monkeypatch.setattr(examination, "judge_world", judge)
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    arguments = "evaluate --stress framing --stress usual --accounts 500 --days 1 --processes 1 --json"

    ended = CliRunner().invoke(program, [*arguments.split(), "--out", str(tmp_path / "report")])

    assert ended.exit_code == 4
    assert "stress: framing failed: Neo4j does not answer" in ended.stderr
    assert "ringwatch: 1 of 2 trials failed (stress framing): " in ended.stderr
    assert [trial["name"] for trial in json.loads(ended.stdout)["trials"]] == ["usual"]
    assert json.loads((tmp_path / "report" / "evaluation.json").read_text()) == json.loads(ended.stdout)
