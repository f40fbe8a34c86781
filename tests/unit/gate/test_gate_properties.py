"""What holds of any delivery: each row is accounted for once, and order, files and chunks change nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from deliveries import open_night
from hostile import add_up, csv_of, packed, parquet_of, part, put, zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringwatch import stages
from ringwatch.night import Night, Report

FEEDS = ("accounts", "ips")
Rows = list[dict[str, str | None]]

# Each parts of a personal value that nothing outside of quarantine may hold, in whatever form.
PERSONAL = ("jane", "nobody", "15112345678", "151 12345678", "9876543")

# Judging takes a second, so the unit tests try a few deliveries, always the same; `make test-properties` tries many.
EXAMPLES = os.environ.get("EXAMPLES")
few = settings(
    max_examples=int(EXAMPLES or 3), derandomize=not EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck)
)


def some(*values: str | None) -> st.SearchStrategy[str | None]:
    return st.sampled_from(values)


# Few values of each column, so that rows repeat and contradict each other.
ACCOUNT = st.fixed_dictionaries(
    {
        "account_id": some("A", "a", "B", "C", "Zoe\u0308", "Zo\u00eb", "null", ""),
        "created_at": some("2026-02-01", "2026-02-01T01:00+01:00", "2026-03-03", "never"),
        "status": some("active", "active", "closed", "asleep"),
        "country": some("DE", "de", "Germany", None),
        "email": some(
            "jane.doe@example.org", "Jane.Doe@Example.org", "jane@b\u00fccher.example", "nobody@", "n/a", None
        ),
        "phone": some("+49 151 12345678", "+4915112345678", "0151 9876543", "0", None),
        "organisation": some('Acme, "Inc"', "=1+1", "a\x00b", None),
    }
)
IP = st.fixed_dictionaries(
    {
        "account_id": some("A", "B", "stranger", "Zo\u00eb", ""),
        "ip": some("81.2.69.7", "::ffff:81.2.69.7", "2a00:db8::1", "2a00:db8::2", "::1", "81.2.69"),
        "first_seen": some("2026-03-02T08:00", "2026-03-02T09:00+01:00", "2026-03-02T23:00"),
        "last_seen": some("2026-03-02T12:00", "2100-01-01"),
        "requests": some("1", "1.0", "-1", "many", None),
    }
)

# A row of each feed that passes: without any, the night would stop.
PASSING: dict[str, dict[str, str | None]] = {
    "accounts": {"account_id": "one", "created_at": "2026-02-01", "status": "active"},
    "ips": {"account_id": "one", "ip": "81.2.69.1", "first_seen": "2026-03-02", "last_seen": "2026-03-02"},
}


FORMS = {
    "csv": csv_of,
    "csv.zst": lambda rows: zstd(csv_of(rows)),
    "CSV.gz": lambda rows: packed(csv_of(rows)),
    "jsonl": lambda rows: "".join(f"{json.dumps(row)}\n" for row in rows),
    "parquet": parquet_of,
}


@dataclass(frozen=True)
class Delivery:
    """Rows by feed, and how they arrive: files of each feed, their form, and rows in a chunk."""

    rows: dict[str, Rows]
    files: int
    form: str
    chunk_rows: int

    def arrive(self, night: Night) -> None:
        folder = night.files.arrived(night.day)
        for path in folder.iterdir():
            path.unlink()
        made = FORMS[self.form]
        for feed, rows in self.rows.items():
            columns = dict.fromkeys(name for row in rows for name in row)
            whole = [dict.fromkeys(columns) | row for row in rows]
            for i in range(self.files):
                if rows := whole[i :: self.files]:
                    put(folder, {f"{feed}-{i}.{self.form}": made(rows)})


@st.composite
def deliveries(draw: st.DrawFn, rows: dict[str, Rows] | None = None) -> Delivery:
    drawn = rows or {
        feed: [PASSING[feed], *draw(st.lists(kind, max_size=7))]
        for feed, kind in zip(FEEDS, (ACCOUNT, IP), strict=True)
    }
    ordered = {feed: draw(st.permutations(of_feed)) for feed, of_feed in drawn.items()}
    return Delivery(ordered, draw(st.integers(1, 2)), draw(some(*FORMS)) or "", draw(st.integers(3, 8)))


@st.composite
def twice(draw: st.DrawFn) -> tuple[Delivery, Delivery]:
    """The same rows, in another order, in other files and chunks."""
    first = draw(deliveries())
    return first, draw(deliveries(first.rows))


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One home for all examples: what is judged again replaces what was judged before."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def judge(home: Path, delivery: Delivery) -> tuple[Night, Report]:
    with open_night(home, FEEDS, gate_chunk_rows=delivery.chunk_rows) as night:
        delivery.arrive(night)
        return night, stages.run_stage("validate", night)


def clean(night: Night, feed: str) -> pd.DataFrame:
    rows = part(night, "clean", feed)
    return rows.sort_values(list(rows.columns), ignore_index=True)


def digests(night: Night) -> dict[str, str]:
    day = night.files.day(night.day)
    paths = sorted(path for name in ("clean", "held", "quarantine") for path in (day / name).glob("*.parquet"))
    return {str(path.relative_to(day)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@few
@given(delivery=deliveries())
def test_each_row_is_clean_held_in_quarantine_or_a_duplicate(home: Path, delivery: Delivery) -> None:
    night, report = judge(home, delivery)

    assert add_up(report)
    for feed, rows in delivery.rows.items():
        assert report.counts[f"{feed}.rows"] == len(rows)
        assert report.counts[f"{feed}.clean"] == len(part(night, "clean", feed))
        assert report.counts[f"{feed}.held"] == len(part(night, "held", feed))
        assert report.counts[f"{feed}.quarantined"] == len(part(night, "quarantine", feed))


@few
@given(both=twice())
def test_order_files_form_and_chunks_do_not_change_what_is_clean(home: Path, both: tuple[Delivery, Delivery]) -> None:
    one, first = judge(home, both[0])
    before = {feed: clean(one, feed) for feed in FEEDS}
    again, second = judge(home, both[1])

    for feed in FEEDS:
        pd.testing.assert_frame_equal(clean(again, feed), before[feed])
    assert first.counts == second.counts


@few
@given(delivery=deliveries())
def test_judging_again_gives_the_same_bytes(home: Path, delivery: Delivery) -> None:
    night, _ = judge(home, delivery)
    before = digests(night)

    judge(home, delivery)

    assert digests(night) == before


@few
@given(delivery=deliveries())
def test_what_is_clean_is_clean_when_it_arrives_again(home: Path, delivery: Delivery) -> None:
    night, _ = judge(home, delivery)
    rows = {feed: arriving(night, feed) for feed in FEEDS}

    again, report = judge(home, Delivery(rows, files=1, form="csv", chunk_rows=3))

    for feed in FEEDS:
        assert report.counts[f"{feed}.clean"] == report.counts[f"{feed}.rows"] == len(rows[feed])
        assert arriving(again, feed) == rows[feed]


@few
@given(delivery=deliveries())
def test_personal_values_are_nowhere_but_in_quarantine(home: Path, delivery: Delivery) -> None:
    night, _ = judge(home, delivery)

    for path in night.files.home.rglob("*"):
        if path.is_file() and path.parent.name != "quarantine":
            text = shown(path)
            assert not [value for value in PERSONAL if value in text], path


def arriving(night: Night, feed: str) -> Rows:
    """The clean rows of a feed as a sender would deliver them; rows whose identifier meant nothing lack it."""
    columns = night.model.feeds[feed].columns
    rows = part(night, "clean", feed)
    required = [name for name, column in columns.items() if column.required]
    rows = rows[[name for name in columns if name in rows and not columns[name].becomes]].dropna(subset=required)
    texts = rows.map(lambda value: None if pd.isna(value) else str(value))
    return texts.sort_values(list(texts.columns)).to_dict("records")


def shown(path: Path) -> str:
    """All that a file says, in small letters: its bytes, and for Parquet, whose bytes are packed, its values."""
    text = path.read_bytes().decode("latin-1")
    if path.suffix == ".parquet":
        text += pd.read_parquet(path).to_csv()
    return text.lower()
