"""Start, stop and status of the embedded server. Each may be called at any time, and by several processes at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from ringwatch.errors import InfrastructureError
from ringwatch.server.conf import Memory, command, home_argument, machine_memory_mb, size_memory, write_conf
from ringwatch.server.connection import Connection, Versions, ask_versions
from ringwatch.server.download import fetch_jars
from ringwatch.server.home import USER, Home, create_home, link_plugins, read_password, server_home
from ringwatch.server.ports import HOST, Ports, choose_ports, wanted_ports
from ringwatch.server.process import STOP_SECONDS, end, find_process, spawn
from ringwatch.server.ready import PortTaken, wait_until_ready
from ringwatch.server.state import State, read_state, write_state
from ringwatch.settings import Settings

PORT_TRIES = 3


@dataclass(frozen=True)
class Status:
    """The embedded server as it is now. What only a running server can tell is None when none runs."""

    running: bool
    home: Path
    data_mb: float
    pid: int | None = None
    uri: str | None = None
    browser_url: str | None = None
    neo4j: str | None = None
    gds: str | None = None
    heap_mb: int | None = None
    pagecache_mb: int | None = None
    resident_mb: float | None = None


@dataclass(frozen=True)
class Stopped:
    """What `stop` found: the pid that was ended, if any, and whether it had to be killed."""

    pid: int | None
    killed: bool = False


def start(settings: Settings) -> Connection:
    """Return a connection to the embedded server; start it if it does not run.

    Raises InfrastructureError when its jars cannot be had, or it does not answer in time.
    """
    home = server_home(settings)
    if connection := _answering(home):
        return connection
    jars = fetch_jars(settings)
    create_home(home)
    with _alone(home, settings.server_start_seconds):
        return _await_running(home, settings) or _launch(home, jars, settings)


def stop(settings: Settings) -> Stopped:
    """End the embedded server if it runs, cleanly if it lets itself be ended."""
    home = server_home(settings)
    if not home.lock.parent.is_dir():
        return Stopped(pid=None)
    with _alone(home, settings.server_start_seconds):
        process = _process(home)
        return Stopped(process.pid, end(process)) if process else Stopped(pid=None)


def status(settings: Settings) -> Status:
    """Return what is known of the embedded server without starting it."""
    home = server_home(settings)
    state, process = read_state(home), _process(home)
    idle = Status(running=False, home=home.folder, data_mb=_size_mb(home.data))
    return _running_status(idle, home, state, process) if state and process else idle


def _answering(home: Home) -> Connection | None:
    """The quick way of every later call: the remembered process lives and answers."""
    state = read_state(home)
    if state is None or _process(home) is None or not home.password.is_file():
        return None
    connection = _connection(home, state.ports)
    return connection if _versions(connection) else None


def _process(home: Home) -> psutil.Process | None:
    state = read_state(home)
    return find_process(state.pid, home_argument(home)) if state else None


def _connection(home: Home, ports: Ports) -> Connection:
    return Connection(
        uri=f"bolt://{HOST}:{ports.bolt}",
        user=USER,
        password=read_password(home),
        http_url=f"http://{HOST}:{ports.http}",
    )


def _versions(connection: Connection) -> Versions | None:
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        return ask_versions(connection)
    except (DriverError, Neo4jError):
        return None


@contextmanager
def _alone(home: Home, start_seconds: int) -> Iterator[None]:
    """Let one process at a time start or stop the server of this home."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(home.lock, timeout=PORT_TRIES * start_seconds + STOP_SECONDS):
            yield
    except Timeout:
        raise InfrastructureError(f"another process has been starting or stopping {home.folder} for too long") from None


def _await_running(home: Home, settings: Settings) -> Connection | None:
    """Wait for a server that another command started a moment ago, if there is one."""
    state, process = read_state(home), _process(home)
    if state is None or process is None:
        return None
    connection = _connection(home, state.ports)
    wait_until_ready(process, connection, state.ports.bolt, home.log, settings.server_start_seconds)
    return connection


def _launch(home: Home, jars: Path, settings: Settings) -> Connection:
    memory = size_memory(settings, machine_memory_mb())
    link_plugins(home, jars / "plugins")
    for _ in range(PORT_TRIES - 1):
        try:
            return _launch_once(home, jars / "lib", memory, settings)
        except PortTaken:
            continue
    return _launch_once(home, jars / "lib", memory, settings)


def _launch_once(home: Home, lib: Path, memory: Memory, settings: Settings) -> Connection:
    before = read_state(home)
    ports = choose_ports(settings, before.wanted if before else None, before.ports if before else None)
    write_conf(home, ports, memory)
    connection = _connection(home, ports)
    process = spawn(command(home, lib, memory), home.folder, home.log)
    write_state(home, State(process.pid, ports, wanted_ports(settings), memory))
    try:
        wait_until_ready(process, connection, ports.bolt, home.log, settings.server_start_seconds)
    except InfrastructureError:
        end(process)
        raise
    return connection


def _running_status(idle: Status, home: Home, state: State, process: psutil.Process) -> Status:
    connection = _connection(home, state.ports)
    versions = _versions(connection)
    return Status(
        running=True,
        home=idle.home,
        data_mb=idle.data_mb,
        pid=process.pid,
        uri=connection.uri,
        browser_url=connection.browser_url,
        neo4j=versions.neo4j if versions else None,
        gds=versions.gds if versions else None,
        heap_mb=state.memory.heap_mb,
        pagecache_mb=state.memory.pagecache_mb,
        resident_mb=round(process.memory_info().rss / 2**20, 1),
    )


def _size_mb(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20, 1)
