"""A path is data: no name of a folder is a pattern, a partition, a quote or markup to what the program is made of."""

import re
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from ringwatch import duck
from ringwatch.cli import output
from ringwatch.errors import UsageError
from ringwatch.server.conf import Memory
from ringwatch.server.home import Home
from ringwatch.server.offline import ImportFiles, command
from ringwatch.settings import load_settings
from ringwatch.store.store import Store

AWKWARD = ("it's", "t[1]", "[prod]", "a[/b]", "100%", "sp ace", "ü", "s*r", "{x}", "$HOME", ":memory:", "day=1", '"q"')
# Letters that mean something to somebody, and one that means nothing.
names = st.text(alphabet="'\"[]{}*()%$&#;:,=~!@^ü a-", min_size=1, max_size=8).filter(lambda name: name.strip(". "))


def _file(folder: Path, value: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"name": [value]}), folder / "rows.parquet")
    return folder / "rows.parquet"


@settings(max_examples=30, deadline=None)
@given(names)
def test_the_rows_of_a_file_are_those_of_that_file_whatever_its_folder_is_called(name: str) -> None:
    with TemporaryDirectory() as root, duck.connect() as connection:
        for other in "t1", "s1r", "a", "p":  # what a pattern might take instead
            _file(Path(root) / other, "another's")
        path = _file(Path(root) / "home" / name, "ours")

        found = duck.read_parquet(connection, path, filename=True)

        assert found.fetchall() == [("ours", str(path))]
        asked = "FROM read_parquet($path, hive_partitioning = false)"
        assert connection.execute(asked, {"path": duck.verbatim(path)}).fetchall() == [("ours",)]


def test_the_files_of_another_home_are_not_taken_for_ours(tmp_path: Path) -> None:
    _file(tmp_path / "t1", "another's")
    ours = _file(tmp_path / "t[1]", "ours")

    with duck.connect() as connection:
        assert duck.read_parquet(connection, [ours]).fetchall() == [("ours",)]


@settings(max_examples=30, deadline=None)
@given(names)
def test_a_database_lies_where_it_was_asked_for(name: str) -> None:
    with TemporaryDirectory() as root:
        folder = Path(root) / name
        folder.mkdir()
        with duck.connect() as connection:
            duck.attach(connection, folder / "made.duckdb", "made")
            connection.execute("CREATE TABLE made.main.t AS SELECT 1 AS one; DETACH made")

        assert [path.name for path in folder.iterdir()] == ["made.duckdb"]
        with duck.connect(folder / "made.duckdb", read_only=True) as connection:
            assert connection.execute("FROM t").fetchall() == [(1,)]


@pytest.mark.parametrize("name", [*AWKWARD, "a?b=c"])
def test_the_store_lies_in_the_home(name: str, tmp_path: Path) -> None:
    Store.open(tmp_path / name / "review.db").close()

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name / "review.db"]


@pytest.mark.parametrize("name", ["a?b", "a\\b", "a\nb", "a\u202eb"])
def test_a_home_that_cannot_be_named_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"setting home: a home cannot have .* in its path; choose another folder"):
        load_settings(home=tmp_path / name)


def test_a_tilde_is_the_folder_of_the_user_wherever_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")

    assert load_settings(home="~/rings").home == Path("/somewhere/rings")


@pytest.mark.parametrize("name", AWKWARD)
def test_the_import_tool_is_not_told_the_name_of_the_home(name: str, tmp_path: Path) -> None:
    home = Home(tmp_path / name / "neo4j")
    files = ImportFiles({"Account": tmp_path / name / "graph" / "bulk" / "Account.csv"}, {})

    told = command(home, tmp_path / "lib", Memory(512, 128), files)

    assert "--nodes=Account=../graph/bulk/Account.csv" in told


@pytest.mark.parametrize("name", [*AWKWARD, ":smile:", "[bold]", "[link=x]"])
def test_what_is_printed_is_what_it_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = StringIO()
    for console in (output.console, output.notes):
        monkeypatch.setattr(console, "_file", shown)

    output.console.print(name, soft_wrap=True)
    output.notes.print(name, soft_wrap=True)
    output.print_mapping(name, {name: name})

    assert shown.getvalue().count(name) == 5
    assert isinstance(output.console, Console)


def test_files_are_named_to_duckdb_in_one_place() -> None:
    unnamed = re.compile(r"(?<!pd)(?<!duck)\.read_parquet\(|ATTACH '| read_parquet\((?!.*hive_partitioning = false)")
    program = [path for path in Path(duck.__file__).parent.rglob("*.py") if path.name != "duck.py"]

    assert [path.name for path in program if unnamed.search(path.read_text(encoding="utf-8"))] == []
