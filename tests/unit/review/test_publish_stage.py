"""The stage publish as far as it needs no server: what it refuses and what it leaves alone then."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from judged import MONDAY, TUESDAY, accounts, judged, members_of

from ringwatch.days.files import Files
from ringwatch.days.history import clean_schema
from ringwatch.errors import UsageError, Withheld
from ringwatch.night import Night
from ringwatch.review.desk import Desk
from ringwatch.settings import load_settings
from ringwatch.stages import publish
from ringwatch.store.records import Candidates
from ringwatch.store.tables import run


class SmallWorld:
    """A graph of a hundred accounts that takes note of what is written to it."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def read(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return [{"accounts": 100, "members": 0}]

    def write(self, query: str, **parameters: Any) -> None:
        self.written.append(query)

    def close(self) -> None:
        pass

    def write_frame(self, query: str, *_: Any, **parameters: Any) -> None:
        self.written.append(query)


def night_of(day: date, home: Path, candidates: Candidates | None) -> Night:
    """A night as it stands after score."""
    files = Files(home)
    for table in ("rings", "members", "evidence") if candidates else ():
        path = files.scored(day, table)
        path.parent.mkdir(parents=True, exist_ok=True)
        getattr(candidates, table).to_parquet(path)
    night = Night(day, load_settings(home=home, canaries=False), files)
    night.doors.graph = SmallWorld()
    return night


def test_a_night_that_flags_too_many_is_withheld_and_yesterday_stays(tmp_path: Path) -> None:
    publish.run(night_of(MONDAY, tmp_path, judged({"a": accounts(range(25))})))
    exploded = night_of(TUESDAY, tmp_path, judged({"a": accounts(range(26))}))

    with pytest.raises(Withheld, match="26 of 100 known accounts would be flagged"):
        publish.run(exploded)

    assert exploded.graph.written == []  # type: ignore[attr-defined]
    assert exploded.store.published.days() == [MONDAY]
    assert [len(members) for members in members_of(exploded.store, MONDAY).values()] == [25]
    with exploded.store.engine.connect() as connection:
        states = connection.execute(run.select().with_only_columns(run.c.day, run.c.state)).all()
    assert [tuple(row) for row in states] == [(MONDAY, "published"), (TUESDAY, "withheld")]


def test_a_withheld_restatement_leaves_the_day_as_published_before(tmp_path: Path) -> None:
    publish.run(night_of(MONDAY, tmp_path, judged({"a": accounts(range(5))})))
    again = night_of(MONDAY, tmp_path, judged({"a": accounts(range(50))}))
    with pytest.raises(Withheld):
        publish.run(again)
    assert [len(members) for members in members_of(again.store, MONDAY).values()] == [5]


def test_the_report_counts_candidates_rings_members_and_events(tmp_path: Path) -> None:
    report = publish.run(night_of(MONDAY, tmp_path, judged({"a": accounts(range(5)), "few": accounts(range(10, 13))})))
    assert report.counts == {
        "candidates": 2,
        "rings": 1,
        "members": 5,
        "evidence": 3,
        "changes": 1,
        "restatement": 0,
        "withdrawn": 0,
        "events.new": 1,
    }


def test_members_without_an_account_in_the_graph_are_warned_of(tmp_path: Path) -> None:
    report = publish.run(night_of(MONDAY, tmp_path, judged({"a": accounts(range(5))})))
    assert [warning for warning in report.warnings if "5 members have no account in the graph" in warning]


def test_a_night_without_rings_is_published_with_a_warning(tmp_path: Path) -> None:
    night = night_of(MONDAY, tmp_path, judged({}))
    report = publish.run(night)
    assert night.store.published.flagged(MONDAY).empty
    assert report.warnings == ("no candidate was flagged",)


def test_an_old_day_is_not_shown_in_the_graph(tmp_path: Path) -> None:
    publish.run(night_of(TUESDAY, tmp_path, judged({"a": accounts(range(5))})))
    old = night_of(MONDAY, tmp_path, judged({"b": accounts(range(10, 15))}))
    report = publish.run(old)
    assert old.graph.written == []  # type: ignore[attr-defined]
    assert report.warnings[0].startswith("2026-03-03 is out of date by this")


def test_a_day_that_was_not_scored_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="run `ringwatch score --day 2026-03-02` first"):
        publish.run(night_of(MONDAY, tmp_path, None))


def test_a_table_that_score_did_not_write_is_named(tmp_path: Path) -> None:
    night = night_of(MONDAY, tmp_path, judged({"a": accounts(range(5))}))
    judged({}).members.to_parquet(night.files.scored(MONDAY, "rings"))
    with pytest.raises(UsageError, match=r"rings\.parquet is not what score writes"):
        publish.run(night)


def test_a_day_that_is_rolled_back_is_taken_out_of_store_and_graph(tmp_path: Path) -> None:
    publish.run(night_of(MONDAY, tmp_path, judged({"a": accounts(range(5))})))
    night = night_of(MONDAY, tmp_path, None)

    report = publish.roll_back(night.on(MONDAY - timedelta(1)), "wrong devices", "ana")

    assert (report.counts["rings"], report.counts["changes"], report.counts["withdrawn"]) == (0, 1, 1)
    assert night.store.published.days() == []
    assert any("delete" in query.lower() for query in night.graph.written)  # type: ignore[attr-defined]


def test_consumers_see_by_which_feeds_a_night_was_judged(tmp_path: Path) -> None:
    night = night_of(MONDAY, tmp_path, judged({"a": accounts(range(5))}))
    publish.run(night)
    seen = night.store.published.nights_seen()
    assert seen["feeds"].tolist() == [",".join(sorted(night.settings.feeds))]


def test_what_is_at_stake_comes_from_the_clean_files_of_the_window_and_orders_the_queue(tmp_path: Path) -> None:
    night = night_of(TUESDAY, tmp_path, judged({"big": accounts(range(8)), "dear": accounts(range(10, 15))}))
    everyone = accounts(range(20))
    opened = {"created_at": datetime(2026, 1, 1), "status": "active"}
    _clean(night, MONDAY, "accounts", [{"account_id": name, **opened} for name in everyone])
    paid = {"paid_at": datetime(2026, 3, 3), "instrument_kind": "card", "amount": 500.0, "currency": "EUR"}
    charged_back = {"payment_id": "p1", "account_id": "A010", "outcome": "chargeback", **paid}
    settled = {"payment_id": "p2", "account_id": "A011", "outcome": "settled", **paid}
    _clean(night, TUESDAY, "payments", [charged_back, settled])
    asked = {"capability": "code", "exchanges": 10, "tokens": 90, "template": "t"}
    _clean(night, MONDAY, "usage", [{"account_id": name, **asked} for name in everyone])

    publish.run(night)

    dear, big = Desk(night.store, night.settings, "ana", lambda: datetime(2026, 3, 4)).queue()
    assert (dear.size, big.size) == (5, 8)
    assert dear.harm["spend"] == {"EUR": 500.0}
    assert (dear.harm["chargebacks"], dear.harm["paid"], dear.harm["active_today"]) == (1, 1, 2)
    assert (big.harm["exchanges"], big.harm["capabilities"]) == (80, {"code": [1.0, 1.0]})
    # 50 exchanges, 500 euros, one charge-back, two active, by the weights that are set from the start
    assert dear.expected_harm == pytest.approx(0.9 * (0.05 + 5 + 5 + 2))


def _clean(night: Night, day: date, feed: str, rows: list[dict[str, Any]]) -> None:
    path = night.files.clean(day, feed)
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = clean_schema(night.model.feeds[feed])
    pq.write_table(pa.Table.from_pylist([row | {"day": day} for row in rows], schema=schema), path)
