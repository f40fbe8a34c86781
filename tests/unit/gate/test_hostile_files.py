"""Files that a delivery should not hold: with which sentence the night stops, or what becomes of their rows."""

import bz2
import os
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from deliveries import MONDAY, open_night
from hostile import (
    Content,
    Fate,
    add_up,
    counts,
    judged,
    link,
    packed,
    parquet,
    part,
    put,
    spoiled,
    written,
    zipped,
    zstd,
)

from ringwatch.errors import DataRefused
from ringwatch.night import Night, Report
from ringwatch.stages import validate

HEADER = "account_id,created_at,status,organisation"
ROW = "A,2026-02-01,active,Acme"
OTHER = "B,2026-02-01,active,Acme"
GOOD = f"{HEADER}\n{ROW}\n{OTHER}\n"
MANY = "\n".join([HEADER, *(f"{ROW} {i}" for i in range(5000))]) + "\n"
TABLE = {"account_id": ["A", "B"], "created_at": [MONDAY] * 2, "status": ["active"] * 2}


def away(path: Path) -> None:
    """A file outside of the delivery, and a link to it."""
    outside = path.parents[2] / "outside.csv"
    outside.write_text(GOOD)
    path.symlink_to(outside)


# Each is the only feed of a night: files by name, and the sentence with which it stops.
NAMES = [
    ("no file", {}, r"the feed accounts is missing on 2026-03-02: there is no .*accounts\{.*\}; deliver it, or run --with"),
    ("a spreadsheet", {"accounts.xlsx": zipped(GOOD)}, r"accounts\.xlsx: by its name it is of the feed accounts, but this form"),
    ("another form beside", {"accounts.csv": GOOD, "accounts-2.csv.lz4": "x"}, r"accounts-2\.csv\.lz4: by its name it is of"),
    ("no ending", {"accounts/000000_0": GOOD}, r"accounts/000000_0: by its name it is of the feed accounts"),
    ("a folder in the folder", {"accounts/1.csv": GOOD, "accounts/old/2.csv": GOOD}, r"accounts/old: folders in the folder of"),
    ("a Delta table", {"accounts/1.parquet": parquet(TABLE), "accounts/_delta_log/0.json": "{}"}, r"accounts: this is a Delta t"),
    ("a Hudi table", {"accounts/1.parquet": parquet(TABLE), "accounts/.hoodie/hoodie.properties": ""}, "this is a Hudi table"),
    ("an Iceberg table", {"accounts/data/1.parquet": parquet(TABLE), "accounts/metadata/v1.metadata.json": "{}"}, "an Iceberg t"),
    ("a day that is a table", {"accounts.csv": GOOD, "_delta_log/0.json": "{}"}, "this is a Delta table, and only its log says"),
    ("a table in a partition", {"accounts/status=active/_delta_log/0.json": "{}"}, "this is a Delta table"),
    ("what Spark is writing", {"accounts/1.csv": GOOD, "accounts/_temporary/0/2.csv": GOOD}, "_temporary: this file is still"),
    ("capitals and not", {"accounts.csv": GOOD, "Accounts.csv": GOOD}, r"Accounts\.csv and accounts\.csv are both there"),
    ("two kinds in several files", {"accounts-1.csv": GOOD, "accounts-2.jsonl": "{}"}, "are both there; keep the one that"),
    ("only an empty folder", {"accounts/_SUCCESS": ""}, "the feed accounts is missing"),
    ("half-written", {"accounts.csv": GOOD, "accounts.csv.tmp": ""}, r"accounts\.csv\.tmp: this file is still being written"),
    ("half-written, as rsync names it", {"accounts.csv.part": GOOD}, r"accounts\.csv\.part: .*; start the night when the del"),
    ("half-written in a folder", {"accounts/1.csv": GOOD, "accounts/2.csv.tmp": ""}, r"2\.csv\.tmp: this file is still being"),
    ("two formats", {"accounts.csv": GOOD, "accounts.parquet": parquet(TABLE)}, "are both there; keep the one that holds"),
    ("packed and not", {"accounts.csv": GOOD, "accounts.csv.gz": packed(GOOD)}, "are both there; keep the one that holds"),
    ("a name that steers a terminal", {"accounts-\x1b[2J.csv": GOOD}, r"the file 'accounts-\\x1b\[2J\.csv' has a name that cannot"),
    ("a name of two lines", {"accounts-a\nb.csv": GOOD}, r"the file 'accounts-a\\nb\.csv' has a name that cannot be shown"),
    ("a folder with a file's name", {"accounts.csv/x": ""}, r"accounts\.csv/x: by its name it is of the feed accounts"),
    ("a pipe that nobody writes", {"accounts.csv": os.mkfifo}, r"accounts\.csv: this is not a regular file"),
    ("a link that leads out", {"accounts.csv": away}, r"accounts\.csv: this is a link that leads out of the folder of the day"),
    ("a link up and out", {"accounts.csv": link("../../../etc/passwd")}, "this is a link that leads out of the folder"),
    ("a folder that leads out", {"accounts": link("../../../etc")}, "this is a link that leads out of the folder"),
    ("a link to nothing", {"accounts.csv": link("gone.csv")}, r"accounts\.csv: this is not a regular file"),
    ("a link to itself", {"accounts.csv": link("accounts.csv")}, r"accounts\.csv: this is (a link that leads nowhere|not a regular file)"),
]  # fmt: skip

BYTES = [
    ("empty", {"accounts.csv": b""}, r"accounts\.csv: (it has no rows|the required column)"),
    ("empty, and called Parquet", {"accounts.parquet": b""}, r"accounts\.parquet: cannot be read as parquet"),
    ("empty and packed", {"accounts.csv.gz": packed("")}, r"accounts\.csv\.gz: (it has no rows|the required column)"),
    ("only line breaks", {"accounts.csv": "\n\n\n"}, r"accounts\.csv: "),
    ("packed and cut off", {"accounts.csv.gz": packed(MANY)[:-20]}, r"accounts\.csv\.gz: cannot be read as csv\.gz"),
    ("packed and spoiled", {"accounts.csv.gz": spoiled(packed(MANY), 2000)}, r"accounts\.csv\.gz: cannot be read as csv\.gz"),
    ("packed with a wrong checksum", {"accounts.csv.gz": spoiled(packed(MANY), -6)}, r"cannot be read as csv\.gz: "),
    ("packed with something behind it", {"accounts.csv.gz": packed(GOOD) + b"more"}, r"cannot be read as csv\.gz: "),
    ("packed twice", {"accounts.csv.gz": packed(packed(GOOD))}, r"accounts\.csv\.gz: "),
    ("zstd that was cut off", {"accounts.csv.zst": zstd(MANY)[:-20]}, r"accounts\.csv\.zst: cannot be read as csv\.zst"),
    ("bzip2 that was cut off", {"accounts.csv.bz2": bz2.compress(MANY.encode())[:-20]}, r"cannot be read as csv\.bz2"),
    ("bzip2 with something behind it", {"accounts.csv.bz2": bz2.compress(MANY.encode()) + b"more"}, r"cannot be read as csv\.bz2"),
    ("gzip that is called zstd", {"accounts.csv.zst": packed(GOOD)}, r"cannot be read as csv\.zst: it holds a gzip file"),
    ("a bomb of zstd", {"accounts.csv.zst": zstd(HEADER + "\n" + "A" * (80 << 20))}, "unpacked it is more than 200 times its"),
    ("CSV that is called JSON", {"accounts.jsonl": GOOD}, r"accounts\.jsonl: cannot be read as jsonl: line 1: the line is not JSON"),
    ("a list of JSON objects", {"accounts.json": '[{"account_id": "A"}]\n'}, "line 1: the line is no JSON object; each line must be"),
    ("JSON over several lines", {"accounts.json": '{\n"account_id": "A"\n}\n'}, "cannot be read as json: line 1: the line is not JSON"),
    ("JSON that was cut off", {"accounts.jsonl": '{"account_id": "A"}\n{"acc'}, r"accounts\.jsonl: it was cut off: its last line"),
    ("JSON not in UTF-8", {"accounts.jsonl": '{"account_id": "\u00fc"}\n'.encode("latin-1")}, r"accounts\.jsonl: cannot be read as jsonl"),
    ("a bomb", {"accounts.csv.gz": packed(HEADER + "\n" + "A" * (80 << 20))},
     r"accounts\.csv\.gz: unpacked it is more than 200 times its size; that is no feed"),
    ("a bomb of Parquet", {"accounts.parquet": parquet({name: pa.nulls(5_000_000) for name in TABLE})},
     r"accounts\.parquet: it has 5,000,000 rows in [0-9,]+ bytes; that is no feed"),
    ("Parquet that was cut off", {"accounts.parquet": written(TABLE)[:-30]}, r"accounts\.parquet: cannot be read as parquet"),
    ("Parquet of which the start is there", {"accounts.parquet": b"PAR1"}, r"accounts\.parquet: cannot be read as parquet"),
    ("Parquet with a spoiled page", {"accounts.parquet": spoiled(written(TABLE), 30)}, "cannot be read as parquet"),
    ("Parquet with text that is not UTF-8", {"accounts.parquet": parquet(
        TABLE | {"status": pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")).take(
            pa.array([0, 0]))})}, r"accounts\.parquet: cannot be read as parquet"),
    ("CSV that is called Parquet", {"accounts.parquet": GOOD}, "cannot be read as parquet: it holds something else"),
    ("Parquet that is called CSV", {"accounts.csv": parquet(TABLE)}, "cannot be read as csv: it holds a Parquet file"),
    ("CSV that is called packed", {"accounts.csv.gz": GOOD}, r"cannot be read as csv\.gz: it holds something else"),
    ("packed CSV that is called CSV", {"accounts.csv": packed(GOOD)}, "cannot be read as csv: it holds a gzip file"),
    ("a zip that is called packed", {"accounts.csv.gz": zipped(GOOD)}, r"cannot be read as csv\.gz: it holds a zip file"),
    ("CSV cut off in its last row", {"accounts.csv": GOOD[:-20]}, r"accounts\.csv: it was cut off"),
    ("CSV cut off inside of quotes", {"accounts.csv": GOOD + 'C,"2026'}, r"accounts\.csv: (it was cut off|cannot be read)"),
    ("a quote that is not closed", {"accounts.csv": GOOD.replace("Acme", '"Acme', 1)}, r"accounts\.csv: "),
    ("a value that goes on behind its quote", {"accounts.csv": GOOD.replace("Acme", '"Acme" GmbH')},
     r"accounts\.csv: a value goes on behind its closing quote \(line 2\)"),
    ("quotes of two kinds", {"accounts.csv": GOOD.replace("Acme", r'"The \"A\" co"', 1) + 'C,2026-02-01,active,"x ""y"" z"\n'},
     "quotes inside of quotes are doubled here and behind a backslash there"),
    ("an end-of-file sign", {"accounts.csv": GOOD + "\x1a"}, r"accounts\.csv: "),
    ("a tail of NULs", {"accounts.csv": GOOD.encode() + b"\x00" * 512}, r"accounts\.csv: "),
    ("UTF-16 without a mark", {"accounts.csv": GOOD.encode("utf-16-le")}, r"accounts\.csv: "),
    ("a page of a web server", {"accounts.csv": "<html><body>502 Bad Gateway</body></html>\n"}, r"accounts\.csv: "),
    ("JSON", {"accounts.csv": '[{"account_id": "A", "status": "active"}]\n'}, r"accounts\.csv: "),
]  # fmt: skip

HEADERS = [
    ("no header", {"accounts.csv": f"{ROW}\n{OTHER}\n"}, "the required columns account_id, created_at and status are missing; it has "),
    ("a column is missing", {"accounts.csv": GOOD.replace("status", "state")}, r"accounts\.csv: the required column status"),
    ("another delimiter than any", {"accounts.csv": GOOD.replace(",", "^")}, "the required columns account_id, created_at and status are missing; it has "),
    ("two spellings of a name", {"accounts.csv": GOOD.replace("organisation", "Account-ID")},
     "the columns 'account_id' and 'Account-ID' are both read as account_id"),
    ("a name twice", {"accounts.csv": GOOD.replace("organisation", "status")}, "the header names 'status' twice"),
    ("two nameless columns", {"accounts.csv": GOOD.replace(HEADER, "account_id,created_at,,")}, "the header names '' twice"),
    ("a column of Parquet twice", {"accounts.parquet": parquet(
        pa.Table.from_arrays([pa.array(["A"])] * 3, ["account_id", "status", "status"]))}, "names 'status' twice"),
    ("files of other columns", {"accounts-1.csv": GOOD, "accounts-2.csv": GOOD.replace("organisation", "mood")},
     "not have the same columns"),
    ("lists", {"accounts.parquet": parquet(TABLE | {"status": [["a"], ["b"]]})}, "the column status holds list<"),
    ("records", {"accounts.parquet": parquet(TABLE | {"status": [{"is": "a"}] * 2})}, "the column status holds struct<"),
    ("maps", {"accounts.parquet": parquet(TABLE | {"status": pa.array([[("a", "b")]] * 2, pa.map_(pa.string(), pa.string()))})},
     "the column status holds map<"),
    ("bytes that are no text", {"accounts.parquet": parquet(TABLE | {"status": [b"a", b"\xff"]})}, "the column status holds bytes that are no text"),
    ("times of the day", {"accounts.parquet": parquet(TABLE | {"created_at": [time(8)] * 2})}, "the column created_at holds time"),
    ("no row that passes", {"accounts.csv": GOOD.replace("2026-02-01", "2026-02-31")},
     r"accounts\.csv: not one of 2 rows passes; the first: created_at is (required|not a timestamp)"),
]  # fmt: skip

STOPS = [*NAMES, *BYTES, *HEADERS]

# One night of all these files, whose accounts A and B are of the file; how many of the rows of each became what.
CSV: list[tuple[str, str, str | None, Fate]] = [
    ("plain", GOOD, None, judged(clean=2)),
    ("a byte order mark", GOOD, "utf-8-sig", judged(clean=2)),
    ("UTF-16", GOOD, "utf-16", judged(clean=2)),
    ("UTF-16 with the other end first", "\ufeff" + GOOD, "utf-16-be", judged(clean=2)),
    ("a code page", GOOD.replace("Acme", "f\u00fcr \u00dcbergr\u00f6\u00dfen"), "cp1252",
     judged(clean=2, warning="a code page.csv: it is not UTF-8 and was read as cp125")),
    ("line ends of Windows", GOOD.replace("\n", "\r\n"), None, judged(clean=2)),
    ("line ends of an old Mac", GOOD.replace("\n", "\r"), None, judged(clean=2)),
    ("a last row without line break", GOOD.rstrip("\n"), None, judged(clean=2)),
    ("empty lines between rows", GOOD.replace("\n", "\n\n"), None, judged(clean=2)),
    ("semicolons", GOOD.replace(",", ";"), None, judged(clean=2)),
    ("tabs", GOOD.replace(",", "\t"), None, judged(clean=2)),
    ("bars", GOOD.replace(",", "|"), None, judged(clean=2)),
    ("blanks around names", GOOD.replace(HEADER, HEADER.replace(",", " , ")), None, judged(clean=2)),
    ("columns in another order", "status,organisation,account_id,created_at\nactive,Acme,A,2026-02-01\n", None, judged(clean=1)),
    ("quoted delimiters and quotes", GOOD.replace("Acme", '"Acme, ""the"" one"'), None, judged(clean=2)),
    ("a quoted line break", GOOD.replace("Acme", '"Ac\nme"', 1), None, judged(clean=2, warning="organisation is not plain text")),
    ("a quote behind a backslash", GOOD.replace("Acme", r'"Acme \"North\", \\ and \x"'), None, judged(clean=2)),
    ("a value that ends in a quote behind a backslash", GOOD.replace("Acme", r'"says \"no\""'), None, judged(clean=2)),
    ("a value that ends in a backslash", GOOD.replace("Acme", '"C:\\"').replace("active", '"active"'), None, judged(clean=2)),
    ("a bare quote", GOOD.replace("Acme", '5" disk', 1), None, judged(clean=2)),
    ("Excel's word on what is between", "sep=;\n" + GOOD.replace(",", ";"), None, judged(clean=2)),
    ("a row too long", f"{GOOD}C,2026-02-01,active,Acme,more\n", None, judged(clean=2, quarantined=1)),
    ("a row too short", f"{GOOD}C,2026-02-01,active\n", None, judged(clean=2, quarantined=1)),
    ("a row of delimiters", f"{GOOD},,,\n", None, judged(clean=2)),
    ("an empty part", f"{HEADER}\n", None, judged()),
]  # fmt: skip

AT = datetime(2026, 3, 2, 8)
DEVICES = {"device": ["d1", "d2"], "first_seen": [AT] * 2, "last_seen": [AT] * 2, "sessions": [1, 2]}

# One night of all these files, likewise.
PARQUET: list[tuple[str, dict[str, Any], Fate]] = [
    ("plain", {}, judged(clean=2)),
    ("words by number", {"device": pa.array(["d1", "d2"]).dictionary_encode()}, judged(clean=2)),
    ("numbers by number", {"sessions": pa.array([1, 2]).dictionary_encode()}, judged(clean=2)),
    ("large text", {"device": pa.array(["d1", "d2"], pa.large_string())}, judged(clean=2)),
    ("numbers for ids", {"device": [7, 8]}, judged(clean=2)),
    ("whole floats", {"sessions": [1.0, 2.0]}, judged(clean=2)),
    ("decimals", {"sessions": [Decimal("1.00"), Decimal("2.50")]}, judged(clean=2, warning="sessions is not a")),
    ("booleans for numbers", {"sessions": [True, False]}, judged(clean=2, warning="sessions is not a")),
    ("NaN and infinity", {"sessions": [float("nan"), float("inf")]}, judged(clean=2, warning="sessions is not a")),
    ("numbers beyond 64 bits with a sign", {"sessions": pa.array([1, 2**64 - 1], pa.uint64())}, judged(clean=2, warning="sessions is not a")),
    ("nothing but nulls", {"sessions": pa.nulls(2)}, judged(clean=2)),
    ("a null where a value is required", {"device": ["d1", None]}, judged(clean=1, quarantined=1)),
    ("numbers for times", {"first_seen": [1772438400, 1772438400]}, judged(quarantined=2)),
    ("times in seconds", {"first_seen": pa.array([AT] * 2, pa.timestamp("s"))}, judged(clean=2)),
    ("times in nanoseconds", {"first_seen": pa.array([AT] * 2, pa.timestamp("ns"))}, judged(clean=2)),
    ("times with a zone", {"first_seen": pa.array([AT.replace(tzinfo=UTC)] * 2, pa.timestamp("ms", tz="Europe/Berlin"))},
     judged(clean=2)),
    ("dates for times", {"first_seen": [MONDAY, MONDAY]}, judged(clean=2)),
    ("dates beyond the clock", {"first_seen": pa.array([date(1, 1, 1), date(9999, 1, 1)])}, judged(quarantined=2)),
]  # fmt: skip

# Each the only feed of a night, and what became of its rows.
SEVERAL = [
    ("a folder of files", {"accounts/1.csv": f"{HEADER}\n{ROW}\n", "accounts/2.csv": f"{HEADER}\n{OTHER}\n",
                           "accounts/_SUCCESS": "", "accounts/.1.csv.crc": "x"}, judged(clean=2)),
    ("packed in two members", {"accounts.csv.gz": packed(f"{HEADER}\n{ROW}\n") + packed(f"{OTHER}\n")}, judged(clean=2)),
    ("what begins alike is another feed", {"accounts.csv": GOOD, "accounts_old.csv": "x", "accountsold.csv.tmp": ""},
     judged(clean=2)),
    ("a name in capitals", {"Accounts.CSV": GOOD}, judged(clean=2)),
    ("packings", {"accounts-1.csv.zst": zstd(f"{HEADER}\n{ROW}\n"), "accounts-2.CSV.bz2": bz2.compress(
        f"{HEADER}\n{OTHER}\n".encode())}, judged(clean=2)),
    ("folders that name a column", {"accounts/status=active/1.csv": "account_id,created_at\nA,2026-02-01\n",
                                    "accounts/status=closed/1.csv": "account_id,created_at\nB,2026-02-01\n"}, judged(clean=2)),
    ("folders that name a column nobody knows", {"accounts/1.csv": f"{HEADER}\n{ROW}\n", "accounts/hour=13/1.csv":
        f"{HEADER}\n{OTHER}\n"}, judged(clean=2, warning="accounts: unknown columns are ignored: hour")),
    ("side files", {"accounts.csv": GOOD, "accounts.csv.sha256": "x", "accounts.done": "", ".DS_Store": "x"}, judged(clean=2)),
    ("a name that resembles the feed's", {"accounts.csv": GOOD, "new_accounts.csv": GOOD},
     judged(clean=2, warning="new_accounts.csv: not read, though called nearly like the feed accounts")),
    ("JSON lines", {"accounts.jsonl": '{"account_id": 7, "created_at": "2026-02-01", "status": "active"}\n\n'
                                      '{"status": "active", "account_id": "8", "created_at": "2026-02-01", "mood": true}\n'
                                      '{"account_id": "9", "status": {"is": "active"}}\n{"account_id": "C"'  "\n"},
     judged(clean=2, quarantined=2, warning="accounts: unknown columns are ignored: mood")),
    ("JSON lines whose keys differ from file to file", {
        "accounts-1.json": '{"account_id": "A", "created_at": "2026-02-01", "status": "active"}\n',
        "accounts-2.json": '{"account_id": "B", "created_at": "2026-02-01", "status": "active", "country": "DE"}\n'},
     judged(clean=2)),
    ("a link inside of the folder", {"accounts.csv": link("real.txt"), "real.txt": GOOD}, judged(clean=2)),
    ("an index of pandas", {"accounts.parquet": pd.DataFrame(TABLE, index=["x", "y"]).to_parquet},
     judged(clean=2, warning="unknown columns are ignored: __index_level_0__")),
    ("a column that nobody knows", {"accounts.csv": GOOD.replace("organisation", "mood")},
     judged(clean=2, warning="accounts: unknown columns are ignored: mood")),
    ("the same row in two files", {"accounts-1.csv": GOOD, "accounts-2.csv": f"{HEADER}\n{ROW}\n"},
     judged(clean=2, duplicates=1)),
    ("a key that two files say other things of",
     {"accounts-1.csv": GOOD, "accounts-2.csv": f"{HEADER}\n{ROW.replace('Acme', 'Else')}\n"}, judged(clean=1, quarantined=2)),
]  # fmt: skip


@pytest.mark.parametrize(("files", "sentence"), [row[1:] for row in STOPS], ids=[row[0] for row in STOPS])
def test_what_stops_a_night_in_one_sentence(tmp_path: Path, files: dict[str, Content], sentence: str) -> None:
    night = open_night(tmp_path, ("accounts",))
    put(night.files.arrived(MONDAY), files)

    with pytest.raises(DataRefused, match=sentence) as stopped:
        validate.run(night)

    assert "\n" not in str(stopped.value)
    assert len(str(stopped.value)) < 500
    assert not night.files.clean(MONDAY, "accounts").exists()


@pytest.mark.parametrize(("files", "fate"), [row[1:] for row in SEVERAL], ids=[row[0] for row in SEVERAL])
def test_what_becomes_of_a_delivery(tmp_path: Path, files: dict[str, Content], fate: Fate) -> None:
    night = open_night(tmp_path, ("accounts",))
    put(night.files.arrived(MONDAY), files)

    report = validate.run(night)

    assert counts(report, "accounts") == fate.counts
    assert add_up(report)
    assert _warned(report, fate)


@pytest.fixture(scope="module")
def csv_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Night, Report]:
    night = open_night(tmp_path_factory.mktemp("csv"), ("accounts",))
    files = {f"accounts-{case}.csv": _own(text, case).encode(encoding or "utf-8") for case, text, encoding, _ in CSV}
    put(night.files.arrived(MONDAY), files)
    return night, validate.run(night)


@pytest.mark.parametrize(("case", "fate"), [(row[0], row[-1]) for row in CSV], ids=[row[0] for row in CSV])
def test_what_becomes_of_the_rows_of_a_csv_file(csv_night: tuple[Night, Report], case: str, fate: Fate) -> None:
    _assert_became(*csv_night, "accounts", f"accounts-{case}.csv", case, fate)


@pytest.fixture(scope="module")
def parquet_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Night, Report]:
    night = open_night(tmp_path_factory.mktemp("parquet"), ("accounts", "devices"))
    owners = [f"{case}: {name}" for case, *_ in PARQUET for name in "AB"]
    tables = {case: {"account_id": [f"{case}: A", f"{case}: B"]} | DEVICES | odd for case, odd, _ in PARQUET}
    put(
        night.files.arrived(MONDAY),
        {"accounts.csv": "".join([f"{HEADER}\n", *(f"{owner},2026-02-01,active,\n" for owner in owners)])},
    )
    put(night.files.arrived(MONDAY), {f"devices-{case}.parquet": parquet(table) for case, table in tables.items()})
    return night, validate.run(night)


@pytest.mark.parametrize(("case", "fate"), [(row[0], row[-1]) for row in PARQUET], ids=[row[0] for row in PARQUET])
def test_what_becomes_of_the_rows_of_a_parquet_file(parquet_night: tuple[Night, Report], case: str, fate: Fate) -> None:
    _assert_became(*parquet_night, "devices", f"devices-{case}.parquet", case, fate)


def test_all_forms_of_time_are_the_same_moment(parquet_night: tuple[Night, Report]) -> None:
    rows = part(parquet_night[0], "clean", "devices")
    times = rows[rows["account_id"].str.startswith("times")]

    assert set(times["first_seen"]) == {pd.Timestamp(AT)}
    assert len(times) == 6


def test_all_encodings_give_the_same_text(csv_night: tuple[Night, Report]) -> None:
    rows = part(csv_night[0], "clean", "accounts")

    assert set(rows.loc[rows["account_id"].str.contains("UTF-16"), "organisation"]) == {"Acme"}
    assert set(rows.loc[rows["account_id"].str.contains("code page"), "organisation"]) == {
        "f\u00fcr \u00dcbergr\u00f6\u00dfen"
    }


def test_a_file_that_may_not_be_read_stops_the_night(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    night = open_night(tmp_path, ("accounts",))
    put(night.files.arrived(MONDAY), {"accounts.csv": GOOD})
    (night.files.arrived(MONDAY) / "accounts.csv").chmod(0)

    with pytest.raises(DataRefused, match=r"accounts\.csv: cannot be read: Permission denied"):
        validate.run(night)


def test_ids_that_became_floats_because_one_was_missing_are_whole_again(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("accounts",))
    put(night.files.arrived(MONDAY), {"accounts.parquet": parquet(TABLE | {"referred_by": [None, 7.0]})})

    validate.run(night)

    assert part(night, "clean", "accounts")["referred_by"].dropna().tolist() == ["7"]


def test_a_delivery_without_its_marker_is_not_complete(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("accounts",), feeds_marker="_SUCCESS")
    put(night.files.arrived(MONDAY), {"accounts.csv": GOOD})

    with pytest.raises(DataRefused, match=r"the feeds of 2026-03-02 are not complete: there is no .*_SUCCESS yet"):
        validate.run(night)
    put(night.files.arrived(MONDAY), {"_SUCCESS": ""})

    assert validate.run(night).counts["accounts.clean"] == 2


def test_a_declared_encoding_and_delimiter_are_not_guessed(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("accounts",), csv_encoding="cp437", csv_delimiter="^")
    put(night.files.arrived(MONDAY), {"accounts.csv": GOOD.replace("Acme", "für").replace(",", "^").encode("cp437")})

    report = validate.run(night)

    assert set(part(night, "clean", "accounts")["organisation"]) == {"für"}
    assert report.warnings == ()


def _own(text: str, case: str) -> str:
    """The text with the accounts A and B of the case."""
    owned = text
    for mark in ",;\t|":
        for name in "ABC":
            for before in "\n\r,":
                owned = owned.replace(f"{before}{name}{mark}", f"{before}{case}: {name}{mark}")
    return owned


def _assert_became(night: Night, report: Report, feed: str, file: str, case: str, fate: Fate) -> None:
    clean, quarantine = (part(night, name, feed) for name in ("clean", "quarantine"))

    assert int(clean["account_id"].str.startswith(f"{case}: ").sum()) == fate.counts["clean"]
    assert int((quarantine["file"] == file).sum()) == fate.counts["quarantined"]
    assert _warned(report, fate), report.warnings
    assert add_up(report)


def _warned(report: Report, fate: Fate) -> bool:
    return any(fate.warning in warning for warning in report.warnings) or not fate.warning
