"""Clean days written by hand, so that what is shared is known without the gate."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from clean_days import write_days

from ringwatch.night import Night

OpenNight = Callable[..., Night]


@pytest.fixture
def open_night(tmp_path: Path) -> OpenNight:
    """Write clean days ({day: {feed: rows}}) and open the night of the last one."""
    return partial(write_days, tmp_path)
