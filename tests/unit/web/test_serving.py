"""The command that opens the page: where it listens, what it prints, and what it says when it cannot."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.errors import InfrastructureError
from ringwatch.web import serving


def test_a_port_in_use_is_told(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(made))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = CliRunner().invoke(app, ["review", "serve", "--port", str(port)])

    assert done.exit_code == InfrastructureError.exit_code
    assert done.stderr.count("\n") == 1
    assert f"port {port} is in use" in done.stderr


@pytest.mark.parametrize("command", ["serve", "report"])
def test_a_home_without_a_store_is_told(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))

    done = CliRunner().invoke(app, ["review", command])

    assert done.exit_code == 2
    assert "there is no review store" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_page_listens_on_this_machine_only() -> None:
    with serving.bound(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_the_report_of_the_newest_day_is_written_by_a_command(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(made))

    done = CliRunner().invoke(app, ["review", "report"])

    assert done.exit_code == 0
    assert "2026-03-03/report.html" in done.stdout.replace("\n", "")
    assert (made / "days/2026-03-03/report.html").is_file()
