"""Settings of a benchmark's homes: the product's defaults, on ports that nobody else wants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ringwatch.settings import Settings, load_settings


def home_settings(home: str | Path, **others: Any) -> Settings:
    return load_settings(home=Path(home), server_bolt_port=0, server_http_port=0, **others)
