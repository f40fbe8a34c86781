"""Words of the hostile-input tables: rows and files that should not be, and what is to become of them."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.night import Night, Report

PARTS = ("clean", "held", "quarantined", "duplicates")

Maker = Callable[[Path], Any]


@dataclass(frozen=True)
class Row:
    """A good row of `feed`, but for the `odd` columns; it is about the account that is named like its case."""

    feed: str
    good: dict[str, str]
    odd: dict[str, str | None]

    def of(self, case: str) -> dict[str, str | None]:
        own = {"accounts": {"organisation": case}, "payments": {"payment_id": case}}.get(self.feed, {})
        return {"account_id": case} | self.good | own | self.odd

    def marker(self, case: str) -> tuple[str, str]:
        """Column and value by which clean rows of the case are found."""
        by = "organisation" if "account_id" in self.odd and self.feed == "accounts" else "account_id"
        return by, str(self.of(case)[by]).strip()


def account(**odd: str | None) -> Row:
    return Row("accounts", {"created_at": "2026-02-01T09:00:00", "status": "active"}, odd)


def device(**odd: str | None) -> Row:
    return Row("devices", {"device": "d", "first_seen": "2026-03-02T08:00", "last_seen": "2026-03-02T09:00"}, odd)


def ip(address: str | None = "81.2.69.7", **odd: str | None) -> Row:
    seen = {"first_seen": "2026-03-02T08:00", "last_seen": "2026-03-02T09:00"}
    return Row("ips", seen, {"ip": address} | odd)


def payment(**odd: str | None) -> Row:
    good = {"paid_at": "2026-03-02T08:00", "instrument": "card-1", "instrument_kind": "card"}
    return Row("payments", good, odd)


def usage(**odd: str | None) -> Row:
    return Row("usage", {"capability": "chat", "exchanges": "3", "template": "t"}, odd)


@dataclass(frozen=True)
class Fate:
    """What becomes of a row, or of a night."""

    kind: str
    rule: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    warning: str = ""


def clean(**values: Any) -> Fate:
    """The row is clean, with these values; without any, with the odd ones as they came."""
    return Fate("clean", values=values)


def missing(*columns: str) -> Fate:
    """The row is clean, and these columns are missing."""
    return Fate("clean", values=dict.fromkeys(columns))


def left_out(column: str, rule: str) -> Fate:
    """The row is clean, this column is missing, and a warning names the rule."""
    return Fate("clean", rule, {column: None})


def refused(rule: str) -> Fate:
    """The row is in quarantine with a rule that begins like this."""
    return Fate("quarantined", rule)


def held() -> Fate:
    return Fate("held")


def duplicate() -> Fate:
    return Fate("duplicates")


def stops(sentence: str) -> Fate:
    """The night stops with a sentence that matches."""
    return Fate("stops", sentence)


def judged(clean: int = 0, quarantined: int = 0, duplicates: int = 0, held: int = 0, warning: str = "") -> Fate:
    """The night goes on: that many rows of devices became that, and a warning holds these words."""
    counts = {"clean": clean, "held": held, "quarantined": quarantined, "duplicates": duplicates}
    return Fate("judged", counts=counts, warning=warning)


# What a file holds: text, bytes, or how it is made.
Content = str | bytes | Maker


def put(folder: Path, files: dict[str, Content]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)


def parquet(table: dict[str, Any] | pa.Table) -> Maker:
    made = table if isinstance(table, pa.Table) else pa.table(table)
    return lambda path: pq.write_table(made, path)


def written(table: dict[str, Any]) -> bytes:
    """The bytes of a Parquet file."""
    stream = io.BytesIO()
    pq.write_table(pa.table(table), stream)
    return stream.getvalue()


def packed(content: str | bytes) -> bytes:
    return gzip.compress(content.encode() if isinstance(content, str) else content, mtime=0)


def zstd(content: str) -> bytes:
    return bytes(pa.compress(content.encode(), codec="zstd", asbytes=True))


def zipped(content: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("accounts.csv", content)
    return stream.getvalue()


def spoiled(content: bytes, at: int) -> bytes:
    """The content with another byte in one place."""
    changed = bytearray(content)
    changed[at] ^= 0xFF
    return bytes(changed)


def link(to: str) -> Maker:
    return lambda path: path.symlink_to(path.parent / to)


def csv_of(rows: list[dict[str, str | None]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def parquet_of(rows: list[dict[str, str | None]]) -> Maker:
    """Every column as text."""
    return parquet({name: pa.array([row.get(name) for row in rows], pa.string()) for name in _columns(rows)})


def _columns(rows: list[dict[str, str | None]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def part(night: Night, name: str, feed: str) -> pd.DataFrame:
    """What lies in a part (clean, held, quarantine) of the judged day; empty when there is no such file."""
    path = night.files.day(night.day) / name / f"{feed}.parquet"
    return pd.read_parquet(path) if path.is_file() else pd.DataFrame()


def counts(report: Report, feed: str) -> dict[str, int]:
    return {name: report.counts[f"{feed}.{name}"] for name in PARTS}


def add_up(report: Report) -> bool:
    """Whether each row that arrived is clean, held, in quarantine or a duplicate."""
    arrived = {name.removesuffix(".rows"): count for name, count in report.counts.items() if name.endswith(".rows")}
    return all(rows == sum(counts(report, feed).values()) for feed, rows in arrived.items())


def placed(cases: Any) -> Iterator[tuple[str, Row, Fate, int]]:
    """Yield case, row, fate and the row's number (from 1) in the file of its feed."""
    seen: dict[str, int] = {}
    for name, *pairs in cases:
        for row, fate in zip(pairs[::2], pairs[1::2], strict=True):
            seen[row.feed] = seen.get(row.feed, 0) + 1
            yield name, row, fate, seen[row.feed]
