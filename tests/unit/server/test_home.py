"""The server's folder and its password."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringwatch.errors import InfrastructureError
from ringwatch.server.home import Home, create_home, draw_password, read_password, server_home
from ringwatch.server.state import read_state
from ringwatch.settings import Settings

MakeSettings = Callable[..., Settings]


@pytest.fixture
def careless_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def home(make_settings: MakeSettings, careless_umask: None) -> Home:
    home = server_home(make_settings())
    create_home(home)
    return home


def test_only_the_owner_may_enter_the_folder_and_read_the_password(home: Home) -> None:
    draw_password(home)

    assert rights(home.folder) == 0o700
    assert rights(home.password) == rights(home.data / "dbms" / "auth.ini") == 0o600


def test_a_password_is_drawn_once_and_the_database_knows_only_its_hash(home: Home) -> None:
    draw_password(home)
    drawn = read_password(home)
    draw_password(home)

    assert read_password(home) == drawn
    assert len(drawn) >= 32
    assert drawn not in (home.data / "dbms" / "auth.ini").read_text()


def test_two_homes_have_two_passwords(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    create_home(other)
    draw_password(home)
    draw_password(other)

    assert read_password(home) != read_password(other)


def test_a_database_whose_password_file_is_gone_is_not_given_another(home: Home) -> None:
    draw_password(home)
    home.password.unlink()
    (home.data / "databases").mkdir()

    with pytest.raises(InfrastructureError, match=r"password file .* is gone: put it back"):
        draw_password(home)


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(InfrastructureError, match=r"cannot make the server's folder .*file/neo4j: Not a directory"):
        create_home(Home(tmp_path / "file" / "neo4j"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": null, "ports": {}}'])
def test_a_state_file_that_makes_no_sense_counts_as_none(home: Home, text: str) -> None:
    home.state.write_text(text)

    assert read_state(home) is None


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777
