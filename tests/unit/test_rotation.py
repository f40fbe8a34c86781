"""Rotating the keys of tokens: same mailbox, same token, before and after, and nothing under a mixture of keys."""

import hashlib
import hmac
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deliveries import MONDAY, TUESDAY, WEDNESDAY, open_night
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.days import amend
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.gate import tombstones
from ringwatch.keys import tokens
from ringwatch.keys.tokens import key_file
from ringwatch.night import Night
from ringwatch.score.tables import EVIDENCE
from ringwatch.stages import rotate, run_stage
from ringwatch.store.store import Store

ACCOUNTS = "account_id,created_at,status,email,phone"
DEVICES = "account_id,device,first_seen,last_seen"
AGAIN = "run `ringwatch keys rotate` again"
GONE = "acc-17"

# Rotates the keys of a home in a process that is killed before the nth call of a step.
CHILD = """
import os, pkgutil, signal, sys
from datetime import date
from ringwatch import stages
from ringwatch.keys import rotation
from ringwatch.night import open_night
from ringwatch.settings import load_settings

module, name, left = pkgutil.resolve_name(sys.argv[1]), sys.argv[2], int(sys.argv[3])
step = getattr(module, name)

def dying(*arguments, **named):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(*arguments, **named)

setattr(module, name, dying)
with open_night(load_settings(), date.min) as night:
    stages.rotate(night, "ada", lambda stage: None)
"""


def account(account_id: str, email: str = "", phone: str = "") -> str:
    return f"{account_id},2026-02-01T09:00:00,active,{email},{phone}"


@pytest.fixture
def night(judge: Callable[..., Night]) -> Night:
    """Two days on which accounts share a mailbox, with what score left of the second, and a reason in the store."""
    judge(MONDAY, accounts=[ACCOUNTS, account("A", "kim@example.org", "+4915112345678"), account("B")])
    night = judge(TUESDAY, accounts=[ACCOUNTS, account("C", "Kim+x@example.org"), account("D", phone="+4915112345678")])
    mailbox, phone = column(night, MONDAY, "mailbox")[0], column(night, MONDAY, "phone")[0]
    reasons = [
        {"facet": "mailbox", "identifiers": [mailbox]},
        {"facet": "phone", "identifiers": [phone]},
        {"facet": "device", "identifiers": [mailbox, "d1"]},
        {"facet": "cell", "identifiers": [f"asn=64500 mailbox={mailbox}", f"template={phone}"]},
        {"facet": "group", "identifiers": []},
    ]
    night.files.scored(TUESDAY, "evidence").parent.mkdir()
    pq.write_table(pa.Table.from_pylist(reasons, EVIDENCE), night.files.scored(TUESDAY, "evidence"))
    keep(night.store, reasons)
    return night


def keep(store: Store, reasons: list[dict[str, Any]]) -> None:
    ring = "('R-1', 'f', 'R-1', '2026-03-03', '2026-03-03')"
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO ring (ring_id, fingerprint, canonical_ring_id, first_day, last_day) VALUES {ring}"
        )
        for position, reason in enumerate(reasons, 1):
            connection.exec_driver_sql(
                "INSERT INTO ring_evidence VALUES ('2026-03-03', 'R-1', ?, ?, 'r', 'for', 0, 0, 1, 2, ?, 'words')",
                (position, reason["facet"], json.dumps(reason["identifiers"])),
            )


def kept(store: Store) -> list[list[str]]:
    with store.engine.begin() as connection:
        rows = connection.exec_driver_sql("SELECT identifiers FROM ring_evidence ORDER BY position").all()
    return [json.loads(row[0]) for row in rows]


def scored(night: Night) -> list[list[str]]:
    found: list[list[str]] = pq.read_table(night.files.scored(TUESDAY, "evidence"))["identifiers"].to_pylist()
    return found


def column(night: Night, day: date, name: str) -> list[Any]:
    found: list[Any] = pq.read_table(night.files.clean(day, "accounts"))[name].to_pylist()
    return found


def keys_of(night: Night) -> list[bytes]:
    held = key_file(night.settings.home).read_bytes()
    return [held[start : start + 32] for start in range(0, len(held), 32)]


def chained(value: str, keys: list[bytes]) -> str:
    for key in keys:
        value = hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]
    return value


def ringwatch(night: Night, *arguments: str) -> Any:
    return CliRunner(env={"RINGWATCH_HOME": str(night.settings.home)}).invoke(app, arguments)


def test_every_token_becomes_what_both_keys_make_of_the_value(night: Night) -> None:
    rotate(night, "ada", lambda stage: None)

    first, second = keys_of(night)
    mailbox = chained("email:kim@example.org", [first, second])
    phone = chained("phone:+4915112345678", [first, second])
    assert column(night, MONDAY, "mailbox") == [mailbox, None]
    assert column(night, TUESDAY, "mailbox") == [mailbox, None]
    assert column(night, TUESDAY, "phone") == [None, phone]
    old = chained("email:kim@example.org", [first])
    expected = [[mailbox], [phone], [old, "d1"]]
    expected += [[f"asn=64500 mailbox={mailbox}", f"template={chained('phone:+4915112345678', [first])}"], []]
    assert scored(night) == expected
    assert kept(night.store) == expected


def test_rows_that_arrive_afterwards_share_the_mailbox_of_those_before(
    night: Night, judge: Callable[..., Night]
) -> None:
    rotate(night, "ada", lambda stage: None)
    rotate(night, "ada", lambda stage: None)

    judge(WEDNESDAY, accounts=[ACCOUNTS, account("E", "kim@example.org", "+49 151 12345678")])

    assert len(keys_of(night)) == 3
    assert column(night, WEDNESDAY, "mailbox") == column(night, MONDAY, "mailbox")[:1]
    assert column(night, WEDNESDAY, "phone") == column(night, MONDAY, "phone")[:1]


def test_the_rest_of_the_rows_and_the_counts_stay(night: Night) -> None:
    before = pd.read_parquet(night.files.clean(TUESDAY, "accounts"))
    ledger = night.store.deliveries.between()

    rotate(night, "ada", lambda stage: None)

    after = pd.read_parquet(night.files.clean(TUESDAY, "accounts"))
    others = [name for name in before.columns if name not in ("mailbox", "phone")]
    pd.testing.assert_frame_equal(after[others], before[others])
    assert night.store.deliveries.between() == ledger


def test_held_rows_are_rotated_like_clean_ones(night: Night, tmp_path: Path) -> None:
    held = night.files.held(MONDAY, "accounts")
    held.parent.mkdir(exist_ok=True)
    shutil.copy(night.files.clean(MONDAY, "accounts"), held)

    rotate(night, "ada", lambda stage: None)

    assert pq.read_table(held).equals(pq.read_table(night.files.clean(MONDAY, "accounts")))


def test_an_erased_account_is_known_again_after_a_rotation(night: Night, judge: Callable[..., Night]) -> None:
    night.store.tombstones.bury(tombstones.token_of(night.settings.home, GONE), "ada", "asked for it")
    rotate(night, "ada", lambda stage: None)

    judge(WEDNESDAY, accounts=[ACCOUNTS, account("E"), account(GONE, "kim@example.org")])

    refused = pd.read_parquet(night.files.quarantine(WEDNESDAY, "accounts"))
    assert refused["rule"].tolist() == [tombstones.ERASED]


def test_the_key_file_stays_its_owners_and_nothing_of_it_is_shown(night: Night) -> None:
    said = ringwatch(night, "keys", "rotate", "--yes", "--by", "ada")
    listed = ringwatch(night, "keys", "list")

    path = key_file(night.settings.home)
    assert said.exit_code == listed.exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["token.key"]
    assert "Tokens of 2 days made anew." in said.output
    assert "Copy the file" in said.output
    for secret in (*(key.hex() for key in keys_of(night)), *column(night, MONDAY, "mailbox")[:1], "kim@"):
        assert secret not in said.output + listed.output


def test_the_list_says_since_when_and_how_many_files_are_under_each_key(night: Night) -> None:
    (only,) = json.loads(ringwatch(night, "keys", "list", "--json").stdout)
    ringwatch(night, "keys", "rotate", "--yes", "--by", "ada")
    first, second = json.loads(ringwatch(night, "keys", "list", "--json").stdout)

    assert (only["key"], only["since"], only["files"]) == (1, None, 2)
    assert first == only | {"files": 0}
    assert (second["key"], second["by"], second["files"]) == (2, "ada", 2)
    assert second["name"] != first["name"]


def test_a_home_without_keys_says_so_and_makes_none(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("accounts",))

    assert "There are no keys yet" in ringwatch(night, "keys", "list").output
    assert not key_file(night.settings.home).exists()


@pytest.mark.parametrize(
    ("module", "step", "nth"),
    [
        ("ringwatch.keys.rotation", "_renew_day", 1),
        ("ringwatch.keys.rotation", "_renew_day", 2),
        ("ringwatch.keys.rotation", "rewrite", 2),
        ("ringwatch.days.amend", "_put", 1),
        ("ringwatch.days.amend", "_put", 3),
        ("ringwatch.days.amend", "_count_again", 2),
        ("ringwatch.store.keys:Keys", "renew", 1),
        ("ringwatch.store.keys:Keys", "finish", 1),
        ("ringwatch.keys.tokens", "sync", 2),
    ],
)
def test_one_who_was_killed_runs_the_same_again(night: Night, module: str, step: str, nth: int) -> None:
    """With SIGKILL before the nth call of a step; the outcome is that of a rotation that nobody disturbed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RINGWATCH_")}
    environment |= {"RINGWATCH_HOME": str(night.settings.home)}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, module, step, str(nth)], env=environment, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    with pytest.raises(UsageError, match=AGAIN):
        run_stage("validate", night)

    rotate(night, "ada", lambda stage: None)

    first, second = keys_of(night)
    mailbox = chained("email:kim@example.org", [first, second])
    assert [column(night, day, "mailbox") for day in (MONDAY, TUESDAY)] == [[mailbox, None]] * 2
    assert kept(night.store)[0] == scored(night)[0] == [mailbox]
    run_stage("validate", night)


def test_a_second_rotation_after_one_that_was_finished_adds_a_key(night: Night) -> None:
    rotate(night, "ada", lambda stage: None)
    rotate(night, "ada", lambda stage: None)

    assert len(keys_of(night)) == 3
    mailbox = chained("email:kim@example.org", keys_of(night))
    assert column(night, MONDAY, "mailbox")[0] == kept(night.store)[0][0] == scored(night)[0][0] == mailbox


def test_an_old_key_file_that_was_put_back_is_refused(night: Night) -> None:
    old = key_file(night.settings.home).read_bytes()
    rotate(night, "ada", lambda stage: None)
    key_file(night.settings.home).write_bytes(old)

    with pytest.raises(InfrastructureError, match=r"has tokens of a key that .*token\.key does not hold"):
        run_stage("validate", night)
    with pytest.raises(InfrastructureError, match="put the newest copy of that file back"):
        rotate(night, "ada", lambda stage: None)
    assert key_file(night.settings.home).read_bytes() == old


def test_a_key_file_that_is_lost_is_refused_and_not_made_anew(night: Night) -> None:
    key_file(night.settings.home).unlink()

    with pytest.raises(InfrastructureError, match="does not hold"):
        run_stage("validate", night)
    with pytest.raises(InfrastructureError, match="does not hold"):
        rotate(night, "ada", lambda stage: None)
    assert not key_file(night.settings.home).exists()


def test_a_file_of_before_that_was_put_back_is_noticed_and_brought_along(night: Night, tmp_path: Path) -> None:
    path = night.files.clean(TUESDAY, "accounts")
    shutil.copy(path, tmp_path / "before")
    rotate(night, "ada", lambda stage: None)
    expected, reasons = column(night, TUESDAY, "mailbox"), scored(night)
    shutil.copy(tmp_path / "before", path)

    with pytest.raises(UsageError, match=AGAIN):
        run_stage("validate", night)
    rotate(night, "ada", lambda stage: None)

    assert len(keys_of(night)) == 2
    assert column(night, TUESDAY, "mailbox") == expected
    assert scored(night) == reasons


def test_files_of_before_keys_had_names_are_under_the_first(night: Night) -> None:
    path = night.files.clean(MONDAY, "accounts")
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)

    rotate(night, "ada", lambda stage: None)

    assert column(night, MONDAY, "mailbox")[0] == chained("email:kim@example.org", keys_of(night))


def test_what_was_begun_on_a_day_is_finished_before_its_tokens_are_made_anew(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(amend, "finish", lambda night: None)
        with amend.amending(night.on(MONDAY)) as new:
            rows = pq.read_table(night.files.clean(MONDAY, "accounts")).slice(0, 1)
            amend.replace_table(new, "clean", "accounts", rows)

    rotate(night, "ada", lambda stage: None)

    assert column(night, MONDAY, "mailbox") == [chained("email:kim@example.org", keys_of(night))]


def test_nothing_is_rotated_while_another_one_works(night: Night) -> None:
    with night.store.lease("load of 2026-03-03", 600), pytest.raises(InfrastructureError, match="is under way"):
        rotate(night, "ada", lambda stage: None)

    assert len(keys_of(night)) == 1


def test_a_key_that_cannot_be_written_leaves_the_old_one(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tokens.os, "replace", full)
    with pytest.raises(InfrastructureError, match=r"token\.key cannot be replaced: No space left"):
        tokens.add_key(night.settings.home)

    assert len(keys_of(night)) == 1
