"""No password of an address is shown, wherever the address is."""

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ringwatch import log
from ringwatch.cli import app
from ringwatch.errors import UsageError
from ringwatch.masking import mask

STORE = "postgresql+psycopg://ringwatch:swordfish@db.example/review?sslpassword=mackerel"


@given(st.text(st.characters(blacklist_categories=("C", "Z"), blacklist_characters="\"'<>*"), min_size=4))
def test_no_password_is_left_in_an_address_whatever_is_in_it(password: str) -> None:
    masked = mask(f"cannot reach bolt://neo4j:{password}@graph.example:7687, see the log")

    assert masked == "cannot reach bolt://neo4j:***@graph.example:7687, see the log"


@pytest.mark.parametrize("text", ["bolt://127.0.0.1:7687", "sqlite:////srv/var/review.db", "mail a@b.example at 10:30"])
def test_what_holds_no_password_is_left_as_it_is(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_settings_are_shown_without_the_passwords_in_addresses(
    monkeypatch: pytest.MonkeyPatch, form: list[str]
) -> None:
    monkeypatch.setenv("RINGWATCH_STORE_URL", STORE)
    monkeypatch.setenv("RINGWATCH_MAVEN_REPOSITORY", "https://robot:swordfish@jars.example/maven2")
    monkeypatch.setenv("NEO4J_URI", "bolt://neo4j:swordfish@graph.example:7687")
    monkeypatch.setenv("COLUMNS", "300")

    shown = CliRunner().invoke(app, ["config", "show", *form])

    assert shown.exit_code == 0
    assert "swordfish" not in shown.output
    assert "mackerel" not in shown.output
    if form:
        shown_url = json.loads(shown.stdout)["store_url"]["value"]
        assert shown_url == "postgresql+psycopg://ringwatch:***@db.example/review?sslpassword=***"


def test_an_expected_failure_holds_no_password() -> None:
    assert "swordfish" not in str(UsageError(f"{STORE} is not there"))


def test_a_log_holds_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGWATCH_HOME", str(tmp_path))
    log.begin()

    logging.getLogger("neo4j.io").warning("no route to %s", STORE)

    written = log.log_file(tmp_path)
    assert not written.exists() or "swordfish" not in written.read_text(encoding="utf-8")
