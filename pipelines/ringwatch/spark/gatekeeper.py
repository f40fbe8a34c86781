"""Who judges the feeds of a night at the gate: this machine, or the executors of Spark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ringwatch.errors import DataRefused
from ringwatch.gate.gatekeeper import Gatekeeper
from ringwatch.night import Night
from ringwatch.spark import feeds, paths


@contextmanager
def gatekeeper(night: Night, stops: list[DataRefused] | None = None) -> Iterator[Gatekeeper]:
    """Yield who judges the feeds of a night: this machine, or Spark where the setting engine says so.

    DataRefused that is raised inside, or added to `stops`, names files where they arrived.
    """
    if night.settings.engine != "spark":
        yield Gatekeeper(night)
        return
    from ringwatch.spark.gate import OnSpark

    with ExitStack() as stack:
        folder = stack.enter_context(paths.working(night, "feeds"))
        there = stack.enter_context(feeds.standing_in(night, folder))
        yield OnSpark(there.night, there, stack)
        if stops:
            stops[:] = map(there.said, stops)
