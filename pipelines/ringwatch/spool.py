"""Things that are made before they can be used: on the disk meanwhile, and read as often as they are asked for."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


class Spool(AbstractContextManager["Spool[T]"], Generic[T]):
    """Keeps what is added in a file without a name, gone when the block ends, and yields it in the same order.

    One reader at a time, when all is there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file, self._count = tempfile.TemporaryFile(dir=folder), 0  # noqa: SIM115 - the block closes it

    def add(self, thing: T) -> None:
        pickle.dump(thing, self._file, pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def __iter__(self) -> Iterator[T]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - what this process wrote, and nobody else can reach

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
