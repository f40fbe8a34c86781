import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from ringwatch.cli.simulate import simulate

app = typer.Typer()
app.command()(simulate)


def test_the_command_writes_a_world_from_the_given_day_and_says_what_it_holds(tmp_path: Path) -> None:
    arguments = ["--out", str(tmp_path), "--accounts", "600", "--days", "2", "--start", "2025-02-28", "--json"]

    said = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)

    assert (said["first_day"], said["last_day"], said["accounts"]) == ("2025-02-28", "2025-03-01", 600)
    assert sorted(folder.name for folder in (tmp_path / "feeds").iterdir()) == ["2025-02-28", "2025-03-01"]


def test_a_start_that_is_no_day_is_a_usage_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--out", str(tmp_path), "--start", "tomorrow"])
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())
