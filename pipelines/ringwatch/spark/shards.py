"""The shards of a night, on this machine or on Spark, as the setting engine says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ringwatch.night import Night
from ringwatch.window import each, sharing


@contextmanager
def opened(night: Night) -> Iterator[each.Shards]:
    """Yield the shards of the night, made where they are not there as they should be."""
    if night.settings.engine == "spark":
        from ringwatch.spark import answers

        yield answers.shards(night)
        return
    with sharing.open_sharing(night) as connection, ExitStack() as workers:
        yield each.Here(night, connection, workers)


def forget(night: Night) -> None:
    """Remove what was made on Spark for the shards of a night."""
    if night.settings.engine == "spark":
        from ringwatch.spark import sharing as on_spark

        on_spark.forget(night)
