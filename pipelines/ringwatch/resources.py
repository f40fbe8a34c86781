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
def cypher(name: str, own: Path | None = None) -> str:
    """Return the statement in `cypher/<name>.cypher`, e.g. `cypher("link/write_links")`.

    `own`, the folder of a deployment's own model, goes before what is shipped. Raises UsageError when neither has it.
    """
    folders = [own / "cypher", CYPHER] if own else [CYPHER]
    paths = [folder / f"{name}.cypher" for folder in folders]
    for path in paths:
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise UsageError(f"there is no query {name}: {paths[0]} does not exist")
