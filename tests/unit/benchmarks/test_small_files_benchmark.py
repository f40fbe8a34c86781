"""The benchmark of small files compares like with like."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.small_files.data import rows_of_devices, write_files

READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "csv": pd.read_csv,
    "jsonl": lambda path: pd.read_json(path, lines=True, dtype=False),
    "parquet": pd.read_parquet,
}


@pytest.mark.parametrize("form", READERS)
def test_one_file_and_many_hold_the_same_rows(tmp_path: Path, form: str) -> None:
    made = rows_of_devices(tmp_path / "made", 60, seed=5)

    for files in (1, 15):
        write_files(tmp_path / str(files), made, files, form)

    one, many = (sorted((tmp_path / str(files)).rglob(f"*.{form}")) for files in (1, 15))
    assert [len(one), len(many)] == [1, 15]
    whole = READERS[form](one[0])
    together = pd.concat([READERS[form](path) for path in many], ignore_index=True)
    assert len(whole) == 60
    pd.testing.assert_frame_equal(together, whole, check_dtype=False)
