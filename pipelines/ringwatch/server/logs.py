"""Reads the embedded server's log."""

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

POLL_SECONDS = 0.5


def last_lines(log: Path, count: int) -> list[str]:
    """Return the last `count` lines, none when there is no log yet."""
    if not log.is_file():
        return []
    with log.open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip("\n") for line in deque(lines, maxlen=count)]


def new_lines(log: Path) -> Iterator[str]:
    """Yield lines as they are written, for ever; a log that was begun anew is read from its first line."""
    position = log.stat().st_size if log.is_file() else 0
    while True:
        if log.is_file():
            if log.stat().st_size < position:
                position = 0
            with log.open("rb") as file:
                file.seek(position)
                for line in file:
                    yield line.decode("utf-8", errors="replace").rstrip("\n")
                position = file.tell()
        time.sleep(POLL_SECONDS)
