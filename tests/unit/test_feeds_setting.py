"""Which feeds a deployment has: their names, and their folder."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.errors import UsageError
from ringwatch.night import settings_model
from ringwatch.settings import load_settings

SHIPPED = ("accounts", "payments", "devices", "ips", "usage")


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "value", ["accounts,devices", " accounts , devices,", '["accounts", "devices"]', "accounts,devices,accounts"]
)
def test_feeds_are_a_list_of_names(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_FEEDS", value)

    assert load_settings().feeds == ("accounts", "devices")


def test_a_file_of_settings_may_list_them_in_either_way(tmp_path: Path) -> None:
    found = []
    for line in ('feeds = ["accounts", "ips"]', 'feeds = "accounts,ips"'):
        (tmp_path / "ringwatch.toml").write_text(line, encoding="utf-8")
        found.append(load_settings().feeds)

    assert found == [("accounts", "ips")] * 2


@pytest.mark.parametrize("value", ["/srv/feeds", "./feeds", "~/feeds", "C:\\feeds"])
def test_a_folder_in_the_place_of_names_is_told_where_it_belongs(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_FEEDS", value)

    with pytest.raises(UsageError, match=r"setting feeds: it takes the names of feeds.*their folder is feeds_dir"):
        load_settings()


@pytest.mark.parametrize("value", ["", ",", "[]", '["accounts"', "[1, 2]"])
def test_no_names_are_refused_in_one_sentence(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_FEEDS", value)

    shown = CliRunner().invoke(app, ["config", "show"])

    assert shown.exit_code == 2
    assert shown.stderr.startswith("ringwatch: setting feeds")


@pytest.mark.parametrize("command", ["validate", "load", "link", "detect", "score", "publish", "run"])
def test_a_feed_that_the_model_does_not_have_stops_every_stage(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_FEEDS", "accounts,devises,ips")

    shown = CliRunner().invoke(app, [command, "--day", "2026-03-02", "--feeds", "."])

    assert shown.exit_code == 2
    assert "devises: there is no such feed (did you mean devices?); the feeds are accounts" in shown.stderr


def test_feeds_of_a_model_of_ones_own_are_those_it_has(tmp_path: Path) -> None:
    shipped = load_settings()
    (tmp_path / "own" / "schemas").mkdir(parents=True)
    for name in ("defaults", "accounts", "devices"):
        text = (Path(__file__).parents[2] / "schemas" / f"{name}.yml").read_text(encoding="utf-8")
        (tmp_path / "own" / "schemas" / f"{name}.yml").write_text(text, encoding="utf-8")
    own = load_settings(model_dir=tmp_path / "own", feeds=("accounts", "devices"))

    assert set(settings_model(own).feeds) == {"accounts", "devices"}
    assert set(settings_model(shipped).feeds) == set(SHIPPED)
    with pytest.raises(UsageError, match="ips: there is no such feed; the feeds are accounts, devices"):
        settings_model(load_settings(model_dir=tmp_path / "own", feeds=("accounts", "ips")))


def test_the_folder_has_one_name_everywhere() -> None:
    root = Path(__file__).parents[2]

    for name in (".env.example", "docker-compose.yml", "Dockerfile", "scripts/airflow_local.py"):
        text = (root / name).read_text(encoding="utf-8")
        assert "RINGWATCH_FEEDS_DIR" in text
        assert "RINGWATCH_FEEDS" not in text.replace("RINGWATCH_FEEDS_DIR", "")
