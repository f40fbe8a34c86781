"""Days run in order, and a day that was delivered wrong and run again: as if it had been right from the start."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from nights import DAYS, easily_flagging, run_night

from ringwatch.graph import Graph
from ringwatch.night import open_night
from ringwatch.settings import Settings
from ringwatch.upkeep import digests

pytestmark = pytest.mark.integration

# What follows from the order in which days were published, and not from the days: ids, and when it was.
_OF_THE_WAY = {"ring_id", "run_id", "content_hash", "explanation_hash", "fingerprint", "day", "ring"}


def told(settings: Settings, feeds: Path) -> dict[str, Any]:
    """What is published of each day, and what the graph says without the ids of rings."""
    with open_night(settings, DAYS[1], feeds) as night:
        published = night.store.published
        rings = {
            day: sorted(
                (
                    sorted(member["account_id"] for member in published.members(ring["ring_id"], day)),
                    sorted((name, str(value)) for name, value in ring.items() if name not in _OF_THE_WAY),
                )
                for ring in published.rings(day)
            )
            for day in DAYS[:2]
        }
        night.graph.write("MATCH (ring:Ring) DETACH DELETE ring")
        return {"rings": rings, "graph": digests.of_graph(night.graph)}


def test_a_day_that_is_corrected_and_run_again_is_as_if_it_had_been_right_at_first(
    small_world: Path, settings: Settings, graph: Graph, tmp_path: Path
) -> None:
    settings, feeds = easily_flagging(settings), tmp_path / "feeds"
    right = settings.model_copy(update={"home": tmp_path / "right"})
    for day in DAYS[:2]:
        run_night(right, day, small_world)
    expected = told(right, small_world)
    graph.write("MATCH (n) DETACH DELETE n")
    corrected = settings.model_copy(update={"home": tmp_path / "corrected"})
    shutil.copytree(small_world, feeds)
    devices = feeds / str(DAYS[0]) / "devices.parquet"
    rows = pq.read_table(devices)
    pq.write_table(rows.slice(0, rows.num_rows // 2), devices)
    for day in DAYS[:2]:
        run_night(corrected, day, feeds)
    wrong = told(corrected, feeds)

    for day in DAYS[:2]:
        run_night(corrected, day, small_world)

    assert expected["rings"][DAYS[1]]
    assert wrong != expected
    assert told(corrected, small_world) == expected
