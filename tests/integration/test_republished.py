"""A day that was delivered wrong and is corrected: afterwards all is as if it had been right at first."""

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pyarrow.parquet as pq
import pytest
from nights import DAYS, easily_flagging, environment, nights_run, run_all
from typer.testing import CliRunner

from ringwatch import stages
from ringwatch.cli import app
from ringwatch.night import Night, open_night
from ringwatch.settings import Settings

pytestmark = pytest.mark.integration

FIRST, SECOND = DAYS[:2]
IN_GRAPH = "MATCH (a:Account)-[m:MEMBER_OF]->(r:Ring) RETURN a.account_id AS account, r.ring_id AS ring"
LINKS = "MATCH (a:Account)-[l:LINKED_TO]->(b:Account) RETURN count(l) AS links, round(sum(l.bits), 6) AS bits"


@pytest.fixture(scope="module")
def right(small_world: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What two nights say that were right at first."""
    own = easily_flagging(settings).model_copy(update={"home": tmp_path_factory.mktemp("right")})
    for night in nights_run(own, DAYS[:2], small_world):
        return said(night)
    raise AssertionError


@pytest.fixture(scope="module")
def corrected(
    right: dict[str, Any], small_world: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Night]:
    """Two nights, the first of which lacked two thirds of what was seen, and was run again when that had come."""
    wrong = tmp_path_factory.mktemp("wrong") / "feeds"
    copytree(small_world, wrong)
    for feed in ("devices", "ips", "payments"):
        path = wrong / FIRST.isoformat() / f"{feed}.parquet"
        rows = pq.read_table(path)
        pq.write_table(rows.slice(0, rows.num_rows // 3), path)
    own = easily_flagging(settings).model_copy(update={"home": tmp_path_factory.mktemp("corrected")})
    for night in nights_run(own, DAYS[:2], wrong):
        assert said(night)["members"] != right["members"]
        with open_night(own, FIRST, small_world) as again:
            run_all(again)
        yield night


def said(night: Night) -> dict[str, Any]:
    """What consumers and the graph see, rings named by the accounts that they have on the day."""
    views = {what: night.store.consumers.history(what) for what in ("rings", "members")}
    key = ["day", "ring_id"]
    names = views["members"].groupby(key)["account_id"].agg(lambda accounts: ",".join(sorted(accounts))).rename("ring")
    hidden = ["ring_id", "canonical_ring_id", "content_hash"]
    named = {
        what: sorted(rows.join(names, on=key).drop(columns=hidden, errors="ignore")
        .astype(str).itertuples(index=False, name=None))
        for what, rows in views.items()
    }  # fmt: skip
    members = {(row["account"], names[SECOND, row["ring"]]) for row in night.graph.read(IN_GRAPH)}
    return named | {"graph": members, "links": night.graph.read(LINKS)}


def test_a_correction_is_taken_up_by_later_days_in_one_command_and_equals_a_history_right_at_first(
    corrected: Night, right: dict[str, Any]
) -> None:
    assert corrected.store.nights.stale() == [SECOND]
    told: list[str] = []

    (report,) = stages.republish(corrected.on(SECOND), lambda day, stage: told.append(f"{stage} of {day}"))

    assert told == [f"{stage} of {SECOND}" for stage in ("load", "link", "detect", "score", "publish")]
    assert report.day == SECOND
    assert corrected.store.nights.stale() == []
    assert said(corrected) == right
    assert list(stages.republish(corrected.on(SECOND), lambda day, stage: None)) == []


def test_a_shadow_night_says_whom_other_settings_would_accuse_and_changes_nothing(
    corrected: Night, right: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = said(corrected), len(corrected.store.consumers.changes()), corrected.store.nights.runs()
    for name, value in environment(corrected.settings).items():
        monkeypatch.setenv(name, value)
    probability = sorted(corrected.store.consumers.as_of("rings", SECOND)["probability"])
    between = (probability[0] + probability[-1]) / 2
    assert probability[0] < between < probability[-1]
    stricter = [f"flag_probability={between}", f"keep_probability={between}"]

    asked = [
        "run",
        "--shadow",
        "--day",
        str(SECOND),
        "--json",
        *(word for each in stricter for word in ("--set", each)),
    ]
    (found,) = json.loads(CliRunner().invoke(app, asked, catch_exceptions=False).stdout)

    flagged = corrected.store.published.flagged(SECOND)
    cleared = flagged.loc[flagged["ring_probability"] < between, "account_id"]
    assert {row["account_id"] for row in found["accounts"]} == set(cleared)
    assert found["counts"]["cleared"] == len(cleared) > 0
    assert found["counts"]["stay"] == len(flagged) - len(cleared)
    assert found["counts"]["rings lost"] == sum(each < between for each in probability)
    assert found["counts"]["accused"] == found["counts"]["rings gained"] == 0
    assert (said(corrected), len(corrected.store.consumers.changes()), corrected.store.nights.runs()) == before
    assert sorted(path.name for path in corrected.files.shadow(SECOND).iterdir()) == [
        "accounts.parquet",
        "rings.parquet",
    ]
