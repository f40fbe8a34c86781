"""`ringwatch review`, run as a reviewer does, on a small published history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from judged import MONDAY, accounts, publish, ring_of
from typer.testing import CliRunner, Result

from ringwatch.cli import app
from ringwatch.store.store import Store


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    monkeypatch.setenv("RINGWATCH_REVIEW_SECOND_SHARE", "0")
    store = Store.open(tmp_path / "review.db")
    publish(store, MONDAY, {"a": accounts(range(6)), "b": accounts(range(10, 20))})
    found = ring_of(store, MONDAY, "A000")
    store.close()
    return found


def invoke(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["review", *words])


def as_json(*words: str) -> Any:
    ended = invoke(*words, "--json")
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def test_a_ring_goes_from_the_queue_over_a_claim_to_a_decision_that_is_logged(ring: str) -> None:
    assert ring in {row["ring_id"] for row in as_json("queue")}
    assert invoke("claim", ring, "--by", "ana").exit_code == 0

    refused = invoke("clear", ring, "--by", "ben")
    assert refused.exit_code == 2
    assert f"ana is reviewing {ring}" in refused.output

    said = invoke("confirm", ring.lower(), "--release", "A001", "--note", "one card", "--author", "ana")
    assert said.output.strip() == f"{ring.lower()} is partly confirmed (verdict 2)."
    assert [row["ring_id"] for row in as_json("queue")] == [
        row["ring_id"] for row in as_json("queue", "--status", "open")
    ]
    assert ring not in {row["ring_id"] for row in as_json("queue")}
    assert [(row["author"], row["decision"], row["note"]) for row in as_json("log", ring)] == [
        ("ana", "released", None),
        ("ana", "partly_confirmed", "one card"),
    ]
    assert "one card" in invoke("log").output


def test_a_verdict_is_taken_back_once(ring: str) -> None:
    invoke("clear", ring)
    assert as_json("undo", "1", "--note", "wrong ring") == [{"seq": 2}]
    assert "was undone by" in invoke("undo", "1").output
    assert ring in {row["ring_id"] for row in as_json("queue")}


def test_show_says_all_that_a_decision_takes(ring: str) -> None:
    invoke("note", ring, "ask payments", "--by", "ana")
    shown = invoke("show", ring).output
    for words in ("Why", "they share one card", "Why not", "To check", "Members", "A005", "ask payments", "open"):
        assert words in shown, words


def test_several_rings_are_cleared_at_once(ring: str) -> None:
    rings = [row["ring_id"] for row in as_json("queue")]
    assert invoke("clear", *rings, "--note", "one campus").exit_code == 0
    assert invoke("queue").output.strip() == "No ring is waiting."
    assert {row["outcome"] for row in as_json("queue", "--status", "all")} == {"benign"}


def test_an_allowance_is_shown_before_it_is_given_and_can_expire(ring: str) -> None:
    preview = as_json("allow", "payment", "card:1", "--preview")
    assert (preview["seq"], len(preview["rings"])) == (None, 2)
    assert as_json("allowances") == []

    ended = invoke("allow", "payment", "card:1", "--expires", "2099-01-01")

    assert "sharing card:1 means nothing until 2099-01-01 (verdict 1)." in " ".join(ended.output.split())
    assert [(row["identifier"], row["expires"]) for row in as_json("allowances")] == [("card:1", "2099-01-01")]
    assert "there is no facet crad" in invoke("allow", "crad", "card:1").output


def test_accounts_are_released_and_kept_apart_or_together(ring: str) -> None:
    assert f"A001 is released from {ring}" in invoke("release", "A001", ring).output
    assert "A002 and A003 are kept apart" in invoke("apart", "A002", "A003").output
    assert "A002 and A010 are kept together" in invoke("together", "A002", "A010").output
    assert [row["decision"] for row in as_json("log")] == ["released", "apart", "together"]
