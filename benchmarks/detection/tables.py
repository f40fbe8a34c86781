"""What was measured as Markdown for people, and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.door.comparison import Ratio, must_agree
from benchmarks.door.figures import Figures
from benchmarks.door.tables import ratios_table, table

OURS, IN_PROCESS, BARE = "ringwatch", "ringwatch, engine local", "bare GDS calls"
ON_SPARK, DUCKDB, PYSPARK = "ringwatch, engine spark", "DuckDB and scikit-network by hand", "PySpark by hand"
# Functions of `contenders`, in the order in which they run; those that ask a server have one.
CONTENDERS = {
    OURS: "ours",
    IN_PROCESS: "in_process",
    ON_SPARK: "on_spark",
    BARE: "bare_gds_calls",
    DUCKDB: "duckdb_by_hand",
    PYSPARK: "pyspark_by_hand",
}
ASK_A_SERVER = (OURS, BARE)
BY_HAND = (DUCKDB, PYSPARK)
STEPS = ("link", "detect", "score")
# Times that the product may take of what its rivals do: the same work in process, and bare calls of GDS.
AT_MOST = {IN_PROCESS: 1.3, BARE: 1.2}
_HEAD = (
    "contender",
    *(f"{step} s" for step in STEPS),
    "all s",
    "client CPU s",
    "server CPU s",
    "peak MB",
    "server peak MB",
)
NOTES = (
    "link: what is shared and by whom, without writing it into a loaded graph; `benchmarks.night` shows that part.",
    "engine local: the same stages, with components, cores, Leiden and node similarity worked out in process. It needs "
    "no server, and its communities, and so the candidates to score, are not quite the same.",
    "bare GDS calls: projection, WCC, k-core, Leiden and node similarity of all lanes, call by call, "
    "through the driver, with results read and thrown away. Making candidates of them is part of detect in the others.",
    "engine spark: the same stages as engine local, by Spark on the cores of this machine.",
    "by hand: which identifiers a few accounts share, pairs by what these are worth, their components, and Leiden by "
    "scikit-network; the least that a script would do.",
    "Each server is one's own, and the same calls were made on it once before the clock started. Memory: libraries "
    "included.",
)


@dataclass(frozen=True)
class Measured:
    """Figures of the contenders on one world; server_mb: most memory of each one's server, 0 for none."""

    accounts: int
    days: int
    figures: tuple[Figures, ...]
    server_mb: tuple[float, ...]
    ratios: tuple[Ratio, ...]


def measured(accounts: int, days: int, figures: Sequence[Figures], server_mb: Sequence[float]) -> Measured:
    """Put the figures of all contenders beside each other. Raises RuntimeError when they had not the same to do."""
    by_hand = {one.contender: one.done.counts for one in figures if one.contender in BY_HAND}
    ours = {one.contender: {"accounts": one.done.rows} for one in figures if one.contender not in BY_HAND}
    for what, counts in (("detection", ours), ("detection by hand", by_hand)):
        if counts:
            must_agree(what, counts)
    seconds = {one.contender: one.done.seconds for one in figures}
    compared = ((STEPS, IN_PROCESS), (("detect",), IN_PROCESS), (("detect",), BARE))
    ratios = tuple(
        _ratio(" + ".join(steps), rival, seconds[OURS], seconds[rival], steps)
        for steps, rival in compared
        if seconds.keys() >= {OURS, rival}
    )
    return Measured(accounts, days, tuple(figures), tuple(server_mb), ratios)


def _ratio(
    what: str, rival: str, ours: Mapping[str, float], theirs: Mapping[str, float], steps: Iterable[str]
) -> Ratio:
    value = sum(ours[step] for step in steps) / sum(theirs[step] for step in steps)
    return Ratio(f"{what}, ringwatch to {rival}", value, at_most=AT_MOST[rival])


def markdown(one: Measured) -> str:
    rows = [_cells(*each) for each in zip(one.figures, one.server_mb, strict=True)]
    title = f"### Link, detect and score, {one.accounts:,} accounts, {one.days} days"
    notes = [f"- {note}" for note in NOTES]
    return "\n".join([title, "", *table(_HEAD, rows), "", *ratios_table(one.ratios), *notes, ""])


def plain(on: dict[str, str], every: Sequence[Measured]) -> dict[str, Any]:
    """Return all of it as values of JSON."""
    return {"machine": on, "measured": [asdict(one) for one in every]}


def _cells(one: Figures, server_mb: float) -> tuple[str, ...]:
    return (
        one.contender,
        *(f"{one.done.seconds[step]:.1f}" if step in one.done.seconds else "" for step in STEPS),
        f"{one.seconds:.1f}",
        f"{one.cpu_seconds:.1f}",
        f"{one.server_cpu_seconds:.1f}",
        f"{one.peak_mb:,.0f}",
        f"{server_mb:,.0f}" if server_mb else "",
    )
