"""Large feeds are judged at the same time: what comes out is what comes of one after the other."""

import shutil
from pathlib import Path

import pytest
from deliveries import MONDAY, TUESDAY
from odd_deliveries import Validated, deliver, night_of, validate

from ringwatch.errors import DataRefused, InfrastructureError
from ringwatch.gate import gatekeeper
from ringwatch.stages import run_stage


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    """A home in which Monday was judged."""
    deliver(tmp_path / "in")
    with night_of(tmp_path / "monday", tmp_path / "in", "local").on(MONDAY) as night:
        run_stage("validate", night)
    return tmp_path / "monday"


def judged(monday: Path, name: str, processes: int) -> Validated:
    home = Path(shutil.copytree(monday, monday.with_name(name)))
    return validate(night_of(home, monday.with_name("in"), "local", processes=processes))


def test_the_same_bytes_counts_and_words(monday: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one = judged(monday, "one", 1)
    monkeypatch.setattr(gatekeeper, "LARGE", 0)

    at_once = judged(monday, "two", 2)

    assert at_once == one_by_one
    assert at_once.report["counts"]["devices.held"] > 0


def test_a_feed_that_is_refused_stops_the_night_in_the_same_words(
    monday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = monday.with_name("in") / str(TUESDAY) / "ips-2.csv"
    path.write_text(path.read_text().replace("A0", "B0"))
    monkeypatch.setattr(gatekeeper, "LARGE", 0)
    said = []
    for processes in (1, 2):
        with pytest.raises(DataRefused) as refused:
            judged(monday, f"by-{processes}", processes)
        said.append(str(refused.value))

    assert said[0] == said[1]
    assert "ips" in said[0]


def test_a_process_that_ends_before_it_is_done_is_told_in_a_sentence(
    monday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gatekeeper, "LARGE", 0)
    monkeypatch.setattr(gatekeeper, "_judge", _ends)

    with pytest.raises(InfrastructureError, match="set processes to 1"):
        judged(monday, "ended", 2)


def _ends(*_given: object) -> None:
    import os

    os._exit(9)
