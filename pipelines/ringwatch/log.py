"""Where the log of commands goes: `logs/ringwatch.log` in the home, its owner's only.

Libraries that talk to the graph write only there: what they say of a transaction that is tried again is nothing to a
person at a terminal. Our own warnings are shown there, too. In Airflow, Airflow has the log. Lines are text, or JSON
with run, day and stage where the setting log_format says so.
"""

from __future__ import annotations

import logging
import os
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from ringwatch.masking import mask

if TYPE_CHECKING:
    from datetime import date

    from structlog.typing import Processor

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
    into.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in _QUIET:
        logging.getLogger(name).propagate = False
        logging.getLogger(name).addHandler(into)
    shown = logging.StreamHandler()
    shown.setFormatter(_Lines())
    shown.setLevel(logging.WARNING)
    shown.addFilter(lambda record: not getattr(record, "told", False))
    ours.propagate = False
    ours.setLevel(logging.INFO)
    ours.addHandler(into)
    ours.addHandler(shown)


def unforeseen(error: BaseException) -> None:
    """Write down where something went wrong, without its words: these may hold values of feeds."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger("ringwatch").error("%s\n%s", type(error).__name__, frames, extra={"told": True})


@contextmanager
def about(day: date, stage: str, run: str | None) -> Iterator[None]:
    """Let each line that is written while the block runs say what it is about; no run: that of this process."""
    from structlog.contextvars import bound_contextvars

    with bound_contextvars(run=run or _run(), day=day.isoformat(), stage=stage):
        yield


@cache
def _run() -> str:
    return f"ringwatch-{uuid.uuid4().hex[:12]}"


class _Lines(logging.Formatter):
    """Lines of text or JSON, without the passwords of addresses, whoever wrote them."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(_json().format(record) if _wants_json() else super().format(record))


@cache
def _wants_json() -> bool:
    from ringwatch.errors import UsageError
    from ringwatch.settings import load_settings

    try:
        return load_settings().log_format == "json"
    except UsageError:  # the command says so itself
        return False


@cache
def _json() -> logging.Formatter:
    import structlog

    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(),
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after)


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
