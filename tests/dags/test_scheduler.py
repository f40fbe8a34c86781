"""The DAG through the real scheduler, as `make airflow` starts it: a night that is due, one by REST, a backfill.

The tests share one Airflow and go on from each other, in their order. Nothing in them depends on the hour.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import rmtree
from typing import Any

import httpx
import psutil
import pytest

pytest.importorskip("airflow")

from ringwatch.simulate import simulate
from ringwatch.store.store import Store

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "airflow_local.py"
DAG = "nightly_ring_discovery"
RUNS = f"dags/{DAG}/dagRuns"
PATIENCE = 1200
TODAY = datetime.now(UTC).date()
DAYS = [str(TODAY - timedelta(days=number)) for number in range(7, -1, -1)]
# A night by hand, a backfill of five days of which the fourth has no feeds, and last night, which is due.
BY_HAND, BACKFILLED, (LATE, BEHIND) = DAYS[0], DAYS[1:4], DAYS[4:6]
TEAMS_DAG = """
from datetime import timedelta
from ringwatch.airflow import nightly
retry = {"retry_delay": timedelta(seconds=10)}
dag = nightly(hour=HOUR, look_every=timedelta(seconds=15), default_args=retry)
"""
OVER = {"success", "failed"}
Tasks = dict[str, dict[str, Any]]

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1500)]


@dataclass(frozen=True)
class Airflow:
    """An Airflow that is ready: its process, what it said, and its REST API."""

    process: subprocess.Popen[str]
    home: Path
    api: httpx.Client

    def runs(self) -> list[dict[str, Any]]:
        return list(self.get(RUNS)["dag_runs"])

    def get(self, path: str, **parameters: Any) -> Any:
        found = self.api.get(path, params=parameters)
        found.raise_for_status()
        return found.json()

    def backfill(self, first: str, last: str) -> None:
        days = {"from_date": f"{first}T00:00:00Z", "to_date": f"{last}T00:00:00Z"}
        self.api.post("backfills", json={"dag_id": DAG, "max_active_runs": 1} | days).raise_for_status()

    def has_turn(self) -> str:
        """Wait until the first night has its turn, and return its run: the others rest on the accounts it brings."""
        deadline = time.monotonic() + PATIENCE
        (run,) = self.runs()
        while self.tasks(run)["begin"]["state"] != "success":
            assert time.monotonic() < deadline
            time.sleep(2)
        return str(run["dag_run_id"])

    def lose_worker(self, run: str) -> str:
        """Kill the process of the task that is at work in the run; return which task that was."""
        deadline = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < deadline
            for name, task in self.tasks({"dag_run_id": run}).items():
                if task["state"] == "running" and (process := self.process_of(task["id"])):
                    process.kill()
                    return name
            time.sleep(2)

    def process_of(self, task_id: str) -> psutil.Process | None:
        """Return the process of a task: Airflow has another one that looks after it."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                parent = process.parent()
                if parent and all(task_id in " ".join(one.cmdline()) for one in (process, parent)):
                    return process
        return None

    def finished(self, count: int) -> list[dict[str, Any]]:
        """Return the runs when there are so many and all have ended."""
        deadline = time.monotonic() + PATIENCE
        while len(runs := self.runs()) < count or not {run["state"] for run in runs} <= OVER:
            assert self.process.poll() is None
            assert time.monotonic() < deadline, [(run["dag_run_id"], run["state"]) for run in runs]
            time.sleep(3)
        return runs

    def tasks(self, run: dict[str, Any]) -> dict[str, dict[str, Any]]:
        found = self.get(f"{RUNS}/{run['dag_run_id']}/taskInstances")["task_instances"]
        return {task["task_id"]: task for task in found}

    def log(self, run: dict[str, Any], task: str) -> str:
        return json.dumps(self.get(f"{RUNS}/{run['dag_run_id']}/taskInstances/{task}/logs/1"))


def surroundings(home: Path) -> dict[str, str]:
    small = {"RINGWATCH_SERVER_HEAP_MB": "512", "RINGWATCH_SERVER_PAGECACHE_MB": "64", "RINGWATCH_CANARIES": "false"}
    quick = {"RINGWATCH_ENGINE": "local", "RINGWATCH_PROCESSES": "1", "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}
    ports = {"RINGWATCH_SERVER_BOLT_PORT": "0", "RINGWATCH_SERVER_HTTP_PORT": "0"}
    dags = {"AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"), "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "True"}
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "RINGWATCH"))}
    return outside | small | quick | ports | dags | {"AIRFLOW_HOME": str(home)}


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("airflow")
    simulate(home / "world", 500, len(DAYS), seed=3, start=date.fromisoformat(DAYS[0]))
    rmtree(home / "world" / "feeds" / LATE)
    (home / "dags").mkdir()
    schedule(home, datetime.now(UTC) + timedelta(hours=12))
    with subprocess.Popen(
        [sys.executable, str(SCRIPT)], env=surroundings(home), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            ready = next(line for line in process.stdout if line.startswith("Airflow is ready"))
            assert any(line.startswith(f"The night of {BY_HAND} is run: ") for line in process.stdout)
            with signed_in(ready.split()[-1], home) as api:
                yield Airflow(process, home, api)
        finally:
            process.send_signal(signal.SIGTERM)


def schedule(home: Path, due: datetime) -> None:
    (home / "dags" / "of_a_team.py").write_text(TEAMS_DAG.replace("HOUR", str(due.hour)))


def signed_in(url: str, home: Path) -> httpx.Client:
    password = json.loads((home / "passwords.json").read_text())["admin"]
    user = {"username": "admin", "password": password}
    token = httpx.post(f"{url}/auth/token", json=user, trust_env=False, timeout=120)
    headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    return httpx.Client(base_url=f"{url}/api/v2/", headers=headers, trust_env=False, timeout=120)


@pytest.fixture(scope="module")
def lost(airflow: Airflow) -> str:
    """Ask for nights of three kinds, and kill a task of the first; return its name.

    The scheduled one is due at the hour that has begun, or the next where Airflow may not read that in time.
    """
    first = airflow.has_turn()
    airflow.backfill(BACKFILLED[0], BEHIND)
    schedule(airflow.home, datetime.now(UTC) + timedelta(minutes=3))
    return airflow.lose_worker(first)


@pytest.fixture(scope="module")
def runs(airflow: Airflow, lost: str) -> dict[str, dict[str, Any]]:
    """All runs by their day, when they are over."""
    return {run["partition_key"]: run for run in airflow.finished(7)}


@pytest.fixture(scope="module")
def done(airflow: Airflow, runs: dict[str, dict[str, Any]]) -> dict[str, Tasks]:
    """The tasks of the nights that were run to their end, by day."""
    return {day: airflow.tasks(run) for day, run in runs.items() if run["state"] == "success"}


def test_every_night_that_was_asked_for_is_run_and_no_other(airflow: Airflow, runs: dict[str, dict[str, Any]]) -> None:
    kinds = {day: (run["run_type"], run["state"]) for day, run in runs.items()}

    scheduled = max(runs)
    assert scheduled in {DAYS[6], DAYS[7]}
    assert kinds == {
        BY_HAND: ("manual", "success"),
        **dict.fromkeys(BACKFILLED, ("backfill", "success")),
        **dict.fromkeys([LATE, BEHIND], ("backfill", "failed")),
        scheduled: ("scheduled", "success"),
    }
    assert len(airflow.runs()) == len(runs)


def test_a_task_whose_process_was_killed_is_tried_again_and_its_night_published(
    lost: str, done: dict[str, Tasks]
) -> None:
    tries = {name: task["try_number"] for name, task in done[BY_HAND].items() if name != "begin"}

    assert tries == dict.fromkeys(tries, 1) | {lost: 2}


def test_one_night_of_any_kind_is_finished_before_the_next_begins(done: dict[str, Tasks]) -> None:
    spans = sorted((tasks["validate"]["start_date"], tasks["publish"]["end_date"]) for tasks in done.values())

    assert all(end <= begins for (_, end), (begins, _) in pairwise(spans))


def test_a_backfill_runs_its_days_in_order(done: dict[str, Tasks]) -> None:
    assert sorted(BACKFILLED, key=lambda day: done[day]["validate"]["start_date"]) == BACKFILLED


def test_the_note_on_a_run_says_its_day_and_what_was_published(
    runs: dict[str, dict[str, Any]], done: dict[str, Tasks]
) -> None:
    for day in done:
        assert runs[day]["note"].startswith(f"Night of {day}: ")
        assert runs[day]["note"].endswith(" are published")


def test_a_night_that_stops_stops_those_after_it_in_one_sentence(
    airflow: Airflow, runs: dict[str, dict[str, Any]]
) -> None:
    assert runs[LATE]["note"].startswith(f"Night of {LATE} stopped: no feeds for {LATE}: ")
    assert f"{BEHIND} is not run, since the night of {LATE}" in runs[BEHIND]["note"]
    assert "Traceback" not in airflow.log(runs[LATE], "begin")


def test_the_log_of_a_stage_says_what_it_did(airflow: Airflow, runs: dict[str, dict[str, Any]]) -> None:
    day = BACKFILLED[0]

    assert f"validate of {day}: accounts has " in airflow.log(runs[day], "validate")


def test_rings_and_graph_are_announced_with_what_is_new(airflow: Airflow, done: dict[str, Tasks]) -> None:
    events = airflow.get("assets/events", limit=100)["asset_events"]

    said = [(event["name"], event["extra"]["day"]) for event in events]
    assert sorted(said) == [(name, day) for name in ("accounts_graph", "flagged_rings") for day in sorted(done)]
    newest = next(event["extra"] for event in events if event["name"] == "flagged_rings")
    assert newest["counts"].keys() >= {"rings", "members", "changes"}
    assert Path(newest["report"]).is_file()
    assert Path(newest["page"]).is_file()


def test_all_days_are_published_and_nobody_has_the_turn(airflow: Airflow, done: dict[str, Tasks]) -> None:
    store = Store.open(airflow.home / "world" / "var" / "review.db")
    assert [str(day) for day in store.published.days()] == sorted(done)
    store.turn.expect(None)
    store.close()


def test_it_listens_on_loopback_only_and_ctrl_c_leaves_nothing_behind(
    airflow: Airflow, runs: dict[str, dict[str, Any]]
) -> None:
    family = psutil.Process(airflow.process.pid).children(recursive=True)
    listening = {
        connection.laddr.ip
        for process in family
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }

    airflow.process.send_signal(signal.SIGINT)

    assert airflow.process.wait(timeout=90) == 0
    assert listening == {"127.0.0.1"}
    assert [process for process in family if process.is_running()] == []
    neo4j = [
        process for process in psutil.process_iter(["cmdline"]) if str(airflow.home) in str(process.info["cmdline"])
    ]
    assert neo4j == []
