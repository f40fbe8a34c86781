"""How long nights take, how much memory they need, and what they find.

    .venv/bin/python -m benchmarks.night --accounts 3000 --accounts 100000 --days 3      simulated worlds
    RINGWATCH_ENGINE=local RINGWATCH_GRAPH_HOLDS=flagged .venv/bin/python -m benchmarks.night --accounts 10000000
    RINGWATCH_ENGINE=spark RINGWATCH_SHARD_ACCOUNTS=15000 .venv/bin/python -m benchmarks.night --accounts 20000
    .venv/bin/python -m benchmarks.night --feeds DIR --from DAY --to DAY --without ips --without usage

Prints Markdown, a row as soon as a night is done: seconds of the wall clock, of each stage too, CPU seconds and peak
resident memory of the client (with the processes that it starts, which judge shards or are Spark) and of Neo4j, shards
and bits that were cut; for a simulated world the evaluation of the last night in the end. Each world has a home of its
own, and a server that is stopped at the end. In worlds nearly all that a later night brings is known from the first.
`--worlds` keeps simulated worlds, and takes them from there.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Annotated

import psutil
import typer

from ringwatch import log, server
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
CLIENT, NEO4J = "client", "Neo4j"


def main(
    accounts: Annotated[list[int] | None, typer.Option(help="Size of a world; may be given several times.")] = None,
    days: int = 2,
    worlds: Annotated[Path | None, typer.Option(help="Folder for simulated worlds that stay.")] = None,
    feeds: Path | None = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=DAY)] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=DAY)] = None,
    without: Annotated[list[str] | None, typer.Option()] = None,
) -> None:
    log.begin()
    settings = night_settings(without or [])
    if feeds and first and last:
        nights = [first.date() + timedelta(days=i) for i in range((last - first).days + 1)]
        measure(settings, feeds, nights)
    elif feeds:
        raise typer.BadParameter("--feeds needs --from and --to")
    else:
        for size in accounts or [20_000]:
            print(f"\n## {size:,} accounts, {days} nights, engine {settings.engine}", flush=True)
            measure_world(settings, size, days, worlds)


def measure_world(settings: Settings, accounts: int, days: int, worlds: Path | None) -> None:
    nights = [START + timedelta(days=i) for i in range(days)]
    with tempfile.TemporaryDirectory(prefix="ringwatch-benchmark-") as folder:
        world = (worlds or Path(folder)) / f"{accounts}-{days}"
        if not (world / "truth" / "members.parquet").is_file():  # it is written last
            # A process of its own, whose memory is gone when nights are measured.
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
                process.submit(simulate, world, accounts, days, SEED).result()
        measure(settings, world / "feeds", nights, world / "truth")


def measure(settings: Settings, feeds: Path, nights: list[date], truth: Path | None = None) -> None:
    with tempfile.TemporaryDirectory(prefix="ringwatch-benchmark-") as folder:
        settings = settings.model_copy(update={"home": Path(folder)})
        with running(settings), watching(settings) as usage:
            print_head()
            for day in nights:
                began = perf_counter()
                (done,) = run_nights(settings, feeds, [day], quiet=True)
                print_night(done, perf_counter() - began, *usage.since())
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


class Usage:
    """Looks ten times a second at this process with those that it started, and at the server, which a first load
    starts anew.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.me = settings, psutil.Process()
        found = self._server()
        assert found, "a benchmark measures the embedded server: unset NEO4J_URI"
        self.servers = {found}
        self.seconds: dict[int, float] = {}
        self.peaks = self._nothing()
        self.look()
        self.before = self.spent()

    def look(self) -> None:
        resident = self._nothing()
        if found := self._server():  # there is none while a first load imports
            self.servers.add(found)
        for process in {self.me, *self.me.children(recursive=True), *self.servers}:
            with suppress(psutil.NoSuchProcess):
                resident[NEO4J if process in self.servers else CLIENT] += process.memory_info().rss
                times = process.cpu_times()
                self.seconds[process.pid] = float(times.user + times.system)
        self.peaks = {whose: max(most, resident[whose]) for whose, most in self.peaks.items()}

    def spent(self) -> Used:
        neo4j = sum(self.seconds.get(process.pid, 0.0) for process in self.servers)
        return {CLIENT: sum(self.seconds.values()) - neo4j, NEO4J: neo4j}

    def since(self) -> tuple[Used, Used]:
        """Return CPU seconds and peak resident bytes since this was asked before."""
        spent, peaks = self.spent(), self.peaks
        before, self.before, self.peaks = self.before, spent, self._nothing()
        return {whose: spent[whose] - before[whose] for whose in spent}, peaks

    def _server(self) -> psutil.Process | None:
        return process_of(server.server_home(self.settings))

    @staticmethod
    def _nothing() -> Used:
        return {CLIENT: 0.0, NEO4J: 0.0}


@contextmanager
def watching(settings: Settings) -> Iterator[Usage]:
    usage, ended = Usage(settings), threading.Event()

    def look() -> None:
        while not ended.wait(0.1):
            usage.look()

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield usage
    finally:
        ended.set()
        watcher.join()


def print_head() -> None:
    columns = ["night", "all s", *(f"{stage} s" for stage in STAGES)]
    columns += [f"{whose} {what}" for what in ("CPU s", "peak MB") for whose in (CLIENT, NEO4J)]
    columns += ["shards", "bits cut", "rows", "members"]
    print("\n| " + " | ".join(columns) + " |\n|" + "---|" * len(columns), flush=True)


def print_night(done: FinishedNight, wall: float, cpu: Used, peaks: Used) -> None:
    counts = {name: report.counts for name, report in done.reports.items()}
    cells = [f"{done.day}", f"{wall:,.1f}", *(f"{sum(done.reports[stage].seconds.values()):,.1f}" for stage in STAGES)]
    cells += [*(f"{cpu[whose]:,.0f}" for whose in cpu), *(f"{peaks[whose] / 2**20:,.0f}" for whose in peaks)]
    rows = sum(count for name, count in counts["load"].items() if name.endswith(".rows"))
    cells += [f"{counts['link']['shards']:,}", f"{counts['link']['bits_cut']:,}", f"{rows:,}"]
    cells += [f"{counts['publish']['members']:,}"]
    print("| " + " | ".join(cells) + " |", flush=True)


def print_findings(settings: Settings, truth: Path, day: date) -> None:
    store = Store.open(settings.store_address)
    print_evaluation(evaluate(store, truth, day, settings.min_ring_size))
    store.close()


if __name__ == "__main__":
    typer.run(main)
