"""What the figures were measured on."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import psutil

from ringwatch.server.jars import locked_jars

_PACKAGES = ("neo4j", "neo4j-rust-ext", "great-expectations", "pandas", "pyarrow", "duckdb")
_NAMES = {"neo4j": "neo4j driver"}


def machine() -> dict[str, str]:
    """Return cores, memory, processor, load by others, and versions."""
    jars = {jar.artifact: jar.version for jar in locked_jars()}
    return {
        "cores": str(psutil.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "processor": _processor(),
        "load before": f"{psutil.getloadavg()[0]:.2f}",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Neo4j": jars["neo4j-kernel"],
    } | {_NAMES.get(name, name): version(name) for name in _PACKAGES}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
