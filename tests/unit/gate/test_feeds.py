"""Feed files as they arrive."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from ringwatch.gate import chunks, feeds
from ringwatch.gate.arrivals import survey
from ringwatch.gate.chunks import Chunk

ROWS = 'account_id,note\n007,"two\nlines, and a comma"\nNA,\n'


def read(path: Path, chunk_rows: int = 100, **declared: str | None) -> list[Chunk]:
    arrived = survey(path.parent, path, ["account_id"], declared.get("encoding"), declared.get("delimiter"))
    return list(chunks.read([arrived], chunk_rows))


@pytest.mark.parametrize("name", ["accounts.csv", "accounts.csv.gz", "accounts.parquet"])
def test_each_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".parquet"):
        pd.DataFrame({"account_id": ["007", "NA"], "note": ["two\nlines, and a comma", None]}).to_parquet(path)
    else:
        path.write_bytes(gzip.compress(ROWS.encode()) if name.endswith(".gz") else ROWS.encode())

    (chunk,) = read(path)

    assert chunk.rows.to_pydict() == {"account_id": ["007", "NA"], "note": ["two\nlines, and a comma", None]}
    assert feeds.find(tmp_path, "accounts") == [path]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_bytes(b"\xef\xbb\xbf" + ROWS.encode())

    assert read(tmp_path / "accounts.csv")[0].rows.column_names == ["account_id", "note"]


def test_a_feed_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    (tmp_path / "accounts.txt").touch()

    assert feeds.find(tmp_path, "accounts") == []
