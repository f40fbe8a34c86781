"""Clean days written by hand, so that what is shared is known without the gate."""

from functools import partial
from pathlib import Path

import pytest
from clean_days import write_days
from hand_worked import OpenNight, small_world

from ringwatch.night import Night


@pytest.fixture
def open_night(tmp_path: Path) -> OpenNight:
    """Write clean days ({day: {feed: rows}}) and open the night of the last one."""
    return partial(write_days, tmp_path)


@pytest.fixture
def night(open_night: OpenNight) -> Night:
    """The night of `hand_worked.small_world`, for tests that have no world of their own."""
    return small_world(open_night)
