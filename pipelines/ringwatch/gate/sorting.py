"""The gate: which rows of a feed are clean, which wait for their account, which are refused and why.

Memory is bounded, whatever the size of a feed. The first pass types the rows (`typed.py`). Rows that repeat or
contradict each other, wherever they are, are found in between (`twins.py`). The second pass holds each typed chunk to
the rules (`judging.py`) and writes it apart; what arrived is read again only up to the last chunk with refused rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ringwatch.gate import expectations, judging, memory, twins, typed
from ringwatch.gate.arrivals import Arrived
from ringwatch.gate.judging import Chunk, Sorted
from ringwatch.gate.outcomes import Outcome
from ringwatch.gate.parts import Parts
from ringwatch.gate.terms import Terms, terms
from ringwatch.gate.typed import Typed
from ringwatch.model import ACCOUNT_KEY, Feed
from ringwatch.night import Night


@dataclass(frozen=True)
class Judged:
    """What became of one feed's rows: rows = clean + held + quarantined + duplicates.

    held: rows of accounts that are not known yet; late: rows that passed and are about a day before this one, None
    where rows say no time; noted: wrong values that were left out of rows that passed; first_rule: what the first
    refused row breaks; outcomes: how each rule fared.
    """

    feed: Feed
    arrived: tuple[Arrived, ...]
    rows: int
    clean: int
    held: int
    quarantined: int
    duplicates: int
    late: int | None
    noted: int
    first_rule: str | None
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...]


def judge(
    night: Night, feed: Feed, arrived: Sequence[Arrived], accounts: Sequence[Path] | None, staged: Path
) -> Judged:
    """Judge the rows of `feed` and write them below `staged`, in the folders clean, held (if any are) and quarantine.

    Rows of accounts that none of the clean files `accounts` names are held; None holds none. Raises DataRefused when
    the delivery cannot be judged as a whole, or a row breaks a rule that stops the night.
    """
    path = staged / f"{feed.feed}.typed"
    try:
        with memory.frugal():
            by = terms(night, feed)
            rows = typed.write(night, by, arrived, path)
            return put_together(night, by, arrived, _sorted(by, rows, accounts), rows.rows, staged)
    finally:
        path.unlink(missing_ok=True)


def put_together(
    night: Night,
    by: Terms,
    arrived: Sequence[Arrived],
    found: Iterable[tuple[Sorted, pa.Table]],
    rows: int,
    staged: Path,
) -> Judged:
    """Write what became of all rows of a feed: those that could not be read apart first, then chunk by chunk.

    found: what became of some, and the columns of QUARANTINE for those that are refused; rows: how many were read.
    """
    feed = by.feed
    counted: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    noted: Counter[str] = Counter()
    first_rule = None
    with Parts(staged, feed, night.settings.home) as parts:
        for one, quarantined in found:
            parts.write("quarantine", one.buried)
            parts.write("clean", one.clean)
            parts.write("held", one.held)
            parts.write("quarantine", quarantined)
            first_rule = first_rule or one.first_rule
            broken += one.broken
            noted += one.noted
            counted += Counter(rows=one.rows, again=one.again, ruled=one.ruled, late=one.late)
            night.tell(f"validate: {feed.feed}, {sum(parts.rows.values()):,} of {rows:,} rows judged")
            memory.give_back()
    return Judged(
        feed=feed,
        arrived=tuple(arrived),
        rows=counted["rows"],
        clean=parts.rows["clean"],
        held=parts.rows["held"],
        quarantined=parts.rows["quarantine"],
        duplicates=counted["again"],
        late=counted["late"] if judging.last_seen(feed) else None,
        noted=sum(noted.values()),
        first_rule=first_rule,
        outcomes=tuple(_outcomes(by, counted["ruled"], broken)),
        warnings=tuple(_warnings(feed, arrived, noted)),
    )


def holds(feed: Feed) -> bool:
    """Whether rows of a feed wait for their account when nobody knows it."""
    return feed.columns[ACCOUNT_KEY].type == "account"


def _sorted(by: Terms, rows: Typed, accounts: Sequence[Path] | None) -> Iterator[tuple[Sorted, pa.Table]]:
    """Yield what became of the rows of a feed, and what is kept of those that are refused."""
    yield from map(judging.ragged, rows.ragged)
    suite = by.suite()
    originals = enumerate(typed.originals(by, rows))
    for number, chunk in enumerate(_chunks(by.feed, rows, accounts)):
        one = judging.judged(by, suite, chunk)
        quarantined = pa.table({})
        if len(one.refused):
            original = next(table for place, table in originals if place == number)
            quarantined = judging.kept_of_refused(by, one.refused, original)
        yield one, quarantined


def _chunks(feed: Feed, rows: Typed, accounts: Sequence[Path] | None) -> Iterator[Chunk]:
    """Yield typed rows with what is known of each from others, chunk by chunk."""
    found = twins.find(rows.path, feed, rows.rows)
    strange = np.zeros(rows.rows, dtype=bool)
    if accounts is not None and holds(feed):
        strange = twins.strangers(rows.path, accounts, rows.rows)
    start, files = 0, pa.array([file.name for file in rows.arrived], pa.string())
    with pq.ParquetFile(rows.path) as file:
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, use_threads=False)
            here = slice(start, start + len(table))
            yield Chunk(files, table, found.again[here], found.contradicts[here], strange[here])
            start = here.stop


def _outcomes(by: Terms, rows: int, broken: Counter[str]) -> Iterator[Outcome]:
    """Yield how the rules fared, those of the suite first, then those that rows broke before they were held to it."""
    feed, rules = by.feed.feed, expectations.rules(by.suite())
    for rule in rules:
        yield Outcome(feed, rule["rule"], rule["severity"], rule["column"], rows, broken[rule["rule"]])
    for words in sorted(broken.keys() - {rule["rule"] for rule in rules}):
        yield Outcome(feed, words, "quarantine", None, rows + broken[words], broken[words])


def _warnings(feed: Feed, arrived: Sequence[Arrived], noted: Counter[str]) -> Iterator[str]:
    yield from (file.note for file in arrived if file.note)
    columns = {name for file in arrived for name in file.columns}
    unknown = sorted(columns - set(feed.columns))
    if unknown:
        yield f"{feed.feed}: unknown columns are ignored: {', '.join(unknown)}"
    for rule, count in sorted(noted.items()):
        yield f"{feed.feed}: {count:,} wrong values were left out of their rows: {rule}"
