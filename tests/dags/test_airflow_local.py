"""The Airflow that `make airflow` starts."""

import json
import stat
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("airflow")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def airflow_local(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import airflow_local

    return airflow_local


def test_the_password_is_random_and_for_its_owner_only(airflow_local: ModuleType, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"

    airflow_local.write_password(first)
    airflow_local.write_password(second)

    passwords = [json.loads(path.read_text())["admin"] for path in (first, second)]
    assert len(set(passwords)) == 2
    assert min(map(len, passwords)) >= 24
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_a_second_start_keeps_the_password(airflow_local: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "passwords.json"
    airflow_local.write_password(path)
    before = path.read_text()

    airflow_local.write_password(path)

    assert path.read_text() == before


def test_everything_of_airflow_lies_in_its_folder(airflow_local: ModuleType, tmp_path: Path) -> None:
    env = airflow_local.environment(airflow_local.Airflow(tmp_path, 8080))

    assert env["AIRFLOW_HOME"] == str(tmp_path)
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{tmp_path}/airflow.db?timeout=60"
    assert env["AIRFLOW__CORE__DAGS_FOLDER"] == str(ROOT / "dags")


def test_what_the_environment_says_of_ringwatch_goes_before_the_checkout(
    airflow_local: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", "/srv/ringwatch")
    monkeypatch.setenv("RINGWATCH_FEEDS_DIR", "/srv/feeds")

    env = airflow_local.environment(airflow_local.Airflow(tmp_path, 8080))

    assert (env["RINGWATCH_HOME"], env["RINGWATCH_FEEDS_DIR"]) == ("/srv/ringwatch", "/srv/feeds")
