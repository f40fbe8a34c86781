"""What the next night needs: machine, server, store, keys and feeds, looked at without changing anything.

In: the settings, the newest day that should be there, and the time. Out: a Finding for each thing, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from ringwatch.doctor import machine, nights, servers, stores
from ringwatch.doctor.finding import Finding, State, refused
from ringwatch.doctor.patient import Patient
from ringwatch.errors import RingwatchError
from ringwatch.settings import Settings

__all__ = ["CHECKS", "Finding", "State", "examine"]

CHECKS: dict[str, Callable[[Patient], Finding]] = {
    "java": machine.java,
    "memory": machine.memory,
    "disk": machine.disk,
    "rights": machine.rights,
    "ports": machine.ports,
    "server": servers.server,
    "versions": servers.versions,
    "store": stores.schema,
    "lease": stores.lease,
    "projections": servers.projections,
    "keys": nights.keys,
    "feeds": nights.feeds,
    "clock": stores.clock,
}


def examine(settings: Settings, day: date, now: datetime) -> Iterator[Finding]:
    """Yield what is found of each check; `day` is the newest of which a night should have run, `now` is UTC."""
    with Patient(settings, day, now) as patient:
        for name, check in CHECKS.items():
            try:
                yield check(patient).of(name)
            except (RingwatchError, OSError) as error:
                yield refused(error).of(name)
