"""Rows of feed files as they arrived, and where in them they are. Made by the readers, put together by `chunks`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[np.int64]

# A row of a file of text must fit into a block.
BLOCK_BYTES = 16 << 20

# Rows of a file of text that cannot be read apart, from which the file is refused as a whole.
MOST_RAGGED = 10_000

_SHOWN = 4096  # characters of such a row that are kept


@dataclass(frozen=True)
class Ragged:
    """A row that could not be read apart: its place in the file, the rule that it breaks, and its text."""

    file: str
    row: int
    line: int
    rule: str
    text: str


@dataclass(frozen=True)
class Piece:
    """Rows that follow each other in a file, or in several.

    numbers: the row in its file, from 1; lines: the line on which it starts, None for Parquet; ragged: what was left
    out between them; files: which of several files each is from, from 0, None for one file.
    """

    rows: pa.Table
    numbers: Numbers
    lines: Numbers | None = None
    ragged: tuple[Ragged, ...] = ()
    files: Numbers | None = None

    @property
    def of_files(self) -> Numbers:
        """Which file each row is from."""
        return np.zeros(len(self.rows), np.int64) if self.files is None else self.files


def shown(text: str) -> str:
    """What is kept of the text of such a row: when it is cut off, no part of a card number is left at its end."""
    return text if len(text) <= _SHOWN else text[:_SHOWN].rstrip("0123456789 ._-")
