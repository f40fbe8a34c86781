"""The review store: one door for each subject, and one transaction across all of them where it takes that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from ringwatch.store import database
from ringwatch.store.consumers import Consumers
from ringwatch.store.deliveries import Deliveries
from ringwatch.store.keys import Keys
from ringwatch.store.lease import Holder, Lease, hold, holder
from ringwatch.store.nights import Nights
from ringwatch.store.partners import Partners
from ringwatch.store.published import Published
from ringwatch.store.quarantine import Quarantine
from ringwatch.store.queue import Queue
from ringwatch.store.samples import Samples
from ringwatch.store.tombstones import Tombstones
from ringwatch.store.turn import Turn
from ringwatch.store.verdicts import Verdicts
from ringwatch.store.webhooks import Webhooks


class Doors:
    """The doors, in transactions of their own, or all in that of `connection`."""

    def __init__(self, engine: sa.Engine, connection: sa.Connection | None = None) -> None:
        self.engine = engine
        self.published = Published(engine, connection)
        self.nights = Nights(engine, connection)
        self.deliveries = Deliveries(engine, connection)
        self.quarantine = Quarantine(engine, connection)
        self.tombstones = Tombstones(engine, connection)
        self.keys = Keys(engine, connection)
        self.queue = Queue(engine, connection)
        self.samples = Samples(engine, connection)
        self.verdicts = Verdicts(engine, connection)
        self.consumers = Consumers(engine, connection)
        self.partners = Partners(engine, connection)
        self.webhooks = Webhooks(engine, connection)
        self.turn = Turn(engine, connection)

    def now(self) -> datetime:
        """UTC without a zone, by the clock that all who share the store look at."""
        return self.queue.now()


class Store(Doors):
    """The only way to the review store."""

    @classmethod
    def open(cls, address: str | Path) -> Store:
        """Return the store at a SQLAlchemy address or in a SQLite file, made or migrated if need be.

        Raises UsageError for a wrong address, InfrastructureError when it cannot be opened or migrated.
        """
        return cls(database.open_engine(address))

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Doors]:
        """All that is read through these doors is of one state."""
        with database.reading(self.engine) as connection:
            yield Doors(self.engine, connection)

    @contextmanager
    def writing(self) -> Iterator[Doors]:
        """All that is done through these doors is done, or none of it; nobody else writes meanwhile."""
        with database.writing(self.engine) as connection:
            yield Doors(self.engine, connection)

    def lease(self, what: str, seconds: float) -> AbstractContextManager[Lease]:
        """Be the one writer of the deployment while `what` ("load of 2026-03-02") is done, on any machine.

        The lease ends after `seconds` unless it is renewed, which is done as long as this process lives. Raises
        InfrastructureError that says who has it, since when and until when.
        """
        return hold(self.engine, what, seconds)

    def lease_holder(self) -> Holder | None:
        """Return who holds the lease, None when nobody does."""
        return holder(self.engine)
