"""The review store of the settings, for commands that read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING

from ringwatch.errors import UsageError
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


def asked_day(store: Store, day: datetime | None) -> date:
    """Return the day that was asked for, else the newest published one. Raises UsageError when there is none."""
    if day:
        return day.date()
    days = store.published.days()
    if not days:
        raise UsageError("no rings are published yet; run `ringwatch run` first")
    return days[-1]
