"""ringwatch finds the groups of accounts behind one operator, every night, with reasons a person can check."""

from typing import Any


def __getattr__(name: str) -> Any:
    """The version, looked up by who asks for it: reading what is installed takes longer than some commands do."""
    if name != "__version__":
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from importlib.metadata import version

    return version("ringwatch")
