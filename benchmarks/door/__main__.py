"""How fast the door is: validate and load against what the bare tools reach on the same data, side by side.

    python -m benchmarks.door --accounts 100000 --accounts 1000000 [--bolt 100000] [--json]

Prints Markdown; what is being measured goes to stderr. See README.md in benchmarks/ for how to read it.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.door import gate, load, nights, tables
from benchmarks.door.comparison import Comparison, Ratio
from benchmarks.door.data import write_feeds
from benchmarks.door.machine import machine
from benchmarks.door.servers import running

# Up to this many accounts a comparison is repeated, and a day is delivered again: it is cheap.
_CHEAP = 200_000
_REPEATS = 3

# Growth that is allowed from 100,000 to 1,000,000 accounts.
_MOST_GROWTH_PER_TENFOLD = 12


def main(
    accounts: Annotated[list[int], typer.Option(help="Size; may be given several times.")],
    bolt: Annotated[list[int] | None, typer.Option(help="Size of the comparison over Bolt; none: not run.")] = None,
    seed: int = 7,
    folder: Annotated[Path | None, typer.Option(help="Where temporary files go; none: the system's.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped
    show = (lambda _text: None) if as_json else print
    on, comparisons = machine(), []
    show(tables.markdown_machine(on))
    for one in compare_all(accounts, bolt or [], seed, folder):
        show(tables.markdown(one))
        comparisons.append(one)
    growth = growths(comparisons)
    show(tables.markdown_growth(growth) if growth else "")
    if as_json:
        print(json.dumps(tables.plain(on, comparisons, growth), indent=2))


def compare_all(accounts: list[int], bolt: list[int], seed: int, folder: Path | None) -> Iterator[Comparison]:
    """Yield each comparison as soon as it was made; what they leave behind is removed after each size."""
    for size in sorted(bolt):
        with tempfile.TemporaryDirectory(prefix="ringwatch-door-", dir=folder) as work:
            yield from load.compare(Path(work), size, seed, running, tell)
    for size in sorted(accounts):
        with tempfile.TemporaryDirectory(prefix="ringwatch-door-", dir=folder) as work:
            yield from compare_door(Path(work), size, seed, _REPEATS if size <= _CHEAP else 1)


def compare_door(folder: Path, accounts: int, seed: int, repeats: int) -> Iterator[Comparison]:
    """Compare gate, first load and the next night for one size, on one set of feeds."""
    feeds, home = folder / "feeds", folder / "home"
    tell(f"making feeds of {accounts:,} accounts")
    write_feeds(feeds, accounts, seed)
    yield gate.compare(folder, feeds, home, accounts, repeats, tell)
    yield from nights.compare(folder, feeds, home, accounts, accounts <= _CHEAP, tell)


def growths(comparisons: list[Comparison]) -> tuple[Ratio, ...]:
    """How many times longer each of our parts takes from one size to the next."""
    sizes: dict[str, dict[int, float]] = {}
    for one in comparisons:
        for figures in one.figures:
            if figures.contender.startswith("ringwatch"):
                sizes.setdefault(f"{one.title}: {figures.contender}", {})[one.accounts] = figures.seconds
    ratios = []
    for name, seconds in sizes.items():
        (small, first), *_, (large, last) = sorted(seconds.items()) if len(seconds) > 1 else [(0, 0.0)] * 2
        if small:
            most = _MOST_GROWTH_PER_TENFOLD * large / small / 10
            ratios.append(Ratio(f"{name}, from {small:,} to {large:,} accounts", last / first, at_most=most))
    return tuple(ratios)


def tell(doing: str) -> None:
    typer.echo(f"door: {doing}", err=True)


if __name__ == "__main__":
    typer.run(main)
