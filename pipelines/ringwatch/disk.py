"""What goes wrong with disk, rights and memory while ringwatch writes, said in one sentence that names the folder."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ringwatch.errors import InfrastructureError
from ringwatch.settings import Settings
from ringwatch.symptoms import FULL_DISK, MACHINE_FAILED, OUT_OF_MEMORY, Symptom

_FULL = (errno.ENOSPC, errno.EDQUOT)
_RIGHTS = (errno.EACCES, errno.EPERM, errno.EROFS)
_OTHER = (errno.EFBIG, errno.EIO)
# What libraries say of a full disk in words only. DuckDB cannot put aside what does not fit into its memory then.
_SAID = ("no space left", "disk is full", "disk full", "quota exceeded", "not enough disk space", "failed to offload")
# How DuckDB names a file that it could not work on, and how it passes on what one of its threads met.
_FILE = re.compile(r'file "([^"]+)"')
_PASSED_ON = re.compile(r'\{"exception_type":.*\}', re.DOTALL)
# Free space below which a server or store that failed may have failed for want of it.
_LITTLE = 100_000_000
_AGAIN = "then run this again: nothing of this step counts yet"


@contextmanager
def failures(settings: Settings) -> Iterator[None]:
    """Raise InfrastructureError for what disk, rights or memory kept from being done, whichever library met it."""
    try:
        yield
    except InfrastructureError as error:
        if (left := free(settings.home)) > _LITTLE or _names_room(str(error)):
            raise
        said = f"{error}; only {_mb(left)} are free in {settings.home}: free some space"
        raise type(error)(said, FULL_DISK) from None
    except Exception as error:
        if (told := _told(settings, error)) is None:
            raise
        raise InfrastructureError(*told) from None


def _told(settings: Settings, error: Exception) -> tuple[str, Symptom] | None:
    """Return what to say of a failure, and its symptom; None when it is none of disk, rights or memory."""
    duckdb = sys.modules.get("duckdb")
    of_duckdb = bool(duckdb and isinstance(error, duckdb.IOException))
    said = _said(error)
    number, name = _found(said) if of_duckdb else (getattr(error, "errno", None), getattr(error, "filename", None))
    folder = Path(str(name)).parent if name else settings.home
    if number in _FULL or any(sign in str(error).lower() for sign in _SAID):
        return f"no disk space in {folder}: {_mb(free(folder))} are free ({said}); free some, {_AGAIN}", FULL_DISK
    if number in _RIGHTS:
        what = getattr(error, "strerror", os.strerror(number or 0))
        return (
            f"cannot use {name or settings.home}: {what}; check who owns it and may write there, {_AGAIN}",
            MACHINE_FAILED,
        )
    if duckdb and isinstance(error, duckdb.OutOfMemoryException):
        return (
            f"{settings.duckdb_memory_mb} MB of memory are too little; raise the setting duckdb_memory_mb, {_AGAIN}",
            OUT_OF_MEMORY,
        )
    if number in _OTHER or of_duckdb:
        return (
            f"cannot work on files in {folder} ({said}), {_mb(free(folder))} are free; check the disk, {_AGAIN}",
            FULL_DISK,
        )
    return None


def _said(error: Exception) -> str:
    """Return the first line of what a library says: of what DuckDB passes on as JSON, the message in it alone."""
    said = str(error).strip()
    if passed_on := _PASSED_ON.search(said):
        with suppress(ValueError, KeyError):
            said = json.loads(passed_on[0])["exception_message"]
    return said.partition("\n")[0].rstrip(".")


def _found(said: str) -> tuple[int | None, str | None]:
    """Return the system's number of a failure and the file it is about, of which DuckDB tells us in words only."""
    number = next((known for known in (*_FULL, *_RIGHTS, *_OTHER) if os.strerror(known) in said), None)
    file = _FILE.search(said)
    return number, file[1] if file else None


def _names_room(message: str) -> bool:
    return " are free" in message or "disk space" in message


def free(folder: Path) -> int:
    """Return the free bytes of the disk on which `folder` is, or will be."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    return shutil.disk_usage(there).free


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
