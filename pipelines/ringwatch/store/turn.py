"""The turn: one night at a time, from its first stage to its last, where somebody else starts the stages one by one.

A scheduler runs each stage as a process of its own, and between two of them nobody holds the lease. So a run takes the
turn before its first stage and gives it back behind its last; the row `night` of the table `lease` has its key. The
turn of a run that is over is free, which the scheduler knows; for those that cannot ask it, a turn ends some time after
it was last renewed. Times are those of the database.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ringwatch.errors import InfrastructureError
from ringwatch.store import database
from ringwatch.store.door import Door
from ringwatch.store.lease import Holder
from ringwatch.store.tables import lease
from ringwatch.symptoms import ANOTHER_AT_WORK

_NIGHT = "night"
# From one stage to the next, with the wait before another try.
_BETWEEN_STAGES = timedelta(minutes=15)


class Turn(Door):
    """Whose turn it is."""

    def take(self, key: str, what: str, is_over: Callable[[str], bool]) -> str | None:
        """Take or keep the turn for the run `key`. Returns who has it when it is another one's, else None.

        `is_over` says whether the run that has the turn, by its key, will do nothing more.
        """
        held = self._held()
        if held and held.token != key and not is_over(held.token):
            return _under_way(held)
        with self._writing() as connection:
            now = database.now(connection)
            found = connection.execute(sa.select(lease).where(lease.c.name == _NIGHT)).one_or_none()
            if found and found.token not in {key, held and held.token}:
                return _under_way(found)
            _write(connection, found, {"token": key, "what": what, "expires": now + _BETWEEN_STAGES}, now)
        return None

    def expect(self, key: str | None) -> None:
        """Raise InfrastructureError while it is the turn of another run than `key`."""
        held = self._held()
        if held and held.token != key and held.expires > self.now():
            raise InfrastructureError(_under_way(held) + "; wait until it is done", ANOTHER_AT_WORK)

    def give_back(self, key: str) -> None:
        """End the turn of the run `key`, if it has it."""
        with self._writing() as connection:
            connection.execute(sa.delete(lease).where(lease.c.name == _NIGHT, lease.c.token == key))

    def holder(self) -> Holder | None:
        """Return whose turn it is, None when it is nobody's."""
        held = self._held()
        return Holder(_under_way(held), held.expires <= self.now()) if held else None

    def _held(self) -> Any:
        with self._reading() as connection:
            return connection.execute(sa.select(lease).where(lease.c.name == _NIGHT)).one_or_none()


def _write(connection: sa.Connection, found: Any, values: dict[str, Any], now: Any) -> None:
    if found and found.token == values["token"]:
        connection.execute(sa.update(lease).where(lease.c.name == _NIGHT).values(values))
        return
    connection.execute(sa.delete(lease).where(lease.c.name == _NIGHT))
    owner = {"host": platform.node(), "machine": "", "pid": os.getpid()}
    connection.execute(sa.insert(lease).values(values | owner | {"name": _NIGHT, "acquired": now}))


def _under_way(held: Any) -> str:
    return f"{held.what} is under way since {held.acquired:%F %T} UTC, by {held.token}"
