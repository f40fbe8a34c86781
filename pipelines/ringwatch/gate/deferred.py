"""Modules that another library imports and hardly ever uses: imported when something of them is asked for, or never."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """Stands in for a module."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what the import system asks of every module
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """Whoever imports these modules meanwhile gets stand-ins, which import them at first use.

    `importlib.util.LazyLoader` does not do: before Python 3.12 a plain `import` already sets it off.
    """
    missing = [name for name in names if name not in sys.modules]
    sys.modules.update({name: _Deferred(name) for name in missing})
    try:
        yield
    finally:
        for name in missing:
            if isinstance(sys.modules.get(name), _Deferred):
                del sys.modules[name]


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Whoever tries to import these modules meanwhile finds that they are not installed, unless they are in use."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None: what the import system takes for absent
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
