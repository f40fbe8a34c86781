"""A delivery in portions: neighbouring files of a feed, or row groups of a large Parquet file, that are read as one.

No chunk holds rows of two portions: whoever reads one of them alone reads the chunks that a reader of all files does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ringwatch.gate.arrivals import Arrived

# Files are put together up to so many bytes, and a Parquet file of more is cut between its row groups.
PORTION_BYTES = 1 << 28


@dataclass(frozen=True)
class Portion:
    """Files that follow each other; first: which of the feed's files the first of them is, from 0."""

    first: int
    files: tuple[Arrived, ...]


def portions(files: Sequence[Arrived]) -> Iterator[Portion]:
    """Yield the portions of a feed's files, in order."""
    start, size = 0, 0
    for number, file in enumerate(files):
        if start < number and size + file.to_read > PORTION_BYTES:
            yield Portion(start, tuple(files[start:number]))
            start, size = number, 0
        if file.to_read > PORTION_BYTES and len(file.row_groups) > 1:
            yield from (Portion(number, (part,)) for part in _parts(file))
            start = number + 1
        else:
            size += file.to_read
    if start < len(files):
        yield Portion(start, tuple(files[start:]))


def _parts(file: Arrived) -> Iterator[Arrived]:
    """Yield a Parquet file in parts of neighbouring row groups."""
    start, size = 0, 0
    for number, (_, more) in enumerate(file.row_groups):
        if start < number and size + more > PORTION_BYTES:
            yield replace(file, part=(start, number))
            start, size = number, 0
        size += more
    yield replace(file, part=(start, len(file.row_groups)))
