"""What commands load before they begin: only what they use."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("pandas", "numpy", "pyarrow", "duckdb", "sqlalchemy", "alembic", "neo4j", "graphdatascience")
HEAVY += ("great_expectations", "sklearn", "scipy", "ruamel.yaml", "jinja2")


def loaded_by(statements: str, watched: tuple[str, ...] = HEAVY) -> set[str]:
    """Those of the modules that are loaded after the statements were run by a Python of their own."""
    ask = f"{statements}\nimport sys; print(*[name for name in {watched!r} if sys.modules.get(name)])"
    return set(subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True).stdout.split())


def test_the_command_line_loads_no_heavy_library() -> None:
    assert loaded_by("import ringwatch.cli") == set()


def test_the_driver_of_a_question_comes_alone() -> None:
    assert loaded_by("from ringwatch.cli.light import load_driver; load_driver(); import ringwatch.graph") == {"neo4j"}


@pytest.mark.parametrize("command", [["config", "show"], ["query", "show", "ring_members"], ["server", "status"]])
def test_commands_that_read_no_tables_load_no_tables(command: list[str], tmp_path: object) -> None:
    run = f"from ringwatch.cli import app\nimport os; os.environ['RINGWATCH_HOME'] = {str(tmp_path)!r}\n"
    run += "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n"
    run += f"    app({command!r}, standalone_mode=False)"

    assert not loaded_by(run) & {"pandas", "pyarrow", "sqlalchemy", "duckdb", "great_expectations", "graphdatascience"}


def test_a_store_whose_schema_is_the_newest_is_opened_without_what_migrates_it(tmp_path: Path) -> None:
    opened = "from pathlib import Path\nfrom ringwatch.review.store import Store\n"
    opened += f"Store.open(Path({str(tmp_path / 'review.db')!r}))"

    assert "alembic" in loaded_by(opened)
    assert "alembic" not in loaded_by(opened)


def test_the_help_loads_no_command() -> None:
    asked = "import contextlib, io\nfrom ringwatch.cli import app\nwith contextlib.redirect_stdout(io.StringIO()):\n"
    asked += "    app(['--help'], standalone_mode=False)"

    assert loaded_by(asked, ("pydantic", "ringwatch.cli.night", "ringwatch.cli.rings")) == set()
