"""Rows in quarantine judged again: what joins its day, what stays, and what the counts and the log say then."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import Result
from deliveries import MONDAY, deliver, open_night, reported
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.errors import UsageError
from ringwatch.night import Night, Report
from ringwatch.quarantine import replay, shelf
from ringwatch.quarantine.replay import Replayed
from ringwatch.quarantine.shelf import Which
from ringwatch.stages import run_stage

ACCOUNTS = "account_id,created_at,status,country,email"
DEVICES = "account_id,device,first_seen,last_seen"
STATUS = "status is not one of active, suspended, closed"
SEEN = "2026-03-02T08:00:00,2026-03-02T09:00:00"
Judge = Callable[..., Report]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return open_night(tmp_path, ("accounts", "devices"))


@pytest.fixture
def judge(night: Night) -> Judge:
    """Let feeds of the day arrive, and the gate judge them."""

    def run(**feeds: list[str]) -> Report:
        deliver(night, **feeds)
        return run_stage("validate", night)

    return run


@pytest.fixture
def judged(judge: Judge, night: Night) -> Night:
    """Two accounts pass, rows 2 and 3 break the rule of status; of the devices row 2 has no day and row 3 is held."""
    judge(
        accounts=[
            ACCOUNTS,
            account("A"),
            account("B", "asleep"),
            account("C", "gone", email="c@example.org"),
            account("D"),
        ],
        devices=[DEVICES, f"A,phone,{SEEN}", "A,desk,yesterday,2026-03-02T09:00:00", f"X,x,{SEEN}"],
    )
    return night


def account(account_id: str, status: str = "active", country: str = "DE", email: str = "") -> str:
    return f"{account_id},2026-02-01T09:00:00,{status},{country},{email}"


def counts(night: Night, feed: str) -> dict[str, int]:
    found, parts = reported(night, feed), ("rows", "clean", "held", "quarantined", "duplicates")
    assert found["rows"] == sum(found[part] for part in parts[1:])
    return {part: found[part] for part in parts}


def clean(night: Night, feed: str) -> pd.DataFrame:
    return pd.read_parquet(night.files.clean(MONDAY, feed))


def refused(night: Night, feed: str) -> list[tuple[int, str]]:
    rows = pd.read_parquet(night.files.quarantine(MONDAY, feed))
    return list(rows[["row", "rule"]].itertuples(index=False, name=None))


def correct(night: Night, feed: str, *lines: str, name: str = "corrected.csv") -> Replayed:
    path = night.settings.home / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return replay.correct(night, night.model.feeds[feed], path, "ada")


def allow(night: Night, monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    """Change the rule of status."""
    from dataclasses import replace as changed

    feed = night.model.feeds["accounts"]
    status = changed(feed.columns["status"], one_of=(*feed.columns["status"].one_of, *values))
    columns = feed.columns | {"status": status}
    monkeypatch.setitem(night.model.feeds, "accounts", changed(feed, columns=columns))


def test_rows_that_a_changed_rule_lets_pass_join_their_day(judged: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(judged, monkeypatch, "asleep")

    (done,) = replay.replay(judged, Which(feed="accounts"), "ada")

    assert done == Replayed(MONDAY, "accounts", rows=2, clean=1, held=0, duplicates=0, refused=1)
    assert clean(judged, "accounts")["account_id"].tolist() == ["A", "D", "B"]
    assert refused(judged, "accounts") == [(3, f"{STATUS}, asleep")]
    assert counts(judged, "accounts") == {"rows": 4, "clean": 3, "held": 0, "quarantined": 1, "duplicates": 0}


def test_the_ledger_follows_and_the_delivery_is_not_restated(judged: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = [entry for entry in judged.store.deliveries.of(MONDAY) if entry.feed == "accounts"]
    allow(judged, monkeypatch, "asleep", "gone")

    replay.replay(judged, Which(), "ada")

    ledger = next(row for row in judged.store.deliveries.between() if row["feed"] == "accounts")
    assert (ledger["rows"], ledger["clean"], ledger["quarantined"], ledger["restated"]) == (4, 4, 0, 0)
    assert ledger["sha256"] == before.sha256


def test_what_left_is_logged_and_what_stayed_is_not(judged: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(judged, monkeypatch, "gone")

    replay.replay(judged, Which(), "ada")

    (entry,) = judged.store.quarantine.log().to_dict("records")
    said = {"action": "replayed", "author": "ada", "feed": "accounts", "file": "accounts.csv", "rows": "3", "count": 1}
    assert entry | said == entry
    assert entry["rule"] == STATUS


def test_without_a_change_nothing_changes(judged: Night) -> None:
    before = {path: path.read_bytes() for path in judged.files.day(MONDAY).rglob("*.parquet")}

    done = replay.replay(judged, Which(), "ada")

    assert [(one.feed, one.refused) for one in done] == [("accounts", 2), ("devices", 1)]
    assert {path: path.read_bytes() for path in before} == before
    assert judged.store.quarantine.log().empty


def test_a_corrected_row_takes_the_place_of_the_one_in_quarantine(judged: Night) -> None:
    done = correct(judged, "devices", f"_file,_row,{DEVICES}", f"devices.csv,2,A,desk,{SEEN}")

    assert (done.clean, done.refused) == (1, 0)
    assert clean(judged, "devices")["device"].tolist() == ["phone", "desk"]
    assert refused(judged, "devices") == []
    assert counts(judged, "devices") == {"rows": 3, "clean": 2, "held": 1, "quarantined": 0, "duplicates": 0}
    assert judged.store.quarantine.log()["why"].tolist() == ["corrected in corrected.csv"]


def test_personal_values_of_a_corrected_row_become_the_tokens_of_the_day(judge: Judge, night: Night) -> None:
    judge(
        accounts=[ACCOUNTS, account("A", email="c@example.org"), account("C", "gone")],
        devices=[DEVICES, f"A,phone,{SEEN}"],
    )

    correct(night, "accounts", f"_file,_row,{ACCOUNTS}", "accounts.csv,2," + account("C", email="C@example.org"))

    mailboxes = clean(night, "accounts")["mailbox"]
    assert mailboxes.nunique() == 1
    assert len(mailboxes) == 2
    assert "example.org" not in mailboxes[1]


def test_a_corrected_row_of_an_unknown_account_waits_for_it(judged: Night) -> None:
    done = correct(judged, "devices", f"_file,_row,{DEVICES}", f"devices.csv,2,Y,desk,{SEEN}")

    assert done.held == 1
    held = pd.read_parquet(judged.files.held(MONDAY, "devices"))
    assert held["account_id"].tolist() == ["X", "Y"]


def test_a_corrected_row_that_is_still_wrong_stays_with_its_new_rule_and_values(judged: Night) -> None:
    done = correct(judged, "accounts", f"_file,_row,{ACCOUNTS}", "accounts.csv,2,B,never,active,DE,")

    assert done.refused == 1
    assert refused(judged, "accounts") == [(2, "created_at is not a timestamp"), (3, STATUS)]
    (row,) = shelf.found(judged, Which(row=2, feed="accounts")).to_dict("records")
    assert json.loads(row["values"])["created_at"] == "never"


def test_a_row_that_the_day_has_already_is_a_duplicate(judged: Night) -> None:
    done = correct(judged, "accounts", f"_file,_row,{ACCOUNTS}", "accounts.csv,2," + account("A"))

    assert (done.clean, done.duplicates) == (0, 1)
    assert counts(judged, "accounts") == {"rows": 4, "clean": 2, "held": 0, "quarantined": 1, "duplicates": 1}


def test_a_row_that_contradicts_one_of_the_day_stays(judged: Night) -> None:
    correct(judged, "accounts", f"_file,_row,{ACCOUNTS}", "accounts.csv,2," + account("A", country="FR"))

    assert refused(judged, "accounts")[0] == (2, "another row has the same account_id and says something else")
    assert clean(judged, "accounts")["country"].tolist() == ["DE", "DE"]


def test_a_discarded_row_is_not_judged_again(judged: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.discard(judged, Which(row=2, feed="accounts"), "a test account", "ada")
    allow(judged, monkeypatch, "asleep")

    replay.replay(judged, Which(feed="accounts"), "ada")

    assert refused(judged, "accounts")[0] == (2, STATUS)


def test_a_value_that_was_cut_off_does_not_pass_as_a_shorter_one(judge: Judge, night: Night) -> None:
    judge(accounts=[ACCOUNTS, account("A"), account("B" * 5000)], devices=[DEVICES, f"A,phone,{SEEN}"])

    assert replay.replay(night, Which(), "ada") == []


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        (
            "rows.csv",
            [f"_file,_row,{DEVICES}", f"devices.csv,1,A,d,{SEEN}"],
            "row 1 of devices.csv is not in quarantine",
        ),
        ("rows.csv", [f"_file,_row,{DEVICES}", f"devices.csv,two,A,d,{SEEN}"], "is not in quarantine"),
        ("rows.csv", [DEVICES, f"A,d,{SEEN}"], "the columns _file and _row must say"),
        ("rows.csv", [f"_file,_row,{DEVICES}", *[f"devices.csv,2,A,d,{SEEN}"] * 2], "stand for the same row"),
        ("rows.xlsx", ["x"], "the name must end in .parquet, .csv or .jsonl"),
    ],
)
def test_a_file_that_corrects_nothing_changes_nothing(judged: Night, name: str, lines: list[str], message: str) -> None:
    before = {path: path.read_bytes() for path in judged.files.day(MONDAY).rglob("*.parquet")}

    with pytest.raises(UsageError, match=message):
        correct(judged, "devices", *lines, name=name)

    assert {path: path.read_bytes() for path in before} == before


def test_a_night_judged_again_keeps_what_was_discarded(judged: Night) -> None:
    shelf.discard(judged, Which(row=2, feed="accounts"), "a test account", "ada")

    report = run_stage("validate", judged)

    rows = pd.read_parquet(judged.files.quarantine(MONDAY, "accounts")).set_index("row")
    assert rows.loc[2, "discarded"] == "a test account"
    assert rows["values"].isna().tolist() == [True, False]
    assert report.warnings == ()


def test_a_night_judged_again_says_that_corrected_rows_are_back(judged: Night) -> None:
    correct(judged, "devices", f"_file,_row,{DEVICES}", f"devices.csv,2,A,desk,{SEEN}")

    report = run_stage("validate", judged)

    assert [warning for warning in report.warnings if warning.startswith("devices: 1 rows that were not in quarantine")]
    assert refused(judged, "devices") == [(2, "first_seen is not a timestamp")]


def test_a_delivery_that_replaces_another_says_what_left_quarantine(judged: Night, judge: Judge) -> None:
    shelf.discard(judged, Which(row=2, feed="accounts"), "a test account", "ada")

    judge(accounts=[ACCOUNTS, account("A"), account("B", "asleep"), account("C"), account("D")])

    rows = pd.read_parquet(judged.files.quarantine(MONDAY, "accounts"))
    assert rows["discarded"].isna().all()  # it may be another row
    log = judged.store.quarantine.log()[["action", "rows", "why"]]
    assert log.to_numpy().tolist()[1:] == [["restated", "3", "the day was delivered again"]]


@pytest.fixture
def commands(judged: Night, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("RINGWATCH_HOME", str(judged.settings.home))
    monkeypatch.setenv("RINGWATCH_FEEDS", '["accounts", "devices"]')
    return lambda *arguments: CliRunner().invoke(app, ["quarantine", *arguments])


def test_a_sheet_that_was_corrected_is_replayed(commands: Callable[..., Result], judged: Night, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    where = ("--day", str(MONDAY), "--feed", "accounts")
    written = commands("show", *where, "--reveal", "--out", str(sheet))
    assert written.exit_code == 0, written.output
    assert sheet.stat().st_mode & 0o077 == 0
    sheet.write_text(sheet.read_text().replace("asleep", "suspended"))

    done = commands("replay", *where, "--from", str(sheet), "--json")

    (said,) = json.loads(done.stdout)
    assert (said["rows"], said["clean"], said["refused"]) == (2, 1, 1)
    assert clean(judged, "accounts")["status"].tolist() == ["active", "active", "suspended"]
    (left,) = pd.read_parquet(judged.files.quarantine(MONDAY, "accounts"))["values"]
    assert list(json.loads(left)) == ACCOUNTS.split(",")


def test_rows_of_a_deployment_without_accounts_are_judged_again(tmp_path: Path) -> None:
    night = open_night(tmp_path, ("devices",))
    deliver(night, devices=[DEVICES, f"A,phone,{SEEN}", "B,desk,yesterday,2026-03-02T09:00:00"])
    run_stage("validate", night)

    (again,) = replay.replay(night, Which(), "ada")
    done = correct(night, "devices", f"_file,_row,{DEVICES}", f"devices.csv,2,B,desk,{SEEN}")

    assert (again.refused, done.clean) == (1, 1)
    assert clean(night, "devices")["account_id"].tolist() == ["A", "B"]


FORMULA = '=HYPERLINK("http://x","y")'


def test_no_cell_of_a_sheet_is_a_formula_and_the_way_back_gives_every_value_as_it_was(
    judge: Judge, night: Night, commands: Callable[..., Result], tmp_path: Path
) -> None:
    names = [FORMULA, "@SUM(1)", "+1", "'-2+3", "-7.5", "fine"]
    rows = [f'A,"{name.replace(chr(34), chr(34) * 2)}",soon,2026-03-02T09:00:00' for name in names]
    judge(accounts=[ACCOUNTS, account("A")], devices=[DEVICES, f"A,phone,{SEEN}", *rows])
    sheet, where = tmp_path / "sheet.csv", ("--day", str(MONDAY), "--feed", "devices")

    commands("show", *where, "--reveal", "--out", str(sheet))

    written = pd.read_csv(sheet, dtype="str")
    assert written["device"].tolist() == [f"'{FORMULA}", "'@SUM(1)", "'+1", "''-2+3", "-7.5", "fine"]
    written.assign(first_seen=SEEN.partition(",")[0]).to_csv(sheet, index=False)
    assert commands("replay", *where, "--from", str(sheet)).exit_code == 0
    values = [name.removeprefix("'") for name in names]  # the gate takes the apostrophe of a spreadsheet off
    assert clean(night, "devices")["device"].tolist() == ["phone", *values]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replay", "--from", "SHEET"], "say which with --feed and --day"),
        (["show", "--out", "SHEET"], "it needs --reveal"),
        (["show", "--out", "SHEET", "--reveal"], "rows of one feed and day"),
    ],
)
def test_a_mistake_is_one_sentence(
    commands: Callable[..., Result], tmp_path: Path, arguments: list[Any], message: str
) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.touch()

    result = commands(*[str(sheet) if argument == "SHEET" else argument for argument in arguments])

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
