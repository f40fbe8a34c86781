"""A delivery that is read in portions is the delivery that is read as a whole."""

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwatch.gate import chunks
from ringwatch.gate import portions as cut
from ringwatch.gate.arrivals import Arrived
from ringwatch.gate.portions import portions
from ringwatch.gate.survey import survey_all, together
from ringwatch.mapping import Names

COLUMNS = ("account_id", "device", "first_seen", "last_seen")
NAMES = Names(COLUMNS)


def rows(first: int, count: int) -> pa.Table:
    moment = datetime(2026, 3, 2)
    names = [f"A{i}" for i in range(first, first + count)]
    times = [moment + timedelta(seconds=i) for i in range(count)]
    return pa.table(dict(zip(COLUMNS, (names, names, times, times), strict=True)))


def parquet_files(folder: Path, *sizes: int, group: int = 10) -> list[Arrived]:
    paths = [folder / f"devices-{i}.parquet" for i in range(len(sizes))]
    for number, (path, size) in enumerate(zip(paths, sizes, strict=True)):
        pq.write_table(rows(1000 * number, size), path, row_group_size=group)
    return together(survey_all(folder, paths, NAMES))


def read(files: list[Arrived], chunk_rows: int = 7) -> list[tuple[object, ...]]:
    return [
        (*row.values(), int(file), number)
        for chunk in chunks.read(files, chunk_rows)
        for row, file, number in zip(chunk.rows.to_pylist(), chunk.files, chunk.numbers.to_pylist(), strict=True)
    ]


def test_a_large_parquet_file_is_cut_between_its_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = parquet_files(tmp_path, 5, 45, 5)
    group = max(size for _, size in files[1].row_groups)
    monkeypatch.setattr(cut, "PORTION_BYTES", max(2 * group, files[0].size))

    found = [(portion.first, [file.part for file in portion.files]) for portion in portions(files)]

    assert found == [(0, [None]), (1, [(0, 2)]), (1, [(2, 4)]), (1, [(4, 5)]), (2, [None])]


def test_small_files_are_one_portion_up_to_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = parquet_files(tmp_path, 4, 4, 4, 4, 4)
    monkeypatch.setattr(cut, "PORTION_BYTES", 2 * max(file.size for file in files))

    assert [(portion.first, len(portion.files)) for portion in portions(files)] == [(0, 2), (2, 2), (4, 1)]


@pytest.mark.parametrize("size", [1, 1500, 4000, 1 << 20])
def test_rows_and_their_places_do_not_depend_on_the_size_of_portions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    files = parquet_files(tmp_path, 3, 64, 1, 0, 31)
    expected = [
        (*row.values(), file, number)
        for file, count in enumerate((3, 64, 1, 0, 31))
        for number, row in enumerate(rows(1000 * file, count).to_pylist(), start=1)
    ]
    monkeypatch.setattr(cut, "PORTION_BYTES", size)

    assert read(files) == expected


def test_no_chunk_holds_rows_of_two_portions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = parquet_files(tmp_path, 4, 4, 4)
    monkeypatch.setattr(cut, "PORTION_BYTES", 1)

    assert [set(chunk.files.tolist()) for chunk in chunks.read(files, 100)] == [{0}, {1}, {2}]
