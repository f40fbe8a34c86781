"""What keeps the gate's memory small changes nothing else."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringwatch.gate import memory, twins
from ringwatch.gate.typed import BURIED, LINE, ROW
from ringwatch.model import load_model

UNUSED = """
import sys
from ringwatch.gate import gx as door
gx = door.library()
assert not {"altair", "scipy.stats"} & sys.modules.keys(), "imported, or a stand-in was left behind"
from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as user
assert user.stats.norm.ppf(0.5) == 0
assert user.alt.Chart.__name__ == "Chart"
"""


def test_what_great_expectations_does_not_need_is_imported_when_it_is_used() -> None:
    subprocess.run([sys.executable, "-c", UNUSED], check=True)


def test_arrow_has_its_own_memory_again_after_the_gate() -> None:
    own = pa.default_memory_pool().backend_name

    with memory.frugal():
        assert pa.default_memory_pool().backend_name == "system"
        memory.give_back()

    assert pa.default_memory_pool().backend_name == own


def test_a_feed_that_says_everything_twice_is_compared_with_as_much_memory_as_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a million devices, each twice, the last one with another number of sessions."""
    half = 500_000
    moment = datetime(2026, 3, 2, 8)
    once = {
        "account_id": [f"account-{i}" for i in range(half)],
        "device": ["d"] * half,
        "first_seen": [moment] * half,
        "last_seen": [moment] * half,
        "platform": ["ios"] * half,
        "sessions": [1] * half,
    }
    again = once | {"sessions": [1] * (half - 1) + [2]}
    rows = pa.concat_tables([pa.table(once), pa.table(again)])
    rows = rows.append_column(BURIED, pa.repeat(pa.scalar(False), 2 * half))
    rows = rows.append_column(ROW, pa.array(range(2 * half))).append_column(LINE, pa.nulls(2 * half, pa.int64()))
    path = tmp_path / "devices.typed"
    pq.write_table(rows, path)
    tried: list[str] = []
    within = twins._within
    monkeypatch.setattr(twins, "_within", lambda limit, *others: tried.append(limit) or within(limit, *others))

    found = twins.find(path, load_model().feeds["devices"], 2 * half)

    assert len(tried) == 2, "little memory is enough for it: the test needs more rows"
    assert found.again.nonzero()[0].tolist() == list(range(half, 2 * half - 1))
    assert found.contradicts.nonzero()[0].tolist() == [half - 1, 2 * half - 1]
