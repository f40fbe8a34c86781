"""Who may read what ringwatch keeps: its owner only, and a group where the setting home_group names one.

Clean days, scores and the graph's states hold addresses and account ids, so the umask of whoever runs a night counts
for nothing. The group reads `days`, `graph` and `sharing.duckdb`; quarantine, keys, store, logs and server stay the
owner's.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ringwatch.errors import UsageError
from ringwatch.settings import Settings

# What ringwatch writes in a home; it changes the rights of nothing else.
_SHARED = ("days", "graph", "sharing.duckdb")
_OWNERS = ("logs", "neo4j", "quarantine", "review.db", "review.db-shm", "review.db-wal", "secrets", "spill")
_OWNER_ONLY, _WITH_GROUP = 0o077, 0o027
_OTHER_BITS = 0o077

_log = logging.getLogger(__name__)


@contextmanager
def kept(settings: Settings) -> Iterator[None]:
    """Let all that is written while the block runs be as the settings say, and what lies in the home already, too."""
    gid = _gid(settings.home_group)
    before = os.umask(_OWNER_ONLY if gid is None else _WITH_GROUP)
    try:
        settings.home.parent.mkdir(parents=True, exist_ok=True)
        settings.home.mkdir(exist_ok=True)
        _mend(settings, gid)
        yield
    finally:
        os.umask(before)


def unfit(settings: Settings) -> list[Path]:
    """Return what ringwatch wrote in the home and does not have the rights it should have; nothing is changed."""
    gid = _gid(settings.home_group)
    there = {path.name: path for path in settings.home.iterdir()}
    return [
        *(there[name] for name in _OWNERS if name in there and _is_open(there[name])),
        *(there[name] for name in _SHARED if name in there and not _fits(there[name], gid)),
    ]


def _gid(group: str | None) -> int | None:
    if group is None:
        return None
    import grp

    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise UsageError(f"setting home_group: there is no group {group} on this machine") from None


def _mend(settings: Settings, gid: int | None) -> None:
    """Give what ringwatch wrote the rights it should have; the home itself only when nobody else keeps things there."""
    home = settings.home
    for path in unfit(settings):
        _fit(path, gid if path.name in _SHARED else None)
    there = {path.name for path in home.iterdir()}
    if there <= {*_OWNERS, *_SHARED} and not _fits(home, gid):
        _set(home, gid)


def _fit(top: Path, gid: int | None) -> None:
    """Set the rights of all that lies below, links and what they lead to left alone."""
    _set(top, gid)
    for folder, folders, files in os.walk(top):
        for path in (Path(folder) / name for name in (*folders, *files)):
            if not path.is_symlink():
                _set(path, None if "quarantine" in path.relative_to(top).parts else gid)


def _set(path: Path, gid: int | None) -> None:
    """Take the rights of all others, and give the group those to read."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode) & ~(_OTHER_BITS | stat.S_ISGID)
        if gid is not None:
            os.chown(path, -1, gid)
            mode |= 0o2050 if path.is_dir() else 0o040
        path.chmod(mode)
    except PermissionError:
        _log.warning("%s can be read by others, and only who owns it can change that: chmod -R go-rwx", path)
    except FileNotFoundError:  # a server that runs renames and removes its files
        return


def _is_open(path: Path) -> bool:
    return bool(not path.is_symlink() and path.stat().st_mode & _OTHER_BITS)


def _fits(path: Path, gid: int | None) -> bool:
    found = path.stat()
    if gid is None:
        return not found.st_mode & _OTHER_BITS
    return found.st_gid == gid and found.st_mode & _OTHER_BITS == (0o050 if path.is_dir() else 0o040)
