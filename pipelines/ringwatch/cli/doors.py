"""The review store of the settings, for commands that read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ringwatch.settings import load_settings

if TYPE_CHECKING:
    from ringwatch.store.store import Store


@contextmanager
def open_store() -> Iterator[Store]:
    """Open the store and close it at the end."""
    from ringwatch.store.store import Store

    store = Store.open(load_settings().store_address)
    try:
        yield store
    finally:
        store.close()
