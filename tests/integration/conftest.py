"""Whole nights that several modules begin with; see `nights`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nights import DAYS, nights_run

from ringwatch.night import Night
from ringwatch.settings import Settings, load_settings
from ringwatch.simulate import simulate


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The feeds of 1,200 accounts over three days."""
    out = tmp_path_factory.mktemp("world")
    simulate(out, 1200, len(DAYS), seed=5)
    return out / "feeds"


@pytest.fixture(scope="module")
def settings(neo4j_settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of the module's own, on the server of the session."""
    return load_settings(home=tmp_path_factory.mktemp("var"), canaries=False, **neo4j_settings)


@pytest.fixture(scope="module")
def nights(small_world: Path, settings: Settings) -> Iterator[Night]:
    """The second of the small world's three nights, after two were run; the third waits."""
    yield from nights_run(settings, DAYS[:2], small_world)
