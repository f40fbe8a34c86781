"""Feeds of one idea and millions of rows: the gate stays within its memory, and a crowd does not become pairs."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ringwatch import duck
from ringwatch.model import ACCOUNT
from ringwatch.night import open_night
from ringwatch.settings import load_settings
from ringwatch.window import pairs, sharing

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DAY = date(2026, 3, 2)
OPENED = "TIMESTAMP '2026-03-02 08:00' AS created_at, 'active' AS status"
SEEN = "TIMESTAMP '2026-03-02 08:00' AS first_seen, TIMESTAMP '2026-03-02 09:00' AS last_seen"
GIGABYTE = 1 << 30

# Runs a command and says what it took: the most memory that it ever had, in bytes.
MEASURED = """
import resource, sys
from ringwatch.cli import app
try:
    app(sys.argv[1:])
finally:
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, file=sys.stderr)
"""


def deliver(home: Path, feed: str, rows: int, columns: str) -> None:
    """Write a Parquet file of `rows` rows; `columns` is SQL over the number `i` of a row."""
    folder = home / "in" / DAY.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    with duck.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM range({rows}) AS rows(i)) TO '{folder / feed}.parquet'")


def validate(home: Path) -> tuple[dict[str, int], int]:
    """Return the counts of the night in `home`, and the most memory it had."""
    settings = {"RINGWATCH_HOME": str(home / "var"), "RINGWATCH_FEEDS_DIR": str(home / "in")}
    settings |= {"RINGWATCH_FEEDS": '["accounts", "devices"]'}
    command = [sys.executable, "-c", MEASURED, "validate", "--day", f"{DAY}", "--json"]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    counts: dict[str, Any] = json.loads(done.stdout)["counts"]
    memory = int(done.stderr.split()[-1])
    return counts, memory


def test_ten_million_rows_of_one_account_take_less_than_four_gigabytes(tmp_path: Path) -> None:
    """Of a thousand rows one has no device, and one says another thing of a device each time."""
    deliver(tmp_path, "accounts", 1, f"'A' AS account_id, {OPENED}")
    device = "CASE i % 1000 WHEN 0 THEN '' WHEN 1 THEN 'twice' ELSE 'd' || i END AS device"
    deliver(tmp_path, "devices", 10_000_000, f"'A' AS account_id, {device}, {SEEN}, i // 1000 % 100 AS sessions")

    counts, memory = validate(tmp_path)

    assert counts["devices.rows"] == 10_000_000
    assert counts["devices.clean"] == 9_980_000
    assert counts["devices.quarantined"] + counts["devices.duplicates"] == 20_000
    assert memory < 4 * GIGABYTE


def test_one_device_of_a_million_accounts_is_a_hub_and_links_nobody(tmp_path: Path) -> None:
    account = "'A' || i AS account_id"
    deliver(tmp_path, "accounts", 1_000_000, f"{account}, {OPENED}")
    deliver(tmp_path, "devices", 1_000_000, f"{account}, 'everybody''s' AS device, {SEEN}, 1 AS sessions")

    counts, memory = validate(tmp_path)

    assert counts["devices.clean"] == counts["accounts.clean"] == 1_000_000
    assert memory < 4 * GIGABYTE
    night = open_night(load_settings(home=tmp_path / "var"), DAY)
    with sharing.open_sharing(night) as connection:
        shared = pairs.identifiers(connection, ACCOUNT).to_pylist()
        assert [(one["identifier"], one["accounts"], one["hub"]) for one in shared] == [
            ("everybody's", 1_000_000, True)
        ]
        assert len(pairs.links(connection, min_bits=0.1)) == 0
