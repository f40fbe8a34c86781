"""Every command in homes with awkward names: documented exit codes, and no traceback.

The commands are those of the command line itself, so that a new one cannot be left out: it needs a line below. No
server can be reached, so that what needs one says so.
"""

from pathlib import Path
from time import perf_counter

import pytest
from typer.testing import CliRunner

from ringwatch.cli import COMMANDS, app

DOCUMENTED = {0, 1, 2, 3, 4}
DAY = ["--day", "2026-03-02"]
# What each command needs besides its name; None: it makes worlds and servers, and is walked where these are tested.
ARGUMENTS: dict[str, list[str] | None] = {
    "accounts show": ["A-1"], "backup": ["--to", "BACKUP"], "config show": [], "deliveries": [], "demo": None,
    "detect": DAY, "doctor": [], "evaluate": [],
    "erase": ["--account", "A-1", "--why", "asked", "--yes"], "export salt": ["--out", "SALT"],
    "export stix": ["--out", "OUT.json", "--group", "g", "--as", "us"], "import stix": ["OUT.json", "--group", "g"],
    "keys list": [],
    "keys rotate": ["--yes"], "link": DAY, "load": DAY, "publish": DAY, "quarantine discard": ["--why", "x", *DAY],
    "quarantine list": [], "quarantine log": [], "quarantine replay": [], "quarantine show": [], "query list": [],
    "query pack": ["--out", "PACK"], "query run": ["hubs"], "query show": ["hubs"], "rebuild": [],
    "review allow": ["device", "d1"], "review allowances": [],
    "restore": ["--from", "BACKUP"], "review apart": ["A-1", "A-2"], "review calibrate": [], "review stats": [],
    "review claim": ["R-7F3K2A"], "review clear": ["R-7F3K2A"],
    "review confirm": ["R-7F3K2A"], "review log": [], "review note": ["R-7F3K2A", "x"], "review queue": [],
    "review release": ["A-1", "R-7F3K2A"], "review report": [],
    "review serve": [], "review show": ["R-7F3K2A"], "review together": ["A-1", "A-2"],
    "review unclaim": ["R-7F3K2A"], "review undo": ["1"], "review unsure": ["R-7F3K2A"], "rings list": [],
    "rings show": ["R-7F3K2A"],
    "rings watch": [], "rollback": ["--to", "2026-03-02", "--why", "x"],
    "republish": ["--from", "2026-03-02"], "nights": [],
    "run": DAY, "score": DAY, "server logs": [], "server start": [], "server status": [],
    "server stop": [], "store prepare": [],
    "server url": [], "simulate": None, "train": None, "upkeep": [], "validate": DAY,
}  # fmt: skip
HOMES = ("it's 100% ü", "t[1] a[/b]", "$HOME s*r {x} :memory: day=1")


def commands() -> list[str]:
    found = []
    for name, later in COMMANDS.items():
        command = later.load(name)
        found += [f"{name} {inner}" for inner in command.commands] if hasattr(command, "commands") else [name]
    return sorted(found)


def test_every_command_is_walked() -> None:
    assert commands() == sorted(ARGUMENTS)


@pytest.mark.parametrize("home", HOMES)
def test_no_command_ends_in_a_traceback(home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / home))
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")

    walk()


def test_a_question_to_a_server_that_is_down_is_answered_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night goes on trying for half a minute; a person is not kept waiting."""
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")
    began = perf_counter()

    ended = CliRunner().invoke(app, ["query", "run", "hubs"])

    assert ended.exit_code == 4
    assert "does not answer; see `ringwatch server status`" in " ".join(ended.output.split())
    assert perf_counter() - began < 15


def test_a_file_in_place_of_the_home_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")

    walk()


def walk() -> None:
    """Give every command, and hold it to what is documented."""
    for command, arguments in ARGUMENTS.items():
        if arguments is not None:
            ended = CliRunner().invoke(app, [*command.split(), *arguments])
            assert ended.exit_code in DOCUMENTED, (command, ended.output, ended.exception)
            assert "Traceback" not in ended.output, (command, ended.output)
            assert "fault of ringwatch" not in ended.output, (command, ended.output)
