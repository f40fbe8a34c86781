"""A delivery in which rows fare in every way, the night before it, and what the gate leaves of it."""

import gzip
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deliveries import MONDAY, TUESDAY
from on_spark import SPARK

from ringwatch.days import run_report
from ringwatch.days.files import Files
from ringwatch.night import Night
from ringwatch.settings import load_settings
from ringwatch.stages import run_stage

FEEDS = ("accounts", "payments", "devices", "ips")


def devices(first: int, count: int, sessions: int = 1) -> pa.Table:
    moment = datetime(2026, 3, 3, 8)
    numbers = range(first, first + count)
    return pa.table(
        {
            "account_id": [f"A{i:03}" for i in numbers],
            "device": [f"D{i // 3}" for i in numbers],
            "first_seen": [moment + timedelta(seconds=i) for i in numbers],
            "last_seen": [moment + timedelta(seconds=i, hours=-1 if i % 10 == 7 else 1) for i in numbers],
            "sessions": [-1 if i % 8 == 3 else sessions for i in numbers],
            "colour": ["red"] * count,
        }
    )


def account(i: int, created: str = "2026-02-01T09:00:00") -> str:
    return f"A{i:03},{created},active,a{i}@mail.example,{'DE' if i % 9 else 'nowhere'}"


def deliver_monday(folder: Path) -> None:
    folder.mkdir(parents=True)
    lines = ["account_id,created_at,status,email,country", *(account(i) for i in range(10))]
    (folder / "accounts.csv").write_text("\n".join(lines) + "\n")
    seen = [f"A{i:03},D{i},2026-03-02T08:00:00,2026-03-02T09:00:00" for i in range(10)]
    (folder / "devices.csv").write_text("\n".join(["account_id,device,first_seen,last_seen", *seen]) + "\n")
    (folder / "ips.csv").write_text(
        "account_id,ip,first_seen,last_seen\nA001,10.0.0.1,2026-03-02T08:00:00,2026-03-02T09:00:00\n"
    )
    (folder / "payments.csv").write_text("payment_id,account_id,paid_at,instrument_kind\n")


def deliver_tuesday(folder: Path) -> None:
    """Refused and noted values, rows that repeat, contradict or cannot be read apart, unknown accounts, a moved one."""
    folder.mkdir(parents=True)
    head = "account_id,created_at,status,email,country"
    for part in range(3):
        rows = [account(i) for i in range(40 * part, 40 * part + 42)]  # two are in the next file, too
        rows[5] = "broken,row"
        rows[6] = rows[6].replace("active", "asleep")
        rows[7] = account(40 * part + 7, created="2026-03-02T20:00:00" if part == 0 else "2026-02-01T09:00:00")
        text = "\n".join([head, *rows]) + "\n"
        path = folder / f"accounts-{part}.csv"
        if part:
            path.write_text(text)
        else:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    (folder / "devices").mkdir()
    pq.write_table(devices(0, 120), folder / "devices" / "one.parquet", row_group_size=30)
    again = pa.concat_tables([devices(0, 3), devices(10, 4, sessions=2), devices(115, 60)])
    for platform in ("ios", "__HIVE_DEFAULT_PARTITION__"):
        (folder / "devices" / f"platform={platform}").mkdir()
        pq.write_table(again, folder / "devices" / f"platform={platform}" / "two.parquet")
    names = ("payment_id", "account_id", "paid_at", "instrument", "instrument_kind", "amount")
    for part in range(2):
        paid = [
            dict(
                zip(
                    names,
                    (f"P{i}", f"A{i % 150:03}", "2026-03-03T10:00:00", f"C{i % 7}", "card", i % 11 - 1),
                    strict=True,
                )
            )
            for i in range(30 * part, 30 * part + 35)
        ]
        lines = [json.dumps(row) for row in paid]
        lines[3] = "{no object"
        (folder / f"payments-{part}.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "ips-1.csv").write_text("account_id,ip,first_seen,last_seen\n")
    rows = [f"A{i:03},10.0.{i}.1,2026-03-03T08:00:00,2026-03-03T0{i % 9}:30:00" for i in range(15)]
    (folder / "ips-2.csv").write_text("\n".join(["account_id,ip,first_seen,last_seen", *rows]) + "\n")


@dataclass(frozen=True)
class Validated:
    """What a night of the gate left: bytes of files by name, its report without seconds, its ledger."""

    files: dict[str, bytes]
    report: dict[str, Any]
    ledger: list[Any]


def night_of(home: Path, where: Path | str, engine: str, **more: Any) -> Night:
    usual = {"feeds": FEEDS, "spark_master": SPARK, "gate_chunk_rows": 25, "volume_floor": 0}
    settings = load_settings(home=home, engine=engine, **usual | more)
    return Night(TUESDAY, settings, Files(home, where))


def validate(night: Night) -> Validated:
    with night:
        run_stage("validate", night)
        day = night.files.day(TUESDAY)
        files = {str(path.relative_to(day)): path.read_bytes() for path in day.rglob("*.parquet")}
        report = {**run_report.read(night)["validate"], "seconds": None}
        return Validated(files, report, night.store.deliveries.of(TUESDAY))


def deliver(folder: Path) -> None:
    """Deliver both days below a folder."""
    deliver_monday(folder / str(MONDAY))
    deliver_tuesday(folder / str(TUESDAY))
