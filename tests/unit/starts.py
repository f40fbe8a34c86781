"""Which modules are loaded by statements, or by a command, that a Python of their own runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

HEAVY = ("pandas", "numpy", "pyarrow", "duckdb", "sqlalchemy", "alembic", "neo4j", "graphdatascience")
HEAVY += ("great_expectations", "sklearn", "scipy", "ruamel.yaml", "jinja2")


def loaded_by(statements: str, watched: Sequence[str] = HEAVY) -> set[str]:
    """Return those of the modules that are loaded after the statements were run."""
    ask = f"{statements}\nimport sys; print(*[name for name in {tuple(watched)!r} if sys.modules.get(name)])"
    return set(subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True).stdout.split())


def running(command: Sequence[str], **environment: object) -> str:
    """Return statements that run a command of ringwatch; what it prints is nothing to us."""
    given = {name: str(value) for name, value in environment.items()}
    run = f"import contextlib, io, os\nos.environ |= {given!r}\nfrom ringwatch.cli import app\n"
    return f"{run}with contextlib.redirect_stdout(io.StringIO()):\n    app({list(command)!r}, standalone_mode=False)"
