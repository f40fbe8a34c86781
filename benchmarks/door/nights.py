"""Two nights on the embedded server: the first load of an empty home, and a night of which 95 % of the edges are known.

One server at a time: first the bare tools', then ours, each from its first load to its second night.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.door.comparison import Comparison, Ratio, Tell, must_agree
from benchmarks.door.data import FIRST_DAY, SECOND_DAY
from benchmarks.door.figures import Done, Figures, cpu_seconds, run_child
from benchmarks.door.rows import write_rows
from benchmarks.door.servers import held, running, start, stopping

GATE, LOAD, WHOLE = "ringwatch validate", "ringwatch load", "ringwatch both"
AGAIN = "ringwatch load, same day delivered again"
IMPORT, EVERYTHING = "neo4j-admin import", "best bare recipe, everything"

_MOST_SECONDS, _MOST_SECONDS_OF = 240, 1_000_000


@dataclass(frozen=True)
class Nights:
    """What one side took for the first load and the second night, and what its graph held after each."""

    first: Figures
    second: Figures
    graphs: tuple[dict[str, int], dict[str, int]]


def compare(
    folder: Path, feeds: Path, home: Path, accounts: int, again: bool, tell: Tell
) -> tuple[Comparison, Comparison]:
    """Load the clean first day of `home` and the second day of `feeds`; `again`: that is delivered once more.

    Raises RuntimeError when the graphs of both sides are not the same after a night.
    """
    said = f"nights of {accounts:,} accounts: "
    arrived = {"home": str(home), "feeds": str(feeds), "day": SECOND_DAY.isoformat()}
    tell(said + GATE)
    gate = run_child(GATE, "gates:ours", arrived)
    folders = (folder / "rows-first", folder / "rows-second")
    rows = write_rows(home, FIRST_DAY, folders[0]), write_rows(home, SECOND_DAY, folders[1], touched=SECOND_DAY)
    tell(f"{said}{IMPORT}, {EVERYTHING}")
    bare = _bare(folder / "bare", folders)
    tell(said + LOAD)
    with stopping(home):
        ours = _ours(home, rows)
        repeated = (_deliver_again(home, arrived, rows[1]),) if again else ()
    must_agree("graph after the first load", {LOAD: ours.graphs[0], IMPORT: bare.graphs[0]})
    must_agree("graph after the night", {LOAD: _existing(ours.graphs[1]), EVERYTHING: _existing(bare.graphs[1])})
    return _first_load(accounts, ours, bare), _second_night(accounts, gate, ours, bare, repeated)


def _bare(home: Path, folders: tuple[Path, Path]) -> Nights:
    with stopping(home):
        first = run_child(IMPORT, "imports:bare_import", {"home": str(home), "folder": str(folders[0])})
        with running(home) as server:
            first = replace(first, server_cpu_seconds=cpu_seconds(server.pid))  # all it ever used
            graph = held(server)
            arguments: dict[str, Any] = {"server": server.settings, "folder": str(folders[1])}
            second = run_child(EVERYTHING, "loads:best_recipe", arguments, server.pid)
            return Nights(first, second, (graph, held(server)))


def _ours(home: Path, rows: tuple[int, int]) -> Nights:
    """Leaves the server running."""
    first = run_child(LOAD, "loads:ours", _loading(home, FIRST_DAY, rows[0]))
    server = start(home)
    first = replace(first, server_cpu_seconds=cpu_seconds(server.pid))
    graph = held(server)
    second = run_child(LOAD, "loads:ours", _loading(home, SECOND_DAY, rows[1]), server.pid)
    return Nights(first, second, (graph, held(server)))


def _loading(home: Path, day: date, rows: int) -> dict[str, Any]:
    return {"home": str(home), "day": day.isoformat(), "rows": rows}


def _deliver_again(home: Path, arrived: dict[str, str], rows: int) -> Figures:
    run_child(GATE, "gates:ours", arrived)
    return run_child(AGAIN, "loads:ours", _loading(home, SECOND_DAY, rows), start(home).pid)


def _existing(graph: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in graph.items() if name.endswith((".nodes", ".edges"))}


def _first_load(accounts: int, ours: Nights, bare: Nights) -> Comparison:
    parts = bare.first.done.seconds
    importing = parts["csv"] + parts["import"]
    return Comparison(
        "first load: nodes and relationships",
        accounts,
        (ours.first, bare.first),
        (
            Ratio(
                "rows/s of neo4j-admin import, start and constraints",
                bare.first.seconds / ours.first.seconds,
                at_least=0.8,
            ),
            Ratio("rows/s of its CSV files and import alone", importing / ours.first.seconds),
        ),
        (
            "ringwatch: from clean files to a running server whose graph has its constraints.",
            "neo4j-admin: from rows that are ready to the same; "
            + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts.items())
            + ".",
            "Both graphs hold the same nodes, relationships, events and days.",
        ),
    )


def _second_night(
    accounts: int, gate: Figures, ours: Nights, bare: Nights, repeated: tuple[Figures, ...]
) -> Comparison:
    load, everything = ours.second, bare.second
    whole = _whole(gate, load)
    longest = _MOST_SECONDS if accounts == _MOST_SECONDS_OF else None
    return Comparison(
        "night, 95 % of its edges known",
        accounts,
        (gate, load, whole, everything, *repeated),
        (
            Ratio("times as fast as sending everything", everything.seconds / load.seconds, at_least=4),
            Ratio("seconds of validate and load", whole.seconds, at_most=longest),
        ),
        (
            "Rows of load are the nodes and relationships that the day's rows name; the best bare recipe sends all, "
            "from files that are ready. ringwatch sends what is new, and of what is known a part as renewed.",
            "Both graphs hold the same nodes and relationships afterwards; when those that are known were last seen, "
            "ringwatch brings up to date within a week.",
        ),
    )


def _whole(gate: Figures, load: Figures) -> Figures:
    return replace(
        load,
        contender=WHOLE,
        done=Done(gate.done.rows),
        seconds=gate.seconds + load.seconds,
        cpu_seconds=gate.cpu_seconds + load.cpu_seconds,
        peak_mb=max(gate.peak_mb, load.peak_mb),
    )
