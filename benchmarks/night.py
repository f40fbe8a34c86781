"""How long nights take, how much memory they need, and what they find.

    .venv/bin/python benchmarks/night.py --accounts 20000 --days 7                 a simulated world
    .venv/bin/python benchmarks/night.py --feeds DIR --from DAY --to DAY --without ips --without usage

Prints Markdown: seconds by stage of the first night and of the median of the others, rows a second that the first load
wrote, peak resident memory of this process and of the server, and for a simulated world the evaluation of the last
night. It has a home of its own, and a server that is stopped at the end.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import psutil
import typer

from ringwatch import server
from ringwatch.cli.evaluate import print_evaluation
from ringwatch.cli.night import FinishedNight, night_settings, run_nights
from ringwatch.evaluate import evaluate
from ringwatch.night import STAGES
from ringwatch.settings import Settings
from ringwatch.simulate import START, simulate
from ringwatch.store.store import Store

DAY = ["%Y-%m-%d"]


def main(
    accounts: int = 20_000,
    days: int = 7,
    seed: int = 7,
    feeds: Path | None = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY)] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY)] = None,
    without: Annotated[list[str] | None, typer.Option()] = None,
) -> None:
    with tempfile.TemporaryDirectory(prefix="ringwatch-benchmark-") as folder:
        settings = night_settings(without or []).model_copy(update={"home": Path(folder)})
        if feeds is None:
            simulate(settings.home, accounts, days, seed)
            nights = [START + timedelta(days=i) for i in range(days)]
        elif first and last:
            nights = [first.date() + timedelta(days=i) for i in range((last - first).days + 1)]
        else:
            raise typer.BadParameter("--feeds needs --from and --to")
        with running(settings) as pid, peak_memory(pid) as peaks:
            done = run_nights(settings, feeds or settings.home / "feeds", nights)
            print_figures(done, peaks)
            if feeds is None:
                print_findings(settings, nights[-1])


@contextmanager
def running(settings: Settings) -> Iterator[int]:
    """Start the embedded server, yield its process id, and stop it."""
    server.ensure_running(settings)
    try:
        pid = server.status(settings).pid
        assert pid is not None, "a benchmark measures the embedded server: unset NEO4J_URI"
        yield pid
    finally:
        server.stop(settings)


@contextmanager
def peak_memory(pid: int) -> Iterator[dict[str, int]]:
    """Yield the highest resident bytes seen so far of this process and of `pid`."""
    processes = {"ringwatch": psutil.Process(), "Neo4j": psutil.Process(pid)}
    peaks = dict.fromkeys(processes, 0)
    end = threading.Event()

    def look() -> None:
        while not end.wait(0.1):
            for name, process in processes.items():
                peaks[name] = max(peaks[name], process.memory_info().rss)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        end.set()
        watcher.join()


def print_figures(done: list[FinishedNight], peaks: dict[str, int]) -> None:
    first, others = done[0], done[1:] or done
    print(f"\n| stage | first night s | median of {len(others)} others s |\n|---|---|---|")
    for stage in STAGES:
        median = statistics.median(seconds(night, stage) for night in others)
        print(f"| {stage} | {seconds(first, stage):.2f} | {median:.2f} |")
    print(f"| all | {first.seconds:.2f} | {statistics.median(night.seconds for night in others):.2f} |")
    counts = first.reports["load"].counts
    written = sum(n for name, n in counts.items() if name == "accounts" or name.startswith(("identif", "relat")))
    print(f"\nFirst load: {written:,} rows written, {written / seconds(first, 'load'):,.0f} rows/s.")
    print("Peak memory: " + ", ".join(f"{name} {peak / 2**20:,.0f} MB" for name, peak in peaks.items()) + ".\n")


def seconds(night: FinishedNight, stage: str) -> float:
    return sum(night.reports[stage].seconds.values())


def print_findings(settings: Settings, day: date) -> None:
    store = Store.open(settings.store_address)
    print_evaluation(evaluate(store, settings.home / "truth", day, settings.min_ring_size))
    store.close()


if __name__ == "__main__":
    typer.run(main)
