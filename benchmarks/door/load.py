"""Loading over Bolt: ours against the plain driver loop and the best bare recipe, cold and warm.

Half of the accounts are loaded into a fresh server whose JVM has compiled nothing yet (cold), then the other half, of
whose accounts and identifiers nothing is there yet, into the same server (warm).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.door.comparison import Comparison, Ratio, Tell, must_agree
from benchmarks.door.data import FIRST_DAY, SECOND_DAY, write_feeds
from benchmarks.door.figures import Figures, run_child
from benchmarks.door.rows import write_rows
from benchmarks.door.servers import NewServer, Server, constrain, held

OURS, PLAIN, BEST = "ringwatch load", "plain driver, dicts", "best bare recipe"
_CONTENDERS = {PLAIN: "loads:plain_dicts", OURS: "loads:ours", BEST: "loads:best_recipe"}
_HALVES = {"cold": FIRST_DAY, "warm": SECOND_DAY}


@dataclass(frozen=True)
class Prepared:
    """A home with both halves as clean days, and folders with the rows of each and their number."""

    home: Path
    folders: dict[str, Path]
    rows: dict[str, int]


def compare(folder: Path, accounts: int, seed: int, new_server: NewServer, tell: Tell) -> list[Comparison]:
    """Run all contenders on both halves. Raises RuntimeError when their graphs are not the same in the end."""
    tell(f"load of {accounts:,} accounts over Bolt: making two halves")
    prepared = _prepare(folder, accounts // 2, seed)
    figures: dict[str, dict[str, Figures]] = {half: {} for half in _HALVES}
    graphs = {}
    for name in _CONTENDERS:
        tell(f"load of {accounts:,} accounts over Bolt: {name}")
        with new_server(folder / name.replace(" ", "-")) as server:
            for half, one in _load(name, prepared, server):
                figures[half][name] = one
            graphs[name] = held(server)
    must_agree("graph after the load", graphs)
    return [_comparison(half, accounts // 2, figures[half]) for half in _HALVES]


def _prepare(folder: Path, accounts: int, seed: int) -> Prepared:
    home, folders, rows = folder / "home", {}, {}
    for i, (half, day) in enumerate(_HALVES.items()):
        write_feeds(folder / "feeds", accounts, seed + i, (day,))
        where = {"home": str(home), "feeds": str(folder / "feeds"), "day": day.isoformat()}
        run_child("ringwatch validate", "gates:ours", where)
        folders[half] = folder / f"rows-{half}"
        rows[half] = write_rows(home, day, folders[half], touched=day)
    return Prepared(home, folders, rows)


def _load(name: str, prepared: Prepared, server: Server) -> Iterator[tuple[str, Figures]]:
    if name != OURS:
        constrain(server)
    for half, day in _HALVES.items():
        arguments: dict[str, Any] = {"server": server.settings}
        if name == OURS:
            arguments |= {"home": str(prepared.home), "day": day.isoformat(), "rows": prepared.rows[half]}
        else:
            arguments |= {"folder": str(prepared.folders[half])}
        yield half, run_child(name, _CONTENDERS[name], arguments, server.pid)


def _comparison(half: str, accounts: int, figures: dict[str, Figures]) -> Comparison:
    ours = figures[OURS].rows_per_second
    return Comparison(
        f"load over Bolt, {half}: nodes and relationships",
        accounts,
        tuple(figures[name] for name in (OURS, PLAIN, BEST)),
        (
            Ratio("rows/s of the plain driver loop with dicts", ours / figures[PLAIN].rows_per_second, at_least=1.5),
            Ratio("rows/s of the best bare recipe", ours / figures[BEST].rows_per_second, at_least=0.8),
        ),
        (
            "The bare loops read rows that are ready; ringwatch works them out of the clean files, makes constraints "
            "and remembers what it sent.",
            "Plain driver: without the Rust codec, UNWIND of 10,000 dicts, MERGE, one session. Best bare recipe: Rust "
            "codec, a list a column, two writers whose rows share no node.",
            "The graphs of all three hold the same nodes, relationships, events and days.",
        ),
    )
