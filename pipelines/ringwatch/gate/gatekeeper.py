"""Who looks at what arrives and judges it: a process of this machine, or whoever does the same beyond it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ringwatch import processes
from ringwatch.gate import chunks, reuse, sorting
from ringwatch.gate.arrivals import Arrived, bare
from ringwatch.gate.sorting import Judged
from ringwatch.gate.survey import survey_all
from ringwatch.mapping import names_of
from ringwatch.model import Feed
from ringwatch.night import Night

# Bytes of Parquet, or four times as many of text, from which a feed is worth a process of its own.
LARGE = 1 << 22
_TEXT = 4


@dataclass(frozen=True)
class Gatekeeper:
    """Judges on this machine, within bounded memory. night: the one whose feeds are judged."""

    night: Night

    @property
    def at_once(self) -> int:
        """How many feeds are judged at the same time."""
        return self.night.settings.processes or processes.cores()

    def survey(self, feed: Feed, paths: Sequence[Path]) -> list[Arrived]:
        """Return what each file of a feed is. Raises DataRefused for one that cannot be what its name says."""
        settings = self.night.settings
        written = (settings.csv_encoding, settings.csv_delimiter, settings.csv_quote, settings.csv_escape)
        return survey_all(self.night.files.arrived(self.night.day), paths, names_of(feed, settings), *written)

    @contextmanager
    def judging(
        self, feeds: Mapping[str, Sequence[Arrived]], accounts: Sequence[Path] | None, staged: Path
    ) -> Iterator[Callable[[str], Judged]]:
        """Yield who judges these feeds, one by its name, as `judge` does; large ones at the same time."""
        large = [name for name, files in feeds.items() if _weight(files) >= LARGE]
        at_once = min(self.at_once, len(large))

        def here(name: str) -> Judged:
            return self.judge(self.night.model.feeds[name], feeds[name], accounts, staged)

        if at_once <= 1:
            yield here
            return
        self.night.tell(f"validate: {', '.join(large)} are judged at the same time")
        with processes.pool(at_once, "judged a feed", "set processes to 1") as pool:
            given = {name: (self.night.elsewhere(), name, bare(feeds[name]), accounts, staged) for name in large}
            ahead = {name: pool.submit(_judge, *what) for name, what in given.items()}
            yield lambda name: ahead[name].result() if name in ahead else here(name)

    def judge(self, feed: Feed, arrived: Sequence[Arrived], accounts: Sequence[Path] | None, staged: Path) -> Judged:
        """Judge the rows of a feed, as `sorting.judge` does."""
        return sorting.judge(self.night, feed, arrived, accounts, staged)

    def places(self, arrived: Sequence[Arrived], accounts: Sequence[str]) -> list[str]:
        """Return the places of the first rows of these accounts, a few."""
        return reuse.places(chunks.read(arrived, self.night.settings.gate_chunk_rows), arrived, accounts)


def _weight(files: Sequence[Arrived]) -> int:
    return sum(file.size if file.form.kind == "parquet" else file.to_read // _TEXT for file in files)


def _judge(
    night: Night, name: str, arrived: Sequence[Arrived], accounts: Sequence[Path] | None, staged: Path
) -> Judged:
    return sorting.judge(night, night.model.feeds[name], arrived, accounts, staged)
