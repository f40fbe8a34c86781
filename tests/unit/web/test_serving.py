"""The command that opens the page: where it listens, what it prints, and what it says when it cannot."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ringwatch import secret
from ringwatch.cli import app
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.settings import load_settings
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


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"review_address": "0.0.0.0"}, "sign-in links are not safe"),
        ({"review_address": "0.0.0.0", "review_header": "X-User"}, "review_proxy_secret"),
        ({"review_address": "the office"}, "is no IP address"),
        ({"review_proxy_secret": "/nowhere"}, "cannot be read"),
    ],
)
def test_a_page_that_would_be_open_to_others_does_not_start(values: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        serving.access_of(load_settings(**values), "anna")


def test_a_page_is_open_to_a_proxy_that_shares_a_secret(tmp_path: Path) -> None:
    path = tmp_path / "proxy.secret"
    secret.draw(path)
    known = {"review_address": "0.0.0.0", "review_header": "X-User", "review_proxy_secret": path}

    assert serving.access_of(load_settings(**known), "anna").proxy == path.read_bytes().strip()
    assert serving.access_of(load_settings(review_header="X-User"), "anna").proxy is None


def test_the_report_of_the_newest_day_is_written_by_a_command(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(made))

    done = CliRunner().invoke(app, ["review", "report"])

    assert done.exit_code == 0
    assert "2026-03-03/report.html" in done.stdout.replace("\n", "")
    assert (made / "days/2026-03-03/report.html").is_file()
