"""Starts and stops the embedded server. Each may be called at any time, and by several processes at once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from ringwatch.browser import identifiers
from ringwatch.errors import InfrastructureError
from ringwatch.rights import kept
from ringwatch.server.conf import Memory, command, home_argument, machine_memory_mb, size_memory, write_conf
from ringwatch.server.connection import Connection, Versions, ask_versions
from ringwatch.server.download import fetch_damaged, fetch_jars
from ringwatch.server.home import (
    USER,
    Home,
    create_home,
    discard_half_import,
    draw_password,
    link_plugins,
    read_password,
    remove_database,
    server_home,
)
from ringwatch.server.ports import HOST, Ports, any_ports, choose_ports, wanted_ports
from ringwatch.server.process import STOP_SECONDS, end, find_process, find_processes, listens, spawn
from ringwatch.server.ready import PortTaken, wait_until_ready
from ringwatch.server.state import State, read_state, write_state
from ringwatch.settings import Settings

PORT_TRIES = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stopped:
    """What `stop` ended (no pid: nothing ran), and whether it had to be killed."""

    pid: int | None = None
    killed: bool = False


def start(settings: Settings) -> Connection:
    """Return a connection to the embedded server; start it if it does not run.

    Raises InfrastructureError when its jars cannot be had, or it does not answer in time.
    """
    home = server_home(settings)
    if connection := answering(home):
        return connection
    jars = fetch_jars(settings)
    with kept(settings):
        create_home(home)
        with alone(home, settings.server_start_seconds):
            return _await_running(home, settings) or _launch_mended(home, jars, settings)


def stop(settings: Settings) -> Stopped:
    """End the embedded server if it runs, cleanly if it lets itself be ended."""
    home = server_home(settings)
    if not home.lock.parent.is_dir():
        return Stopped()
    with alone(home, settings.server_start_seconds):
        return end_all(home)


def discard_database(settings: Settings) -> None:
    """End the embedded server if it runs, and remove its database: the next start begins with an empty one."""
    home = server_home(settings)
    if home.lock.parent.is_dir():
        with alone(home, settings.server_start_seconds):
            end_all(home)
            remove_database(home)


def answering(home: Home) -> Connection | None:
    """Return a connection if the remembered process lives and answers: the quick way of all calls but the first."""
    connection = remembered(home)
    return connection if connection and versions_of(connection) else None


def remembered(home: Home) -> Connection | None:
    """Return a connection if the remembered process lives and listens; it is not asked anything."""
    state, process = read_state(home), process_of(home)
    if state is None or process is None or not home.password.is_file():
        return None
    connection = connection_to(home, state.ports)
    return connection if listens(process, connection.port) else None


def process_of(home: Home) -> psutil.Process | None:
    """Return the process of this home's server if it runs."""
    state = read_state(home)
    return find_process(state.pid, home_argument(home)) if state else None


def connection_to(home: Home, ports: Ports) -> Connection:
    """Return the connection to the server of this home on these ports."""
    return Connection(
        uri=f"bolt://{HOST}:{ports.bolt}",
        user=USER,
        password=read_password(home),
        http_url=f"http://{HOST}:{ports.http}",
    )


def versions_of(connection: Connection) -> Versions | None:
    """Return the versions of a server, or None when it does not answer."""
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        return ask_versions(connection)
    except (DriverError, Neo4jError):
        return None


@contextmanager
def alone(home: Home, start_seconds: int) -> Iterator[None]:
    """Let one process at a time start or stop the server of this home."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(home.lock, timeout=PORT_TRIES * start_seconds + STOP_SECONDS):
            yield
    except Timeout:
        raise InfrastructureError(f"another process has been starting or stopping {home.folder} for too long") from None


def _await_running(home: Home, settings: Settings) -> Connection | None:
    """Wait for a server that another command started a moment ago, if there is one."""
    state, process = read_state(home), process_of(home)
    if state is None or process is None:
        return None
    connection = connection_to(home, state.ports)
    wait_until_ready(process, connection, home.log, settings.server_start_seconds)
    return connection


def end_all(home: Home) -> Stopped:
    """End the server of this home, one whose state file was deleted while it ran included, and an import into it."""
    stopped = [Stopped(process.pid, end(process)) for process in find_processes(home_argument(home))]
    for process in find_processes(home.import_argument):  # its caller is gone
        end(process)
    return stopped[0] if stopped else Stopped()


def _launch_mended(home: Home, jars: Path, settings: Settings) -> Connection:
    """Start the server, and once more when it did not start because its jars were damaged."""
    try:
        return _launch(home, jars, settings)
    except InfrastructureError:
        if not (damaged := fetch_damaged(settings)):
            raise
        _log.warning(
            "the server did not start, for jars in %s were damaged: %s; they have been fetched anew, starting it again",
            jars, ", ".join(damaged),
        )  # fmt: skip
        return _launch(home, jars, settings)


def _launch(home: Home, jars: Path, settings: Settings) -> Connection:
    end_all(home)
    discard_half_import(home)
    draw_password(home)
    link_plugins(home, jars / "plugins")
    memory = size_memory(settings, machine_memory_mb())
    before = read_state(home)
    ports = choose_ports(settings, before.wanted if before else None, before.ports if before else None)
    for _ in range(PORT_TRIES - 1):
        try:
            return _launch_once(home, jars / "lib", memory, settings, ports)
        except PortTaken:  # between our look at it and the server's; two that took theirs from each other part ways
            ports = any_ports()
    return _launch_once(home, jars / "lib", memory, settings, ports)


def _launch_once(home: Home, lib: Path, memory: Memory, settings: Settings, ports: Ports) -> Connection:
    write_conf(home, ports, memory, identifiers(settings.model_dir))
    connection = connection_to(home, ports)
    process = spawn(command(home, lib, memory), home.folder, home.log)
    write_state(home, State(process.pid, ports, wanted_ports(settings), memory))
    try:
        wait_until_ready(process, connection, home.log, settings.server_start_seconds)
    except InfrastructureError:
        end(process)
        raise
    return connection
