"""Where the log of commands goes: `logs/ringwatch.log` in the home, its owner's only.

Libraries that talk to the graph write only there: what they say of a transaction that is tried again is nothing to a
person at a terminal. Our own warnings are shown there, too. In Airflow, Airflow has the log.
"""

from __future__ import annotations

import logging
import os
import traceback
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ringwatch.masking import mask

BYTES, FILES = 2**20, 3

# Their messages never reach a terminal.
_QUIET = ("neo4j", "graphdatascience")


def log_file(home: Path) -> Path:
    return home / "logs" / "ringwatch.log"


def begin() -> None:
    """Send the log where it belongs. Nothing is opened, and no setting read, before there is something to write."""
    ours, into = logging.getLogger("ringwatch"), _Log()
    if any(isinstance(handler, _Log) for handler in ours.handlers):
        return
    into.setFormatter(_Masked("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in _QUIET:
        logging.getLogger(name).propagate = False
        logging.getLogger(name).addHandler(into)
    shown = logging.StreamHandler()
    shown.setFormatter(_Masked())
    shown.setLevel(logging.WARNING)
    shown.addFilter(lambda record: not getattr(record, "told", False))
    ours.propagate = False
    ours.addHandler(into)
    ours.addHandler(shown)


def unforeseen(error: BaseException) -> None:
    """Write down where something went wrong, without its words: these may hold values of feeds."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger("ringwatch").error("%s\n%s", type(error).__name__, frames, extra={"told": True})


class _Masked(logging.Formatter):
    """Shows no password of an address, whoever wrote it."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class _Log(logging.Handler):
    """Finds out where the home is when there is something to write; a log that cannot be written stops nothing."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._file: _File | None = None

    def emit(self, record: logging.LogRecord) -> None:
        from ringwatch.errors import UsageError
        from ringwatch.settings import load_settings

        try:
            if self._file is None:
                path = log_file(load_settings().home)
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = _File(path, maxBytes=BYTES, backupCount=FILES, encoding="utf-8")
                self._file.setFormatter(self.formatter)
            self._file.emit(record)
        except (OSError, UsageError):
            return


class _File(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        mode = os.open(self.baseFilename, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        return os.fdopen(mode, "a", encoding=self.encoding)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Nobody is told: the disk may be full, and then the command says so itself."""
