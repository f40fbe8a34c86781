"""DuckDB is opened in one way, and keeps stdout clean."""

from pathlib import Path

import ringwatch
from ringwatch import duck


def test_a_connection_shows_no_progress() -> None:
    with duck.connect() as connection:
        (shown,) = connection.execute("SELECT current_setting('enable_progress_bar')").fetchone() or (None,)

    assert shown is False


def test_nobody_opens_duckdb_in_another_way() -> None:
    modules = Path(ringwatch.__file__).parent.rglob("*.py")
    others = [path.name for path in modules if "duckdb.connect(" in path.read_text(encoding="utf-8")]

    assert others == ["duck.py"]
