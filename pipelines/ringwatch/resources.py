"""Where `cypher/` and `schemas/` are: in the checkout when there is one, else in the installed package."""

from functools import cache
from pathlib import Path

from ringwatch.errors import UsageError

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parents[1]
ROOT = _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else _PACKAGE

CYPHER = ROOT / "cypher"
SCHEMAS = ROOT / "schemas"


@cache
def cypher(name: str) -> str:
    """Return the statement in `cypher/<name>.cypher`, e.g. `cypher("link/write_links")`.

    Raises UsageError when there is no such file.
    """
    path = CYPHER / f"{name}.cypher"
    if not path.is_file():
        raise UsageError(f"there is no query {name}: {path} does not exist")
    return path.read_text(encoding="utf-8")
