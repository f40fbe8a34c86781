"""Many small files are read together, and each row keeps its place."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwatch.errors import DataRefused
from ringwatch.gate import chunks
from ringwatch.gate.arrivals import Arrived
from ringwatch.gate.survey import survey, survey_all, together
from ringwatch.mapping import Names

Row = tuple[str, int, int | None, str | None, str | None]

CSV_FILES = [
    b'account_id,note\na1,"two\nlines"\na2,x\n',
    b"\xef\xbb\xbfaccount_id,note\r\nb1,x\r\n\r\nb3,y,one too many\r\nb4,z\r\n",
    b"account_id,note\n",
    b"account_id,note",
    b'account_id,note\nd1,"not ended\n"',
    b'account_id,note\ne1,"Acme \\"North\\", Ltd"\ne2,"ends\\\\"\n',
    "account_id,note\nf1,Müller\n".encode("cp1252"),
    b"sep=,\naccount_id,note\ng1,x\n",
]
CSV_ROWS = [
    ("accounts-0.csv", 1, 2, "a1", "two\nlines"),
    ("accounts-0.csv", 2, 4, "a2", "x"),
    ("accounts-1.csv", 1, 2, "b1", "x"),
    ("accounts-1.csv", 4, 5, "b4", "z"),
    ("accounts-4.csv", 1, 2, "d1", "not ended\n"),
    ("accounts-5.csv", 1, 2, "e1", 'Acme "North", Ltd'),
    ("accounts-5.csv", 2, 3, "e2", "ends\\"),
    ("accounts-6.csv", 1, 2, "f1", "Müller"),
    ("accounts-7.csv", 1, 3, "g1", "x"),
]
JSON_FILES = [
    b'{"account_id": "a1", "note": "x"}\nnot JSON\n{"account_id": 2}',
    b"",
    b'\n{"note": true, "account_id": "c1"}\n\n{"account_id": "c2", "note": null}\n',
]
JSON_ROWS = [
    ("accounts-0.jsonl", 1, 1, "a1", "x"),
    ("accounts-0.jsonl", 3, 3, "2", None),
    ("accounts-2.jsonl", 2, 2, "c1", "true"),
    ("accounts-2.jsonl", 4, 4, "c2", None),
]


@pytest.fixture
def only_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is read alone."""

    def alone(_arrived: Arrived) -> Any:
        raise AssertionError("this file was read alone")

    monkeypatch.setattr(chunks, "_READERS", dict.fromkeys(("csv", "jsonl", "parquet"), alone))


@pytest.mark.usefixtures("only_together")
@pytest.mark.parametrize("chunk_rows", [1, 100])
def test_rows_of_small_csv_files_keep_their_places(tmp_path: Path, chunk_rows: int) -> None:
    """Whatever their encoding, line ends, quotes inside of quotes, and lines before the header."""
    rows, ragged = read(delivered(tmp_path, "csv", CSV_FILES), chunk_rows)

    assert rows == CSV_ROWS
    assert ragged == [("accounts-1.csv", 3, 4, "b3,y,one too many")]


def test_a_small_csv_file_with_an_odd_row_and_no_last_line_break_is_read_alone(tmp_path: Path) -> None:
    """Only alone it is told whether it was cut off."""
    odd = b"account_id,note\nb1,x,one too many\nb2,y"

    rows, ragged = read(delivered(tmp_path, "csv", [CSV_FILES[0], odd]))

    assert [row[:4] for row in rows[2:]] == [("accounts-1.csv", 2, 3, "b2")]
    assert ragged == [("accounts-1.csv", 1, 2, "b1,x,one too many")]


@pytest.mark.parametrize("text", ["(the next file),,\n", "x,(the next file),,\n", '"(the next file)",,\n'])
def test_text_that_looks_like_the_end_of_a_file_is_a_row_of_its_own_file(tmp_path: Path, text: str) -> None:
    whole = b"account_id,note\na1,x\n"

    rows, ragged = read(delivered(tmp_path, "csv", [whole, f"account_id,note\n{text}b2,y\n".encode(), whole]))

    assert [row[:4] for row in rows] == [
        ("accounts-0.csv", 1, 2, "a1"),
        ("accounts-1.csv", 2, 3, "b2"),
        ("accounts-2.csv", 1, 2, "a1"),
    ]
    assert [row[:3] for row in ragged] == [("accounts-1.csv", 1, 2)]


def test_a_small_csv_file_that_was_cut_off_is_refused_by_its_name(tmp_path: Path) -> None:
    files = delivered(tmp_path, "csv", [b"account_id,note\na1,x\n", b"account_id,note\nb1,x\nb2", CSV_FILES[0]])

    with pytest.raises(DataRefused, match=r"accounts-1\.csv: it was cut off"):
        read(files)


@pytest.mark.usefixtures("only_together")
@pytest.mark.parametrize("chunk_rows", [1, 100])
def test_rows_of_small_files_of_json_lines_keep_their_places(tmp_path: Path, chunk_rows: int) -> None:
    rows, ragged = read(delivered(tmp_path, "jsonl", JSON_FILES), chunk_rows)

    assert rows == JSON_ROWS
    assert ragged == [("accounts-0.jsonl", 2, 2, "not JSON")]


@pytest.mark.usefixtures("only_together")
def test_rows_of_small_parquet_files_keep_their_places_and_types(tmp_path: Path) -> None:
    """A column that is empty in one file has no type there, and one of numbers is not made text."""
    tables: list[dict[str, Any]] = [
        {"account_id": ["a1", "a2"], "note": [None, None]},
        {"account_id": ["b1"], "note": ["x"]},
        {"account_id": [7], "note": ["y"]},
        {"account_id": ["d1"], "note": pd.Categorical(["z"])},
    ]
    paths = [tmp_path / f"accounts-{number}.parquet" for number in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        pq.write_table(pa.Table.from_pandas(pd.DataFrame(table)), path)
    files = survey_all(tmp_path, paths, Names(("account_id",)))

    found = [
        (files[of].name, number, row["account_id"], row["note"])
        for chunk in chunks.read(files, 100)
        for of, number, row in zip(chunk.files.tolist(), chunk.numbers.to_pylist(), chunk.rows.to_pylist(), strict=True)
    ]

    assert sorted(found, key=str) == [
        ("accounts-0.parquet", 1, "a1", None),
        ("accounts-0.parquet", 2, "a2", None),
        ("accounts-1.parquet", 1, "b1", "x"),
        ("accounts-2.parquet", 1, 7, "y"),
        ("accounts-3.parquet", 1, "d1", "z"),
    ]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_column_that_folders_name_has_the_value_of_each_file(tmp_path: Path, ending: str) -> None:
    files = []
    for platform in ("ios", "android"):
        path = tmp_path / f"platform={platform}" / f"part.{ending}"
        path.parent.mkdir()
        frame = pd.DataFrame({"account_id": [f"of {platform}"]})
        if ending == "parquet":
            frame.to_parquet(path)
        else:
            path.write_text(
                frame.to_csv(index=False) if ending == "csv" else frame.to_json(orient="records", lines=True)
            )
        files.append(survey(tmp_path, path, Names(("account_id",)), None, None))

    (chunk,) = chunks.read(files, 100)

    assert chunk.rows.to_pylist() == [
        {"account_id": "of ios", "platform": "ios"},
        {"account_id": "of android", "platform": "android"},
    ]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_small_file_that_changes_after_it_was_looked_at_is_refused(tmp_path: Path, ending: str) -> None:
    """Also when its rows are known already."""
    frame = pd.DataFrame({"account_id": ["a1"], "note": ["x"]})
    contents = {
        "csv": frame.to_csv(index=False).encode(),
        "jsonl": frame.to_json(orient="records", lines=True).encode(),
        "parquet": frame.to_parquet(),
    }
    files = delivered(tmp_path, ending, [contents[ending]] * 2)

    files[1].path.write_bytes(contents[ending] + b"more")

    with pytest.raises(DataRefused, match=rf"accounts-1\.{ending}: it changed while it was read"):
        list(chunks.read(files, 100))


def delivered(folder: Path, ending: str, contents: list[bytes]) -> list[Arrived]:
    paths = [folder / f"accounts-{number}.{ending}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return together(survey_all(folder, paths, Names(("account_id", "note"))))


def read(files: list[Arrived], chunk_rows: int = 100) -> tuple[list[Row], list[tuple[str, int, int, str]]]:
    rows: list[Row] = []
    ragged = []
    for chunk in chunks.read(files, chunk_rows):
        texts = chunk.rows.select(["account_id", "note"]).to_pylist()
        places = zip(chunk.files.tolist(), chunk.numbers.to_pylist(), chunk.lines.to_pylist(), strict=True)
        rows += [
            (files[of].name, number, line, row["account_id"], row["note"])
            for (of, number, line), row in zip(places, texts, strict=True)
        ]
        ragged += [(row.file, row.row, row.line, row.text) for row in chunk.ragged]
    return rows, ragged
