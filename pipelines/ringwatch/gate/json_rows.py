"""The rows of a feed file of JSON lines, as they arrived, all of them text: a row is a line."""

from __future__ import annotations

from collections.abc import Iterator

from ringwatch.errors import DataRefused
from ringwatch.gate.arrivals import Arrived, decoded, unreadable
from ringwatch.gate.json_lines import blocks
from ringwatch.gate.pieces import MOST_RAGGED, Piece, Ragged, shown


def read(arrived: Arrived) -> Iterator[Piece]:
    """Yield the rows of a file in order. Raises DataRefused when it cannot be read to its end or was cut off."""
    left_out = 0
    try:
        for block in blocks(decoded(arrived, arrived.encoding)):
            left_out += len(block.broken)
            if left_out > MOST_RAGGED:
                raise DataRefused(f"{arrived.path}: more than {MOST_RAGGED:,} of its lines are no plain JSON object")
            broken = tuple(ragged(arrived, *one) for one in block.broken)
            yield Piece(block.table(arrived.header), block.lines, block.lines, broken)
    except (OSError, ValueError, EOFError) as error:
        raise unreadable(arrived.path, error) from None


def ragged(arrived: Arrived, line: int, rule: str, text: str) -> Ragged:
    return Ragged(arrived.name, line, line, rule, shown(text))
