"""Keyed tokens in place of personal values: the same mailbox gives the same token; without the key nobody can check."""

import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

import pandas as pd

from ringwatch.errors import InfrastructureError


def keyed_tokens(values: pd.Series, key: bytes, purpose: str) -> pd.Series:
    """Return HMAC-SHA-256 (RFC 2104) of `purpose` and each value, the first 128 bits as hex; missing stays missing."""
    distinct = values.dropna().unique()
    made = {value: hmac.new(key, f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()[:32] for value in distinct}
    return values.map(made).astype("str").where(values.notna())


def token_key(home: Path) -> bytes:
    """Return the key in `home/secrets/token.key`, made on first use and readable by the owner only.

    Raises InfrastructureError when the file cannot be made or read: with another key no token would match.
    """
    path = home / "secrets" / "token.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _write_once(path, secrets.token_bytes(32))
        return path.read_bytes()
    except OSError as error:
        raise InfrastructureError(f"the token key {path} cannot be used: {error.strerror}") from None


def _write_once(path: Path, key: bytes) -> None:
    """Make the file whole or not at all; when several try at once, the first one's key stays."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name) as new:  # readable by the owner only
        new.write(key)
        new.flush()
        with suppress(FileExistsError):
            os.link(new.name, path)
