"""Feed files as they arrive."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from ringwatch import feeds

ROWS = 'account_id,note\n007,"two\nlines, and a comma"\nNA,\n'


@pytest.mark.parametrize("name", ["accounts.csv", "accounts.csv.gz", "accounts.parquet"])
def test_each_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".parquet"):
        pd.DataFrame({"account_id": ["007", "NA"], "note": ["two\nlines, and a comma", None]}).to_parquet(path)
    else:
        path.write_bytes(gzip.compress(ROWS.encode()) if name.endswith(".gz") else ROWS.encode())

    rows = feeds.read([path], ["account_id"], None, None).rows

    assert list(rows["account_id"]) == ["007", "NA"]
    assert rows["note"].iloc[0] == "two\nlines, and a comma"
    assert rows["note"].isna().iloc[1]
    assert feeds.find(tmp_path, "accounts") == [path]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_bytes(b"\xef\xbb\xbf" + ROWS.encode())

    assert list(feeds.read([tmp_path / "accounts.csv"], ["account_id"], None, None).rows.columns) == [
        "account_id",
        "note",
    ]


def test_a_feed_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    (tmp_path / "accounts.txt").touch()

    assert feeds.find(tmp_path, "accounts") == []
