"""Feed files as they arrive."""

import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwatch.gate import chunks, feeds
from ringwatch.gate.chunks import Chunk
from ringwatch.gate.survey import survey
from ringwatch.mapping import Names

ROWS = 'account_id,note\n007,"two\nlines, and a comma"\nNA,\n'


def read(path: Path, chunk_rows: int = 100, **declared: str | None) -> list[Chunk]:
    arrived = survey(path.parent, path, Names(("account_id",)), declared.get("encoding"), declared.get("delimiter"))
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


def test_numbers_of_json_lines_keep_every_digit(tmp_path: Path) -> None:
    (tmp_path / "accounts.jsonl").write_text(
        '{"account_id": 1700000000000000001, "n": 1.10}\n{"account_id": "1700000000000000001", "n": 1e400}\n'
        '{"n": null, "account_id": 12345678901234567890123, "late": false}\n',
        encoding="utf-8",
    )

    (chunk,) = read(tmp_path / "accounts.jsonl")

    assert chunk.rows.to_pydict() == {
        "account_id": ["1700000000000000001", "1700000000000000001", "12345678901234567890123"],
        "n": ["1.10", "1e400", None],
        "late": [None, None, "false"],
    }


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('{"account_id": [1]}', "the value of 'account_id' is an object or a list, not one value"),
        ('{"account_id": {"a": 1}}', "the value of 'account_id' is an object or a list, not one value"),
        ('{"account_id": 1, "account_id": 2}', "the object names 'account_id' twice"),
        ('{"account_id": NaN}', "the line is not JSON"),
        ('{"account_id": 1},{"account_id": 2}', "the line is not JSON"),
        ('{"account_id": 1', "the line is not JSON"),
        ('{"account_id": "\\ud800"}', "the line holds text that is not Unicode"),
        ("[" * 100_000, "the line is not JSON"),
        ("null", "the line is no JSON object"),
    ],
)
def test_a_line_that_is_no_plain_object_is_refused_by_its_place(tmp_path: Path, line: str, rule: str) -> None:
    (tmp_path / "accounts.jsonl").write_text(f'{{"account_id": 1}}\n\n{line}\n{{"account_id": 2}}\n', encoding="utf-8")

    (chunk,) = read(tmp_path / "accounts.jsonl")

    assert chunk.rows["account_id"].to_pylist() == ["1", "2"]
    assert chunk.lines.to_pylist() == [1, 4]
    assert [(row.row, row.line, row.rule) for row in chunk.ragged] == [(3, 3, rule)]


def test_rows_of_small_files_are_one_chunk_and_keep_their_places(tmp_path: Path) -> None:
    """Neighbours with columns in another order, and with another type in between."""
    paths = [tmp_path / f"accounts-{i}.parquet" for i in range(4)]
    tables: list[dict[str, list[str | int | None]]] = [
        {"account_id": ["a", "b"], "note": [None, None]},
        {"note": ["x"], "account_id": ["c"]},
        {"account_id": [7], "note": ["y"]},
        {"account_id": ["d"], "note": ["z"]},
    ]
    for path, table in zip(paths, tables, strict=True):
        pq.write_table(pa.table(table), path)
    files = [survey(tmp_path, path, Names(("account_id",)), None, None) for path in paths]

    found = list(chunks.read(files, 100))

    assert [chunk.rows.select(["account_id", "note"]).to_pydict() for chunk in found] == [
        {"account_id": ["a", "b", "c", "d"], "note": [None, None, "x", "z"]},
        {"account_id": [7], "note": ["y"]},
    ]
    assert [chunk.files.tolist() for chunk in found] == [[0, 0, 1, 3], [2]]
    assert [chunk.numbers.to_pylist() for chunk in found] == [[1, 2, 1, 1], [1]]


def test_quotes_behind_backslashes_are_read_as_the_sender_wrote_them(tmp_path: Path) -> None:
    text = r"""account_id,note
1,"Acme \"North\" GmbH"
2,"{\"a\": 1, \"b\": 2}"
3,"C:\\"
4,"ends with \""
5,C:\new
6,""
7,5" disk
8,"two
lines\""
9,x
"""
    (tmp_path / "accounts.csv").write_text(text, encoding="utf-8")

    (chunk,) = read(tmp_path / "accounts.csv")

    notes = [
        'Acme "North" GmbH',
        '{"a": 1, "b": 2}',
        "C:\\",
        'ends with "',
        "C:\\new",
        None,
        '5" disk',
        'two\nlines"',
        "x",
    ]
    assert chunk.rows["note"].to_pylist() == notes
    assert chunk.lines.to_pylist()[-2:] == [9, 11]


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (r"""1,"C:\",x|2,"C:\","y"|""", ["C:\\", "C:\\"]),  # doubled: nothing else lets each value end
        (r"""1,"\\server\a, b",x|""", ["\\\\server\\a, b"]),  # nothing speaks for backslashes: they stay
    ],
)
def test_backslashes_that_stand_before_no_quote_stay(tmp_path: Path, text: str, notes: list[str]) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,note,more|".replace("|", "\n") + text.replace("|", "\n"))

    (chunk,) = read(tmp_path / "accounts.csv")

    assert chunk.rows["note"].to_pylist() == notes


def test_rows_behind_a_line_that_names_the_delimiter_keep_their_places(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("sep=|\naccount_id|note\n1|a\n2|b|c\n3|d\n")

    (chunk,) = read(tmp_path / "accounts.csv")

    assert (chunk.numbers.to_pylist(), chunk.lines.to_pylist()) == ([1, 3], [3, 5])
    assert [(row.row, row.line) for row in chunk.ragged] == [(2, 4)]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_bytes(b"\xef\xbb\xbf" + ROWS.encode())

    assert read(tmp_path / "accounts.csv")[0].rows.column_names == ["account_id", "note"]


def test_a_feed_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    (tmp_path / "accounting.csv").touch()

    assert feeds.find(tmp_path, "accounts") == []
