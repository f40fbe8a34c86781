"""What it costs the gate that rows arrive in many small files, against the same rows in one file.

    python -m benchmarks.small_files [--files 1500 --rows 4] [--repeats 5] [--json]

Prints Markdown; what is being measured goes to stderr. See README.md in benchmarks/ for how to read it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.door.comparison import Ratio, must_agree
from benchmarks.door.figures import Figures, middle, run_child
from benchmarks.door.machine import machine
from benchmarks.door.tables import markdown_machine, table
from benchmarks.small_files.data import rows_of_devices, write_files

FORMS = ("csv", "jsonl", "parquet")
_SHAPES = [(1_500, 4), (200, 1_000)]
_MOST = 3


@dataclass(frozen=True)
class Measured:
    """Median figures of one form: all rows in one file, and in `files` files of `rows` rows each."""

    form: str
    files: int
    rows: int
    one: Figures
    many: Figures

    @property
    def ratio(self) -> Ratio:
        return Ratio("CPU seconds", self.many.cpu_seconds / self.one.cpu_seconds, at_most=_MOST)


def main(
    files: Annotated[int | None, typer.Option(help="Number of files, with --rows; none: both sizes.")] = None,
    rows: Annotated[int, typer.Option(help="Rows of each file.")] = 4,
    repeats: int = 5,
    seed: int = 7,
    folder: Annotated[Path | None, typer.Option(help="Where temporary files go; none: the system's.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    on, measured = machine(), list[Measured]()
    for shape in [(files, rows)] if files else _SHAPES:
        with tempfile.TemporaryDirectory(prefix="ringwatch-small-files-", dir=folder) as work:
            measured += compare(Path(work), *shape, repeats, seed)
    if as_json:
        print(json.dumps({"machine": on, "small files": [asdict(one) for one in measured]}, indent=2))
    else:
        print(markdown_machine(on))
        print(markdown(measured))


def compare(folder: Path, files: int, rows: int, repeats: int, seed: int) -> Iterator[Measured]:
    """Yield what the rows cost in each form. Raises RuntimeError when they fared differently in one file and many."""
    made = rows_of_devices(folder / "rows", files * rows, seed)
    for form in FORMS:
        for name, number in (("one", 1), ("many", files)):
            write_files(folder / form / name, made, number, form)
        write_files(folder / form / "warm-up", made.slice(0, 40), 2, form)
        runs: dict[str, list[Figures]] = {"one": [], "many": []}
        for i in range(repeats):
            typer.echo(f"small files: {files:,} files of {rows:,} rows, {form}, {i + 1} of {repeats}", err=True)
            for name, figures in runs.items():
                figures.append(_run(folder / form, name, i))
        one, many = map(middle, runs.values())
        must_agree(f"rows of {form} files", {"one file": one.done.counts, "many files": many.done.counts})
        yield Measured(form, files, rows, one, many)


def markdown(measured: list[Measured]) -> str:
    rows = (
        (
            one.form,
            f"{one.files:,} x {one.rows:,}",
            f"{one.one.cpu_seconds:.2f}",
            f"{one.many.cpu_seconds:.2f}",
            f"{one.ratio.value:.2f}",
            "yes" if one.ratio.reached else "**no**",
        )
        for one in measured
    )
    head = ("form", "files x rows", "CPU s, one file", "CPU s, many", "ratio", f"at most {_MOST}")
    return "\n".join([*table(head, rows), ""])


def _run(folder: Path, name: str, number: int) -> Figures:
    where = {
        "home": str(folder / f"home-{name}-{number}"),
        "feeds": str(folder / name),
        "warm_up": str(folder / "warm-up"),
    }
    return run_child(name, "contender:validate", where, package="benchmarks.small_files")


if __name__ == "__main__":
    typer.run(main)
