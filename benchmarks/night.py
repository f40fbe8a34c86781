"""How long nights take, how much memory they need, and what they find.

    .venv/bin/python benchmarks/night.py --accounts 3000 --accounts 100000 --days 3      simulated worlds
    .venv/bin/python benchmarks/night.py --accounts 100000 --engine local --shard-accounts 20000
    .venv/bin/python benchmarks/night.py --feeds DIR --from DAY --to DAY --without ips --without usage

Prints Markdown: seconds by stage of the first night and of the median of the others, CPU seconds of the client, the
processes that judge shards, and the server, rows a second that the first load wrote, peak resident memory of the same,
shards and what was cut, and for a simulated world the evaluation of the last night. Each world has a home of its own,
and a server that is stopped at the end. In worlds nearly all that a later night brings is known from the first.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import psutil
import typer

from ringwatch import server
from ringwatch.cli.evaluate import print_evaluation
from ringwatch.cli.night import FinishedNight, night_settings, run_nights
from ringwatch.evaluate import evaluate
from ringwatch.night import STAGES
from ringwatch.server.embedded import process_of
from ringwatch.settings import Settings
from ringwatch.simulate import START, simulate
from ringwatch.store.store import Store

DAY = ["%Y-%m-%d"]
SEED = 7


def main(
    accounts: Annotated[list[int] | None, typer.Option(help="Size of a world; may be given several times.")] = None,
    days: int = 7,
    feeds: Path | None = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY)] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY)] = None,
    without: Annotated[list[str] | None, typer.Option()] = None,
    engine: Literal["gds", "local"] = "gds",
    shard_accounts: int = Settings.model_fields["shard_accounts"].default,
) -> None:
    settings = night_settings(without or []).model_copy(update={"engine": engine, "shard_accounts": shard_accounts})
    if feeds and first and last:
        nights = [first.date() + timedelta(days=i) for i in range((last - first).days + 1)]
        measure(settings, feeds, nights)
    elif feeds:
        raise typer.BadParameter("--feeds needs --from and --to")
    else:
        for size in accounts or [20_000]:
            print(f"\n## {size:,} accounts, {days} nights, engine {engine}")
            measure_world(settings, size, days)


def measure_world(settings: Settings, accounts: int, days: int) -> None:
    with tempfile.TemporaryDirectory(prefix="ringwatch-benchmark-") as folder:
        simulate(Path(folder), accounts, days, SEED)
        nights = [START + timedelta(days=i) for i in range(days)]
        measure(settings, Path(folder) / "feeds", nights, Path(folder) / "truth")


def measure(settings: Settings, feeds: Path, nights: list[date], truth: Path | None = None) -> None:
    with tempfile.TemporaryDirectory(prefix="ringwatch-benchmark-") as folder:
        settings = settings.model_copy(update={"home": Path(folder)})
        with running(settings), used(settings) as (peaks, seconds_of_cpu):
            done = run_nights(settings, feeds, nights)
            print_figures(done, peaks, seconds_of_cpu)
            if truth:
                print_findings(settings, truth, nights[-1])


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Start the embedded server, and stop it."""
    server.ensure_running(settings)
    try:
        yield
    finally:
        server.stop(settings)


Used = dict[str, float]


@contextmanager
def used(settings: Settings) -> Iterator[tuple[Used, Used]]:
    """Yield the highest resident bytes, and the CPU seconds, seen so far of this process with those that it started,
    and of the server, which a first load starts anew.
    """
    mine, first = psutil.Process(), process_of(server.server_home(settings))
    assert first is not None, "a benchmark measures the embedded server: unset NEO4J_URI"
    peaks, cpu = {"ringwatch": 0.0, "Neo4j": 0.0}, {"ringwatch": 0.0, "Neo4j": 0.0}
    before, ended = {process.pid: _cpu(process) for process in (mine, first)}, threading.Event()
    servers, seconds = {first}, dict(before)

    def look() -> None:
        while not ended.wait(0.1):
            resident = {"ringwatch": 0.0, "Neo4j": 0.0}
            if found := process_of(server.server_home(settings)):  # there is none while a first load imports
                servers.add(found)
            for process in {mine, *mine.children(recursive=True), *servers}:
                with suppress(psutil.NoSuchProcess):
                    whose = "Neo4j" if process in servers else "ringwatch"
                    resident[whose] += process.memory_info().rss
                    seconds[process.pid] = _cpu(process)
            spent = {pid: most - before.get(pid, 0) for pid, most in seconds.items()}
            peaks.update({whose: max(most, resident[whose]) for whose, most in peaks.items()})
            cpu["Neo4j"] = sum(spent.get(process.pid, 0) for process in servers)
            cpu["ringwatch"] = sum(spent.values()) - cpu["Neo4j"]

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peaks, cpu
    finally:
        ended.set()
        watcher.join()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def print_figures(done: list[FinishedNight], peaks: Used, cpu: Used) -> None:
    first, others = done[0], done[1:] or done
    print(f"\n| stage | first night s | median of {len(others)} others s |\n|---|---|---|")
    for stage in STAGES:
        median = statistics.median(seconds(night, stage) for night in others)
        print(f"| {stage} | {seconds(first, stage):.2f} | {median:.2f} |")
    print(f"| all | {first.seconds:.2f} | {statistics.median(night.seconds for night in others):.2f} |")
    counts = first.reports["load"].counts
    written = sum(n for name, n in counts.items() if name == "accounts" or name.startswith(("identif", "relat")))
    print(f"\nFirst load: {written:,} rows written, {written / seconds(first, 'load'):,.0f} rows/s.")
    print("Peak memory: " + ", ".join(f"{name} {peak / 2**20:,.0f} MB" for name, peak in peaks.items()) + ".")
    print("CPU, all nights: " + ", ".join(f"{name} {spent:,.0f} s" for name, spent in cpu.items()) + ".")
    shards = done[-1].reports["link"].counts
    print(f"Last night: {shards['shards']:,} shards, {shards['ties_cut']:,} ties of {shards['bits_cut']:,} bits cut.\n")


def seconds(night: FinishedNight, stage: str) -> float:
    return sum(night.reports[stage].seconds.values())


def print_findings(settings: Settings, truth: Path, day: date) -> None:
    store = Store.open(settings.store_address)
    print_evaluation(evaluate(store, truth, day, settings.min_ring_size))
    store.close()


if __name__ == "__main__":
    typer.run(main)
