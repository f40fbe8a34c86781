"""`ringwatch erase`: what a mistake says. What it does is tested in test_erase_files.py, and on a real Neo4j."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ringwatch.cli import app


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--account", " ", "--why", "asked for it"), "--account is empty"),
        (("--account", "A1", "--why", "  "), "--why is empty"),
        (("--account", "A1", "--why", "A1 asked for it"), "--why names the account, and is kept"),
    ],
)
def test_a_mistake_is_one_sentence_and_buries_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))

    result = CliRunner().invoke(app, ["erase", *arguments, "--yes"])

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert not (tmp_path / "neo4j").exists()
