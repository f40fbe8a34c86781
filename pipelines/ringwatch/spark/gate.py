"""The gate on Spark: executors look at files, read and judge portions of a feed; the driver puts the results together.

What comes out is what `gate.sorting` makes on one machine, byte by byte: the same functions judge the same chunks. A
feed that is no larger than one portion is judged on the driver.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from pyspark.sql.pandas.types import from_arrow_schema

from ringwatch.errors import DataRefused
from ringwatch.gate import portions as cut
from ringwatch.gate import sorting, typed
from ringwatch.gate.arrivals import Arrived
from ringwatch.gate.gatekeeper import Gatekeeper
from ringwatch.gate.sorting import Judged
from ringwatch.gate.terms import terms
from ringwatch.mapping import Names, names_of
from ringwatch.model import ACCOUNT_FEED, ACCOUNT_KEY, Feed
from ringwatch.spark import paths, tasks
from ringwatch.spark.delivery import Delivery
from ringwatch.spark.feeds import Feeds
from ringwatch.spark.session import failures, session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class OnSpark(Gatekeeper):
    """Judges feeds of more than a portion on executors. large: which these are; known: where known accounts are."""

    feeds: Feeds
    stack: ExitStack
    large: set[str] = field(default_factory=set)
    known: dict[tuple[Path, ...], str] = field(default_factory=dict)

    def survey(self, feed: Feed, paths: Sequence[Path]) -> list[Arrived]:
        """Return what each file of a feed is, as executors find out when they are large."""
        if sum(map(_size, paths)) <= cut.PORTION_BYTES:
            self.feeds.bring(paths)
            return super().survey(feed, paths)
        self.large.add(feed.feed)
        self.feeds.refuse_large(paths)
        with failures(f"looking at {feed.feed}"):
            return self._survey(paths, names_of(feed, self.night.settings))

    @property
    def at_once(self) -> int:
        """One: Spark has all cores for each feed."""
        return 1

    def judge(self, feed: Feed, arrived: Sequence[Arrived], accounts: Sequence[Path] | None, staged: Path) -> Judged:
        """Judge the rows of a feed, as `sorting.judge` does."""
        if feed.feed not in self.large:
            return super().judge(feed, arrived, accounts, staged)
        typed.refuse_incomplete(self.night, feed, arrived)
        with failures(f"judging {feed.feed}"), self._delivery(feed, arrived) as delivery:
            rows = delivery.read()
            held = accounts is not None and sorting.holds(feed)
            delivery.judge(self._known(tuple(accounts or ())) if held else None)
            return sorting.put_together(self.night, delivery.terms, arrived, delivery.results(), rows, staged)

    def places(self, arrived: Sequence[Arrived], accounts: Sequence[str]) -> list[str]:
        """Return the places of the first rows of these accounts, a few."""
        if ACCOUNT_FEED not in self.large:
            return super().places(arrived, accounts)
        feed = self.night.model.feeds[ACCOUNT_FEED]
        with failures("looking for accounts"), self._delivery(feed, arrived) as delivery:
            return delivery.places(tuple(accounts))

    def _survey(self, paths: Sequence[Path], names: Names) -> list[Arrived]:
        settings, files = self.night.settings, [self.feeds.name(path) for path in paths]
        written = (settings.csv_encoding, settings.csv_delimiter, settings.csv_quote, settings.csv_escape)
        ask = tasks.Surveys(self.feeds.place, tuple(files), names, written)
        rows = self.feeds.contents(list(enumerate(files)))
        told = rows.mapInArrow(ask, from_arrow_schema(tasks.TOLD)).collect()
        found = {row["number"]: pickle.loads(row["told"]) for row in told}  # noqa: S301 - what our own tasks answered
        return [self._surveyed(found.get(number), path, names) for number, path in enumerate(paths)]

    def _surveyed(self, found: Arrived | DataRefused | None, path: Path, names: Names) -> Arrived:
        """Raises DataRefused when the file was refused, or is one that Spark passes over."""
        if found is None:
            raise DataRefused(f"{path}: Spark passes over files whose names begin with _ or a dot; give it another one")
        if isinstance(found, DataRefused):
            raise found
        return replace(found, path=path, names=names)

    @contextmanager
    def _delivery(self, feed: Feed, arrived: Sequence[Arrived]) -> Iterator[Delivery]:
        with (
            paths.working(self.night, "gate") as folder,
            paths.reachable(self._spark, self.night, folder) as there,
        ):
            yield Delivery(self.night, self._spark, self.feeds, terms(self.night, feed), tuple(arrived), there)

    def _known(self, accounts: tuple[Path, ...]) -> str:
        """Return where executors find the ids of known accounts: copied once a night, for feeds that hold rows."""
        if accounts not in self.known:
            folder = self.stack.enter_context(paths.working(self.night, "known"))
            for number, path in enumerate(accounts):
                _copy_ids(path, folder / f"{number}.parquet")
            self.known[accounts] = self.stack.enter_context(paths.reachable(self._spark, self.night, folder))
        return self.known[accounts]

    @property
    def _spark(self) -> SparkSession:
        return session(self.night.settings)


def _size(path: Path) -> int:
    """Bytes of a file; of one that cannot be read it is said when it is looked at."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _copy_ids(path: Path, into: Path) -> None:
    with pq.ParquetFile(path) as file, pq.ParquetWriter(into, tasks.IDS) as copy:
        for batch in file.iter_batches(columns=[ACCOUNT_KEY]):
            copy.write_batch(batch.cast(tasks.IDS))
