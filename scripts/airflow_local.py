"""Airflow on this machine, to try the DAGs: web page, scheduler and DAG processor on loopback, in `.airflow/`.

    python scripts/airflow_local.py                          start it; Ctrl-C stops it
    python scripts/airflow_local.py dags list                run any command of Airflow on it

Unless RINGWATCH_FEEDS_DIR names feeds, it simulates some days, and the first of them is run at once.
These are the parts of `airflow standalone` that the DAG needs. `standalone` itself would open log servers to the whole
network, on fixed ports.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import httpx
import psutil
from rich.console import Console
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from ringwatch import server
from ringwatch.errors import InfrastructureError
from ringwatch.server.ports import free_port, is_free
from ringwatch.settings import load_settings

ROOT = Path(__file__).parents[1]
PORT = 8080
DAG = "nightly_ring_discovery"
COMPONENTS = (("api-server",), ("scheduler", "--skip-serve-logs"), ("dag-processor",))
START_SECONDS = 300
ACCOUNTS, DAYS, SEED = 1_000, 5, 3
STOP_SECONDS = 15

say = Console(highlight=False, markup=False, soft_wrap=True).print


@dataclass(frozen=True)
class Airflow:
    """One Airflow: the folder that holds all of it, and the port of its web page."""

    home: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home / "airflow.log"

    @property
    def passwords(self) -> Path:
        return self.home / "passwords.json"

    @property
    def world(self) -> Path:
        """The simulated world, and what ringwatch keeps of it."""
        return self.home / "world"


def main() -> None:
    os.umask(0o077)
    home = Path(os.environ.get("AIRFLOW_HOME", ROOT / ".airflow")).resolve()
    home.mkdir(parents=True, exist_ok=True)
    if arguments := sys.argv[1:]:
        sys.exit(subprocess.run(command(*arguments), env=environment(Airflow(home, PORT)), check=False).returncode)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        start(Airflow(home, PORT if is_free(PORT) else free_port()))
    except KeyboardInterrupt:
        say("Airflow has stopped")
    except InfrastructureError as error:
        sys.exit(str(error))
    except httpx.HTTPError as error:
        sys.exit(f"Airflow did not answer as it should ({error}); see {home / 'airflow.log'}")


def start(airflow: Airflow) -> None:
    """Run Airflow until Ctrl-C. Raises InfrastructureError when a part of it does not start or ends by itself."""
    write_password(airflow.passwords)
    simulate_feeds(airflow)
    say(f"Airflow is starting, which takes a minute; its log is {airflow.log}")
    with airflow.log.open("wb") as log:
        prepare(airflow, log)
        with running(airflow, log) as processes:
            wait_until_ready(airflow, processes)
            say(welcome(airflow))
            first = run_first_night(airflow)
            while True:
                check_alive(airflow, processes)
                first = first and tell_end(airflow, first)
                time.sleep(2)


def is_trial() -> bool:
    """Whether there are no feeds of one's own."""
    return "RINGWATCH_FEEDS_DIR" not in os.environ


def simulate_feeds(airflow: Airflow) -> None:
    """Simulate some days once, unless there are feeds of one's own."""
    if not is_trial() or days_in(airflow.world / "feeds"):
        return
    from ringwatch.simulate import simulate

    say(f"{DAYS} days of {ACCOUNTS:,} accounts are simulated in {airflow.world}")
    simulate(airflow.world, ACCOUNTS, DAYS, SEED)


def write_password(path: Path) -> None:
    """Draw the password of the user admin once; left to itself, Airflow would print one to its log."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"admin": secrets.token_urlsafe(24)}, file)


def prepare(airflow: Airflow, log: IO[bytes]) -> None:
    """Make or upgrade the metadata database."""
    done = subprocess.run(command("db", "migrate"), env=environment(airflow), stdout=log, stderr=log, check=False)
    if done.returncode:
        raise InfrastructureError(f"`airflow db migrate` failed; see the end of {airflow.log}")


@contextmanager
def running(airflow: Airflow, log: IO[bytes]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start the components, each as a session of its own, and leave none of their processes behind.

    The Neo4j of the simulated days ends with them; that of your own stays, as it does after `ringwatch run`.
    """
    env = environment(airflow)
    processes = [
        subprocess.Popen(command(*arguments), env=env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        for arguments in COMPONENTS
    ]
    try:
        yield processes
    finally:
        stop({process.pid for process in processes})
        if is_trial():
            server.stop(load_settings(home=airflow.world / "var"))


def stop(sessions: set[int]) -> None:
    """End every process of `sessions`. Tasks leave their component's process group, but not its session."""
    members = [process for process in psutil.process_iter() if session(process.pid) in sessions]
    for process in members:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(members, timeout=STOP_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def session(pid: int) -> int | None:
    with suppress(ProcessLookupError, PermissionError):
        return os.getsid(pid)
    return None


def wait_until_ready(airflow: Airflow, processes: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready(airflow):
        check_alive(airflow, processes)
        if time.monotonic() > deadline:
            raise InfrastructureError(f"Airflow is not ready after {START_SECONDS} s; see {airflow.log}")
        time.sleep(1)


def is_ready(airflow: Airflow) -> bool:
    """Whether scheduler and DAG processor have a heartbeat, and the DAG can be triggered."""
    try:
        with client(airflow) as api:
            health: dict[str, dict[str, Any]] = api.get("monitor/health").json()
            parts = ("metadatabase", "scheduler", "dag_processor")
            return all(health[part]["status"] == "healthy" for part in parts) and api.get(f"dags/{DAG}").is_success
    except (httpx.HTTPError, json.JSONDecodeError):
        return False


@contextmanager
def client(airflow: Airflow) -> Iterator[httpx.Client]:
    """Airflow's REST API, for the user admin."""
    password = json.loads(airflow.passwords.read_text(encoding="utf-8"))["admin"]
    with httpx.Client(base_url=f"{airflow.url}/api/v2/", trust_env=False, timeout=30) as api:
        token = api.post(f"{airflow.url}/auth/token", json={"username": "admin", "password": password})
        token.raise_for_status()
        api.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        yield api


def run_first_night(airflow: Airflow) -> str | None:
    """Trigger the first day of the simulated feeds, unless there is a run of it; return the id of the run."""
    with client(airflow) as api:
        day = days_in(airflow.world / "feeds")[0] if is_trial() else None
        if day is None or day in {run["partition_key"] for run in api.get(f"dags/{DAG}/dagRuns").json()["dag_runs"]}:
            return None
        run = trigger(api, day)
    say(f"The night of {day} is run: {airflow.url}/dags/{DAG}/runs/{quote(run)}")
    return run


@retry(retry=retry_if_exception_type(httpx.HTTPError), wait=wait_fixed(3), stop=stop_after_delay(60), reraise=True)
def trigger(api: httpx.Client, day: str) -> str:
    """Trigger the night of a day and return the id of the run. A metadata database that is busy is asked again."""
    asked = api.post(f"dags/{DAG}/dagRuns", json={"logical_date": None, "partition_key": day})
    asked.raise_for_status()
    run: str = asked.json()["dag_run_id"]
    return run


def tell_end(airflow: Airflow, run: str) -> str | None:
    """Say how a run has ended; return its id as long as it has not."""
    with suppress(httpx.HTTPError), client(airflow) as api:
        found = api.get(f"dags/{DAG}/dagRuns/{quote(run)}").json()
        if found.get("state") in {"success", "failed"}:
            say(f"{found['note'] or run} ({found['state']})")
            return None
    return run


def check_alive(airflow: Airflow, processes: list[subprocess.Popen[bytes]]) -> None:
    for process, (name, *_) in zip(processes, COMPONENTS, strict=True):
        if process.poll() is not None:
            raise InfrastructureError(f"`airflow {name}` has ended ({process.returncode}); see {airflow.log}")


def welcome(airflow: Airflow) -> str:
    """Say where everything is; a command that runs a day is shown when there is a day to run."""
    feeds = environment(airflow)["RINGWATCH_FEEDS_DIR"]
    days = days_in(Path(feeds))
    run = f"{sys.executable} {Path(__file__)}"
    first = "put the feeds of a day into a folder that is called like it, such as 2026-03-02; then start this again"
    if days:
        day = days[min(1, len(days) - 1)]
        first = f"{run} dags trigger {DAG} --conf '{json.dumps({'day': day})}'"
    return f"""
Airflow is ready at {airflow.url}
  user      admin, whose password is in {airflow.passwords}
  feeds     {feeds}{"" if days else ", without a folder for any day"}
  run a day {first}
  run more  {run} backfill create --dag-id {DAG} --from-date DAY --to-date DAY
  stop      Ctrl-C
"""


def days_in(feeds: Path) -> list[str]:
    """Return the days that have a folder of feeds, oldest first."""
    folders = [path.name for path in feeds.iterdir() if path.is_dir()] if feeds.is_dir() else []
    return sorted(name for name in folders if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


def environment(airflow: Airflow) -> dict[str, str]:
    """Return the surroundings in which every command of this Airflow runs: all of it below its folder, on loopback."""
    folders = {"RINGWATCH_HOME": "var", "RINGWATCH_FEEDS_DIR": "feeds", "RINGWATCH_BACKUP_DIR": "backups"}
    world = {name: str(airflow.world / folder) for name, folder in folders.items()}
    # Last night has no simulated feeds: due just now, it would keep the nights that were asked for waiting till noon.
    trial = world | {"AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False"}
    own = {"RINGWATCH_HOME": str(ROOT / "var")}
    dags = {"AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags")}
    return dags | (trial if is_trial() else own) | os.environ | {
        "AIRFLOW_HOME": str(airflow.home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{airflow.url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(airflow.passwords),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{airflow.home}/airflow.db?timeout=60",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(airflow.port),
        "AIRFLOW__API__BASE_URL": airflow.url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }  # fmt: skip


if __name__ == "__main__":
    main()
