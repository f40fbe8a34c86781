"""A disk that is full: one sentence that names folder and room, and nothing that is half written."""

import errno
import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from ringwatch import disk
from ringwatch.cli import app
from ringwatch.days.durable import replacing
from ringwatch.errors import InfrastructureError
from ringwatch.settings import Settings

FULL = Path("/dev/full")
TABLE = pa.table({"n": range(100_000)})


def write_with_pyarrow(full: Path) -> None:
    pq.write_table(TABLE, str(full))


def write_text(full: Path) -> None:
    full.write_text("some", encoding="utf-8")


def write_with_sqlite(_full: Path) -> None:
    store = sqlite3.connect(":memory:")
    store.execute("PRAGMA max_page_count = 2")
    store.execute("CREATE TABLE t AS SELECT randomblob(100000) AS b")


@pytest.mark.skipif(not FULL.is_char_device(), reason="only Linux has a file on a disk that is always full")
@pytest.mark.parametrize("write", [write_with_pyarrow, write_text, write_with_sqlite])
def test_whichever_library_meets_a_full_disk_folder_and_room_are_told(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    full = tmp_path / "full"
    full.symlink_to(FULL)  # libraries remove or replace what they could not write: let it be the link

    with (
        pytest.raises(InfrastructureError, match=r"no disk space in .+: [\d,]+ MB are free .*run this again"),
        disk.failures(Settings(home=tmp_path / "var")),
    ):
        write(full)


def write_with_duckdb(path: Path, most: int) -> None:
    """Write more than `most` bytes to a file while no file may have more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        duckdb.sql(f"COPY (SELECT range AS n, random() FROM range(1000000)) TO '{path}' (FORMAT parquet)")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_of_what_a_library_says_a_person_reads_the_words_only(tmp_path: Path) -> None:
    big = tmp_path / "big.parquet"

    with pytest.raises(InfrastructureError) as caught, disk.failures(Settings(home=tmp_path)):
        write_with_duckdb(big, most=3000)

    assert f'files in {tmp_path} (Could not write file "{big}": File too large), ' in str(caught.value)


def test_a_folder_that_duckdb_may_not_write_to_is_a_matter_of_rights(tmp_path: Path) -> None:
    error = duckdb.IOException(f'IO Error: Cannot open file "{tmp_path}/clean.parquet": Permission denied')

    with pytest.raises(InfrastructureError) as caught, disk.failures(Settings(home=tmp_path)):
        raise error

    told = str(caught.value)
    assert told.startswith(f"cannot use {tmp_path}/clean.parquet: Permission denied; check who owns it")


def test_an_error_of_ours_is_not_taken_for_the_disks(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), disk.failures(Settings(home=tmp_path)):
        _ = 1 / 0


def test_a_file_that_is_not_written_to_its_end_leaves_the_one_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")

    def write() -> None:
        with replacing(path) as new:
            new.write_text("ne", encoding="utf-8")
            new.with_name(f"{new.name}.wal").touch()  # beside a database
            raise OSError(errno.ENOSPC, "No space left on device", str(new))

    with pytest.raises(OSError, match="No space left"):
        write()

    assert [(file.name, file.read_text(encoding="utf-8")) for file in tmp_path.iterdir()] == [("report.json", "old")]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can be mounted by root only, where mounting is allowed")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_stage_on_a_full_disk_ends_in_one_sentence_and_leaves_no_day(
    tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = tmp_path / "in" / "2026-03-02"
    feeds.mkdir(parents=True)
    rows = "".join(f"{os.urandom(16).hex()},2026-02-01T09:00:00,active\n" for _ in range(200_000))
    (feeds / "accounts.csv").write_text("account_id,created_at,status\n" + rows, encoding="utf-8")
    monkeypatch.setenv("RINGWATCH_HOME", str(small_disk / "var"))
    monkeypatch.setenv("RINGWATCH_FEEDS", "accounts")

    result = CliRunner().invoke(app, ["validate", "--feeds", str(feeds.parent), "--day", "2026-03-02"])

    assert result.exit_code == 4, result.output
    assert "no disk space in" in " ".join(result.stderr.split())
    assert "MB are free" in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert not (small_disk / "var" / "days" / "2026-03-02" / "clean").exists()
