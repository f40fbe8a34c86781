"""The DAG through the real scheduler, as `make airflow` starts it: one night by hand, one by REST, three in a backfill.

The tests share one Airflow and go on from each other, in their order.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytest.importorskip("airflow")

from ringwatch.simulate import START, simulate
from ringwatch.store.store import Store

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "airflow_local.py"
DAG = "nightly_ring_discovery"
RUNS = f"dags/{DAG}/dagRuns"
DAYS = [str(START + timedelta(days=number)) for number in range(4)]
PATIENCE = 900
# Its nights are half a day away, whenever this is run: none falls due meanwhile.
TEAMS_DAG = f"""
from datetime import timedelta
from ringwatch.airflow import nightly
retry = {{"retry_delay": timedelta(seconds=10)}}
dag = nightly(hour={(datetime.now(UTC).hour + 12) % 24}, look_every=timedelta(seconds=20), default_args=retry)
"""
OVER = {"success", "failed"}

# Five nights with a process for each of their tasks: four minutes alone, and more beside other tests.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(
        not os.environ.get("SCHEDULER"), reason="takes five minutes and more alone; run `make test-scheduler`"
    ),
]


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

    def run(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *arguments],
            env=surroundings(self.home),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    def trigger(self, **body: Any) -> None:
        self.api.post(RUNS, json={"logical_date": None} | body).raise_for_status()

    def finished(self, count: int) -> list[dict[str, Any]]:
        """Return the runs when there are so many and all have ended."""
        deadline = time.monotonic() + PATIENCE
        while len(runs := self.runs()) < count or not {run["state"] for run in runs} <= OVER:
            assert self.process.poll() is None
            assert time.monotonic() < deadline, [(run["dag_run_id"], run["state"]) for run in runs]
            time.sleep(2)
        return runs

    def backfill(self, first: str, last: str) -> None:
        """Ask for a backfill. Airflow notices within half a minute that the one before is complete."""
        deadline = time.monotonic() + PATIENCE
        while any(one["completed_at"] is None for one in self.get("backfills", dag_id=DAG)["backfills"]):
            assert time.monotonic() < deadline
            time.sleep(2)
        self.run("backfill", "create", "--dag-id", DAG, "--from-date", first, "--to-date", last)

    def tasks(self, run: dict[str, Any]) -> dict[str, dict[str, Any]]:
        found = self.get(f"{RUNS}/{run['dag_run_id']}/taskInstances")["task_instances"]
        return {task["task_id"]: task for task in found}


def surroundings(home: Path) -> dict[str, str]:
    small = {"RINGWATCH_SERVER_HEAP_MB": "1024", "RINGWATCH_SERVER_PAGECACHE_MB": "128", "RINGWATCH_CANARIES": "false"}
    ports = {"RINGWATCH_SERVER_BOLT_PORT": "0", "RINGWATCH_SERVER_HTTP_PORT": "0"}
    dags = {"AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags")}
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "RINGWATCH"))}
    return outside | small | ports | dags | {"AIRFLOW_HOME": str(home)}


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("airflow")
    simulate(home / "world", 500, len(DAYS), seed=3)
    (home / "dags").mkdir()
    (home / "dags" / "of_a_team.py").write_text(TEAMS_DAG)
    with subprocess.Popen(
        [sys.executable, str(SCRIPT)], env=surroundings(home), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            ready = next(line for line in process.stdout if line.startswith("Airflow is ready"))
            assert any(line.startswith(f"The night of {DAYS[0]} is run: ") for line in process.stdout)
            with signed_in(ready.split()[-1], home) as api:
                yield Airflow(process, home, api)
        finally:
            process.send_signal(signal.SIGTERM)


def signed_in(url: str, home: Path) -> httpx.Client:
    password = json.loads((home / "passwords.json").read_text())["admin"]
    user = {"username": "admin", "password": password}
    token = httpx.post(f"{url}/auth/token", json=user, trust_env=False, timeout=120)
    headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    return httpx.Client(base_url=f"{url}/api/v2/", headers=headers, trust_env=False, timeout=120)


@pytest.fixture(scope="module")
def runs(airflow: Airflow) -> list[dict[str, Any]]:
    """All runs, when they are over: the first night, which `make airflow` triggers, and what is asked for meanwhile."""
    airflow.trigger(conf={"day": DAYS[0]})
    airflow.backfill(DAYS[1], DAYS[3])
    return airflow.finished(5)


def test_every_night_that_was_asked_for_is_run_and_no_other(runs: list[dict[str, Any]]) -> None:
    kinds = sorted((run["run_type"], run["partition_key"] or run["conf"]["day"], run["state"]) for run in runs)

    assert kinds == sorted(
        [("manual", DAYS[0], "success")] * 2 + [("backfill", day, "success") for day in DAYS[1:]],
    )


def test_one_night_is_finished_before_the_next_begins(airflow: Airflow, runs: list[dict[str, Any]]) -> None:
    spans = sorted(
        (tasks["validate"]["start_date"], tasks["publish"]["end_date"]) for tasks in map(airflow.tasks, runs)
    )

    assert all(end <= begins for (_, end), (begins, _) in pairwise(spans))


def test_a_backfill_runs_its_days_in_order(airflow: Airflow, runs: list[dict[str, Any]]) -> None:
    begun = {run["partition_key"]: airflow.tasks(run)["validate"]["start_date"] for run in runs[:]}

    assert sorted(DAYS[1:], key=begun.__getitem__) == DAYS[1:]


def test_the_note_on_a_run_says_its_day_and_what_was_published(airflow: Airflow, runs: list[dict[str, Any]]) -> None:
    notes = {run["partition_key"] or run["conf"]["day"]: run["note"] for run in runs}

    assert sorted(notes) == DAYS
    assert all(note.startswith(f"Night of {day}: ") and note.endswith(" are published") for day, note in notes.items())


def test_the_log_of_a_stage_says_what_it_did(airflow: Airflow, runs: list[dict[str, Any]]) -> None:
    run = next(run for run in runs if run["partition_key"] == DAYS[3])

    log = json.dumps(airflow.get(f"{RUNS}/{run['dag_run_id']}/taskInstances/validate/logs/1"))

    assert f"validate of {DAYS[3]}: accounts has " in log


def test_rings_and_graph_are_announced_with_what_is_new(airflow: Airflow, runs: list[dict[str, Any]]) -> None:
    events = airflow.get("assets/events", limit=100)["asset_events"]

    said = [(event["name"], event["extra"]["day"]) for event in events]
    assert sorted(said) == sorted(
        (name, day) for name in ("accounts_graph", "flagged_rings") for day in [DAYS[0], *DAYS]
    )
    newest = next(event["extra"] for event in events if event["name"] == "flagged_rings")
    assert newest["counts"].keys() >= {"rings", "members", "changes"}
    assert Path(newest["report"]).is_file()
    assert Path(newest["page"]).is_file()


def test_all_days_are_published_and_nobody_has_the_turn(airflow: Airflow, runs: list[dict[str, Any]]) -> None:
    store = Store.open(airflow.home / "world" / "var" / "review.db")
    assert store.published.days() == [date.fromisoformat(day) for day in DAYS]
    store.turn.expect(None)
    store.close()


def test_a_night_that_stops_stops_those_after_it_in_one_sentence(airflow: Airflow, runs: list[dict[str, Any]]) -> None:
    late = START + timedelta(days=5)  # no feeds of this day, nor of the next, and both are long over
    airflow.backfill(str(late), str(late + timedelta(days=1)))

    stopped = [run for run in airflow.finished(len(runs) + 2) if run["state"] == "failed"]

    notes = {run["partition_key"]: run["note"] for run in stopped}
    assert notes[str(late)].startswith(f"Night of {late} stopped: no feeds for {late}: ")
    after = late + timedelta(days=1)
    assert f"{after} is not run, since the night of {late}" in notes[str(after)]
    log = airflow.get(f"{RUNS}/{stopped[0]['dag_run_id']}/taskInstances/begin/logs/1")
    assert "Traceback" not in json.dumps(log)


def test_it_listens_on_loopback_only_and_ctrl_c_leaves_nothing_behind(
    airflow: Airflow, runs: list[dict[str, Any]]
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
