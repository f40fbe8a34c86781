"""Messages of nights: who gets them, what they say, and what they never say."""

from pathlib import Path

import pytest
from deliveries import MONDAY
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ringwatch import errors, notifying, symptoms
from ringwatch.cli import app
from ringwatch.settings import Settings, load_settings
from tests.conftest import Sink

REPORT = {
    "validate": {
        "counts": {"accounts.rows": 9, "accounts.quarantined": 2, "ips.rows": 1_000, "ips.quarantined": 3},
        "seconds": {"accounts": 2.5},
        "warnings": ["the value A-17 is new"],
    },
    "publish": {
        "counts": {"rings": 2, "members": 11, "events.new": 2, "events.grown": 0},
        "seconds": {"store": 0.5},
        "warnings": [],
    },
}


@pytest.fixture
def settings(sink: Sink, tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path, notify_urls=sink.url, runbook_url="https://wiki/runbook")


def test_nobody_is_told_unless_the_settings_name_somebody(sink: Sink, tmp_path: Path) -> None:
    silent = load_settings(home=tmp_path)

    assert notifying.send(silent, notifying.digest(silent, MONDAY, REPORT))
    assert sink.messages == []


def test_an_incident_says_what_is_wrong_what_to_do_first_and_where_to_read_on(sink: Sink, settings: Settings) -> None:
    refused = errors.DataRefused("the feed devices is missing on 2026-03-02", symptoms.LATE_FEED)

    notifying.of_failure(settings, "night of 2026-03-02", "validate", refused)

    assert [message["title"] for message in sink.messages] == [
        "ringwatch: a feed of the day has not come (night of 2026-03-02)"
    ]
    assert sink.messages[0]["message"].splitlines() == [
        "The night of 2026-03-02 stopped in validate: a feed of the day has not come.",
        "It said: the feed devices is missing on 2026-03-02.",
        "First step: ask its sender; when the feed is there, run the night again.",
        "Runbook: https://wiki/runbook#late-feed",
    ]
    assert sink.messages[0]["type"] == "failure"


def test_a_digest_has_counts_and_no_text_of_warnings(sink: Sink, settings: Settings) -> None:
    notifying.send(settings, notifying.digest(settings, MONDAY, REPORT))

    assert [message["title"] for message in sink.messages] == ["ringwatch: 2 rings of 11 accounts (2026-03-02)"]
    assert sink.messages[0]["message"].splitlines() == [
        "The night of 2026-03-02 is published: 2 rings of 11 accounts (2 new).",
        "1,009 rows came, 5 are in quarantine. It took 3 s.",
        "Warnings: 1; the page of the night has them.",
        "Should it not have been published: https://wiki/runbook#wrong-publish",
    ]
    assert sink.messages[0]["type"] == "success"


@pytest.mark.parametrize(
    "value",
    ["anna.smith+1@example.org", "203.0.113.77", "2001:db8::17", "4111 1111 1111 1111", "4111111111111111",
     "+49 170 1234567", "9f86d081884c7d659a2feaa0c55ad015", "acct_8812yx77qq"],
)  # fmt: skip
def test_what_looks_like_an_identifier_is_not_sent(value: str, settings: Settings) -> None:
    message = notifying.incident(
        settings, "weekly upkeep", "load", f"node {value} is there twice", symptoms.MACHINE_FAILED
    )

    assert value not in message.body
    assert "node … is there twice" in message.body


@given(value=st.text(st.characters(exclude_characters="'\n"), min_size=4, max_size=40))
def test_what_a_sentence_quotes_is_not_sent(value: str) -> None:
    assert notifying.without_values(f"the value '{value}' is new") == "the value … is new"


@pytest.mark.parametrize(
    "sentence",
    ["the feed devices is missing on 2026-03-02: there is no /in/2026-03-02/devices{.parquet,.csv,.jsonl}",
     "Neo4j at bolt://127.0.0.1:7687 does not answer; see `ringwatch server status`",
     "it was waited for until 2026-03-03 12:00 UTC", "no disk space in /var/home: 1,024 MB are free"],
)  # fmt: skip
def test_what_the_person_on_call_needs_is_sent(sentence: str) -> None:
    assert notifying.without_values(sentence) == sentence


def test_ringwatch_run_tells_of_a_night_that_stops_once(
    sink: Sink, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ended = run(monkeypatch, tmp_path, sink.url, "--from", "2026-03-02", "--to", "2026-03-04")

    assert ended == 3
    assert [message["title"] for message in sink.messages] == [
        "ringwatch: a feed of the day has not come (night of 2026-03-02)"
    ]


def test_a_message_that_cannot_be_sent_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sink: Sink
) -> None:
    sink.close()

    assert run(monkeypatch, tmp_path, sink.url, "--day", "2026-03-02") == 3


def test_a_secret_in_an_address_is_in_no_log(
    tmp_path: Path, sink: Sink, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(home=tmp_path, notify_urls=f"nosuch://hunter2 {sink.url}")

    sent = notifying.send(settings, notifying.digest(settings, MONDAY, REPORT))

    assert not sent
    assert len(sink.messages) == 1
    assert "1 of the addresses" in caplog.text
    assert "hunter2" not in caplog.text + "".join(capfd.readouterr()) + repr(settings)


@pytest.mark.parametrize("symptom", symptoms.ALL, ids=lambda symptom: symptom.anchor)
def test_each_symptom_reads_as_a_sentence(symptom: symptoms.Symptom) -> None:
    assert not symptom.says.endswith(".")
    assert not symptom.first_step.endswith(".")


def run(monkeypatch: pytest.MonkeyPatch, home: Path, url: str, *days: str) -> int:
    monkeypatch.setenv("RINGWATCH_HOME", str(home / "var"))
    monkeypatch.setenv("RINGWATCH_NOTIFY_URLS", url)
    return CliRunner().invoke(app, ["run", "--feeds", str(home), *days]).exit_code
