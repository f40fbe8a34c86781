"""Secrets that several machines or companies share: files that only their owner may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ringwatch.errors import UsageError

LEAST_BYTES = 16
_OTHERS = 0o077


def read(path: Path, what: str) -> bytes:
    """Return the secret in a file, without line ends. Raises UsageError when others can read it or it is too short."""
    try:
        mode, text = path.stat().st_mode, path.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"{what} {path} cannot be read: {error.strerror}") from None
    if mode & _OTHERS:
        raise UsageError(f"{what} {path} can be read by others; take their rights away: chmod 600 {path}")
    if len(text) < LEAST_BYTES:
        raise UsageError(f"{what} {path} is shorter than {LEAST_BYTES} characters, which can be guessed")
    return text


def draw(path: Path) -> None:
    """Write a new secret into a file of the owner's. Raises UsageError when there is one already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} exists already, and a secret that others have is not drawn again") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
