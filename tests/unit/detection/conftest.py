"""Clean days written by hand, so that what is shared is known without the gate."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clean_days import Rows

from ringwatch.files import Files
from ringwatch.history import clean_schema
from ringwatch.night import Night
from ringwatch.settings import load_settings

OpenNight = Callable[..., Night]


@pytest.fixture
def open_night(tmp_path: Path) -> OpenNight:
    """Write clean days ({day: {feed: rows}}) and open the night of the last one."""

    def run(days: dict[date, dict[str, Rows]], **settings: Any) -> Night:
        night = Night(max(days), load_settings(home=tmp_path, **settings), Files(tmp_path))
        for day, feeds in days.items():
            for feed, rows in feeds.items():
                path = night.files.clean(day, feed)
                path.parent.mkdir(parents=True, exist_ok=True)
                stamped = [row | {"day": day} for row in rows]
                schema = clean_schema(night.model.feeds[feed])
                pq.write_table(pa.Table.from_pylist(stamped, schema=schema), path)
        return night

    return run
