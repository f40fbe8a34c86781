"""Days that are run again after a correction, and days that are judged by other settings, without a server.

Communities are worked out in this process, and a graph that takes note stands for Neo4j; the whole way is in
tests/integration/test_republished.py.
"""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from test_publish_stage import SmallWorld

from ringwatch import shadow, stages
from ringwatch.errors import UsageError
from ringwatch.night import Night, open_night
from ringwatch.settings import Settings, load_settings
from ringwatch.simulate import START, simulate
from ringwatch.simulate.clean import write_clean
from ringwatch.store.records import LedgerEntry

DAYS = [START + timedelta(days) for days in range(2)]
FIRST, SECOND = DAYS
WITHOUT_SERVER = ("validate", "detect", "score", "publish")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clean days of 600 accounts."""
    home = tmp_path_factory.mktemp("world")
    simulate(home, 600, len(DAYS), 3, write=write_clean)
    return home


@pytest.fixture(scope="module")
def corrected(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Two nights, the first of which lacked most of its devices; they came, and it was run again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "STAGES", WITHOUT_SERVER)
        home = copy(world, tmp_path_factory.mktemp("corrected") / "home")
        devices = home / "days" / FIRST.isoformat() / "clean" / "devices.parquet"
        whole = pq.read_table(devices)
        pq.write_table(whole.slice(0, 20), devices)
        night = opened(home)
        for day in DAYS:
            run(night.on(day))
        pq.write_table(whole, devices)
        run(night.on(FIRST))
        yield night
        night.doors.close()


def copy(world: Path, home: Path) -> Path:
    shutil.copytree(world, home)
    return home


def opened(home: Path) -> Night:
    night = open_night(settings(home), FIRST)
    night.doors.graph = SmallWorld()  # type: ignore[assignment]
    return night


def settings(home: Path) -> Settings:
    return load_settings(
        home=home, engine="local", canaries=False, flag_probability=0.01, keep_probability=0.005, max_flagged_share=1.0
    )


def run(night: Night) -> None:
    """Run a night after the gate, which left a ledger."""
    rows = {path.stem: pq.read_metadata(path).num_rows for path in night.files.clean(night.day, "x").parent.iterdir()}
    entries = [LedgerEntry(feed, 1, n, n, 0, 0, 0, None, f"{feed} {n}", True) for feed, n in rows.items()]
    night.store.deliveries.record(night.day, entries)
    stages.run_night(night, lambda stage: None, WITHOUT_SERVER[1:])


def said(night: Night) -> dict[str, list[tuple[Any, ...]]]:
    """What consumers see of all days, rings named by the accounts that they have on the day."""
    views = {what: night.store.consumers.history(what) for what in ("rings", "members")}
    key = ["day", "ring_id"]
    names = views["members"].groupby(key)["account_id"].agg(lambda accounts: ",".join(sorted(accounts))).rename("ring")
    hidden = ["ring_id", "canonical_ring_id", "content_hash"]
    return {
        what: sorted(rows.join(names, on=key).drop(columns=hidden, errors="ignore")
        .astype(str).itertuples(index=False, name=None))
        for what, rows in views.items()
    }  # fmt: skip


def test_a_shadow_night_names_those_whom_other_settings_would_not_accuse_and_changes_nothing(corrected: Night) -> None:
    before = said(corrected), len(corrected.store.consumers.changes()), corrected.store.nights.runs()
    written = list(corrected.graph.written)  # type: ignore[attr-defined]
    flagged = corrected.store.published.flagged(FIRST)
    levels = sorted(flagged["ring_probability"].unique())
    between = (levels[0] + levels[-1]) / 2
    stricter = corrected.settings.model_copy(update={"flag_probability": between, "keep_probability": between})

    found = shadow.judge(corrected.on(FIRST), stricter)

    gone = flagged[flagged["ring_probability"] < between]
    assert len(levels) > 1
    assert set(found.accounts["account_id"]) == set(gone["account_id"])
    assert set(found.accounts["change"]) == {"cleared"}
    assert found.counts == {
        "accused": 0,
        "cleared": len(gone),
        "rings gained": 0,
        "rings lost": gone["ring_id"].nunique(),
        "stay": len(flagged) - len(gone),
    }
    assert found.settings == {"flag_probability": between, "keep_probability": between}
    assert (said(corrected), len(corrected.store.consumers.changes()), corrected.store.nights.runs()) == before
    assert corrected.graph.written == written  # type: ignore[attr-defined]
    kept = sorted(path.name for path in corrected.files.shadow(FIRST).iterdir())
    assert kept == ["accounts.parquet", "rings.parquet"]


def test_a_shadow_night_by_the_same_settings_finds_nothing_else(corrected: Night) -> None:
    assert corrected.store.nights.stale() == [SECOND]
    found = shadow.judge(corrected.on(FIRST), corrected.settings)
    assert (len(found.accounts), len(found.rings), found.settings) == (0, 0, {})


def test_a_day_without_rings_cannot_be_compared(corrected: Night) -> None:
    with pytest.raises(UsageError, match="has no clean files; run `ringwatch validate --day 2026-04-01` first"):
        shadow.judge(corrected.on(date(2026, 4, 1)), corrected.settings)


def test_a_correction_is_taken_up_in_order_and_equals_a_history_that_was_right_at_first(
    corrected: Night, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "STAGES", WITHOUT_SERVER)
    with opened(copy(world, tmp_path / "right")) as right:
        for day in DAYS:
            run(right.on(day))
        assert corrected.store.nights.stale() == [SECOND]
        assert said(corrected) != said(right)

        reports = list(stages.republish(corrected.on(SECOND), lambda day, stage: None))

        assert [report.day for report in reports] == [SECOND]
        assert said(corrected) == said(right)
        assert corrected.store.nights.stale() == []
        assert list(stages.republish(corrected.on(FIRST), lambda day, stage: None)) == []
