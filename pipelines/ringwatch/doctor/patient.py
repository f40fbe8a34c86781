"""What the checks look at: settings, and doors to server and store that are opened only where that changes nothing."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Self

from ringwatch import server
from ringwatch.errors import RingwatchError
from ringwatch.graph import Graph
from ringwatch.night import Night, open_night
from ringwatch.settings import Settings
from ringwatch.store import database


@dataclass(frozen=True)
class Patient:
    """day: the newest of which a night should have run; now: UTC."""

    settings: Settings
    day: date
    now: datetime
    _opened: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._opened.close()

    @cached_property
    def server(self) -> server.Status:
        """Raises InfrastructureError when your own server cannot be used."""
        return server.status(self.settings)

    @cached_property
    def schema(self) -> database.Schema | None:
        """Raises UsageError and InfrastructureError when the store cannot be read."""
        return database.schema(self.settings.store_address)

    @property
    def store_is_readable(self) -> bool:
        """Whether the store is there and of the newest schema: opening an older one would migrate it."""
        try:
            return self.schema is not None and self.schema.is_newest
        except RingwatchError:
            return False

    @cached_property
    def night(self) -> Night:
        return self._opened.enter_context(open_night(self.settings, self.day))

    @cached_property
    def graph(self) -> Graph | None:
        """The graph, None when no server answers."""
        try:
            found = server.running(self.settings)
        except RingwatchError:
            return None
        if found is None:
            return None
        graph = Graph(found, patience_seconds=0)
        self._opened.callback(graph.close)
        return graph
