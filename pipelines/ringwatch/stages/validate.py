"""validate: feed files of the day in; clean rows, quarantine and counts out.

It stops the night when an expected feed is not usable.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch import expectations, feeds, history, normalise, tokens
from ringwatch.errors import DataRefused
from ringwatch.model import Feed
from ringwatch.night import Night, Report

QUARANTINE = pa.schema([("file", pa.string()), ("row", pa.int64()), ("rule", pa.string()), ("values", pa.string())])


@dataclass(frozen=True)
class Judged:
    """One feed after the gate.

    clean: the model's kept columns and `day`; quarantine: file, row (from 1), rule, values (JSON).
    """

    feed: Feed
    rows: int
    clean: pd.DataFrame
    quarantine: pd.DataFrame
    duplicates: int
    warnings: tuple[str, ...]


def run(night: Night) -> Report:
    """Judge every feed of the day; write clean rows and quarantine only when no feed stops the night.

    Raises DataRefused when an expected feed is missing, empty, unreadable, lacks a column or has no row that passes.
    """
    files, warnings = _arrived(night)
    staged = _empty_folder(night.files.day(night.day) / "validating")
    counts: dict[str, int] = {}
    seconds: dict[str, float] = {}
    accounts: pd.Series | None = None
    for name, path in files.items():
        started = perf_counter()
        judged = _judge(night, night.model.feeds[name], path, accounts)
        if name == "accounts":
            accounts = judged.clean["account_id"]
        _write(staged, judged)
        counts |= _counts(judged)
        warnings += judged.warnings
        seconds[name] = perf_counter() - started
    _replace(night, staged)
    return Report("validate", night.day, counts, seconds, warnings)


def _arrived(night: Night) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return the file of each feed that is there, accounts first, and what to say of those that are not."""
    folder = night.files.arrived(night.day)
    if not folder.is_dir():
        raise DataRefused(f"no feeds for {night.day}: {folder} does not exist")
    found = {name: feeds.find(folder, name) for name in night.model.feeds if name in night.settings.feeds}
    missing = [name for name, path in found.items() if path is None]
    needed = [name for name in missing if not night.model.feeds[name].optional]
    if needed:
        raise DataRefused(
            f"the feed {needed[0]} is missing on {night.day}: there is no {folder / needed[0]}"
            f"{{{','.join(feeds.SUFFIXES)}}}; deliver it, or run --without {needed[0]} if this deployment has none"
        )
    notes = tuple(f"the optional feed {name} is not there" for name in missing)
    return {name: path for name, path in found.items() if path is not None}, notes


def _judge(night: Night, feed: Feed, path: Path, accounts: pd.Series | None) -> Judged:
    raw = feeds.read(path)
    _stop_if_unusable(feed, path, raw)
    typed = normalise.typed(raw, feed, night.model.defaults.nothing)
    repeated = typed.duplicated()
    rest = typed[~repeated].reset_index()  # `index` keeps the position in the file
    broken = expectations.broken_rules(rest, expectations.rows_suite(feed, night.model.defaults, night.day))
    broken = _unknown_accounts(night, feed, rest, broken, accounts)
    passed = rest.drop(index=broken.index)
    if passed.empty:
        raise DataRefused(f"{path}: not one of {len(raw):,} rows passes; the first: {broken.iloc[0]}")
    unknown = sorted(set(raw.columns) - set(feed.columns))
    notes = (f"{path.name}: unknown columns are ignored: {', '.join(unknown)}",) if unknown else ()
    refused = _refused(path, raw, rest.loc[broken.index, "index"], broken)
    return Judged(feed, len(raw), _kept(night, feed, passed), refused, int(repeated.sum()), notes)


def _stop_if_unusable(feed: Feed, path: Path, raw: pd.DataFrame) -> None:
    for problem in expectations.failures(raw, expectations.arrival_suite(feed)):
        raise DataRefused(f"{path}: {problem}")


def _unknown_accounts(
    night: Night, feed: Feed, rows: pd.DataFrame, broken: pd.Series, accounts: pd.Series | None
) -> pd.Series:
    """Add to the broken rules the rows of accounts that no accounts feed has named, on this day or before."""
    if accounts is None or feed.columns["account_id"].type != "account":
        return broken
    known = pd.concat([accounts, history.account_ids(night)])
    strangers = rows.index[rows["account_id"].notna() & ~rows["account_id"].isin(known)]
    added = pd.Series("account_id is not a known account", index=strangers, dtype="str")
    both: pd.Series = pd.concat([broken, added[~strangers.isin(broken.index)]]).sort_index()
    return both


def _kept(night: Night, feed: Feed, passed: pd.DataFrame) -> pd.DataFrame:
    """Return what may be kept of the rows: personal columns as tokens, values that mean nothing as missing."""
    clean = pd.DataFrame(index=passed.index)
    for name, column in feed.columns.items():
        for new, form in column.becomes.items():
            clean[new] = _impersonal(night, passed[name], form, name)
        if not column.becomes:
            clean[name] = passed[name]
    for relationship in feed.relationships.values():
        source = relationship.to.source
        clean[source] = normalise.without(clean[source], night.model.defaults.nothing)
    return clean.assign(day=night.day)


def _impersonal(night: Night, values: pd.Series, form: str, purpose: str) -> pd.Series:
    if form == "domain":
        return normalise.registrable_domain(values)
    return tokens.keyed_tokens(values, tokens.token_key(night.settings.home), purpose)


def _refused(path: Path, raw: pd.DataFrame, positions: pd.Series, broken: pd.Series) -> pd.DataFrame:
    """Return file, row (from 1), rule and the row as it arrived (JSON)."""
    rows = json.loads(raw.loc[positions].to_json(orient="records", date_format="iso"))
    values = [json.dumps(row, ensure_ascii=False) for row in rows]
    return pd.DataFrame(
        {"file": path.name, "row": positions.to_numpy() + 1, "rule": broken.to_numpy(), "values": values}
    )


def _counts(judged: Judged) -> dict[str, int]:
    name = judged.feed.feed
    counts = {
        f"{name}.rows": judged.rows,
        f"{name}.clean": len(judged.clean),
        f"{name}.quarantined": len(judged.quarantine),
        f"{name}.duplicates": judged.duplicates,
    }
    if counts[f"{name}.rows"] != sum(list(counts.values())[1:]):
        raise RuntimeError(f"rows of {name} were lost at the gate: {json.dumps(counts)}")
    return counts


def _write(staged: Path, judged: Judged) -> None:
    clean = pa.Table.from_pandas(judged.clean, history.clean_schema(judged.feed), preserve_index=False)
    pq.write_table(clean, staged / "clean" / f"{judged.feed.feed}.parquet")
    refused = pa.Table.from_pandas(judged.quarantine, QUARANTINE, preserve_index=False)
    pq.write_table(refused, staged / "quarantine" / f"{judged.feed.feed}.parquet")


def _empty_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("clean", "quarantine"):
        (folder / part).mkdir(parents=True)
    (folder / "quarantine").chmod(0o700)
    return folder


def _replace(night: Night, staged: Path) -> None:
    """Put the judged day in place of an earlier one."""
    day = night.files.day(night.day)
    for part in ("clean", "quarantine"):
        shutil.rmtree(day / part, ignore_errors=True)
        (staged / part).rename(day / part)
    staged.rmdir()
