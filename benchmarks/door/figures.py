"""What a contender cost, and how that is measured: each runs in a process of its own (`child.py`)."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Done:
    """What a job did: how many `rows`, which `counts` must be equal among contenders, and `seconds` of its parts."""

    rows: int
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


# A contender is a function that imports and opens what it needs and returns the job that is measured.
Job = Callable[[], Done]


@dataclass(frozen=True)
class Figures:
    """One contender: seconds of the wall clock, CPU seconds of its processes and of the server, resident memory
    at its peak and before the job, when only libraries were loaded."""

    contender: str
    done: Done
    seconds: float
    cpu_seconds: float
    peak_mb: float
    libraries_mb: float
    server_cpu_seconds: float = 0.0

    @property
    def rows_per_second(self) -> float:
        return self.done.rows / self.seconds


def run_child(
    name: str,
    contender: str,
    arguments: dict[str, Any],
    server_pid: int | None = None,
    package: str = "benchmarks.door.contenders",
) -> Figures:
    """Run the job of `contender` (`module:function` of `package`) in a new process and return its figures.

    The clock starts when the contender has imported its libraries. CPU seconds, user and system, are those of the
    process and of its children, even if these live on, as Spark does. Memory is the high-water mark of the process
    (VmHWM, which starts anew at exec; else ru_maxrss), or the sum over it and its children where that was seen to be
    higher; libraries included.
    """
    before = cpu_seconds(server_pid)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, "-m", "benchmarks.door.child", f"{package}.{contender}", file.name]
        child = subprocess.Popen(
            command, cwd=ROOT, env=_clean_environment(), stdin=subprocess.PIPE, stdout=sys.stderr, text=True
        )
        _tell(child, arguments)
        tree_mb = _watch(child)
        if child.returncode:
            raise RuntimeError(f"the contender {name} ({contender}) failed, see above")
        said = json.loads(Path(file.name).read_text(encoding="utf-8"))
    return Figures(
        contender=name,
        done=Done(**said["done"]),
        seconds=said["seconds"],
        cpu_seconds=said["cpu_seconds"],
        peak_mb=max(said["peak_mb"], tree_mb),
        libraries_mb=said["libraries_mb"],
        server_cpu_seconds=cpu_seconds(server_pid) - before,
    )


def measure(job: Job) -> dict[str, Any]:
    """Run `job` in this process and return what `run_child` reads."""
    from time import perf_counter

    libraries_mb = psutil.Process().memory_info().rss / 2**20
    started, cpu = perf_counter(), _own_cpu_seconds()
    done = job()
    return {
        "seconds": perf_counter() - started,
        "cpu_seconds": _own_cpu_seconds() - cpu,
        "peak_mb": _high_water_mb(),
        "libraries_mb": libraries_mb,
        "done": asdict(done),
    }


def middle(figures: list[Figures]) -> Figures:
    """Return the figures of a contender that ran several times: the median of each; what it did must be the same."""
    first = figures[0]
    if any(one.done.counts != first.done.counts for one in figures):
        raise RuntimeError(f"{first.contender} did something else each time: {[one.done.counts for one in figures]}")
    names = ("seconds", "cpu_seconds", "peak_mb", "libraries_mb", "server_cpu_seconds")
    return replace(first, **{name: median(getattr(one, name) for one in figures) for name in names})


def cpu_seconds(pid: int | None) -> float:
    """CPU seconds of a process up to now; none for no process."""
    if pid is None:
        return 0.0
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _own_cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    living = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    theirs = sum(sum(times[:4]) for times in living)  # user, system, and of the children that these waited for
    return sum(usage.ru_utime + usage.ru_stime for usage in usages) + theirs


def _high_water_mb() -> float:
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS


def _tell(child: subprocess.Popen[str], arguments: dict[str, Any]) -> None:
    """Hand over arguments on stdin: a password among them would be seen on the command line."""
    assert child.stdin
    with child.stdin:
        json.dump(arguments, child.stdin)


def _watch(child: subprocess.Popen[str]) -> float:
    """Wait for the child; return the most memory (MB) that it and its children were seen to have at once.

    A server that a stage starts lives in a session of its own and is not the client's memory.
    """
    most = 0.0
    while True:
        try:
            child.wait(_LOOK_SECONDS)
            return most
        except subprocess.TimeoutExpired:
            most = max(most, _tree_mb(child.pid))


def _tree_mb(pid: int) -> float:
    total = 0
    try:
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            if os.getsid(one.pid) == os.getsid(pid):
                total += one.memory_info().rss
    except (psutil.Error, ProcessLookupError):  # ended just now
        pass
    return total / 2**20


def _clean_environment() -> dict[str, str]:
    """With the shell's settings nobody could repeat the figures; where the jars come from does not matter."""
    kept = ("RINGWATCH_CACHE", "RINGWATCH_MAVEN_REPOSITORY")
    return {
        name: value
        for name, value in os.environ.items()
        if name in kept or not name.startswith(("RINGWATCH_", "NEO4J_"))
    }
