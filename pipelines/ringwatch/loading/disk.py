"""What goes wrong with disk and memory while files are worked on, said in one sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ringwatch.errors import InfrastructureError
from ringwatch.night import Night

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES)


@contextmanager
def failures(night: Night) -> Iterator[None]:
    """Raise InfrastructureError for what DuckDB and the operating system say of a full disk or memory."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        memory = f"{night.settings.duckdb_memory_mb} MB"
        raise InfrastructureError(
            f"{memory} are too little to load {night.day}; raise the setting duckdb_memory_mb"
        ) from None
    except duckdb.IOException as error:
        raise _failure(night, str(error)) from None
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        raise _failure(night, str(error)) from None


def _failure(night: Night, said: str) -> InfrastructureError:
    reason = said.partition("\n")[0].rstrip(".")
    return InfrastructureError(
        f"cannot work on the files in {night.files.home} ({reason}); check the disk, then load again: nothing was lost"
    )
