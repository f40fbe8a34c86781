import json
from datetime import date
from pathlib import Path

import typer
from typer.testing import CliRunner

from ringwatch.cli.simulate import simulate
from ringwatch.simulate.families import draw_world

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


def test_a_varied_world_is_as_large_and_long_as_it_draws_and_may_be_without_rings(tmp_path: Path) -> None:
    climate = draw_world("D", 9).climate
    arguments = ["--out", str(tmp_path), "--family", "D", "--number", "9", "--ring-free", "--accounts", "600", "--json"]

    said = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)

    window = date.fromisoformat(said["last_day"]) - date.fromisoformat(said["first_day"])
    assert window.days + 1 == climate.window_days
    assert set(said["groups"]) == {"reseller"}
