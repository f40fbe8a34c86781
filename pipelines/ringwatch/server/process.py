"""The server's process: start it, recognise it, end it."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from ringwatch.errors import InfrastructureError

STOP_SECONDS = 60
POLL_SECONDS = 0.02
# Kept as long as we live: a child that ends is reaped here and does not stay behind as a zombie.
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
_PASSED_ON = ("HOME", "PATH", "TMPDIR", "TZ", "JAVA_TOOL_OPTIONS")
# Java names files by the encoding of the locale, and has no other way to be told that paths are UTF-8.
_LOCALE = {"LC_ALL": "C.UTF-8"}


def spawn(command: list[str], folder: Path, log: Path, more: Mapping[str, str] | None = None) -> psutil.Process:
    """Start `command` in a session of its own, so that it outlives us; what it prints goes to `log`.

    It gets only the environment it needs, and `more`: our secrets are nothing to it.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        with log.open("wb") as output:
            child = subprocess.Popen(
                command,
                cwd=folder,
                env=environment | _LOCALE | dict(more or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise InfrastructureError(f"cannot start {command[0]}: {error.strerror}") from None
    _CHILDREN[child.pid] = child
    return psutil.Process(child.pid)


def run(command: list[str], folder: Path, log: Path, more: Mapping[str, str]) -> int:
    """Run `command` to its end and return its exit code; it ends with us when we are interrupted."""
    process = spawn(command, folder, log, more)
    try:
        return _CHILDREN[process.pid].wait()
    except BaseException:
        end(process)
        raise


def find_process(pid: int, argument: str) -> psutil.Process | None:
    """Return the living process `pid` if `argument` is on its command line: a pid alone may be another's by now."""
    try:
        process = psutil.Process(pid)
        return process if argument in process.cmdline() and is_alive(process) else None
    except psutil.Error:
        return None


def find_processes(argument: str) -> list[psutil.Process]:
    """Return all living processes of this user with `argument` on their command line."""
    return [
        process
        for process in psutil.process_iter(["uids", "cmdline"])
        if process.info["uids"] and process.info["uids"].real == os.getuid()
        if argument in (process.info["cmdline"] or []) and is_alive(process)
    ]


def is_alive(process: psutil.Process) -> bool:
    """Whether the process runs; a child of ours that has ended is reaped."""
    child = _CHILDREN.get(process.pid)
    if child is not None and child.poll() is not None:
        return False
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def listens(process: psutil.Process, port: int | None) -> bool:
    """Whether the process itself listens on `port`: what answers there may be another's as well."""
    try:
        return any(
            each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in process.net_connections("tcp")
        )
    except psutil.Error:
        return False


def end(process: psutil.Process, seconds: float = STOP_SECONDS) -> bool:
    """Ask the process to end; kill it when it takes longer than `seconds`. Returns whether it was killed."""
    try:
        process.terminate()
        if _ends(process, seconds):
            return False
        process.kill()
    except psutil.NoSuchProcess:
        return False
    return _ends(process, seconds)


def _ends(process: psutil.Process, seconds: float) -> bool:
    """Wait until the process is gone, or a zombie that only whoever started it can bury."""
    deadline = time.monotonic() + seconds
    while alive := is_alive(process):
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    return not alive
