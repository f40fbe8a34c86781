"""What link, detect and score take in one world, what they find, and what each part adds.

    .venv/bin/python benchmarks/detection.py --family B --world 1 --accounts 60000
    .venv/bin/python benchmarks/detection.py --accounts 100000 --no-ablation

Prints Markdown: CPU seconds by step, peak memory, the same links through DuckDB and scikit-network in process, and how
well the rings agree with the truth without each lane, cells, containment or counter-evidence. A part is taken away from
the program as it is; the scorecard is not made again, so this says what the part carries and not what could replace it.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import typer
from scipy.sparse import coo_array
from sknetwork.clustering import Leiden  # type: ignore[attr-defined]
from sknetwork.topology import get_connected_components  # type: ignore[attr-defined]

from ringwatch import server
from ringwatch.cli.train import on_one_server
from ringwatch.detection import candidates, judging, pairs, scorecard, sharing
from ringwatch.detection.features import FEATURES
from ringwatch.detection.scorecard import Scorecard, Sheet
from ringwatch.evaluate import Evaluation, compare
from ringwatch.evaluate.truth import Truth, read_truth
from ringwatch.files import Files
from ringwatch.night import Night
from ringwatch.settings import load_settings
from ringwatch.simulate import START, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.simulate.families import draw_world

seconds: dict[str, float] = {}


def main(family: str = "B", world: int = 1, accounts: int = 60_000, days: int = 14, ablation: bool = True) -> None:
    with tempfile.TemporaryDirectory(prefix="ringwatch-detection-") as folder:
        home = Path(folder)
        simulate(home, accounts, days, world, world=draw_world(family, world), write=write_clean)
        settings = on_one_server(load_settings(home=home))
        try:
            with Night(START + timedelta(days=days - 1), settings, Files(home)) as night:
                measure(night, read_truth(home / "truth").by(night.day), ablation)
        finally:
            server.stop(load_settings(home=home))


def measure(night: Night, truth: Truth, ablation: bool) -> None:
    card = scorecard.load(night.settings.feeds)
    with timed("share: DuckDB"):
        sharing.open_sharing(night).close()
    with sharing.open_sharing(night) as connection:
        with timed("read links"):
            shared = read(night, connection)
        with timed("lanes: GDS"):
            found, _ = candidates.find(night.graph, shared, night.settings)
        with timed("components and Leiden of one lane: scikit-network"):
            in_process(shared.links)
        with timed("score"):
            tables = judging.judge(connection, found, card, night.settings.min_ring_size)
        print_seconds()
        if ablation:
            print_ablation(night, truth, connection, shared, card, evaluation(tables, truth, night))


def read(night: Night, connection: duckdb.DuckDBPyConnection) -> candidates.Shared:
    tables = pairs.links(connection, night.settings.link_min_bits), pairs.hubs(connection), pairs.uses(connection)
    return candidates.Shared(*(table.to_pandas() for table in tables))


def in_process(links: pd.DataFrame) -> None:
    accounts = pd.Index(pd.concat([links["source"], links["target"]]).unique())
    ends = accounts.get_indexer(links["source"]), accounts.get_indexer(links["target"])
    adjacency = coo_array((links["bits"].to_numpy(), ends), shape=(len(accounts), len(accounts))).tocsr()
    adjacency = adjacency + adjacency.T
    get_connected_components(adjacency)
    Leiden(resolution=1.0, random_state=42).fit_predict(adjacency)


def print_ablation(
    night: Night,
    truth: Truth,
    connection: duckdb.DuckDBPyConnection,
    shared: candidates.Shared,
    card: Scorecard,
    as_it_is: Evaluation,
) -> None:
    print("\n| variant | account P | R | ring P | R | honest flagged per 100k |\n|---|---|---|---|---|---|")
    print_row("as it is", as_it_is)

    def judge(lanes: tuple[str, ...], some: candidates.Shared, sheet: Scorecard) -> Evaluation:
        found, _ = candidates.find(night.graph, some, night.settings, lanes)
        return evaluation(judging.judge(connection, found, sheet, night.settings.min_ring_size), truth, night)

    for lane in candidates.LANES:
        print_row(f"without lane {lane}", judge(tuple(x for x in candidates.LANES if x != lane), shared, card))
    for what, dropped in DROPPED.items():
        print_row(f"without {what}", judge(candidates.LANES, shared, without(card, dropped)))


# Features by what they are for; the reasons of each are left out of both sheets.
DROPPED: dict[str, Callable[[str], bool]] = {
    "cells in the score": lambda name: name.startswith("cell"),
    "containment": lambda name: name.endswith("contained"),
    "counter-evidence": lambda name: name in {f.name for f in FEATURES if f.direction == "against"},
    "stability": lambda name: name == "stability",
}


def without(card: Scorecard, dropped: Callable[[str], bool]) -> Scorecard:
    return replace(card, flag=_lacking(card.flag, dropped), shape=_lacking(card.shape, dropped))


def _lacking(sheet: Sheet, dropped: Callable[[str], bool]) -> Sheet:
    return replace(sheet, scales={name: scale for name, scale in sheet.scales.items() if not dropped(name)})


def evaluation(tables: dict[str, pd.DataFrame], truth: Truth, night: Night) -> Evaluation:
    rings = tables["rings"].rename(columns={"probability": "ring_probability"})
    rings["flagged"] = rings["ring_probability"] >= night.settings.flag_probability
    judged = tables["members"][["candidate", "account_id"]].merge(rings, on="candidate")
    columns = ["ring_id", "account_id", "kind", "ring_probability", "flagged"]
    return compare(judged.rename(columns={"candidate": "ring_id"})[columns], truth, night.day)


def print_row(name: str, found: Evaluation) -> None:
    shares = [found.accounts.precision, found.accounts.recall, found.rings.precision, found.rings.recall]
    figures = " | ".join("" if share is None else f"{share:.3f}" for share in shares)
    print(f"| {name} | {figures} | {found.false_positives_per_100k:.0f} |", flush=True)


@contextmanager
def timed(step: str) -> Iterator[None]:
    started, cpu = time.perf_counter(), time.process_time()
    yield
    seconds[step] = time.perf_counter() - started
    seconds[f"{step}, CPU of this process"] = time.process_time() - cpu


def print_seconds() -> None:
    print("| step | s |\n|---|---|")
    for step, took in seconds.items():
        print(f"| {step} | {took:.1f} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory of this process: {np.ceil(peak):,.0f} MB.", flush=True)


if __name__ == "__main__":
    typer.run(main)
