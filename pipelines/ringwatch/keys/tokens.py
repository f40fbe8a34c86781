"""Keyed tokens in place of personal values: the same mailbox gives the same token; without the keys nobody can check.

Keys form a chain: the first makes a token of a value, each later one a token of the token before. So a new key is taken
into use by applying it to the tokens that are stored, and the values themselves are not needed.
"""

from __future__ import annotations

import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from ringwatch.days.durable import sync
from ringwatch.errors import InfrastructureError
from ringwatch.symptoms import KEY_LOST

KEY_BYTES = 32


def keyed_tokens(values: Any, keys: tuple[bytes, ...], purpose: str) -> Any:
    """Return HMAC-SHA-256 (RFC 2104) of `purpose` and each value of Arrow text, the first 128 bits as hex.

    Of the result each key after the first makes a token in turn. Missing stays missing.
    """
    coded = values.dictionary_encode()
    made = [_token(keys[0], f"{purpose}:{value}") for value in coded.dictionary.to_pylist()]
    return pa.array(_chained(made, keys[1:]), pa.string()).take(coded.indices)


def rotated(tokens: Any, keys: tuple[bytes, ...]) -> Any:
    """Return what further `keys` make of Arrow text that holds tokens; missing stays missing."""
    coded = tokens.dictionary_encode()
    return pa.array(_chained(coded.dictionary.to_pylist(), keys), pa.string()).take(coded.indices)


def token_keys(home: Path) -> tuple[bytes, ...]:
    """Return the keys in `home/secrets/token.key`, oldest first; the first is made on first use.

    The file is readable by its owner only. Raises InfrastructureError when it cannot be made or read, or does not hold
    whole keys: with other keys no token would match.
    """
    path = key_file(home)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _write_once(path, secrets.token_bytes(KEY_BYTES))
        return split_keys(path)
    except OSError as error:
        raise InfrastructureError(f"the token key {path} cannot be used: {error.strerror}", KEY_LOST) from None


def add_key(home: Path) -> tuple[bytes, ...]:
    """Put a new key behind those that there are, whole or not at all, and return all of them.

    Raises InfrastructureError when the file cannot be written: then the keys are those of before.
    """
    path, keys = key_file(home), (*token_keys(home), secrets.token_bytes(KEY_BYTES))
    new = path.with_suffix(".new")
    try:
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(b"".join(keys))
        sync(new)
        os.replace(new, path)
        sync(path.parent)
    except OSError as error:
        raise InfrastructureError(f"the token key {path} cannot be replaced: {error.strerror}") from None
    return keys


def known_keys(home: Path) -> tuple[bytes, ...]:
    """Return the keys in the key file, oldest first; none when there is no such file. Makes nothing."""
    path = key_file(home)
    return split_keys(path) if path.exists() else ()


def key_file(home: Path) -> Path:
    return home / "secrets" / "token.key"


def split_keys(path: Path) -> tuple[bytes, ...]:
    """Return the keys in a file. Raises InfrastructureError when it does not hold whole ones."""
    held = path.read_bytes()
    if not held or len(held) % KEY_BYTES:
        raise InfrastructureError(
            f"the token key {path} is damaged: {len(held)} bytes are no number of whole keys; put its copy back",
            KEY_LOST,
        )
    return tuple(held[start : start + KEY_BYTES] for start in range(0, len(held), KEY_BYTES))


def _chained(made: list[str], keys: tuple[bytes, ...]) -> list[str]:
    for key in keys:
        made = [_token(key, token) for token in made]
    return made


def _token(key: bytes, message: str) -> str:
    return hmac.digest(key, message.encode(), "sha256")[:16].hex()


def _write_once(path: Path, key: bytes) -> None:
    """Make the file whole or not at all; when several try at once, the first one's key stays."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name) as new:  # readable by the owner only
        new.write(key)
        new.flush()
        with suppress(FileExistsError):
            os.link(new.name, path)
