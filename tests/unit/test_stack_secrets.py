"""The secrets of the production stack: who can read them, how one is changed, and how ringwatch finds its own."""

import stat
from pathlib import Path

import pytest

from ringwatch.errors import UsageError
from ringwatch.settings import load_settings, sources
from scripts.secrets_of_stack import draw


def test_only_the_owner_can_enter_the_folder_and_no_two_passwords_are_equal(tmp_path: Path) -> None:
    made = draw(tmp_path / "secrets")

    drawn = [
        (tmp_path / "secrets" / name).read_text() for name in made if name.endswith(("_password", "_key", "_secret"))
    ]
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert len(set(drawn)) == len(drawn) == 10
    assert min(map(len, drawn)) >= 44


def test_drawing_again_changes_nothing(tmp_path: Path) -> None:
    draw(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}

    assert draw(tmp_path) == []
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_a_password_whose_file_was_deleted_is_drawn_anew_with_what_follows_from_it(tmp_path: Path) -> None:
    draw(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    (tmp_path / "neo4j_password").unlink()

    draw(tmp_path)

    changed = {path.name for path in tmp_path.iterdir() if path.read_text() != before[path.name]}
    assert changed == {"neo4j_password", "neo4j_auth"}
    assert (tmp_path / "neo4j_auth").read_text() == f"neo4j/{(tmp_path / 'neo4j_password').read_text()}"


def test_settings_are_read_from_files_of_their_names_behind_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"neo4j_password": "from-file", "ringwatch_store_url": "sqlite:///a.db"}.items():
        (tmp_path / name).write_text(value)
    monkeypatch.setenv("RINGWATCH_SETTINGS_DIR", str(tmp_path))
    monkeypatch.setenv("RINGWATCH_STORE_URL", "sqlite:///b.db")

    settings = load_settings()

    assert settings.neo4j_password is not None
    assert settings.neo4j_password.get_secret_value() == "from-file"
    assert settings.store_url == "sqlite:///b.db"
    assert {name: sources(settings)[name] for name in ("neo4j_password", "store_url", "seed")} == {
        "neo4j_password": "file", "store_url": "environment", "seed": "default"
    }  # fmt: skip


def test_a_folder_of_settings_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_SETTINGS_DIR", str(tmp_path / "none"))

    with pytest.raises(UsageError, match="there is no such folder"):
        load_settings()
