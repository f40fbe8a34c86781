"""Erasing an account from the files and the store; the graph is a small one in memory that only counts."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deliveries import MONDAY, TUESDAY, reported

from ringwatch.days import amend, leftovers, run_report
from ringwatch.days.files import Files
from ringwatch.erasure import clearing, erase, footprints
from ringwatch.erasure.footprints import Account
from ringwatch.gate.tombstones import ERASED
from ringwatch.night import Night
from traces import holding

GONE = "acc-00017"
ACCOUNTS = "account_id,created_at,status,referred_by"
PAYMENTS = "payment_id,account_id,paid_at,instrument,instrument_kind,counterparty_account_id"


class SmallGraph:
    """Stands for Neo4j, where erasing is tested as well: knows the account or not, and what was asked of it."""

    def __init__(self) -> None:
        self.accounts = 1

    def read(self, query: str, **_: Any) -> list[dict[str, Any]]:
        return [{"accounts": self.accounts, "relationships": 2, "identifiers": 1}]

    def write(self, query: str, **_: Any) -> None:
        self.accounts = 0


def account(account_id: str, status: str = "active", host: str = "") -> str:
    return f"{account_id},2026-02-01T09:00:00,{status},{host}"


def payment(number: int, account_id: str, to: str = "") -> str:
    return f"p{number},{account_id},2026-03-02T09:00:00,card-{account_id},card,{to}"


@pytest.fixture
def judge(judge: Callable[..., Night]) -> Callable[..., Night]:
    """Judge a day as in other tests; its night has a small graph."""

    def run(day: date, **feeds: list[str]) -> Night:
        night = judge(day, **feeds)
        night.doors.graph = SmallGraph()
        return night

    return run


@pytest.fixture
def night(judge: Callable[..., Night]) -> Night:
    """Two days. The account is clean, held and in quarantine, and others name it in each of these."""
    judge(
        MONDAY,
        accounts=[
            ACCOUNTS,
            account("acc-00001"),
            account("acc-00002", host=GONE),
            account("acc-00003", "asleep", host=GONE),
            account(GONE, "asleep"),
        ],
        payments=[PAYMENTS, payment(1, "acc-00001", to=GONE), payment(2, GONE), payment(3, "acc-00001")],
    )
    return judge(
        TUESDAY,
        accounts=[ACCOUNTS, account(GONE, host="acc-00001"), account("acc-00004")],
        payments=[PAYMENTS, payment(4, GONE, to="acc-00001"), payment(5, "acc-00001")],
    )


def gone(night: Night) -> Account:
    return erase.account_of(night, GONE)


def test_traces_say_where_the_account_is_and_where_others_name_it(night: Night) -> None:
    found = footprints.in_days(night, gone(night))

    assert list(found.itertuples(index=False, name=None)) == [
        (MONDAY, "accounts", "clean", 0, 1),
        (MONDAY, "accounts", "quarantine", 1, 1),
        (MONDAY, "payments", "clean", 0, 1),
        (MONDAY, "payments", "held", 1, 0),
        (TUESDAY, "accounts", "clean", 1, 0),
        (TUESDAY, "payments", "clean", 1, 0),
    ]


def test_no_file_holds_the_account_afterwards(night: Night) -> None:
    assert holding(night.settings.home, GONE)

    erase.erase(night, gone(night), "asked for it", "ada")

    assert holding(night.settings.home, GONE) == []
    assert not erase.find(night, gone(night)).any


def test_a_report_that_names_the_account_goes_and_others_stay(night: Night) -> None:
    for day, text in ((MONDAY, f"<td>{GONE}</td>"), (TUESDAY, "<td>acc-00001</td>")):
        night.files.report_page(day).write_text(text)

    erase.erase(night, gone(night), "asked for it", "ada")

    assert not night.files.report_page(MONDAY).exists()
    assert night.files.report_page(TUESDAY).exists()


def test_rows_of_the_account_leave_and_count_as_quarantined(night: Night) -> None:
    monday, tuesday = reported(night.on(MONDAY), "payments"), reported(night, "payments")

    erase.erase(night, gone(night), "asked for it", "ada")

    assert reported(night.on(MONDAY), "payments") == monday | {"held": 0, "quarantined": 1}
    assert reported(night, "payments") == tuesday | {"clean": 1, "quarantined": 1}
    refused = pd.read_parquet(night.files.quarantine(TUESDAY, "payments"))
    assert refused[["rule", "discarded"]].to_numpy().tolist() == [[ERASED, ERASED]]
    assert refused[["file", "row", "values"]].isna().all(axis=None)
    assert not night.files.held(MONDAY, "payments").exists()


def test_rows_of_others_lose_the_value_and_nothing_else(night: Night) -> None:
    before = pd.read_parquet(night.files.clean(MONDAY, "payments"))

    erase.erase(night, gone(night), "asked for it", "ada")

    after = pd.read_parquet(night.files.clean(MONDAY, "payments"))
    assert before["counterparty_account_id"].tolist()[0] == GONE
    assert after["counterparty_account_id"].isna().all()
    pd.testing.assert_frame_equal(
        after.drop(columns="counterparty_account_id"), before.drop(columns="counterparty_account_id")
    )


def test_what_is_in_quarantine_of_others_loses_the_value_and_keeps_the_rest(night: Night) -> None:
    erase.erase(night, gone(night), "asked for it", "ada")

    refused = pd.read_parquet(night.files.quarantine(MONDAY, "accounts")).set_index("row")
    other = json.loads(refused.loc[3, "values"])
    assert (other["account_id"], other["status"], other["referred_by"]) == ("acc-00003", "asleep", None)
    assert pd.isna(refused.loc[4, "values"])
    assert refused.loc[4, "discarded"] == ERASED
    assert pd.isna(refused.loc[3, "discarded"])


def test_tables_that_follow_from_the_day_hold_a_token_instead(night: Night) -> None:
    candidates = night.files.candidates(TUESDAY)
    pd.DataFrame({"candidate": ["c-1", "c-1"], "account_id": ["acc-00001", GONE]}).to_parquet(candidates)
    scored = night.files.scored(TUESDAY, "evidence")
    scored.parent.mkdir()
    schema = pa.schema([("identifiers", pa.list_(pa.string())), ("text", pa.string())])
    rows = {"identifiers": [[GONE, "x"], []], "text": [f"invited by {GONE}", "or not"]}
    pq.write_table(pa.table(rows, schema), scored)

    erase.erase(night, gone(night), "asked for it", "ada")

    word = gone(night).word
    assert pd.read_parquet(candidates)["account_id"].tolist() == ["acc-00001", word]
    assert pq.read_table(scored).to_pylist() == [
        {"identifiers": [word, "x"], "text": f"invited by {word}"},
        {"identifiers": [], "text": "or not"},
    ]
    assert pq.read_table(scored).schema == schema


def test_a_report_that_names_the_account_names_it_no_more(night: Night) -> None:
    report = night.files.report(TUESDAY)
    stages = json.loads(report.read_text())
    stages["stages"]["validate"]["warnings"] = [f"accounts.referred_by: 1 new value, such as {GONE}"]
    report.write_text(json.dumps(stages))

    erase.erase(night, gone(night), "asked for it", "ada")

    (warning,) = run_report.read(night)["validate"]["warnings"]
    assert warning == f"accounts.referred_by: 1 new value, such as {gone(night).word}"


def test_days_without_the_account_are_not_touched(judge: Callable[..., Night], night: Night) -> None:
    rows = {"accounts": [ACCOUNTS, account("acc-00009")], "payments": [PAYMENTS, payment(9, "acc-00009")]}
    later = judge(date(2026, 3, 4), **rows)
    files = [path for path in later.files.day(later.day).rglob("*") if path.is_file()]
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}

    erase.erase(night, gone(night), "asked for it", "ada")

    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in files} == before


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({"account_id": f" {GONE} ", "status": "x"}, None),
        ({"account_id": "acc-1", "referred_by": GONE}, {"account_id": "acc-1", "referred_by": None}),
        ({"account_id": "acc-1", "status": f"{GONE}|active"}, {"account_id": "acc-1", "status": None}),
        ({"text": f"p1,{GONE},2026-03-02"}, {"text": None}),
        ({"account_id": "acc-1", "organisation": f"the one of {GONE}."}, None),
        ({"account_id": "acc-1", "organisation": f"{GONE}9"}, {"account_id": "acc-1", "organisation": f"{GONE}9"}),
        ({"account_id": GONE.upper()}, {"account_id": GONE.upper()}),
        ({"account_id": None, "referred_by": 17}, {"account_id": None, "referred_by": 17}),
    ],
)
def test_what_is_left_of_a_row_in_quarantine(values: dict[str, Any], left: dict[str, Any] | None) -> None:
    found = footprints.left_of(json.dumps(values), Account(GONE, "word"))
    assert (json.loads(found) if found else None) == left


def test_an_id_is_found_in_either_form_of_unicode() -> None:
    composed, apart = "Ka\u0308the-1".encode().decode(), "K\u00e4the-1"
    account = Account(footprints.canonical_id(composed), "word")
    assert account.account_id == apart
    assert account.may_be_in(pa.array([composed, apart, "Kathe-1", None])).to_pylist() == [True, True, False, False]


def test_what_a_killed_night_had_for_spark_is_removed(night: Night) -> None:
    left = night.files.home / "spark" / "shards" / "1.parquet"
    left.parent.mkdir(parents=True)
    left.touch()

    leftovers.clear(night)

    assert not left.parent.exists()


@pytest.mark.parametrize(
    ("module", "step", "nth"),
    [
        (leftovers, "clear", 1),
        (clearing, "clear_day", 1),
        (clearing, "clear_day", 2),
        (amend, "_put", 1),
        (amend, "_put", 3),
        (amend, "_count_again", 2),
        (clearing, "clear_file", 2),
    ],
)
def test_one_who_was_killed_runs_the_same_again(
    night: Night, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: Any, step: str, nth: int
) -> None:
    """Killed before the nth call of a step; the outcome is that of an erasure nobody disturbed."""
    pd.DataFrame({"account_id": ["acc-00001", GONE]}).to_parquet(night.files.candidates(MONDAY))
    pd.DataFrame({"account_id": ["acc-00001", GONE]}).to_parquet(night.files.candidates(TUESDAY))
    undisturbed = copy_of(night, tmp_path / "copy")
    erase.erase(undisturbed, gone(undisturbed), "asked for it", "ada")
    with monkeypatch.context() as killed:
        killed.setattr(module, step, dying(getattr(module, step), nth))
        with pytest.raises(KeyboardInterrupt):
            erase.erase(night, gone(night), "asked for it", "ada")
    assert len(night.store.tombstones.tokens()) == 1

    erase.erase(night, gone(night), "asked for it", "ada")

    assert tables(night) == tables(undisturbed)
    assert holding(night.settings.home, GONE) == []


def dying(step: Callable[..., Any], nth: int) -> Callable[..., Any]:
    calls = 0

    def call(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise KeyboardInterrupt
        return step(*arguments)

    return call


def copy_of(night: Night, home: Path) -> Night:
    night.store.close()
    shutil.copytree(night.settings.home, home)
    settings = night.settings.model_copy(update={"home": home})
    copy = Night(night.day, settings, Files(home, night.files.feeds))
    copy.doors.graph = SmallGraph()
    return copy


def tables(night: Night) -> dict[str, Any]:
    """Everything the days hold."""
    days = night.settings.home / "days"
    rows = {path.relative_to(days): pq.read_table(path).to_pylist() for path in days.rglob("*.parquet")}
    counted = {day: run_report.read(night.on(day))["validate"]["counts"] for day in (MONDAY, TUESDAY)}
    return {"rows": rows, "counted": counted}
