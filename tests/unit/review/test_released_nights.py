"""Nights that were withheld and are released, and nights that are out of date."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from consumer import Consumer
from judged import MONDAY, TUESDAY, WEDNESDAY, accounts, judged, members_of, publish
from test_publish_stage import night_of

from ringwatch import stages
from ringwatch.days import run_report
from ringwatch.errors import UsageError, Withheld
from ringwatch.night import Night
from ringwatch.stages import publish as stage
from ringwatch.store.records import LedgerEntry
from ringwatch.store.store import Store
from ringwatch.store.tables import night_log

EXPLODED = judged({"a": accounts(range(20)), "b": accounts(range(20, 40))}, probability=0.83)


def entry(sha256: str) -> LedgerEntry:
    return LedgerEntry("accounts", 1, 5, 5, 0, 0, 0, None, sha256, True)


@pytest.fixture
def withheld(tmp_path: Path) -> Night:
    """Monday is published and Tuesday withheld, as run 2."""
    stage.run(night_of(MONDAY, tmp_path, judged({"a": accounts(range(20))})))
    night = night_of(TUESDAY, tmp_path, EXPLODED)
    with pytest.raises(Withheld, match=r"ringwatch publish --release 2 --why"):
        stage.run(night)
    return night


def test_the_report_of_a_withheld_night_says_why(withheld: Night) -> None:
    (warning,) = run_report.read(withheld)["publish"]["warnings"]
    assert warning.startswith("withheld: 40 of 100 known accounts would be flagged")


def test_a_released_night_says_what_it_would_have_said_without_the_guardrail(withheld: Night, tmp_path: Path) -> None:
    unguarded = night_of(TUESDAY, tmp_path / "other", EXPLODED)
    stage.run(night_of(MONDAY, tmp_path / "other", judged({"a": accounts(range(20))})))
    settings = unguarded.settings.model_copy(update={"guards_off": ("share",)})
    stage.run(replace(unguarded, settings=settings))
    consumer = Consumer(withheld.store.engine)
    consumer.poll()
    shutil.rmtree(withheld.files.scored(TUESDAY, "rings").parent)  # what lies there may be of another run by now

    report = stage.release(withheld, 2, "ana", "a real campaign")

    assert withheld.store.published.flagged(TUESDAY).equals(unguarded.store.published.flagged(TUESDAY))
    assert report.counts["changes"] == 2
    consumer.poll()
    assert consumer.rings == consumer.table()
    assert withheld.graph.written  # type: ignore[attr-defined]
    night = consumer.night(TUESDAY)
    assert night is not None
    assert (night["state"], night["reason"]) == ("published", "a real campaign")
    assert [(row["author"], row["action"], row["day"]) for row in withheld.store.nights.log()] == [
        ("ana", "released", TUESDAY)
    ]


def test_released_twice_is_released_once(withheld: Night) -> None:
    stage.release(withheld, 2, "ana", "a real campaign")
    changes = len(withheld.store.consumers.changes())

    again = stage.release(withheld, 2, "ben", "a real campaign")

    assert again.warnings[0] == "run 2 is published for 2026-03-03 already"
    assert len(withheld.store.consumers.changes()) == changes
    assert len(withheld.store.nights.log()) == 1


def test_what_was_judged_again_since_cannot_be_released(withheld: Night, tmp_path: Path) -> None:
    stage.run(night_of(TUESDAY, tmp_path, judged({"a": accounts(range(21))})))
    with pytest.raises(UsageError, match="run 2 cannot be released: 2026-03-03 was judged again since; no night waits"):
        stage.release(withheld, 2, "ana", "why not")
    with pytest.raises(UsageError, match="run 1 is not withheld"):
        stage.release(withheld, 1, "ana", "why not")


def test_what_breaks_the_contract_cannot_be_released(tmp_path: Path) -> None:
    broken = judged({"a": accounts(range(5))})
    broken.rings["summary"] = None
    with pytest.raises(Withheld, match="summary is missing") as told:
        stage.run(night_of(MONDAY, tmp_path, broken))
    assert "--release" not in str(told.value)


def test_an_erased_account_is_not_in_what_waits_to_be_released(withheld: Night) -> None:
    withheld.store.tombstones.erase("A007", "erased-2f7c")
    assert withheld.store.tombstones.naming("A007") == 0
    stage.release(withheld, 2, "ana", "a real campaign")
    assert "erased-2f7c" in set(withheld.store.published.flagged(TUESDAY)["account_id"])


def test_what_people_did_with_nights_stays(store: Store) -> None:
    publish(store, MONDAY, {"a": accounts(range(6))})
    publish(store, TUESDAY, {})
    store.published.roll_back(MONDAY, "wrong", "ana")
    for statement in (sa.delete(night_log), sa.update(night_log).values(author="eve")):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), store.engine.begin() as connection:
            connection.execute(statement)


def test_later_days_are_out_of_date_once_an_earlier_one_says_something_else(store: Store) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        publish(store, day, {"a": accounts(range(6))})
    assert store.nights.stale() == []

    publish(store, MONDAY, {"a": accounts(range(6))})
    assert store.nights.stale() == []  # it says what it said
    publish(store, MONDAY, {"a": accounts(range(7))})
    assert store.nights.stale() == [TUESDAY, WEDNESDAY]
    publish(store, TUESDAY, {"a": accounts(range(6))})
    assert store.nights.stale(MONDAY) == [WEDNESDAY]
    publish(store, WEDNESDAY, {"a": accounts(range(6))})
    assert store.nights.stale() == []


def test_days_are_out_of_date_once_something_else_was_delivered_up_to_them(store: Store) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        store.deliveries.record(day, [entry("a")])
        publish(store, day, {"a": accounts(range(6))})
    store.deliveries.record(TUESDAY, [entry("a")])
    assert store.nights.stale() == []
    store.deliveries.record(TUESDAY, [entry("b")])
    assert store.nights.stale() == [TUESDAY, WEDNESDAY]


def test_the_report_names_the_days_that_a_correction_puts_out_of_date(tmp_path: Path) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        stage.run(night_of(day, tmp_path, judged({"a": accounts(range(5))})))
    corrected = night_of(MONDAY, tmp_path, judged({"a": accounts(range(6))}))

    report = stage.run(corrected)

    assert report.warnings[0] == (
        "2026-03-03 to 2026-03-04, 2 nights, are out of date by this; run `ringwatch republish --from 2026-03-03`"
    )
    assert members_of(corrected.store, TUESDAY) != members_of(corrected.store, MONDAY)


def test_days_are_run_again_from_the_first_that_is_out_of_date(tmp_path: Path) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        stage.run(night_of(day, tmp_path, judged({"a": accounts(range(5))})))
    night = night_of(MONDAY, tmp_path, judged({"a": accounts(range(6))}))
    stage.run(night)
    with pytest.raises(UsageError, match="2026-03-03 is out of date, too; begin there: --from 2026-03-03"):
        list(stages.republish(night.on(WEDNESDAY), lambda day, stage: None))
