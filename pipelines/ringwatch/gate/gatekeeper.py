"""Who looks at what arrives and judges it: a process of this machine, or whoever does the same beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ringwatch.gate import chunks, reuse, sorting
from ringwatch.gate.arrivals import Arrived
from ringwatch.gate.sorting import Judged
from ringwatch.gate.survey import survey_all
from ringwatch.mapping import names_of
from ringwatch.model import Feed
from ringwatch.night import Night


@dataclass(frozen=True)
class Gatekeeper:
    """Judges on this machine, within bounded memory. night: the one whose feeds are judged."""

    night: Night

    def survey(self, feed: Feed, paths: Sequence[Path]) -> list[Arrived]:
        """Return what each file of a feed is. Raises DataRefused for one that cannot be what its name says."""
        settings = self.night.settings
        written = (settings.csv_encoding, settings.csv_delimiter, settings.csv_quote, settings.csv_escape)
        return survey_all(self.night.files.arrived(self.night.day), paths, names_of(feed, settings), *written)

    def judge(self, feed: Feed, arrived: Sequence[Arrived], accounts: Sequence[Path] | None, staged: Path) -> Judged:
        """Judge the rows of a feed, as `sorting.judge` does."""
        return sorting.judge(self.night, feed, arrived, accounts, staged)

    def places(self, arrived: Sequence[Arrived], accounts: Sequence[str]) -> list[str]:
        """Return the places of the first rows of these accounts, a few."""
        return reuse.places(chunks.read(arrived, self.night.settings.gate_chunk_rows), arrived, accounts)
