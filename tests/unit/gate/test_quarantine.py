"""Rows in quarantine: what is seen of them, and that none leaves without a word in the log."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from deliveries import MONDAY, TUESDAY, reported
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.days import amend
from ringwatch.night import Night
from ringwatch.quarantine import shelf
from ringwatch.quarantine.shelf import Which
from ringwatch.store.records import LedgerEntry

ACCOUNTS = "account_id,created_at,status,country"
DEVICES = "account_id,device,first_seen,last_seen"
STATUS = "status is not one of active, suspended, closed"
Judge = Callable[..., Night]


def account(account_id: str, status: str = "active", created: str = "2026-02-01T09:00:00") -> str:
    return f"{account_id},{created},{status},DE"


def device(account_id: str, name: str) -> str:
    return f"{account_id},{name},2026-03-02T08:00:00,2026-03-02T09:00:00"


@pytest.fixture
def monday(judge: Judge) -> Night:
    """Two accounts that pass, two refused for their status, one for its time."""
    refused = [account("B", "asleep"), account("C", created="soon"), account("D", "asleep")]
    return judge(accounts=[ACCOUNTS, account("A"), *refused, account("E")])


def everything(night: Night) -> pd.DataFrame:
    return shelf.found(night, Which())


def log(night: Night) -> list[dict[str, Any]]:
    done = night.store.quarantine.log()
    return done[["action", "author", "why", "day", "feed", "file", "rule", "count", "rows"]].to_dict("records")


def test_rows_are_counted_by_day_feed_and_rule(monday: Night, judge: Judge) -> None:
    judge(TUESDAY, accounts=[ACCOUNTS, account("F"), account("G", "asleep")])

    counted = shelf.counted(everything(monday))

    created = "created_at is not a timestamp"
    assert list(counted.itertuples(index=False, name=None)) == [
        (MONDAY, "accounts", created, 1, 0),
        (MONDAY, "accounts", STATUS, 2, 0),
        (TUESDAY, "accounts", STATUS, 1, 0),
    ]


@pytest.mark.parametrize(
    ("which", "places"),
    [
        (Which(), [2, 3, 4]),
        (Which(rule="STATUS"), [2, 4]),
        (Which(rule="created", row=3), [3]),
        (Which(feed="devices"), []),
        (Which(day=TUESDAY), []),
        (Which(file="accounts.csv", row=4), [4]),
    ],
)
def test_rows_are_chosen_by_day_feed_rule_file_and_place(monday: Night, which: Which, places: list[int]) -> None:
    assert shelf.found(monday, which)["row"].tolist() == places


def test_a_mask_shows_which_values_there_are_and_none_of_them(monday: Night) -> None:
    shown = shelf.masked(everything(monday)["values"])

    assert json.loads(shown[0]) == dict.fromkeys(["account_id", "created_at", "status", "country"], shelf.MASK)
    assert not shown.str.contains("asleep|soon").any()


def test_revealing_is_logged_with_who_and_what(monday: Night) -> None:
    shelf.reveal(monday, shelf.found(monday, Which(rule="status")), "ada")

    (entry,) = log(monday)
    what = {"day": MONDAY, "feed": "accounts", "file": "accounts.csv", "rule": STATUS, "count": 2, "rows": "2, 4"}
    assert entry == {"action": "revealed", "author": "ada", "why": None} | what


def test_a_discarded_row_loses_its_values_and_stays_counted(monday: Night) -> None:
    before = reported(monday, "accounts")

    assert shelf.discard(monday, Which(row=2), "a test account", "ada") == 1

    rows = everything(monday)
    assert rows["values"].isna().tolist() == [True, False, False]
    assert rows["discarded"].dropna().to_dict() == {0: "a test account"}
    assert shelf.counted(rows)["discarded"].sum() == 1
    assert reported(monday, "accounts") == before
    (entry,) = log(monday)
    said = {"action": "discarded", "author": "ada", "why": "a test account", "rows": "2", "count": 1}
    assert entry | said == entry


def test_what_was_discarded_is_not_discarded_again(monday: Night) -> None:
    shelf.discard(monday, Which(), "test accounts", "ada")

    assert shelf.discard(monday, Which(), "other words", "bob") == 0
    assert set(everything(monday)["discarded"]) == {"test accounts"}


def test_held_rows_whose_account_never_came_are_seen_when_the_window_has_passed(judge: Judge) -> None:
    def day(n: int) -> Night:
        return judge(
            MONDAY + timedelta(days=n),
            accounts=[ACCOUNTS, account(f"N{n}")],
            devices=[DEVICES, device("N0", "d"), *([device("X", "x"), device("Y", "y")] if n == 0 else [])],
        )

    day(0)
    assert everything(day(7)).empty
    night = judge(TUESDAY + timedelta(days=7), accounts=[ACCOUNTS, account("X")], devices=[DEVICES, device("N0", "d")])

    rows = everything(night)
    assert set(rows["rule"]) == {"account_id was not named within 7 days"}
    assert rows["day"].tolist() == [MONDAY, MONDAY]
    assert [json.loads(values)["account_id"] for values in rows["values"]] == ["X", "Y"]


def test_held_rows_that_are_discarded_leave_the_held_ones_and_are_counted_as_quarantined(judge: Judge) -> None:
    monday = judge(accounts=[ACCOUNTS, account("A")], devices=[DEVICES, device("A", "a"), device("X", "x")])
    night = judge(MONDAY + timedelta(days=9), accounts=[ACCOUNTS, account("B")], devices=[DEVICES, device("A", "a")])
    assert reported(monday, "devices")["held"] == 1

    assert shelf.discard(night, Which(feed="devices"), "never came", "ada") == 1

    assert not monday.files.held(MONDAY, "devices").exists()
    parts = {"rows": 2, "clean": 1, "held": 0, "quarantined": 1, "duplicates": 0, "noted": 0}
    assert reported(monday, "devices") == parts | {"late": 0}
    assert shelf.counted(everything(night))[["rows", "discarded"]].to_numpy().tolist() == [[1, 1]]


def test_the_log_cannot_be_changed(monday: Night) -> None:
    shelf.discard(monday, Which(row=2), "a test account", "ada")
    for statement in ("UPDATE quarantine_log SET why = ''", "DELETE FROM quarantine_log"):
        with monday.store.engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("step", ["_put", "_count_again"])
def test_a_change_of_a_day_that_was_cut_short_is_finished_by_the_next_stage(
    monday: Night, judge: Judge, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Killed when the change counts and before a step of putting it in place."""
    monday.store.deliveries.record(MONDAY, [LedgerEntry("accounts", 1, 5, 2, 0, 3, 0, None, "sha", complete=True)])
    with monkeypatch.context() as killed:
        killed.setattr(amend, step, be_killed)
        with pytest.raises(KeyboardInterrupt):
            take_all_rows(monday)

    judge(TUESDAY, accounts=[ACCOUNTS, account("F")])

    assert pd.read_parquet(monday.files.clean(MONDAY, "accounts")).empty
    assert reported(monday, "accounts") == {
        "rows": 5,
        "clean": 0,
        "held": 0,
        "quarantined": 3,
        "duplicates": 2,
        "noted": 0,
    }
    assert monday.store.deliveries.of(MONDAY) == [LedgerEntry("accounts", 1, 5, 0, 0, 3, 2, None, "sha", complete=True)]
    assert parts(monday) == ["clean", "outcomes.parquet", "quarantine", "report.json"]


def test_a_change_that_fails_before_it_counts_leaves_the_day_as_it_was(monday: Night) -> None:
    with pytest.raises(ZeroDivisionError):
        take_all_rows(monday, failure=ZeroDivisionError)

    assert len(pd.read_parquet(monday.files.clean(MONDAY, "accounts"))) == 2
    assert parts(monday) == ["clean", "outcomes.parquet", "quarantine", "report.json"]


def be_killed(*_: object) -> None:
    raise KeyboardInterrupt


def take_all_rows(night: Night, failure: type[Exception] | None = None) -> None:
    """Change the day: its clean accounts go."""
    with amend.amending(night) as new:
        amend.replace_table(new, "clean", "accounts", pq.read_table(night.files.clean(MONDAY, "accounts")).slice(0, 0))
        if failure:
            raise failure


def parts(night: Night) -> list[str]:
    return sorted(path.name for path in night.files.day(MONDAY).iterdir())


@pytest.mark.parametrize(("numbers", "text"), [([], None), ([3], "3"), ([9, 3, 8, 7, 1], "1, 3, 7-9")])
def test_places_are_written_as_people_do(numbers: list[int], text: str | None) -> None:
    assert shelf.spans(numbers) == text


@pytest.fixture
def commands(monday: Night, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("RINGWATCH_HOME", str(monday.settings.home))

    def ringwatch(*arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(app, ["quarantine", *arguments], input=answer)

    return ringwatch


def test_values_are_printed_only_on_demand(commands: Callable[..., Result], monday: Night) -> None:
    masked, revealed = commands("show", "--json"), commands("show", "--reveal", "--by", "ada", "--json")

    assert "asleep" not in masked.stdout
    assert json.loads(masked.stdout)["shown"][0]["rule"] == STATUS
    assert json.loads(json.loads(revealed.stdout)["shown"][0]["values"])["status"] == "asleep"
    assert [entry["author"] for entry in log(monday)] == ["ada", "ada"]  # one of each rule


def test_only_the_rows_that_were_shown_are_logged_as_revealed(commands: Callable[..., Result], monday: Night) -> None:
    assert json.loads(commands("show", "--reveal", "--limit", "1", "--json").stdout)["rows"] == 3
    assert [entry["rows"] for entry in log(monday)] == ["2"]


def test_discarding_asks_first(commands: Callable[..., Result], monday: Night) -> None:
    assert commands("discard", "--feed", "accounts", "--why", "tests", answer="n\n").exit_code == 1
    assert everything(monday)["discarded"].isna().all()

    done = commands("discard", "--feed", "accounts", "--why", "tests", "--yes", "--json")

    assert json.loads(done.stdout) == {"discarded": 3}
    assert everything(monday)["discarded"].tolist() == ["tests"] * 3
    assert {entry["action"] for entry in json.loads(commands("log", "--json").stdout)} == {"discarded"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["discard", "--why", "tests", "--yes"], "say which rows to discard"),
        (["discard", "--feed", "accounts", "--why", " ", "--yes"], "--why is empty"),
        (["list", "--feed", "shoes"], "there is no such feed; the feeds are accounts"),
    ],
)
def test_a_mistake_is_one_sentence(commands: Callable[..., Result], arguments: list[str], message: str) -> None:
    result = commands(*arguments)

    assert result.exit_code == 2
    assert message in re.sub(r"\s+", " ", result.stderr)


def test_a_home_without_days_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    result = CliRunner().invoke(app, ["quarantine", "list"])
    assert (result.exit_code, "no day has passed the gate yet" in result.stderr) == (2, True)
