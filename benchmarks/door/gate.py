"""The gate against plain Great Expectations and DuckDB, on the first day's feeds."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.door.comparison import Comparison, Ratio, Tell, must_agree
from benchmarks.door.data import FIRST_DAY
from benchmarks.door.figures import Figures, middle, run_child

OURS, PLAIN_GX, DUCKDB = "ringwatch validate", "plain Great Expectations", "DuckDB SQL"


def compare(folder: Path, feeds: Path, home: Path, accounts: int, repeats: int, tell: Tell) -> Comparison:
    """Run the contenders in turn, `repeats` times; ours leaves the clean day in `home`.

    Raises RuntimeError when they do not refuse the same number of rows of every feed.
    """
    runs: dict[str, list[Figures]] = {OURS: [], PLAIN_GX: [], DUCKDB: []}
    for i in range(repeats):
        for name in (list(runs), list(reversed(runs)))[i % 2]:
            tell(f"gate of {accounts:,} accounts: {name}, {i + 1} of {repeats}")
            runs[name].append(_run(name, folder, feeds, home))
    figures = {name: middle(each) for name, each in runs.items()}
    must_agree("rows refused", {name: one.done.counts for name, one in figures.items()})
    ours, gx, duck = figures.values()
    return Comparison(
        "gate: rows that arrived of all feeds",
        accounts,
        tuple(figures.values()),
        (
            Ratio("rows/s of plain Great Expectations", ours.rows_per_second / gx.rows_per_second, at_least=0.5),
            Ratio("peak memory of plain Great Expectations", ours.peak_mb / gx.peak_mb, at_most=0.25),
            Ratio("the same without the libraries", _data_mb(ours) / _data_mb(gx)),
            Ratio("rows/s of DuckDB SQL", ours.rows_per_second / duck.rows_per_second),
        ),
        (
            "ringwatch: read, normalise, judge, hold rows of strangers, replace personal values by keyed tokens, "
            "write clean, held and refused rows, ledger, trends.",
            "Plain Great Expectations: read whole files in pandas, drop repeated rows, one suite a feed, COMPLETE "
            "results, set of rows to refuse; nothing normalised, held or written.",
            "DuckDB: read, drop repeated rows, one SELECT a feed, write clean and refused rows; nothing normalised.",
            f"All refuse the same number of rows of every feed: {sum(ours.done.counts.values()):,}.",
        ),
    )


def _data_mb(one: Figures) -> float:
    return one.peak_mb - one.libraries_mb


def _run(name: str, folder: Path, feeds: Path, home: Path) -> Figures:
    where = {"feeds": str(feeds), "day": FIRST_DAY.isoformat()}
    if name == OURS:
        shutil.rmtree(home, ignore_errors=True)
        return run_child(name, "gates:ours", where | {"home": str(home)})
    if name == PLAIN_GX:
        return run_child(name, "gates:plain_gx", where)
    return run_child(name, "gates:duckdb_sql", where | {"out": str(folder / "duckdb")})
