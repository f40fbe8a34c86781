"""Processes that work at the same time, and one that is killed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ringwatch import processes
from ringwatch.errors import InfrastructureError


def slowly(path: Path) -> None:
    time.sleep(0.2)
    path.touch()


def test_a_process_that_is_killed_is_told_with_what_to_do() -> None:
    told = "a process that judged a feed ended before it was done, .*; set processes to 1, and run the stage again"
    with (
        pytest.raises(InfrastructureError, match=told),
        processes.pool(1, "judged a feed", "set processes to 1") as pool,
    ):
        pool.submit(os._exit, 1).result()


def test_what_has_not_begun_is_not_done_when_the_block_ends(tmp_path: Path) -> None:
    with processes.pool(1, "judged a feed", "set processes to 1") as pool:
        for i in range(20):
            pool.submit(slowly, tmp_path / f"{i}")

    assert len(list(tmp_path.iterdir())) < 20
