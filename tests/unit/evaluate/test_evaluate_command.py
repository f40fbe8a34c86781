import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from ringwatch.cli import app as program
from ringwatch.cli.evaluate import evaluate
from ringwatch.days.files import Files
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.evaluate import examination, source_trial

app = typer.Typer()
app.command()(evaluate)


def run(*arguments: str) -> None:
    CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("arguments", [(), ("--day", "2026-03-02"), ("--truth", "somewhere")])
def test_it_says_what_it_needs(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    with pytest.raises(UsageError, match=r"give --truth and --day .*, --family or --stress .*, or --sources"):
        run(*arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--family", "E"), "there is no world 1 of family E"),
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--source", "shop"), "--source names one of --sources DIR"),
        (("--sources", "DIR", "--family", "B"), "--sources goes without --truth, --day, --family"),
        (("--sources", "nowhere"), "nowhere: there is no such folder"),
        (("--sources", "DIR"), "no folder in it has a source.yml"),
    ],
)
def test_sources_that_cannot_be_judged_start_nothing(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / "var"))
    (tmp_path / "DIR").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=said):
        run(*arguments)
    assert not (tmp_path / "var").exists()


SOURCE = """\
day: "2026-03-02"
window_days: 14
feeds: [accounts, devices]
min_ring_size: 3
"""


def make_source(folder: Path, feeds: tuple[str, ...] = ("accounts", "devices")) -> Path:
    """A source of which a, b, c and d are a ring on one device; x and y are honest, u is unknown."""
    (folder / "feeds" / "2026-03-02").mkdir(parents=True)
    (folder / "source.yml").write_text(SOURCE)
    names, noon = list("abcdxyu"), "2026-03-02T12:00:00"
    rows = {
        "accounts": pd.DataFrame({"account_id": names, "created_at": noon, "status": "active"}),
        "devices": pd.DataFrame({"account_id": names, "device": [*["phone"] * 4, "p", "q", "r"]}).assign(
            first_seen=noon, last_seen=noon
        ),
    }
    for feed in feeds:
        rows[feed].to_parquet(folder / "feeds" / "2026-03-02" / f"{feed}.parquet")
    label = pd.array([1, 1, 1, 1, 0, 0, None], dtype="Int8")
    truth = pd.DataFrame({"account_id": names, "ring_id": [*["r"] * 4, None, None, None], "label": label})
    truth.assign(context=[*[None] * 4, "home", "office", None]).to_parquet(folder / "truth.parquet")
    return folder


def test_sources_are_judged_side_by_side_and_one_that_the_gate_stops_costs_the_exit_code_and_not_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_source(tmp_path / "sources" / "shop")
    make_source(tmp_path / "sources" / "bank", feeds=("accounts",))

    def judge(home: Path, day: date, settings: object, tell: object) -> pd.DataFrame:
        pd.DataFrame({"candidate": "c", "account_id": list("abcx")}).to_parquet(Files(home).candidates(day))
        judged = pd.DataFrame({"ring_id": "r", "account_id": list("abcx"), "kind": "operator"})
        return judged.assign(ring_probability=0.9, flagged=True)

    monkeypatch.setattr(source_trial, "judge_world", judge)
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / "var"))
    arguments = [
        "evaluate",
        "--sources",
        str(tmp_path / "sources"),
        "--processes",
        "1",
        "--out",
        str(tmp_path / "report"),
    ]

    ended = CliRunner().invoke(program, [*arguments, "--json"])
    shown = CliRunner().invoke(program, [*arguments, "--source", "shop"])

    values = json.loads(ended.stdout)
    assert (ended.exit_code, shown.exit_code) == (3, 0)
    assert "source: bank failed: the feed devices is missing on 2026-03-02" in ended.stderr
    assert [failed["name"] for failed in values["failed"]] == ["bank"]
    (shop,) = values["sources"]
    assert shop["found"]["accounts"] | {"f1": None} == {
        "flagged": 4, "actual": 4, "right": 3, "precision": 0.75, "recall": 0.75, "f1": None,
    }  # fmt: skip
    assert (shop["rules"][0]["what"], shop["rules"][0]["accounts"]["f1"]) == ("device", 1.0)
    assert shop["beats_best_rule"] is False
    assert shop["worst_context"] == {"context": "home", "per_100k": 100_000.0, "times_the_mean": 2.0}
    assert shop["accounts_lost"]["no_candidate"] == 1
    page = (tmp_path / "report" / "evaluation.html").read_text(encoding="utf-8")
    for said in ("Against the best one-line rule", "not reached", "Where recall is lost"):
        assert said in page
        assert said in (tmp_path / "report" / "evaluation.md").read_text(encoding="utf-8")
    assert "Where accounts of rings are lost" in shown.stdout
