"""The contender of a first load: `neo4j-admin database import` with what it needs before and after, and no more."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from time import perf_counter

import duckdb
import pyarrow.parquet as pq

from benchmarks.door.contenders.statements import DATES, TIMES
from benchmarks.door.figures import Done, Job
from benchmarks.door.homes import home_settings
from benchmarks.door.rows import Target, targets
from ringwatch import server
from ringwatch.model import ACCOUNT, ACCOUNT_KEY, load_model
from ringwatch.settings import Settings

_WHOLE_NUMBERS = ("days", "events", "exchanges", "asn")


def bare_import(home: str, folder: str) -> Job:
    """CSV files from rows that are ready, `neo4j-admin database import full`, server started, constraints made."""
    from benchmarks.door.servers import Server, constrain
    from ringwatch.server.download import fetch_jars

    settings = home_settings(home)
    jars = fetch_jars(settings)
    every = targets(load_model())
    csv = Path(home) / "csv"
    csv.mkdir(parents=True)

    def job() -> Done:
        seconds = {"": perf_counter()}
        rows = sum(_write_csv(Path(folder) / target.file, csv, target) for target in every)
        seconds["csv"] = perf_counter()
        _import(settings, jars, csv, every)
        seconds["import"] = perf_counter()
        connection = server.start(settings)
        seconds["start"] = perf_counter()
        constrain(Server(connection))
        seconds["constraints"] = perf_counter()
        ends = list(seconds.items())
        return Done(rows, {}, {name: end - ends[i][1] for i, (name, end) in enumerate(ends[1:])})

    return job


def _write_csv(rows: Path, out: Path, target: Target) -> int:
    with duckdb.connect() as connection:
        columns = ", ".join(f'"{name}"' for name in _columns(target))
        into = out / f"{target.name}.csv"
        connection.execute(f"COPY (SELECT {columns} FROM '{rows}') TO '{into}' (HEADER false)").fetchall()
    header = ",".join(_header(target, name) for name in _columns(target))
    (out / f"{target.name}.header.csv").write_text(header + "\n", encoding="utf-8")
    return int(pq.read_metadata(rows).num_rows)


def _columns(target: Target) -> list[str]:
    ends = [target.source] if target.label is None else [ACCOUNT_KEY, target.source]
    return [*ends, *target.properties]


def _header(target: Target, column: str) -> str:
    if target.label is None and column == target.key:
        return f"{column}:ID({target.name})"
    if target.label is not None and column == ACCOUNT_KEY:
        return f":START_ID({ACCOUNT})"
    if target.label is not None and column == target.source:
        return f":END_ID({target.label})"
    kinds = {"localdatetime": TIMES, "date": DATES, "long": _WHOLE_NUMBERS}
    return f"{column}:{next((kind for kind, names in kinds.items() if column in names), 'string')}"


def _import(settings: Settings, jars: Path, csv: Path, every: list[Target]) -> None:
    """Run the admin tool in an empty home. Raises RuntimeError with the end of what it said when it fails."""
    from ringwatch.server.conf import FLAGS, java
    from ringwatch.server.home import create_home, draw_password, server_home

    home = server_home(settings)
    create_home(home)
    draw_password(home)
    home.conf.touch()
    files = [
        f"--{'nodes' if target.label is None else 'relationships'}={target.name}={csv}/{target.name}.header.csv,"
        f"{csv}/{target.name}.csv"
        for target in every
    ]
    command = [str(java()), *FLAGS, "-cp", f"{jars}/lib/*:{home.conf.parent}", "org.neo4j.cli.AdminTool"]
    arguments = ["database", "import", "full", "neo4j", *files]
    environment = os.environ | {"NEO4J_HOME": str(home.folder), "NEO4J_CONF": str(home.conf.parent)}
    done = subprocess.run(
        [*command, *arguments], env=environment, cwd=home.folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the import failed ({done.returncode}): {(done.stdout + done.stderr)[-2000:]}")
