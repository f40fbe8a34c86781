"""What goes wrong with disk, rights and memory while ringwatch writes, said in one sentence that names the folder."""

from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ringwatch.errors import InfrastructureError
from ringwatch.settings import Settings

_FULL = (errno.ENOSPC, errno.EDQUOT)
_RIGHTS = (errno.EACCES, errno.EPERM, errno.EROFS)
_OTHER = (errno.EFBIG, errno.EIO)
# What libraries say of a full disk in words only. DuckDB cannot put aside what does not fit into its memory then.
_SAID = ("no space left", "disk is full", "disk full", "quota exceeded", "not enough disk space", "failed to offload")
# Free space below which a server or store that failed may have failed for want of it.
_LITTLE = 100_000_000
_AGAIN = "then run this again: nothing of this step counts yet"


@contextmanager
def failures(settings: Settings) -> Iterator[None]:
    """Raise InfrastructureError for what disk, rights or memory kept from being done, whichever library met it."""
    try:
        yield
    except InfrastructureError as error:
        if (free := _free(settings.home)) > _LITTLE or _names_room(str(error)):
            raise
        raise type(error)(f"{error}; only {_mb(free)} are free in {settings.home}: free some space") from None
    except Exception as error:
        if (told := _told(settings, error)) is None:
            raise
        raise InfrastructureError(told) from None


def _told(settings: Settings, error: Exception) -> str | None:
    """Return what to say of a failure, None when it is none of disk, rights or memory."""
    said = str(error).strip().partition("\n")[0].rstrip(".")
    number, duckdb = getattr(error, "errno", None), sys.modules.get("duckdb")
    if number in _FULL or any(sign in str(error).lower() for sign in _SAID):
        folder = _folder(error, settings.home)
        return f"no disk space in {folder}: {_mb(_free(folder))} are free ({said}); free some, {_AGAIN}"
    if number in _RIGHTS:
        where = getattr(error, "filename", None) or settings.home
        return (
            f"cannot use {where}: {getattr(error, 'strerror', said)}; check who owns it and may write there, {_AGAIN}"
        )
    if duckdb and isinstance(error, duckdb.OutOfMemoryException):
        return f"{settings.duckdb_memory_mb} MB of memory are too little; raise the setting duckdb_memory_mb, {_AGAIN}"
    if number in _OTHER or (duckdb and isinstance(error, duckdb.IOException)):
        folder = _folder(error, settings.home)
        return f"cannot work on files in {folder} ({said}), {_mb(_free(folder))} are free; check the disk, {_AGAIN}"
    return None


def _names_room(message: str) -> bool:
    return " are free" in message or "disk space" in message


def _folder(error: Exception, home: Path) -> Path:
    name = getattr(error, "filename", None)
    return Path(str(name)).parent if name else home


def _free(folder: Path) -> int:
    """Return the free bytes of the disk on which `folder` is, or will be."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    return shutil.disk_usage(there).free


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
