"""Files that are there as a whole or not at all, and that last when the machine loses its power."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield the name of a file beside `path` that takes its place when the block has written it; else it goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    _remove(new)
    try:
        yield new
        new.replace(path)
    except BaseException:
        _remove(new)
        raise


def _remove(path: Path) -> None:
    """Remove a file, of a database also the log of what is not in it yet: the next one would take it for its own."""
    for name in (path.name, f"{path.name}.wal"):
        path.with_name(name).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
