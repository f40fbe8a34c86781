"""Settings of a server that is never started, in a home of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringwatch.settings import Settings, load_settings


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(**values: Any) -> Settings:
        return load_settings(home=tmp_path / "var", cache=tmp_path / "cache", **values)

    return make
