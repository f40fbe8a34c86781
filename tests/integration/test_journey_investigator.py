"""What an investigator does on the morning after: the rings, one of them, an account of it, and questions."""

import json
from typing import Any

import pytest
from nights import DAYS, environment
from typer.testing import CliRunner

from ringwatch.cli import app
from ringwatch.night import Night
from ringwatch.settings import Settings

pytestmark = pytest.mark.integration

DAY = str(DAYS[1])


@pytest.fixture(autouse=True)
def at_the_desk(nights: Night, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands work where the nights were run."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)


def said(*command: str, ends: int = 0) -> str:
    ended = CliRunner().invoke(app, list(command))
    assert ended.exit_code == ends, ended.output
    return ended.output


def told(*command: str) -> Any:
    return json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)


def test_from_the_list_of_rings_to_an_account_and_back() -> None:
    first = told("rings", "list")["rings"][0]
    ring = told("rings", "show", first["ring_id"])
    member = ring["members"][0]["account_id"]

    account = told("accounts", "show", member)

    assert len(ring["members"]) == first["size"]
    assert account["now"]["ring_id"] == first["ring_id"]
    assert account["reasons"] == []
    assert f"{member} is in {first['ring_id']}" in said("rings", "show", member)


def test_an_account_in_no_ring_says_why(nights: Night) -> None:
    flagged = set(nights.store.published.flagged(DAYS[1])["account_id"])
    rows = nights.graph.read("MATCH (a:Account) RETURN a.account_id AS id ORDER BY id")
    free = next(row["id"] for row in rows if row["id"] not in flagged)

    found = told("accounts", "show", free)

    assert found["now"] is None
    assert found["reasons"]
    assert f"{free} is in no ring on {DAY}" in said("accounts", "show", free)
    assert told("accounts", "show", "nobody")["reasons"][0]["what"] == "never seen"
    assert "there is no ring nobody" in said("rings", "show", "nobody", ends=2)


def test_questions_are_answered_for_a_ring_and_wrong_ones_are_told() -> None:
    ring = told("rings", "list")["rings"][0]
    ring_id, asked = ring["ring_id"], ["--param", f"ring_id={ring['ring_id'].lower()}"]

    members = told("query", "run", "ring_members", *asked)["rows"]

    assert {row["account"] for row in members} == {m["account_id"] for m in told("rings", "show", ring_id)["members"]}
    came = told("query", "run", "came_on_day", "--param", f"day={DAY}")["rows"]
    assert all(row["event"] is not None for row in came)  # it is the newest day
    for name in ("ring_shares", "signup_timeline", "close_to_ring", "nearest_rings", "ring_dealings"):
        said("query", "run", name, *asked)
    assert "there is no ring R-000000" in said("query", "run", "ring_members", "--param", "ring_id=R-000000", ends=2)
    assert "day must be a day" in said("query", "run", "came_on_day", "--param", "day=yesterday", ends=2)
    assert "has no parameter" in said("query", "run", "ring_members", "--param", "ring=R-1", ends=2)


def test_the_picture_of_a_ring_names_what_members_share() -> None:
    ring_id = told("rings", "list")["rings"][0]["ring_id"]
    asked = ["--param", f"ring_id={ring_id}"]
    shared = told("query", "run", "ring_shares", *asked)["rows"]

    picture = said("query", "run", "ring_picture", *asked)

    assert any(row["identifier"][:12] in picture for row in shared)
    assert f"-MEMBER_OF-> {ring_id}" in picture
    assert "updated_on" not in picture
