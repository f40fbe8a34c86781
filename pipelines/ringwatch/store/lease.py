"""The lease: one writer at a time in a deployment, whichever machine it is on.

All stages write the same files, graph and store, so the one who writes holds the only row of the table `lease` and
renews it while it works. An owner that died on this machine is recognised at once, one elsewhere when its lease has
run out. Times are those of the database, so that the clocks of the machines need not agree.
"""

from __future__ import annotations

import logging
import os
import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import sqlalchemy as sa

from ringwatch.errors import InfrastructureError
from ringwatch.store import database
from ringwatch.store.tables import lease
from ringwatch.symptoms import ANOTHER_AT_WORK

_WRITER = "writer"
_RENEWALS = 4  # in the time for which the lease is valid: one or two may fail
_LOST = (
    "the lease was not renewed in time (this process was paused, or the store did not answer) and another one works "
    "now; run this again when that is done"
)

_log = logging.getLogger(__name__)


@contextmanager
def hold(engine: sa.Engine, what: str, seconds: float) -> Iterator[Lease]:
    """Take the lease, renew it while the block runs, give it back.

    Raises InfrastructureError when another has it, or has taken it over by the end of the block.
    """
    taken = Lease(engine, what, seconds)
    try:
        yield taken
    except BaseException:
        with suppress(InfrastructureError):
            taken.give_back()
        raise
    taken.give_back()


@dataclass(frozen=True)
class Holder:
    """Who has a lease or turn, in a sentence; is_stale: who comes next takes it over."""

    says: str
    is_stale: bool


def holder(engine: sa.Engine) -> Holder | None:
    """Return who holds the lease, None when nobody does."""
    with database.reading(engine) as connection:
        held = connection.execute(sa.select(lease).where(lease.c.name == _WRITER)).one_or_none()
        now = database.now(connection)
    if held is None:
        return None
    is_stale = held.expires <= now or _died_here(held)
    return Holder(f"{held.what}, by {_owner(held)} since {held.acquired:%F %T} UTC", is_stale)


class Lease:
    """The lease, held from the start on and renewed by a thread."""

    def __init__(self, engine: sa.Engine, what: str, seconds: float) -> None:
        self._engine = engine
        self._token = uuid.uuid4().hex
        self._seconds = seconds
        self._done = Event()
        with database.writing(engine) as connection:
            _take(connection, self._token, what, seconds)
        self._heart = Thread(target=self._beat, name="lease", daemon=True)
        self._heart.start()

    def keep(self, what: str | None = None) -> None:
        """Renew the lease, from now on for `what`. Raises InfrastructureError when another has taken it over."""
        with database.writing(self._engine, beside=True) as connection:
            renewed = _renew(connection, self._token, what, self._seconds)
        if not renewed:
            raise InfrastructureError(_LOST)

    def give_back(self) -> None:
        """End the lease. Raises InfrastructureError when another has taken it over."""
        self._done.set()
        self._heart.join()
        with database.writing(self._engine, beside=True) as connection:
            ours = connection.execute(sa.delete(lease).where(lease.c.token == self._token)).rowcount
        if not ours:
            raise InfrastructureError(_LOST)

    def _beat(self) -> None:
        """Renew until the end. A store that does not answer is asked again; a lost lease is told by `keep`."""
        while not self._done.wait(self._seconds / _RENEWALS):
            with suppress(InfrastructureError):
                self.keep()


def _take(connection: sa.Connection, token: str, what: str, seconds: float) -> None:
    now = database.now(connection)
    held = connection.execute(sa.select(lease).where(lease.c.name == _WRITER)).one_or_none()
    if held and held.expires > now and not _died_here(held):
        raise InfrastructureError(_is_held(held), ANOTHER_AT_WORK)
    if held:
        _log.warning("took over the lease of %s: it was held for %s and is not any more", _owner(held), held.what)
        connection.execute(sa.delete(lease).where(lease.c.name == _WRITER))
    owner = {"host": platform.node(), "machine": _machine(), "pid": os.getpid()}
    until = now + timedelta(seconds=seconds)
    mine = {"name": _WRITER, "token": token, "what": what, "acquired": now, "expires": until}
    connection.execute(sa.insert(lease).values(mine | owner))


def _renew(connection: sa.Connection, token: str, what: str | None, seconds: float) -> bool:
    """Return whether the lease was still ours."""
    until = database.now(connection) + timedelta(seconds=seconds)
    values = {"expires": until} | ({"what": what} if what else {})
    return bool(connection.execute(sa.update(lease).where(lease.c.token == token).values(values)).rowcount)


def _died_here(held: Any) -> bool:
    """Whether the owner ran on this machine and is gone. A process id that was given out again counts as alive."""
    if held.machine != _machine():
        return False
    try:
        return bool(psutil.Process(held.pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@cache
def _machine() -> str:
    """Name of this boot of this host and of the processes that are seen here: containers see their own."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:  # not on Linux
        return f"{platform.node()}/{psutil.boot_time():.0f}"


def _is_held(held: Any) -> str:
    return (
        f"{held.what} is under way: {_owner(held)} holds the lease since {held.acquired:%F %T} UTC and, unless it is "
        f"renewed, until {held.expires:%F %T} UTC; wait until it is done"
    )


def _owner(held: Any) -> str:
    return f"process {held.pid} on {held.host}"
