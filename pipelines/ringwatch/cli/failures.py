"""What a command says when it fails, and how it ends: one sentence and an exit code, never a traceback.

Expected failures are classes of `errors.py`. What comes from below them, from the operating system or a library, is put
into a sentence here; for the rest the log has the place, and `--debug` shows everything.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ringwatch.errors import InfrastructureError, RingwatchError
from ringwatch.symptoms import OUR_FAULT, OUT_OF_MEMORY

# Failures of machines rather than of ours, by the library they come from; named, so that it need not be loaded.
_OF_MACHINES = {
    "sqlite3": {"OperationalError", "DatabaseError"},
    "duckdb": {"IOException", "OutOfMemoryException"},
    "sqlalchemy.exc": {"DBAPIError", "OperationalError"},
    "neo4j.exceptions": {"ServiceUnavailable", "SessionExpired", "TransientError", "DatabaseError"},
    "pyarrow.lib": {"ArrowMemoryError"},
}


class Unforeseen(InfrastructureError):
    """A fault of ringwatch; another try would meet it again."""

    symptom = OUR_FAULT


def foreseen(error: Exception) -> RingwatchError:
    """Return the failure that a person is told of."""
    if isinstance(error, RingwatchError):
        return error
    if isinstance(error, OSError) and error.strerror:
        return InfrastructureError(_of_the_system(error))
    if isinstance(error, MemoryError):
        return InfrastructureError(
            "there is too little memory; end other programs, or give this one less to do", OUT_OF_MEMORY
        )
    if _is_of_machines(error):
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        return InfrastructureError(f"{reason}; check disk, memory and server, then run this again")
    return Unforeseen(_unforeseen(error))


def close_output() -> None:
    """Let what is still printed go nowhere: who read it has seen enough."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _of_the_system(error: OSError) -> str:
    files = [str(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes | os.PathLike)]
    reason = f"{' and '.join(files)}: {error.strerror}" if files else str(error.strerror)
    return f"{reason}; check that it is there, that you may write to it, and that the disk has room"


def _is_of_machines(error: Exception) -> bool:
    return any(
        kind.__name__ in names
        for module, names in _OF_MACHINES.items()
        for kind in type(error).__mro__
        if kind.__module__.removeprefix("_").startswith(module)
    )


def _unforeseen(error: Exception) -> str:
    """Without the words of the error, which may hold values of feeds."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    place = f" in {Path(at.tb_frame.f_code.co_filename).name}, line {at.tb_lineno}" if at else ""
    return (
        f"this is a fault of ringwatch ({type(error).__name__}{place}); the log `logs/ringwatch.log` in the home says "
        "where, and `ringwatch --debug ...` shows all of it"
    )
