"""What the doctor finds in a home that is well, and in homes with one thing wrong each."""

import json
import os
import shutil
import socket
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from deliveries import MONDAY, TUESDAY, deliver, open_night
from typer.testing import CliRunner

from ringwatch import disk
from ringwatch.cli import app
from ringwatch.doctor import CHECKS, Finding, examine
from ringwatch.settings import Settings, load_settings
from ringwatch.stages import run_stage
from ringwatch.store.tables import lease
from tests.unit.web.rings_of_a_home import RING, publish

ACCOUNTS = ["account_id,created_at,status,email", *(f"{name},2026-02-01T09:00:00,active,{name}@a.org" for name in RING)]
SMALL = {"server_heap_mb": 256, "server_pagecache_mb": 32, "duckdb_memory_mb": 256, "server_bolt_port": 0}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home of which one night ran well, made once."""
    folder = tmp_path_factory.mktemp("made")
    with open_night(folder, ("accounts",)) as night:
        deliver(night, accounts=ACCOUNTS)
        run_stage("validate", night)
        publish(night, MONDAY, RING, "They share one card")
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Settings:
    folder = shutil.copytree(made, tmp_path / "copy")
    return load_settings(home=folder / "var", feeds=("accounts",), feeds_dir=folder / "in", server_http_port=0, **SMALL)


def changed(settings: Settings, **values: Any) -> Settings:
    return settings.model_copy(update=values)


def found(settings: Settings, day: date = MONDAY, now: datetime | None = None) -> dict[str, Finding]:
    return {one.name: one for one in examine(settings, day, now or datetime.now(UTC))}


def states(findings: dict[str, Finding]) -> dict[str, str]:
    return {name: one.state for name, one in findings.items() if one.state != "ok"}


def test_in_a_home_that_is_well_each_check_says_so_and_has_nothing_to_do(home: Settings) -> None:
    findings = found(home)

    assert list(findings) == list(CHECKS)
    assert states(findings) == {}
    assert [one.fix for one in findings.values() if one.fix] == []


def test_looking_changes_nothing(home: Settings) -> None:
    before = contents(home.home)

    found(home)

    assert contents(home.home) == before


def test_before_the_first_night_nothing_is_wrong_and_nothing_is_made(tmp_path: Path, home: Settings) -> None:
    new = changed(home, home=tmp_path / "new")

    findings = found(new)

    assert states(findings) == {}
    assert not new.home.exists()


def test_a_night_that_did_not_run_is_named_with_what_its_feeds_lack(home: Settings) -> None:
    one = found(home, TUESDAY)["feeds"]

    assert (one.state, one.says) == (
        "warn",
        f"2026-03-03: no feeds for 2026-03-03: {home.feeds_dir}/2026-03-03 does not exist",
    )
    assert one.fix is not None
    assert "ringwatch run" in one.fix


def test_nights_that_stopped_for_days_are_bad(home: Settings) -> None:
    assert found(home, MONDAY + timedelta(days=4))["feeds"].state == "bad"


def test_a_lost_key_is_bad(home: Settings) -> None:
    (home.home / "secrets" / "token.key").unlink()

    assert states(found(home)) == {"keys": "bad"}


def test_another_key_is_bad(home: Settings) -> None:
    (home.home / "secrets" / "token.key").write_bytes(bytes(32))

    one = found(home)["keys"]

    assert (one.state, one.fix) == ("bad", "put the newest copy of that file back")


def test_a_key_that_others_can_read_is_bad(home: Settings) -> None:
    (home.home / "secrets" / "token.key").chmod(0o644)

    assert found(home)["keys"].state == "bad"


def test_a_store_of_an_older_schema_is_told_and_not_migrated(home: Settings) -> None:
    change_store(home, "UPDATE alembic_version SET version_num = '0001'")

    one = found(home)["store"]

    assert one.state == "warn"
    assert read_store(home, "SELECT version_num FROM alembic_version") == "0001"


def test_a_store_of_a_newer_ringwatch_is_bad(home: Settings) -> None:
    change_store(home, "UPDATE alembic_version SET version_num = '9999'")

    assert states(found(home)) == {"store": "bad"}


def test_a_lease_whose_holder_is_gone_is_told(home: Settings) -> None:
    then = datetime(2026, 3, 2)
    row = {"name": "writer", "token": "t", "host": "h", "machine": "m", "pid": 1, "what": "load of 2026-03-02"}
    engine = sa.create_engine(f"sqlite:///{home.store_address}")
    with engine.begin() as connection:
        connection.execute(sa.insert(lease).values(row | {"acquired": then, "expires": then}))
    engine.dispose()

    one = found(home)["lease"]

    assert one.state == "warn"
    assert "load of 2026-03-02, by process 1 on h" in one.says


def test_folders_that_others_can_read_are_named(home: Settings) -> None:
    (home.home / "days").chmod(0o755)

    one = found(home)["rights"]

    assert (one.state, one.says) == ("warn", "others may read or write days")


def test_a_port_of_another_program_is_told(home: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        one = found(changed(home, server_bolt_port=port))["ports"]

    assert one.state == "warn"
    assert str(port) in one.says


def test_a_server_larger_than_the_machine_is_bad(home: Settings) -> None:
    assert found(changed(home, server_heap_mb=10**9))["memory"].state == "bad"


def test_a_disk_without_room_for_a_night_is_bad(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free", lambda folder: 10 * 2**20)

    assert states(found(home)) == {"disk": "bad"}


def test_a_clock_before_the_newest_night_is_bad(home: Settings) -> None:
    one = found(home, now=datetime.now(UTC) - timedelta(hours=1))["clock"]

    assert one.state == "bad"


def test_a_server_that_does_not_answer_is_bad_and_the_command_ends_with_4(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(home.home))
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")

    ended = CliRunner().invoke(app, ["doctor", "--day", str(MONDAY), "--json"])

    told = {one["name"]: one for one in json.loads(ended.stdout)}
    assert ended.exit_code == 4
    assert told["server"]["state"] == "bad"
    assert "does not answer" in told["server"]["says"]


@pytest.mark.parametrize(("day", "code"), [(MONDAY, 0), (TUESDAY, 1)])
def test_the_exit_code_says_whether_something_is_to_be_looked_at(
    home: Settings, day: date, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(home.home))
    for name, value in (SMALL | {"server_http_port": 0}).items():
        monkeypatch.setenv(f"RINGWATCH_{name.upper()}", str(value))

    ended = CliRunner().invoke(app, ["doctor", "--day", str(day)])

    assert ended.exit_code == code
    assert len(ended.stdout.splitlines()) == len(CHECKS)


def contents(home: Path) -> dict[str, tuple[int, str]]:
    """Files and folders with rights and digests, without what SQLite puts beside a store that is open."""
    return {
        str(path.relative_to(home)): (
            os.stat(path).st_mode,
            sha256(path.read_bytes() if path.is_file() else b"").hexdigest(),
        )
        for path in home.rglob("*")
        if not path.name.endswith(("-wal", "-shm"))
    }


def change_store(settings: Settings, statement: str) -> None:
    engine = sa.create_engine(f"sqlite:///{settings.store_address}")
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def read_store(settings: Settings, query: str) -> Any:
    engine = sa.create_engine(f"sqlite:///{settings.store_address}")
    with engine.connect() as connection:
        value = connection.exec_driver_sql(query).scalar()
    engine.dispose()
    return value
