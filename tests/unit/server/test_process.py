"""The server's process, played by others."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ringwatch import server
from ringwatch.errors import InfrastructureError
from ringwatch.server import embedded
from ringwatch.server.conf import Memory, home_argument
from ringwatch.server.home import create_home, draw_password, server_home
from ringwatch.server.ports import Ports
from ringwatch.server.process import end, find_process, find_processes, is_alive, spawn
from ringwatch.server.state import State, write_state
from ringwatch.settings import Settings

Run = Callable[..., psutil.Process]
WAIT = "import time; print('up', flush=True); time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAIT


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Start a Python program as the server is started, and wait until it prints."""
    started = []

    def start(program: str, *arguments: str) -> psutil.Process:
        log = tmp_path / "log"
        started.append(spawn([sys.executable, "-c", program, *arguments], tmp_path, log))
        while is_alive(started[-1]) and not log.read_text():
            pass
        return started[-1]

    yield start
    for process in started:
        if is_alive(process):
            process.kill()


def test_a_process_is_recognised_by_its_home_and_not_by_its_pid_alone(run: Run) -> None:
    process = run(WAIT, "--home-dir=/a")

    assert find_process(process.pid, "--home-dir=/a") == process
    assert find_process(process.pid, "--home-dir=/b") is None
    assert find_processes("--home-dir=/a") == [process]


def test_a_process_is_asked_to_end(run: Run) -> None:
    process = run(WAIT)

    assert end(process) is False
    assert not is_alive(process)


def test_a_process_that_does_not_end_by_itself_is_killed(run: Run) -> None:
    process = run(DEAF)

    assert end(process, seconds=0.5) is True
    assert not is_alive(process)


def test_the_server_gets_none_of_our_secrets(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_STORE_URL", "postgresql://someone:hush@db/review")
    run("import os; print(dict(os.environ), flush=True)")

    assert "PATH" in (tmp_path / "log").read_text()
    assert "hush" not in (tmp_path / "log").read_text()


def test_a_program_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match=r"^cannot start /no/java: No such file or directory$"):
        spawn(["/no/java"], tmp_path, tmp_path / "log")


def test_a_pid_that_is_another_programs_by_now_is_left_alone(make_settings: Callable[..., Settings], run: Run) -> None:
    settings = make_settings()
    home = server_home(settings)
    create_home(home)
    stranger = run(WAIT)
    write_state(home, State(stranger.pid, Ports(1, 2), Ports(1, 2), Memory(512, 128)))

    assert server.status(settings).running is False
    assert server.stop(settings) == server.Stopped()
    assert is_alive(stranger)


def test_what_answers_on_our_port_while_our_server_does_not_listen_is_never_asked(
    make_settings: Callable[..., Settings], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(embedded, "ask_versions", asked.append)
    settings = make_settings()
    home = server_home(settings)
    create_home(home)
    draw_password(home)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        process = run(WAIT, home_argument(home))
        write_state(home, State(process.pid, Ports(port, 2), Ports(port, 2), Memory(512, 128)))

        assert server.running(settings) is None
        assert server.status(settings).neo4j is None
    assert asked == []


def test_a_server_is_ended_though_its_state_file_is_gone(make_settings: Callable[..., Settings], run: Run) -> None:
    settings = make_settings()
    home = server_home(settings)
    create_home(home)
    process = run(WAIT, home_argument(home))

    assert server.stop(settings) == server.Stopped(process.pid, killed=False)


def test_nothing_is_stopped_where_nothing_ever_ran(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()

    assert server.stop(settings) == server.Stopped()
    assert not settings.home.exists()


def test_a_process_whose_starter_does_not_bury_it_counts_as_ended(tmp_path: Path) -> None:
    starter = "import subprocess, sys, time\nprint(subprocess.Popen(['sleep', '60']).pid, flush=True)\ntime.sleep(60)"
    log = tmp_path / "starter.log"
    parent = spawn([sys.executable, "-c", starter], tmp_path, log)
    while not log.read_text().strip():
        time.sleep(0.02)
    child = psutil.Process(int(log.read_text()))

    assert end(child, seconds=5) is False
    assert child.status() == psutil.STATUS_ZOMBIE
    end(parent)
