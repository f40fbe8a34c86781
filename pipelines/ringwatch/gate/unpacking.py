"""The bytes of a feed file, unpacked, until there are far too many of them for its size."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from ringwatch.errors import DataRefused
from ringwatch.gate.forms import form_of

PIECE = 1 << 20

# Unpacked to packed bytes from which a file of some size is an attack: rows of real feeds pack to a fifth or a tenth.
_BOMB_RATIO = 200
_BOMB_BYTES = 64 << 20

_ARROW = {"Zstandard": "zstd", "bzip2": "bz2"}


def open_unpacked(path: Path, content: bytes | None = None) -> IO[bytes]:
    """Return the bytes of a feed file, out of its `content` where that was read already.

    Reading raises OSError or EOFError for what is spoiled or cut off.
    """
    form = form_of(path.name)
    if form is None or form.packing is None:
        return path.open("rb") if content is None else io.BytesIO(content)
    source = str(path) if content is None else io.BytesIO(content)
    return io.BufferedReader(_Unpacked(path, _stream(source, form.packing)), PIECE)


def _stream(source: str | io.BytesIO, packing: str) -> Any:
    """Python's bzip2 passes over what is behind the end, Arrow's does not; of zstd, Python has none before 3.14."""
    return gzip.open(source) if packing == "gzip" else pa.input_stream(source, compression=_ARROW[packing])


class _Unpacked(io.RawIOBase):
    def __init__(self, path: Path, stream: Any) -> None:
        self._path = path
        self._most = max(_BOMB_BYTES, _BOMB_RATIO * path.stat().st_size)
        self._stream = stream
        self._seen = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the base class says any buffer
        count: int = self._stream.readinto(buffer)
        self._seen += count
        if self._seen > self._most:
            raise DataRefused(f"{self._path}: unpacked it is more than {_BOMB_RATIO} times its size; that is no feed")
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()
