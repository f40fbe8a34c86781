"""One deployment for all faults, what an undisturbed night of it says, and the rows of the table."""

import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from deployments import Deployment

from ringwatch import server
from ringwatch.settings import load_settings
from ringwatch.simulate import simulate

RESULTS = Path(os.environ.get("FAULTS_RESULTS", ""))


@pytest.fixture(scope="session")
def deployment(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    world = tmp_path_factory.mktemp("world")
    simulate(world, 500, 1, seed=5)
    settings = load_settings(
        home=tmp_path_factory.mktemp("broken"), cache=jars.parents[1], server_bolt_port=0, server_http_port=0,
        server_heap_mb=512, server_pagecache_mb=64, flag_probability=0.01, keep_probability=0.005, canaries=False,
        engine="local", processes=1,
    )  # fmt: skip
    # A server that lives for some minutes is not worth what Java's second compiler takes.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
        try:
            yield Deployment(settings, world / "feeds")
        finally:
            server.stop(settings)


@pytest.fixture(scope="session")
def undisturbed(deployment: Deployment) -> Callable[[str], str]:
    """What a night says in which nothing breaks, by the engine that finds its groups."""

    @cache
    def says(engine: str = "local") -> str:
        whole = deployment.on(engine)
        whole.empty()
        done = whole.night()
        assert done.returncode == 0, done.stderr
        return whole.says()

    return says


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """What becomes of a fault, for the table: fault, stage, code, sentence, equal."""
    found: dict[str, Any] = {}
    yield found
    if RESULTS.name and found.get("equal"):
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")
