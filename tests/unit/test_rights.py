"""Who may read what lies in the home: its owner only, whatever the umask, or a group that is named."""

import grp
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from deliveries import MONDAY, deliver, open_night

from ringwatch import rights
from ringwatch.settings import Settings
from ringwatch.stages import run_stage

ACCOUNTS = ["account_id,created_at,status", "A,2026-02-01T09:00:00,active", "B,2026-02-01T09:00:00,asleep"]


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(home: Path) -> dict[str, int]:
    return {str(path): stat.S_IMODE(path.stat().st_mode) for path in (home, *home.rglob("*"))}


def test_all_that_a_stage_writes_is_its_owners_whatever_the_umask(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("accounts",), MONDAY)
    deliver(night, accounts=ACCOUNTS)

    run_stage("validate", night)

    found = modes(night.settings.home)
    assert len(found) > 5
    assert {path: oct(mode) for path, mode in found.items() if mode & 0o077} == {}


def test_what_lay_open_in_a_home_is_closed(tmp_path: Path) -> None:
    clean = tmp_path / "days" / "2026-03-01" / "clean"
    clean.mkdir(parents=True)
    (clean / "accounts.parquet").write_text("addresses", encoding="utf-8")

    with rights.kept(Settings(home=tmp_path)):
        pass

    assert {path: oct(mode) for path, mode in modes(tmp_path).items() if mode & 0o077} == {}


def test_what_others_keep_beside_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "days").mkdir()
    (tmp_path / "photo.jpg").write_text("mine", encoding="utf-8")

    with rights.kept(Settings(home=tmp_path)):
        pass

    assert (tmp_path / "photo.jpg").stat().st_mode & 0o077


def test_a_group_may_read_days_and_nothing_that_is_secret(tmp_path: Path) -> None:
    group = grp.getgrgid(os.getgid()).gr_name
    (tmp_path / "secrets").mkdir()

    with rights.kept(Settings(home=tmp_path, home_group=group)):
        (tmp_path / "days").mkdir()
        (tmp_path / "days" / "scored.parquet").write_text("scores", encoding="utf-8")

    found = modes(tmp_path)
    assert found[str(tmp_path / "days" / "scored.parquet")] & 0o077 == 0o040
    assert found[str(tmp_path / "days")] & 0o077 == 0o050
    assert found[str(tmp_path / "secrets")] & 0o077 == 0
