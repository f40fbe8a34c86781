"""A day that is judged again, killed at any step: what is kept of it is the old delivery or the new one, as a whole."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deliveries import MONDAY, deliver, open_night

from ringwatch.days import amend, run_report
from ringwatch.night import Night
from ringwatch.quarantine import shelf
from ringwatch.quarantine.shelf import Which
from ringwatch.stages import run_stage
from ringwatch.store.deliveries import Deliveries

ACCOUNTS = "account_id,created_at,status"
DEVICES = "account_id,device,first_seen,last_seen"
USAGE = "account_id,capability,exchanges"
HELD_DAYS = 3


def account(account_id: str, status: str = "active") -> str:
    return f"{account_id},2026-02-01T09:00:00,{status}"


def device(account_id: str, name: str, day: date = MONDAY) -> str:
    return f"{account_id},{name},{day}T08:00:00,{day}T09:00:00"


@pytest.fixture
def arrive(tmp_path: Path) -> Callable[..., Night]:
    def run(day: date = MONDAY, **feeds: list[str]) -> Night:
        night = open_night(tmp_path, ("accounts", "devices", "usage"), day, held_days=HELD_DAYS)
        for path in night.files.arrived(day).iterdir():
            path.unlink()
        deliver(night, **feeds)
        return night

    return run


@pytest.fixture
def judged(arrive: Callable[..., Night]) -> Night:
    """A day with rows that are clean, held and refused, and a feed that the new delivery will not have."""
    night = arrive(
        accounts=[ACCOUNTS, account("A"), account("B", "asleep")],
        devices=[DEVICES, device("A", "phone"), device("X", "desk")],
        usage=[USAGE, "A,chat,3"],
    )
    run_stage("validate", night)
    return night


def delivered_again(arrive: Callable[..., Night]) -> Night:
    return arrive(
        accounts=[ACCOUNTS, account("A", "closed"), account("X"), account("C")],
        devices=[DEVICES, device("A", "tablet"), device("X", "desk"), device("C", "")],
    )


def kept(night: Night) -> dict[str, Any]:
    """What files, ledger and run report say of the day; how long it took does not matter."""
    day = night.files.day(night.day)
    paths = [path.relative_to(day) for path in sorted(day.rglob("*.parquet")) if "amending.new" not in path.parts]
    files = {str(path): pq.read_table(day / path).to_pylist() for path in paths}
    report = run_report.read(night)
    ledger = [{n: v for n, v in row.items() if n != "restated"} for row in night.store.deliveries.between()]
    return files | {
        "counts": report["validate"]["counts"],
        "stages": list(report),
        "ledger": json.dumps(ledger, default=str),
    }


STEPS = [
    *[(amend, "_put", nth) for nth in range(1, 10)],
    (amend, "_sync", 1),
    (Path, "rename", 1),
    (Deliveries, "record", 1),
    (amend.shutil, "rmtree", 1),
    (amend.shutil, "rmtree", 2),
    (run_report, "write", 1),
    (run_report, "add", 1),
]


@pytest.mark.parametrize(("module", "step", "nth"), STEPS)
def test_a_kill_at_any_step_leaves_one_delivery_and_nothing_of_the_other(
    judged: Night, arrive: Callable[..., Night], monkeypatch: pytest.MonkeyPatch, module: Any, step: str, nth: int
) -> None:
    old = kept(judged)
    night = delivered_again(arrive)
    with monkeypatch.context() as killed:
        killed.setattr(module, step, dying(getattr(module, step), nth))
        with pytest.raises(KeyboardInterrupt):
            run_stage("validate", night)

    amend.finish_all(night)

    found = kept(night)
    run_stage("validate", night)
    assert found in (old, kept(night))
    assert kept(night) != old


def dying(step: Callable[..., Any], nth: int) -> Callable[..., Any]:
    """Return the step, which is killed before its nth call, and does nothing any more after that."""
    left = [nth]

    def killed(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] <= 0:
            raise KeyboardInterrupt
        return step(*arguments, **named)

    return killed


def test_the_steps_reach_to_the_last_file(judged: Night, arrive: Callable[..., Night]) -> None:
    """Nine files change places: of three feeds what is clean and what is refused, held rows, outcomes, run report."""
    night, puts = delivered_again(arrive), []
    put = amend._put
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(amend, "_put", lambda new, path: (puts.append(path), put(new, path)))
        run_stage("validate", night)

    assert len(puts) == len([step for step in STEPS if step[1] == "_put"])


def test_a_delivery_leaves_nothing_of_the_one_before(judged: Night, arrive: Callable[..., Night]) -> None:
    night = delivered_again(arrive)

    run_stage("validate", night)

    assert not night.files.clean(MONDAY, "usage").exists()
    assert not night.files.held(MONDAY, "devices").exists()
    assert [row["restated"] for row in night.store.deliveries.between()] == [1, 1, 1]
    assert (night.files.day(MONDAY) / "quarantine").stat().st_mode & 0o777 == 0o700


def later(arrive: Callable[..., Night], days: int) -> Night:
    day = MONDAY + timedelta(days=days)
    return arrive(day, accounts=[ACCOUNTS, account(f"L{days}")], devices=[DEVICES, device("A", "phone", day)])


def test_rows_that_waited_in_vain_are_told_of_from_the_day_after_the_window(
    judged: Night, arrive: Callable[..., Night]
) -> None:
    told = [run_stage("validate", later(arrive, days)).warnings for days in (HELD_DAYS, HELD_DAYS + 1)]

    assert [[warning for warning in warnings if "held rows" in warning] for warnings in told] == [
        [],
        [
            "devices: 1 held rows are of accounts that were not named within 3 days; `ringwatch quarantine list --feed "
            "devices` shows of which days, `ringwatch quarantine discard` lets go of them"
        ],
    ]


def test_a_row_whose_account_came_in_time_is_not_told_of(judged: Night, arrive: Callable[..., Night]) -> None:
    day = MONDAY + timedelta(days=HELD_DAYS)
    run_stage("validate", arrive(day, accounts=[ACCOUNTS, account("X")], devices=[DEVICES, device("X", "desk", day)]))

    assert not any("held rows" in warning for warning in run_stage("validate", later(arrive, 9)).warnings)


@pytest.fixture
def discarded(judged: Night, arrive: Callable[..., Night]) -> Night:
    """The held row of the day was let go of after it had waited in vain."""
    newest = later(arrive, HELD_DAYS + 1)
    run_stage("validate", newest)
    shelf.discard(newest, Which(feed="devices"), "nobody we know", "ada")
    assert not judged.files.held(MONDAY, "devices").exists()
    return judged


def test_a_day_judged_again_does_not_bring_back_held_rows_that_were_discarded(discarded: Night) -> None:
    before = kept(discarded)
    log = discarded.store.quarantine.log()

    report = run_stage("validate", discarded)

    assert kept(discarded) == before
    assert (report.counts["devices.held"], report.counts["devices.quarantined"]) == (0, 1)
    (row,) = pq.read_table(discarded.files.quarantine(MONDAY, "devices")).to_pylist()
    assert (row["discarded"], row["values"], row["rule"]) == (
        "nobody we know", None, "account_id was not named within 3 days",
    )  # fmt: skip
    assert "X" not in row["waited_for"]
    assert len(discarded.store.quarantine.log()) == len(log)
    run_stage("validate", discarded)
    assert kept(discarded) == before


def test_only_what_was_discarded_stays_away(discarded: Night, arrive: Callable[..., Night]) -> None:
    """Another delivery of the day starts anew, and says so in the log."""
    night = arrive(
        accounts=[ACCOUNTS, account("A"), account("B", "asleep")],
        devices=[DEVICES, device("A", "phone"), device("X", "desk"), device("Y", "desk")],
        usage=[USAGE, "A,chat,3"],
    )

    run_stage("validate", night)

    assert pq.read_table(night.files.held(MONDAY, "devices"))["account_id"].to_pylist() == ["X", "Y"]
    last = night.store.quarantine.log().iloc[-1]
    assert (last["action"], last["feed"], last["count"], last["rule"]) == (
        "restated", "devices", 1, "account_id was not named within 3 days",
    )  # fmt: skip
