"""The driver of Neo4j without the libraries that it would load for values of theirs: most of a question's start."""

import sys

_HEAVY = ("numpy", "pandas", "pyarrow")


def load_driver() -> None:
    """Import the driver so that it does without numpy, pandas and pyarrow, unless one of them is there already.

    For commands that send plain values and get plain values back.
    """
    if any(name in sys.modules for name in ("neo4j", *_HEAVY)):
        return
    sys.modules.update(dict.fromkeys(_HEAVY))  # type: ignore[arg-type] # None: an import of it fails
    try:
        import neo4j  # noqa: F401
    finally:
        for name in _HEAVY:
            del sys.modules[name]
