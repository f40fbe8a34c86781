"""What the tests of the gate, and of all that works on what it kept, begin with: a day that arrives, and is judged."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from deliveries import MONDAY, deliver, open_night

from ringwatch.night import Night
from ringwatch.stages import run_stage


@pytest.fixture
def arrive(tmp_path: Path) -> Callable[..., Night]:
    """Let feeds of a day (lines of a CSV file by name) arrive; its night expects these and no others."""

    def run(day: date = MONDAY, **feeds: list[str]) -> Night:
        night = open_night(tmp_path, tuple(feeds), day)
        deliver(night, **feeds)
        return night

    return run


@pytest.fixture
def judge(arrive: Callable[..., Night]) -> Callable[..., Night]:
    """Let feeds of a day arrive as `arrive` does, and the gate judge them."""

    def run(day: date = MONDAY, **feeds: list[str]) -> Night:
        night = arrive(day, **feeds)
        run_stage("validate", night)
        return night

    return run
