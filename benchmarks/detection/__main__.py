"""How fast rings are found: link, detect and score against the same work in process and against bare GDS calls.

    python -m benchmarks.detection --accounts 100000 --accounts 1000000 [--json]

Prints Markdown; what is being measured goes to stderr. See README.md in benchmarks/ for how to read it.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import psutil
import typer

from benchmarks.detection import tables
from benchmarks.detection.tables import Measured
from benchmarks.door.figures import Figures, run_child
from benchmarks.door.machine import machine
from benchmarks.door.servers import NewServer, Server, running
from benchmarks.door.tables import markdown_machine
from ringwatch.simulate import START, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.simulate.families import draw_world

_PACKAGE = "benchmarks.detection"


def main(
    accounts: Annotated[list[int], typer.Option(help="Size; may be given several times.")],
    days: int = 14,
    seed: int = 1,
    only: Annotated[list[str] | None, typer.Option(help="Contender, e.g. ours; all unless some are named.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where temporary files go; none: the system's.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped
    on, measured = machine(), []
    contenders = [name for name, function in tables.CONTENDERS.items() if not only or function in only]
    if not as_json:
        print(markdown_machine(on))
    for size in sorted(accounts):
        with tempfile.TemporaryDirectory(prefix="ringwatch-detection-", dir=folder) as work:
            measured.append(compare(Path(work), size, days, seed, running, contenders))
        if not as_json:
            print(tables.markdown(measured[-1]), flush=True)
    if as_json:
        print(json.dumps(tables.plain(on, measured), indent=2))


def compare(
    folder: Path,
    accounts: int,
    days: int,
    seed: int,
    new_server: NewServer,
    contenders: Iterable[str] = tables.CONTENDERS,
) -> Measured:
    """Return the figures of contenders on one world of family B."""
    home, day = folder / "world", START + timedelta(days=days - 1)
    tell(f"making a world of {accounts:,} accounts and {days} days")
    simulate(home, accounts, days, seed, world=draw_world("B", seed), write=write_clean)
    where = {"home": str(home), "day": day.isoformat()}
    figures: list[Figures] = []
    server_mb: list[float] = []
    for name in contenders:
        tell(f"{accounts:,} accounts: {name}")
        found, peak = _on_its_server(name, where, folder, new_server)
        figures.append(found)
        server_mb.append(peak)
    return tables.measured(accounts, days, figures, server_mb)


def _on_its_server(name: str, where: dict[str, str], folder: Path, new_server: NewServer) -> tuple[Figures, float]:
    """Return the figures of a contender, and the most memory of the server that it had warm and to itself."""
    contender = f"contenders:{tables.CONTENDERS[name]}"
    if name not in tables.ASK_A_SERVER:
        _forget_links(Path(where["home"]))
        return run_child(name, contender, where, package=_PACKAGE), 0.0
    with new_server(folder / tables.CONTENDERS[name]) as server, _peak(server) as peak:
        asked = where | {"server": server.settings}
        warm_up = "recorded" if name == tables.OURS else tables.CONTENDERS[name]
        run_child("warming up", f"contenders:{warm_up}", asked, package=_PACKAGE)
        if name == tables.OURS:
            _forget_links(Path(where["home"]))
        found = run_child(name, contender, asked, server.pid, _PACKAGE)
    return found, peak[0]


def _forget_links(home: Path) -> None:
    """Have the next contender share anew."""
    shutil.rmtree(home / "spark", ignore_errors=True)
    for path in home.rglob("sharing*"):
        path.unlink()


@contextmanager
def _peak(server: Server) -> Iterator[list[float]]:
    """Yield a list that holds, in the end, the most resident memory (MB) the server had."""
    peak = [0.0]
    yield peak
    if server.pid is not None and psutil.pid_exists(server.pid):
        lines = Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8").splitlines()
        peak[0] = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def tell(doing: str) -> None:
    typer.echo(f"detection: {doing}", err=True)


if __name__ == "__main__":
    typer.run(main)
