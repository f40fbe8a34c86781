"""A load that breaks off, wherever and however, and is run again comes to the graph of one that was left in peace."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import neo4j
import psutil
import pytest
from loads import DAYS, copy_days, deliver, everything, load_days, settings_at

from ringwatch import server, stages
from ringwatch.errors import InfrastructureError
from ringwatch.graph import Graph
from ringwatch.night import open_night
from ringwatch.server.home import server_home
from ringwatch.settings import Settings
from ringwatch.stages import link, load

pytestmark = pytest.mark.integration

# Runs the load of a day and is killed before the n-th statement that writes (or bound to files of so many bytes).
CHILD = """
import os, resource, signal, sys
from datetime import date
import neo4j
from ringwatch import disk
from ringwatch.errors import RingwatchError
from ringwatch.graph import Graph
from ringwatch.night import open_night
from ringwatch.settings import load_settings
from ringwatch.stages import load

day, left, file_bytes = date.fromisoformat(sys.argv[1]), [int(sys.argv[2])], int(sys.argv[3])
execute = Graph._execute

def dying(graph, query, parameters, routing):
    left[0] -= routing == neo4j.RoutingControl.WRITE
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(graph, query, parameters, routing)

Graph._execute = dying
try:
    settings = load_settings()
    with disk.failures(settings), open_night(settings, day) as night:
        night.store.deliveries.between()  # made before, as by the stages that went before
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
        load.run(night)
except RingwatchError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""
FRIDAY, SUNDAY = DAYS[1], DAYS[3]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("world")
    deliver(home)
    return home


@pytest.fixture(scope="module")
def own(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a server of these tests alone, which may be killed."""
    settings = settings_at(
        tmp_path_factory.mktemp("own"), cache=jars.parents[1], server_bolt_port=0, server_http_port=0,
        server_heap_mb=512, server_pagecache_mb=64,
    )  # fmt: skip
    try:
        yield settings
    finally:
        server.stop(settings)


@pytest.fixture
def anew(own: Settings, world: Path) -> Settings:
    """The server with an empty graph, the home with nothing but the delivered days."""
    copy_days(world, own.home)
    graph = Graph(server.start(own))
    graph.write("MATCH (n) DETACH DELETE n")
    graph.close()
    return own


@pytest.fixture(scope="module")
def undisturbed(own: Settings, world: Path) -> dict[Any, str]:
    """The digest of the graph after each night, and the number of writing statements of each."""
    copy_days(world, own.home)
    found: dict[Any, str] = {}
    for day in DAYS:
        load_days(own, [day])
        found[day] = digest(own)
    return found


def digest(settings: Settings) -> str:
    graph = Graph(server.start(settings))
    found = everything(graph)
    graph.close()
    return found


def environment(settings: Settings) -> dict[str, str]:
    names = ("home", "cache", "batch_rows", "window_days", "refresh_days", "bulk_load_rows", "server_bolt_port")
    names += ("server_http_port", "server_heap_mb", "server_pagecache_mb")
    ours = {f"RINGWATCH_{name.upper()}": str(getattr(settings, name)) for name in names}
    return {name: value for name, value in os.environ.items() if not name.startswith(("RINGWATCH_", "NEO4J_"))} | ours


def child(settings: Settings, day: Any, dies_before: int = 10**6, file_bytes: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(day), str(dies_before), str(file_bytes)]
    return subprocess.Popen(command, env=environment(settings), stderr=subprocess.PIPE, text=True)


def killed(settings: Settings, day: Any, before: int) -> None:
    """Load a day in a process that is killed before so many writing statements."""
    process = child(settings, day, dies_before=before)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL


def test_the_world_has_what_makes_loading_hard(anew: Settings, undisturbed: dict[Any, str]) -> None:
    assert len(set(undisturbed.values())) == len(DAYS)
    load_days(anew, DAYS[:3])
    with open_night(anew, SUNDAY) as night:
        removed = load.run(night).counts
    assert removed["removed.relationships"] > 10
    assert removed["removed.identifiers"] > 10
    assert removed["relationships.USED_DEVICE"] > 5


@pytest.mark.parametrize("n", [0, 25])
def test_a_client_that_is_killed_in_the_first_load(anew: Settings, undisturbed: dict[Any, str], n: int) -> None:
    killed(anew, DAYS[0], n)

    load_days(anew, DAYS[:1])

    assert digest(anew) == undisturbed[DAYS[0]]


@pytest.mark.parametrize("n", [9, 30, 38])
def test_a_client_that_is_killed_on_the_night_of_a_purge(anew: Settings, undisturbed: dict[Any, str], n: int) -> None:
    load_days(anew, DAYS[:3])
    killed(anew, SUNDAY, n)
    assert digest(anew) != undisturbed[SUNDAY]

    load_days(anew, [SUNDAY])

    assert digest(anew) == undisturbed[SUNDAY]


def test_a_night_that_broke_off_is_made_good_by_the_next(anew: Settings, undisturbed: dict[Any, str]) -> None:
    load_days(anew, DAYS[:3])
    killed(anew, SUNDAY, 20)

    load_days(anew, DAYS[4:])

    assert digest(anew) == undisturbed[DAYS[4]]


def test_a_load_that_broke_off_on_other_files_leaves_nothing_of_them(
    anew: Settings, undisturbed: dict[Any, str], world: Path
) -> None:
    load_days(anew, DAYS[:1])
    deliver(anew.home, [FRIDAY], seed=8)
    killed(anew, FRIDAY, 20)
    deliver(anew.home, [FRIDAY])

    load_days(anew, [FRIDAY])

    assert digest(anew) == undisturbed[FRIDAY]


def test_a_server_that_is_killed_between_batches(
    anew: Settings, undisturbed: dict[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_days(anew, DAYS[:3])
    monkeypatch.setattr("ringwatch.graph.PATIENCE_SECONDS", 1)
    kill = before_write(15, lambda: os.kill(server.status(anew).pid or 0, signal.SIGKILL), monkeypatch)
    with pytest.raises(InfrastructureError, match="does not answer; see `ringwatch server status`"):
        load_days(anew, [SUNDAY])
    kill.undo()

    load_days(anew, [SUNDAY])

    assert digest(anew) == undisturbed[SUNDAY]


def test_a_server_that_is_restarted_meanwhile_is_waited_for(
    anew: Settings, undisturbed: dict[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_days(anew, DAYS[:3])

    def restart() -> None:
        server.stop(anew)
        server.start(anew)

    before_write(15, restart, monkeypatch)
    load_days(anew, [SUNDAY])

    assert digest(anew) == undisturbed[SUNDAY]


def before_write(n: int, happens: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let something happen before the n-th writing statement."""
    execute, left = Graph._execute, [n]
    patch = pytest.MonkeyPatch()

    def watched(graph: Graph, query: str, parameters: dict[str, Any], routing: Any) -> Any:
        left[0] -= routing == neo4j.RoutingControl.WRITE
        if left[0] == 0:
            left[0] -= 1
            happens()
        return execute(graph, query, parameters, routing)

    monkeypatch.setattr(Graph, "_execute", watched)
    patch.undo = lambda: monkeypatch.setattr(Graph, "_execute", execute)  # type: ignore[method-assign]
    return patch


def test_a_disk_that_is_full_stops_the_load_in_one_sentence(anew: Settings, undisturbed: dict[Any, str]) -> None:
    load_days(anew, DAYS[:3])
    stopped = child(anew, SUNDAY, file_bytes=3000)
    _, said = stopped.communicate(timeout=120)

    assert stopped.returncode == 4
    assert re.fullmatch(
        rf'cannot work on files in ({anew.home}/graph/\S+) \(Could not write file "\1/\w+\.parquet": File too large\), '
        r"[\d,]+ MB are free; check the disk, then run this again: nothing of this step counts yet\n",
        said,
    )
    assert digest(anew) == undisturbed[DAYS[2]]
    load_days(anew, [SUNDAY])
    assert digest(anew) == undisturbed[SUNDAY]


def bulk(settings: Settings) -> Settings:
    return settings.model_copy(update={"bulk_load_rows": 1})


def test_a_first_load_in_bulk_says_the_same_as_one_over_bolt(anew: Settings, undisturbed: dict[Any, str]) -> None:
    load_days(bulk(anew), DAYS[:1])
    assert server_home(anew).import_log.is_file()
    assert digest(anew) == undisturbed[DAYS[0]]

    load_days(bulk(anew), DAYS[1:])
    assert digest(anew) == undisturbed[DAYS[-1]]


def test_a_client_that_is_killed_during_the_import(anew: Settings, undisturbed: dict[Any, str]) -> None:
    loading = child(bulk(anew), DAYS[0])
    wait_for_import(anew)
    loading.kill()
    loading.communicate(timeout=60)

    load_days(anew, DAYS[:1])

    assert digest(anew) == undisturbed[DAYS[0]]
    assert not importing(anew)


def test_an_import_that_is_killed_leaves_an_empty_graph_and_one_sentence(
    anew: Settings, undisturbed: dict[Any, str]
) -> None:
    loading = child(bulk(anew), DAYS[0])
    wait_for_import(anew).kill()
    _, said = loading.communicate(timeout=120)
    assert said.startswith("Neo4j could not import the files of the load; the last lines of ")

    graph = Graph(server.start(anew))
    assert graph.read("MATCH (n) RETURN count(n) AS nodes") == [{"nodes": 0}]
    graph.close()
    load_days(bulk(anew), DAYS[:1])
    assert digest(anew) == undisturbed[DAYS[0]]


def wait_for_import(settings: Settings) -> psutil.Process:
    """Wait until the import has begun to write."""
    deadline = time.monotonic() + 120
    data = server_home(settings).data / "databases" / "neo4j"
    while time.monotonic() < deadline:
        if (found := importing(settings)) and data.is_dir() and server_home(settings).importing.exists():
            return found[0]
        time.sleep(0.05)
    raise TimeoutError("there was no import")


def importing(settings: Settings) -> list[psutil.Process]:
    return server.process.find_processes(server_home(settings).import_argument)


def test_a_graph_of_which_nobody_knows_what_it_says_is_put_right(anew: Settings, undisturbed: dict[Any, str]) -> None:
    load_days(anew, DAYS[:3])
    graph = Graph(server.start(anew))
    graph.write("MATCH (a:Account) WITH a ORDER BY a.account_id LIMIT 3 DETACH DELETE a")
    graph.write("MATCH (:Account)-[r:USED_DEVICE]->() WITH r LIMIT 5 SET r.days = 99")
    graph.write("MATCH (d:Device) WITH d LIMIT 2 SET d.device = 'x' + d.device, d.platform = null, d.updated_on = null")
    graph.write("MATCH (s:LoadState) DELETE s")
    graph.close()

    load_days(anew, [SUNDAY])

    assert digest(anew) == undisturbed[SUNDAY]


@pytest.mark.parametrize("in_bulk", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_rebuilt_graph_says_what_the_one_said_that_grew(anew: Settings, in_bulk: bool) -> None:
    deliver(anew.home, [FRIDAY], seed=8)
    load_days(anew, DAYS[:3])
    deliver(anew.home, [FRIDAY])  # delivered again: other rows
    load_days(anew, DAYS[3:])
    with open_night(bulk(anew) if in_bulk else anew, DAYS[-1]) as night:
        link.run(night)
        grown = everything(night.graph, without_updated_on_of_link=True)
        night.graph.write("CREATE (:Device {device: 'left over'})")

        stages.rebuild(night, lambda _: None)

        assert everything(night.graph, without_updated_on_of_link=True) == grown
