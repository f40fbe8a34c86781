"""validate: feed files of the day in; clean rows, held rows, quarantine and counts out.

It stops the night when an expected feed is not usable. Every row that arrived is clean, held, in quarantine, or counted
as a duplicate.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch import feeds, gate, history, trends
from ringwatch.errors import DataRefused
from ringwatch.gate import Judged
from ringwatch.night import Night, Report

PARTS = ("clean", "held", "quarantine")


def run(night: Night) -> Report:
    """Judge every feed of the day; write what became of its rows only when no feed stops the night.

    Raises DataRefused when an expected feed is missing, empty, unreadable, lacks a column, has no row that passes or
    far fewer rows than usual.
    """
    staged = _empty_folder(night.files.day(night.day) / "validating")
    report = judge(night, staged)
    _replace(night, staged)
    return report


def judge(night: Night, staged: Path) -> Report:
    """Judge every feed of the day and write what became of its rows below `staged`."""
    files, warnings = _arrived(night)
    counts: dict[str, int] = {}
    seconds: dict[str, float] = {}
    accounts: pd.Series | None = None
    known = history.account_ids(night)
    for name, paths in files.items():
        started = perf_counter()
        judged = _judge(night, name, paths, accounts)
        if name == "accounts":
            accounts = pd.concat([known, judged.clean["account_id"]])
        _write(staged, judged)
        counts |= _counts(judged)
        warnings += (*judged.warnings, *trends.unusual(night, judged.feed, staged / "clean" / f"{name}.parquet"))
        seconds[name] = perf_counter() - started
    return Report("validate", night.day, counts, seconds, warnings)


def _arrived(night: Night) -> tuple[dict[str, list[Path]], tuple[str, ...]]:
    """Return the files of each feed that is there, accounts first, and what to say of those that are not."""
    folder = night.files.arrived(night.day)
    if not folder.is_dir():
        raise DataRefused(f"no feeds for {night.day}: {folder} does not exist")
    marker = night.settings.feeds_marker
    if marker and not (folder / marker).exists():
        raise DataRefused(f"the feeds of {night.day} are not complete: there is no {folder / marker} yet")
    found = {name: feeds.find(folder, name) for name in night.model.feeds if name in night.settings.feeds}
    missing = [name for name, paths in found.items() if not paths]
    needed = [name for name in missing if not night.model.feeds[name].optional]
    if needed:
        raise DataRefused(
            f"the feed {needed[0]} is missing on {night.day}: there is no {folder / needed[0]}"
            f"{{{','.join(feeds.SUFFIXES)}}}; deliver it, or run --without {needed[0]} if this deployment has none"
        )
    notes = tuple(f"the optional feed {name} is not there" for name in missing)
    return {name: paths for name, paths in found.items() if paths}, notes


def _judge(night: Night, name: str, paths: list[Path], accounts: pd.Series | None) -> Judged:
    feed = night.model.feeds[name]
    settings = night.settings
    delivery = feeds.read(paths, feed.columns, settings.csv_encoding, settings.csv_delimiter)
    gate.stop_if_unusable(feed, paths[0], delivery.rows)
    judged = gate.judge(night, feed, delivery, accounts)
    if judged.clean.empty:
        first = judged.quarantine["rule"].iloc[0] if len(judged.quarantine) else "account_id is not a known account"
        raise DataRefused(f"{paths[0]}: not one of {judged.rows:,} rows passes; the first: {first}")
    return judged


def _counts(judged: Judged) -> dict[str, int]:
    name = judged.feed.feed
    counts = {
        f"{name}.rows": judged.rows,
        f"{name}.clean": len(judged.clean),
        f"{name}.held": len(judged.held),
        f"{name}.quarantined": len(judged.quarantine),
        f"{name}.duplicates": judged.duplicates,
    }
    if counts[f"{name}.rows"] != sum(list(counts.values())[1:]):
        raise RuntimeError(f"rows of {name} were lost at the gate: {json.dumps(counts)}")
    return counts | ({f"{name}.late": judged.late} if judged.late is not None else {})


def _write(staged: Path, judged: Judged) -> None:
    for part, table in _tables(judged):
        pq.write_table(table, staged / part / f"{judged.feed.feed}.parquet")


def _tables(judged: Judged) -> Iterator[tuple[str, pa.Table]]:
    """Yield what is written: held rows only where there are any."""
    schema = history.clean_schema(judged.feed)
    yield "clean", pa.Table.from_pandas(judged.clean, schema, preserve_index=False)
    if len(judged.held):
        yield "held", pa.Table.from_pandas(judged.held, schema, preserve_index=False)
    yield "quarantine", pa.Table.from_pandas(judged.quarantine, gate.QUARANTINE, preserve_index=False)


def _empty_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    for part in PARTS:
        (folder / part).mkdir(parents=True)
    (folder / "quarantine").chmod(0o700)
    return folder


def _replace(night: Night, staged: Path) -> None:
    """Put the judged day in place of an earlier one."""
    day = night.files.day(night.day)
    for part in PARTS:
        shutil.rmtree(day / part, ignore_errors=True)
        (staged / part).rename(day / part)
    staged.rmdir()
