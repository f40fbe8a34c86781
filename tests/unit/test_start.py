"""What commands load before they begin: only what they use."""

from pathlib import Path

import pytest
from starts import loaded_by, running

from ringwatch.store.store import Store

TABLES = {"pandas", "numpy", "pyarrow", "duckdb", "great_expectations", "graphdatascience"}


def test_the_command_line_loads_no_heavy_library() -> None:
    assert loaded_by("import ringwatch.cli") == set()


def test_the_driver_of_a_question_comes_alone() -> None:
    assert loaded_by("from ringwatch.cli.light import load_driver; load_driver(); import ringwatch.graph") == {"neo4j"}


@pytest.mark.parametrize(
    "command", [["config", "show"], ["query", "show", "ring_picture"], ["query", "list"], ["server", "status"]]
)
def test_commands_without_a_store_load_neither_tables_nor_the_model(command: list[str], tmp_path: Path) -> None:
    loaded = loaded_by(running(command, RINGWATCH_HOME=tmp_path))

    assert not loaded & (TABLES | {"sqlalchemy", "ruamel.yaml"})


def test_what_arrived_is_listed_without_the_libraries_that_work_on_tables(tmp_path: Path) -> None:
    Store.open(tmp_path / "review.db").close()

    loaded = loaded_by(running(["deliveries"], RINGWATCH_HOME=tmp_path))

    assert not loaded & (TABLES | {"alembic", "ruamel.yaml"})


def test_a_store_whose_schema_is_the_newest_is_opened_without_what_migrates_it(tmp_path: Path) -> None:
    opened = "from pathlib import Path\nfrom ringwatch.store.store import Store\n"
    opened += f"Store.open(Path({str(tmp_path / 'review.db')!r}))"

    assert "alembic" in loaded_by(opened)
    assert "alembic" not in loaded_by(opened)


def test_score_loads_neither_the_driver_nor_what_learns() -> None:
    watched = ("neo4j", "scipy.stats", "scipy.optimize", "ruamel.yaml", "graphdatascience")

    assert loaded_by("from ringwatch.stages import score", watched) == set()


def test_the_help_loads_no_command() -> None:
    asked = running(["--help"])

    assert loaded_by(asked, ("pydantic", "ringwatch.cli.night", "ringwatch.cli.rings")) == set()


def test_the_gate_does_not_load_spark_although_it_is_installed() -> None:
    watched = ("great_expectations", "pyspark")

    assert loaded_by("from ringwatch.gate.gx import library; library()", watched) == {"great_expectations"}


def test_great_expectations_comes_where_spark_is_in_use() -> None:
    """It asks for PySpark Connect, which ends a program that has no file, as this one."""
    program = "import pyspark.sql; from ringwatch.gate.gx import library; library()"

    assert loaded_by(program, ("great_expectations",)) == {"great_expectations"}
