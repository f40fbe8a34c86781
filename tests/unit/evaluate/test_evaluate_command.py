from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ringwatch.cli.evaluate import evaluate
from ringwatch.errors import UsageError

app = typer.Typer()
app.command()(evaluate)


def run(*arguments: str) -> None:
    CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("arguments", [(), ("--day", "2026-03-02"), ("--truth", "somewhere")])
def test_it_says_what_it_needs(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="give --truth and --day for a published night, or --family or --stress"):
        run(*arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--family", "D"), "there is no world 1 of family D"),
        (("--stress", "earthquake"), "there is no stress world earthquake"),
        (("--family", "A", "--part", "weather"), "there is no part weather"),
    ],
)
def test_worlds_that_are_not_there_start_no_server(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    with pytest.raises(UsageError, match=said):
        run(*arguments)
    assert not list(tmp_path.iterdir())
