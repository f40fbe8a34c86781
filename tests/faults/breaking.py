"""Runs `ringwatch` in a process in which something breaks in the middle of a stage.

    python breaking.py STAGE FAULT MODULE ATTRIBUTE CALL ARGUMENT...

When the stage has begun, the fault comes before the CALL-th call of MODULE's ATTRIBUTE.
"""

from __future__ import annotations

import errno
import functools
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psutil
from neo4j.exceptions import ClientError

from ringwatch import server, stages
from ringwatch.graph import Graph
from ringwatch.search import memory
from ringwatch.server.home import server_home
from ringwatch.server.process import is_alive
from ringwatch.server.state import read_state
from ringwatch.settings import load_settings
from ringwatch.store import database


def client_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def server_killed() -> None:
    state = read_state(server_home(load_settings()))
    assert state
    process = psutil.Process(state.pid)
    process.kill()
    while is_alive(process):  # whoever started it may not look after its end
        time.sleep(0.1)


def server_restarted() -> None:
    server.stop(load_settings())
    server.start(load_settings())


def disk_full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device", str(load_settings().home / "days"))


def clock_jumps(days: int) -> Callable[[], None]:
    def jump() -> None:
        now = database.now
        database.now = lambda connection: now(connection) + timedelta(days)  # type: ignore[assignment]

    return jump


def postgres_gone() -> None:
    _postgres("stopping")


def postgres_away() -> None:
    """For a minute, in which the lease is renewed in vain."""
    _postgres("stopping")
    time.sleep(60)
    _postgres("starting")


def _postgres(what: str) -> None:
    """Stop or start the server of the review store: the commands for that are in the environment."""
    asked = json.loads(os.environ["FAULT_POSTGRES"])
    subprocess.run(asked[what], check=True, stdout=subprocess.DEVNULL, cwd=asked["folder"], **asked["user"])


def too_large_for_gds() -> None:
    """What the server itself estimates for a graph of two thousand million accounts."""
    graph = Graph(server.start(load_settings()))
    memory.Heap(graph).check([], 2 * 10**9, 10**11)


def refused_by_gds() -> None:
    """In the words of GDS 2.13."""
    raise ClientError("Memory required to run Leiden (3221225472b) exceeds available memory (1044083968b)")


def held_up() -> None:
    sys.stdout.write("held up\n")
    sys.stdout.flush()
    time.sleep(600)


FAULTS: dict[str, Callable[[], None]] = {
    "client killed": client_killed,
    "server killed": server_killed,
    "server restarted": server_restarted,
    "disk full": disk_full,
    "clock a day back": clock_jumps(-1),
    "clock a day on": clock_jumps(1),
    "another night": held_up,
    "Postgres gone": postgres_gone,
    "Postgres away for a minute": postgres_away,
    "more than the heap of GDS": too_large_for_gds,
    "GDS refuses for want of memory": refused_by_gds,
}


def arm(stage: str, fault: str, module: str, attribute: str, call: int) -> None:
    """Let the fault come in the stage, once."""
    *owner, name = attribute.split(".")
    place: Any = functools.reduce(getattr, owner, importlib.import_module(module))
    whole, begun, left = getattr(place, name), [False], [call]

    @functools.wraps(whole)
    def breaking(*args: Any, **kwargs: Any) -> Any:
        left[0] -= begun[0]
        if begun[0] and left[0] == 0:
            FAULTS[fault]()
        return whole(*args, **kwargs)

    run = stages._run

    def begin(name: str, *args: Any) -> Any:
        begun[0] = name == stage
        return run(name, *args)

    setattr(place, name, breaking)
    stages._run = begin


if __name__ == "__main__":
    arm(*sys.argv[1:5], int(sys.argv[5]))
    sys.argv = ["ringwatch", *sys.argv[6:]]
    from ringwatch.cli import main

    main()
