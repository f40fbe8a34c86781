"""`ringwatch rings` and `ringwatch export`, run as a user does, on a small published history."""

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from judged import MONDAY, TUESDAY, accounts, publish, ring_of
from starts import loaded_by, running
from typer.testing import CliRunner, Result

from ringwatch.cli import export as exports
from ringwatch.cli import rings as commands
from ringwatch.days.files import Files
from ringwatch.errors import InfrastructureError, UsageError
from ringwatch.review import export
from ringwatch.store.store import Store

app = typer.Typer()
app.add_typer(commands.app, name="rings")
app.add_typer(exports.app, name="export")


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Two published days; ids of the rings by what became of them."""
    monkeypatch.setenv("RINGWATCH_STORE_URL", f"sqlite:///{tmp_path / 'review.db'}")
    store = Store.open(f"sqlite:///{tmp_path / 'review.db'}")
    publish(store, MONDAY, {"a": accounts(range(10)), "b": accounts(range(10, 15)), "c": accounts(range(20, 26))})
    publish(store, TUESDAY, {"ab": accounts(range(15)), "d": ["=1+1", "+49", "-x", "@y"]}, kind="reseller")
    merged = [
        row["ring_id"] for row in store.published.rings(TUESDAY) if not row["flagged"] and row["event"] == "merged"
    ]
    named = {
        "kept": ring_of(store, TUESDAY, "A000"),
        "merged": merged[0],
        "dormant": ring_of(store, MONDAY, "A020"),
        "new": ring_of(store, TUESDAY, "@y"),
    }
    store.close()
    return named


def invoke(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, words, catch_exceptions=False)


def as_json(*words: str) -> Any:
    return json.loads(invoke(*words, "--json").stdout)


def test_list_shows_the_newest_day_most_probable_first_and_who_left(history: dict[str, str]) -> None:
    listed = as_json("rings", "list")
    assert listed["day"] == TUESDAY.isoformat()
    assert [(ring["ring_id"], ring["event"]) for ring in listed["rings"]] == [
        (history["kept"], "merged"),
        (history["new"], "new"),
        *sorted([(history["merged"], "merged"), (history["dormant"], "dormant")]),
    ]
    text = invoke("rings", "list").stdout
    assert f"Rings of {TUESDAY}" in text
    assert all(ring_id in text for ring_id in history.values())


@pytest.mark.parametrize("asked", ["list", "show"])
def test_rings_are_shown_without_the_libraries_that_work_on_tables(
    history: dict[str, str], asked: str, tmp_path: Path
) -> None:
    command = ["rings", asked, *([history["kept"]] if asked == "show" else [])]

    loaded = loaded_by(running(command, RINGWATCH_HOME=tmp_path))

    assert not loaded & {"pandas", "numpy", "pyarrow", "duckdb", "alembic", "ruamel.yaml"}


def test_watch_lists_who_is_like_a_ring_and_in_none(
    history: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    rows = [
        {"account_id": name, "ring_id": history["merged"], "similarity": 0.6, "members": 2, "identifiers": ["ip: [x]"]}
        for name in ("A000", "A500")
    ]
    path = Files(tmp_path).watch(TUESDAY)
    path.parent.mkdir(parents=True)
    pd.DataFrame(rows).to_parquet(path)

    listed = as_json("rings", "watch")

    # A000 is in a ring by then, and the ring that A500 is like goes under another id.
    assert listed["accounts"] == [rows[1] | {"ring_id": history["kept"]}]
    assert "ip: [x]" in invoke("rings", "watch").stdout


def test_watch_of_a_day_without_detect_is_refused(history: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="run `ringwatch detect --day 2026-03-02` first"):
        invoke("rings", "watch", "--day", MONDAY.isoformat())


def test_list_of_an_earlier_day(history: dict[str, str]) -> None:
    listed = as_json("rings", "list", "--day", MONDAY.isoformat())
    assert {ring["ring_id"] for ring in listed["rings"]} == {history[name] for name in ("kept", "merged", "dormant")}


def test_show_gives_reasons_for_and_against_members_and_nights(history: dict[str, str]) -> None:
    shown = as_json("rings", "show", history["kept"])
    reasons = [(reason["direction"], reason["facet"], reason["identifiers"]) for reason in shown["evidence"]]
    assert reasons == [
        ("for", "payment", ["card:1", "card:2"]),
        ("against", "ip", ["ip:1"]),
        ("check", "group", ["card:1"]),
    ]
    assert sorted(member["account_id"] for member in shown["members"]) == accounts(range(15))
    assert [(night["event"], night["joined"]) for night in shown["nights"]] == [("new", 10), ("merged", 5)]

    assert [reason["lift"] for reason in shown["evidence"]] == [10.0, 1.059, None]

    text = invoke("rings", "show", history["kept"]).stdout
    assert re.search(r"23 times likelier +they share one card +card:1, card:2", text)
    assert re.search(r"a third as likely +they share one campus +ip:1", text)
    assert re.search(r"Weakest point: one card +card:1", text)
    assert "A014" in text


def test_bits_are_for_those_who_ask_for_them(history: dict[str, str]) -> None:
    assert not re.search("bits|lift|expected", invoke("rings", "show", history["kept"]).stdout)
    asked = invoke("rings", "show", history["kept"], "--bits").stdout
    assert all(word in asked for word in ("bits", "expected", "4.50", "lift", "10.00"))


def test_show_of_a_merged_ring_leads_to_the_one_it_went_into(history: dict[str, str]) -> None:
    shown = as_json("rings", "show", history["merged"].lower())
    assert (shown["asked"], shown["ring_id"], shown["day"]) == (history["merged"], history["kept"], "2026-03-03")
    as_it_was = as_json("rings", "show", history["merged"], "--day", MONDAY.isoformat())
    assert (as_it_was["ring_id"], as_it_was["size"]) == (history["merged"], 5)


def test_show_of_a_dormant_ring_is_of_its_last_day(history: dict[str, str]) -> None:
    shown = as_json("rings", "show", history["dormant"])
    assert (shown["day"], shown["size"]) == ("2026-03-02", 6)
    assert [night["event"] for night in shown["nights"]] == ["new", "dormant"]


def test_show_of_a_withdrawn_ring_says_when_and_who_was_in_it(history: dict[str, str], tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'review.db'}")
    publish(store, TUESDAY, {"ab": accounts(range(15))})
    store.close()

    shown = as_json("rings", "show", history["new"])
    assert (shown["state"], shown["withdrawn_by"]) == ("withdrawn", TUESDAY.isoformat())
    assert shown["accounts"] == ["+49", "-x", "=1+1", "@y"]
    text = invoke("rings", "show", history["new"]).stdout
    assert f"was withdrawn when {TUESDAY} was published again or rolled back" in text
    assert "@y" in text


def test_show_of_a_ring_that_was_withdrawn_into_another_leads_there(history: dict[str, str], tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'review.db'}")
    publish(store, MONDAY, {"abc": [*accounts(range(15)), *accounts(range(20, 26))]})
    store.close()

    shown = as_json("rings", "show", history["dormant"])
    assert (shown["state"], shown["ring_id"]) == ("withdrawn", history["kept"])


def test_show_calls_no_probability_certain(history: dict[str, str], tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'review.db'}")
    publish(store, TUESDAY, {"ab": accounts(range(15))}, probability=0.9999)
    store.close()
    shown = invoke("rings", "show", history["kept"]).stdout
    assert "probability >0.99 (0.50 to >0.99)" in shown
    assert "1.00" not in shown
    assert "1.00" not in invoke("rings", "list").stdout


def test_an_unknown_ring_names_the_nearest(history: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=f"did you mean .*{history['kept']}"):
        invoke("rings", "show", history["kept"][:-1])


def test_a_day_on_which_the_ring_was_not_flagged_names_those_on_which_it_was(history: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=f"was not flagged on {TUESDAY}; it was on {MONDAY}"):
        invoke("rings", "show", history["dormant"], "--day", TUESDAY.isoformat())
    with pytest.raises(UsageError, match="no rings are published for 2020-01-01"):
        invoke("rings", "show", history["dormant"], "--day", "2020-01-01")


def test_nothing_published_yet_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_STORE_URL", f"sqlite:///{tmp_path / 'review.db'}")
    with pytest.raises(UsageError, match="run `ringwatch run` first"):
        invoke("rings", "list")


def test_csv_and_parquet_hold_the_same_rows_and_of_csv_no_spreadsheet_runs_an_id(
    history: dict[str, str], tmp_path: Path
) -> None:
    for name in ("flagged.csv", "flagged.parquet"):
        assert invoke("export", "--day", TUESDAY.isoformat(), "--out", str(tmp_path / name)).exit_code == 0
    with (tmp_path / "flagged.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    parquet = pd.read_parquet(tmp_path / "flagged.parquet")

    assert list(rows[0]) == list(parquet) == [
        "day", "ring_id", "account_id", "role", "member_probability", "account_probability", "ring_probability",
        "ring_low", "ring_high", "band", "kind", "size", "event", "first_day",
    ]  # fmt: skip
    assert {row["account_id"] for row in rows} == {*accounts(range(15)), "'=1+1", "'+49", "'-x", "'@y"}
    assert [row["account_id"].removeprefix("'") for row in rows] == parquet["account_id"].tolist()
    assert parquet.iloc[0][["day", "member_probability", "kind"]].tolist() == [TUESDAY, 0.8, "reseller"]
    assert sorted(file.name for file in tmp_path.glob("*flagged*")) == ["flagged.csv", "flagged.parquet"]


def test_a_day_without_rings_exports_columns_and_types(tmp_path: Path) -> None:
    columns = [field.name for field in export.SCHEMA]
    export.write(pd.DataFrame(columns=columns), tmp_path / "none.parquet")
    assert list(pd.read_parquet(tmp_path / "none.parquet")) == columns


def test_an_export_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "flagged.parquet"
    path.write_text("yesterday")
    wrong = pd.DataFrame({name: ["no number"] for name in export.SCHEMA.names}).assign(day=date(2026, 3, 2))
    with pytest.raises(ValueError, match="no number"):
        export.write(wrong, path)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["yesterday"]


def test_a_file_of_another_kind_or_place_is_refused(tmp_path: Path) -> None:
    nothing = pd.DataFrame(columns=export.SCHEMA.names)
    with pytest.raises(UsageError, match=r"must end in \.csv, \.parquet or \.jsonl"):
        export.write(nothing, tmp_path / "flagged.xlsx")
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InfrastructureError, match="cannot be written"):
        export.write(nothing, tmp_path / "taken" / "flagged.csv")
